//! Where Quantum ESPRESSO is installed on a worker's machine.

use std::path::PathBuf;

use clap::Args;

use crate::value::whole_number;

const BYTES_PER_MB: u64 = 1024 * 1024;

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

    /// Megabytes of address space that one calculation may use
    #[arg(
        id = "qe-memory-limit-mb", long, env = "GANTRY_QE_MEMORY_LIMIT_MB", value_name = "MEGABYTES",
        default_value = "4096", value_parser = whole_number(512..=16_777_216_u64)
    )]
    memory_limit_mb: u64,
}

impl QuantumEspressoSettings {
    /// How much address space one calculation may use, in bytes.
    pub fn memory_limit_bytes(&self) -> u64 {
        self.memory_limit_mb * BYTES_PER_MB
    }
}
