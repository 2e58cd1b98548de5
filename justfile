# What can be done here
list:
    @just --list --unsorted

# Run a real calculation from submission to result (--exit: end with its status)
demo *arguments:
    cargo xtask demo {{ arguments }}

# Run the whole stack for daily use, keeping its data
dev *arguments:
    cargo xtask dev {{ arguments }}

# Run every test on private servers (arguments of cargo test)
test *arguments:
    cargo xtask test {{ arguments }}

# Measure the release binaries, beside the saved baseline (--save: make the figures the baseline)
bench *arguments:
    cargo xtask bench {{ arguments }}

# Check the format, and deny every warning
check:
    cargo xtask check

# Check licences, sources and the fences around libraries
deny:
    cargo deny check bans licenses sources
