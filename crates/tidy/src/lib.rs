//! Holds the architecture to its rules.
