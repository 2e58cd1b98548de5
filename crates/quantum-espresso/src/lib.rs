//! Pure words of Quantum ESPRESSO: its input as a model, its progress output and its results.
//!
//! The user's text is never passed on: [`RelaxInput::parse`] reads it into a checked model and
//! [`RelaxInput::emit`] writes Gantry's own input from that model. [`ProgressReader`] follows what
//! `pw.x` prints, [`ResultDocument`] reads what it leaves behind, and [`judge`] says what came of it.
//! Measured with Quantum ESPRESSO 6.7 as Debian ships it.

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
