//! The job kind `qe.relax.v1`: its payload, its result and the schema it is announced with.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::input::INPUT_LIMIT_BYTES;

/// The name of the job kind.
pub const RELAX_KIND: &str = "qe.relax.v1";

/// A hydrogen molecule with one atom held in place: a real relaxation of a few seconds.
pub const H2_RELAX_INPUT: &str = include_str!("../inputs/h2_relax.in");

/// The longest wall time that a payload may ask for: one week.
pub const MAX_WALL_SECONDS_LIMIT: u32 = 7 * 24 * 3600;

/// What a user submits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaxPayload {
    /// The text of a `pw.x` input.
    pub input: String,
    /// How to run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<RelaxOptions>,
}

/// How to run a relaxation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaxOptions {
    /// After this many seconds the run ends with what it has, not converged.
    /// 1 to [`MAX_WALL_SECONDS_LIMIT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wall_seconds: Option<u32>,
}

/// What a relaxation comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelaxResult {
    /// Whether forces and energy are within the thresholds of the input.
    pub converged: bool,
    /// Why not, when not.
    pub not_converged_reason: Option<String>,
    /// The total energy of the final geometry; that of its last SCF iteration when its electrons
    /// are not self-consistent.
    pub total_energy_ry: f64,
    /// The same in electronvolts.
    pub total_energy_ev: f64,
    /// The ionic steps in order.
    pub steps: Vec<RelaxStep>,
    /// Where the atoms ended.
    pub final_geometry: FinalGeometry,
    /// The magnetization, of a magnetic calculation.
    pub magnetization: Option<Magnetization>,
    /// How many ionic steps were made.
    pub ionic_steps: u32,
    /// How many SCF iterations all steps took together.
    pub scf_iterations: u32,
    /// The largest force component on a free axis at the last step; none without any step.
    pub max_force_free_ry_bohr: Option<f64>,
    /// The version of Quantum ESPRESSO.
    pub qe_version: String,
    /// CPU time of the process.
    pub cpu_seconds: f64,
    /// Wall time of the process.
    pub wall_seconds: f64,
}

/// One ionic step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelaxStep {
    /// Counted from one.
    pub step: u32,
    /// Total energy.
    pub energy_ry: f64,
    /// The largest force component on a free axis.
    pub max_force_ry_bohr: f64,
    /// The forces per atom in eV/Å, zero along fixed axes.
    pub forces_ev_angstrom: Vec<[f64; 3]>,
}

/// Where the atoms ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinalGeometry {
    /// The cell, one vector per row.
    pub cell_angstrom: [[f64; 3]; 3],
    /// The atoms in the order of the input.
    pub atoms: Vec<GeometryAtom>,
}

/// One atom of the final geometry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GeometryAtom {
    /// The label of its species.
    pub symbol: String,
    /// Cartesian position.
    pub position_angstrom: [f64; 3],
    /// Along which Cartesian axes it was held in place.
    pub fixed: [bool; 3],
}

/// The magnetization of the cell in Bohr magnetons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Magnetization {
    /// Spin up minus spin down.
    pub total: f64,
    /// The absolute difference, integrated.
    pub absolute: f64,
}

/// The JSON Schema of [`RelaxPayload`], with which the kind is announced.
///
/// `maxLength` counts characters; the limit in bytes is checked when the input is read.
pub fn relax_payload_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Quantum ESPRESSO relaxation",
        "type": "object",
        "additionalProperties": false,
        "required": ["input"],
        "properties": {
            "input": {
                "description": "The text of a pw.x input with calculation = 'relax'",
                "type": "string",
                "minLength": 1,
                "maxLength": INPUT_LIMIT_BYTES
            },
            "options": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": {
                    "max_wall_seconds": {
                        "description": "After this many seconds the run ends with what it has",
                        "type": ["integer", "null"],
                        "minimum": 1,
                        "maximum": MAX_WALL_SECONDS_LIMIT
                    }
                }
            }
        }
    })
}
