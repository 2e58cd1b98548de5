//! The handler of `qe.relax.v1` on the Quantum ESPRESSO of this machine, and its example inputs.

use std::env;
use std::path::Path;

use gantry_worker::handlers::{QeInstallation, QeRelax};

use crate::bench::Bench;

pub const PSEUDO_DIR: &str = "/usr/share/espresso/pseudo";
/// The memory limit that workers have unless told otherwise.
pub const MEMORY_LIMIT_BYTES: u64 = 4096 * 1024 * 1024;

macro_rules! example {
    ($name:literal) => {
        include_str!(concat!(
            "../../../../crates/quantum-espresso/inputs/",
            $name,
            "_relax.in"
        ))
    };
}

/// Half a second of computing.
pub const HYDROGEN_FAST: &str = example!("h2_lda_fast");
/// Five seconds of computing, in 22 steps.
pub const ALUMINIUM_SLAB: &str = example!("al001_slab_fixed");

/// The example inputs by the names under which their results were measured.
pub const EXAMPLES: [(&str, &str); 5] = [
    ("h2_lda_fast_relax", HYDROGEN_FAST),
    ("si2_relax", example!("si2")),
    ("h2_relax", example!("h2")),
    ("al001_slab_fixed_relax", ALUMINIUM_SLAB),
    ("o2_falseconv_relax", example!("o2_falseconv")),
];

/// Half a minute of computing: the slab with far more bands than it needs.
pub fn aluminium_slab_slowly() -> String {
    ALUMINIUM_SLAB.replace("ecutwfc", "nbnd = 40, ecutwfc")
}

pub fn handler(bench: &Bench) -> QeRelax {
    handler_within(MEMORY_LIMIT_BYTES, bench)
}

pub fn handler_within(memory_limit_bytes: u64, bench: &Bench) -> QeRelax {
    let search_path = env::var_os("PATH");
    let installation = QeInstallation::find(
        Path::new("pw.x"),
        Path::new(PSEUDO_DIR),
        search_path.as_deref(),
    )
    .unwrap_or_else(|error| {
        panic!("{error}: apt-get install quantum-espresso quantum-espresso-data")
    });
    QeRelax::new(installation, memory_limit_bytes, bench.programs()).expect("a right schema")
}
