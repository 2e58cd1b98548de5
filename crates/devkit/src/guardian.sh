# Ends a process group, and its temporary folder, with the process that owns it. Started by guardian.rs.
#
# Standard input is the life-line: the owner writes the number of each process it adds to the group and holds the other
# end open. However the owner ends, the life-line closes with it. $1 is the folder to remove afterwards; empty: none.

# What is sent to the group is not meant for its guardian.
trap '' HUP INT QUIT TERM

processes=
while read -r process; do
    processes="$processes $process"
done

# A frozen process notices the interrupt only when it is thawed.
kill -INT 0
kill -CONT 0

# Two hundred looks of 50 ms: ten seconds for an orderly end.
looks=0
for process in $processes; do
    while kill -0 "$process" 2>/dev/null && [ "$looks" -lt 200 ]; do
        sleep 0.05
        looks=$((looks + 1))
    done
done

[ -z "$1" ] || rm -rf -- "$1"

# Whoever is left, and the guardian itself.
kill -KILL 0
