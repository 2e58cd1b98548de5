//! Pure words of Quantum ESPRESSO: its input as a model, its progress output and its results.
