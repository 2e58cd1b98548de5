//! The atomic units that Quantum ESPRESSO 6.7 calculates in (CODATA 2018), as factors.

/// One Rydberg in electronvolts.
pub const RYDBERG_EV: f64 = 13.605_693_122_994;
/// One Hartree in Rydbergs.
pub const HARTREE_RYDBERG: f64 = 2.0;
/// One bohr in ångströms.
pub const BOHR_ANGSTROM: f64 = 0.529_177_210_903;
/// One Rydberg per bohr in electronvolts per ångström.
pub const RYDBERG_PER_BOHR_EV_PER_ANGSTROM: f64 = RYDBERG_EV / BOHR_ANGSTROM;
