//! Pure words of Quantum ESPRESSO: its input as a model, its progress output and its results.

mod error;
mod input;
mod lattice;
mod payload;
mod progress;
mod result;
mod structure;
pub mod units;
mod verdict;

pub use error::{EmissionError, FAULT_LIMIT, InputFault, InputFaults, ResultError};
pub use input::{
    ConvergenceThresholds, INPUT_LIMIT_BYTES, InputLimits, RelaxInput, RunSettings, SetAsideKey,
    StartMode,
};
pub use payload::{
    FinalGeometry, GeometryAtom, H2_RELAX_INPUT, MAX_WALL_SECONDS_LIMIT, Magnetization, RELAX_KIND,
    RelaxOptions, RelaxPayload, RelaxResult, RelaxStep, relax_payload_schema,
};
pub use progress::{ProgressEvent, ProgressReader, RunMarkers};
pub use result::{RESULT_FILE_LIMIT_BYTES, ResultDocument, ResultStep};
pub use structure::{KPoint, KPointUnit, KPoints, Species, Structure, StructureAtom};
pub use verdict::{ProcessExit, Verdict, judge};
