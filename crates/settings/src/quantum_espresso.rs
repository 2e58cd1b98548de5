//! Where Quantum ESPRESSO is installed on a worker's machine.

use std::path::PathBuf;

use clap::Args;

/// The installation of Quantum ESPRESSO.
#[derive(Debug, Clone, Args)]
pub struct QuantumEspressoSettings {
    /// The pw.x program, as a path or a name in PATH
    #[arg(
        id = "qe-program",
        long,
        env = "GANTRY_QE_PROGRAM",
        value_name = "PROGRAM",
        default_value = "pw.x"
    )]
    pub program: PathBuf,

    /// The folder that holds the pseudopotential files
    #[arg(
        id = "qe-pseudo-dir",
        long,
        env = "GANTRY_QE_PSEUDO_DIR",
        value_name = "FOLDER",
        default_value = "/usr/share/espresso/pseudo"
    )]
    pub pseudo_dir: PathBuf,
}
