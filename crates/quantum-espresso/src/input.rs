//! The checked model of a `pw.x` relaxation input.

mod cards;
mod cell;
mod consistency;
mod cursor;
mod document;
mod emit;
mod keys;
mod limits;
mod literal;
mod namelist;
mod policy;

use std::collections::BTreeMap;

use serde::Serialize;

pub use emit::{RunSettings, StartMode};
pub use limits::{INPUT_LIMIT_BYTES, InputLimits};

use crate::error::{FaultCollector, InputFaults};
use crate::structure::Structure;
use keys::Group;

/// A `pw.x` relaxation input that was understood completely and is within its limits.
///
/// It holds only what Gantry passes on: keys from an explicit allow-list, with values of their
/// type, and the cards `ATOMIC_SPECIES`, `ATOMIC_POSITIONS`, `K_POINTS` and `CELL_PARAMETERS`.
#[derive(Debug, Clone, PartialEq)]
pub struct RelaxInput {
    settings: Settings,
    positions: Positions,
    cell: Option<CellCard>,
    structure: Structure,
    set_aside: Vec<SetAsideKey>,
}

/// A key of the user's text that is not passed on, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAsideKey {
    /// The key, as `control.outdir`.
    pub path: String,
    /// Why it has no effect.
    pub reason: &'static str,
}

/// When a relaxation counts as converged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvergenceThresholds {
    /// `etot_conv_thr`: the largest energy change of the last step.
    pub energy_ry: f64,
    /// `forc_conv_thr`: the largest force component on a free axis.
    pub force_ry_bohr: f64,
}

/// What Quantum ESPRESSO uses where the input does not say.
const DEFAULT_THRESHOLDS: ConvergenceThresholds = ConvergenceThresholds {
    energy_ry: 1e-4,
    force_ry_bohr: 1e-3,
};

impl RelaxInput {
    /// Reads an input text.
    ///
    /// # Errors
    /// Everything in the text that is not understood, not allowed or over a limit, each naming its
    /// key, card or line; at most [`crate::FAULT_LIMIT`] faults.
    pub fn parse(text: &str, limits: &InputLimits) -> Result<Self, InputFaults> {
        let mut faults = FaultCollector::default();
        if text.len() > INPUT_LIMIT_BYTES {
            faults.add(
                "input",
                format!(
                    "is {} bytes long: at most {INPUT_LIMIT_BYTES} are accepted",
                    text.len()
                ),
            );
            return Err(faults.into_error());
        }
        let document = document::read(text, &mut faults);
        let checked = policy::apply(&document.namelists, limits, &mut faults);
        let cards = cards::read(&document.cards, limits, &mut faults);
        let structure = consistency::check(&checked, &cards, limits, &mut faults);
        match (structure, cards.positions) {
            (Some(structure), Some(positions)) if faults.is_empty() => Ok(Self {
                settings: checked.settings,
                positions,
                cell: cards.cell,
                structure,
                set_aside: checked.set_aside,
            }),
            _ => Err(faults.into_error()),
        }
    }

    /// Cell, atoms, species and k-points, in ångströms.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// When the relaxation counts as converged.
    pub fn thresholds(&self) -> ConvergenceThresholds {
        let threshold = |key, default| self.settings.real(Group::Control, key).unwrap_or(default);
        ConvergenceThresholds {
            energy_ry: threshold("etot_conv_thr", DEFAULT_THRESHOLDS.energy_ry),
            force_ry_bohr: threshold("forc_conv_thr", DEFAULT_THRESHOLDS.force_ry_bohr),
        }
    }

    /// The pseudopotential file names, which must be present in the configured folder.
    pub fn pseudopotentials(&self) -> impl Iterator<Item = &str> {
        self.structure
            .species
            .iter()
            .map(|species| species.pseudopotential.as_str())
    }

    /// The keys of the text that have no effect, for telling the user.
    pub fn set_aside(&self) -> &[SetAsideKey] {
        &self.set_aside
    }
}

/// The value of a key.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    Integer(i64),
    Real(f64),
    Logical(bool),
    Word(&'static str),
}

/// Where a value belongs; `index` counts from one for arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct SettingKey {
    group: Group,
    key: &'static str,
    index: Option<usize>,
}

/// The keys that are passed on.
#[derive(Debug, Clone, Default, PartialEq)]
struct Settings(BTreeMap<SettingKey, Value>);

impl Settings {
    fn get(&self, group: Group, key: &'static str, index: Option<usize>) -> Option<Value> {
        self.0.get(&SettingKey { group, key, index }).copied()
    }

    fn integer(&self, group: Group, key: &'static str) -> Option<i64> {
        match self.get(group, key, None) {
            Some(Value::Integer(number)) => Some(number),
            _ => None,
        }
    }

    fn real(&self, group: Group, key: &'static str) -> Option<f64> {
        match self.get(group, key, None) {
            Some(Value::Real(number)) => Some(number),
            _ => None,
        }
    }

    fn element(&self, group: Group, key: &'static str, index: usize) -> Option<f64> {
        match self.get(group, key, Some(index)) {
            Some(Value::Real(number)) => Some(number),
            _ => None,
        }
    }
}

/// The `ATOMIC_POSITIONS` card.
#[derive(Debug, Clone, PartialEq)]
struct Positions {
    unit: PositionUnit,
    atoms: Vec<PositionedAtom>,
}

#[derive(Debug, Clone, PartialEq)]
struct PositionedAtom {
    line: usize,
    symbol: String,
    coordinates: [f64; 3],
    fixed: [bool; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PositionUnit {
    Alat,
    Bohr,
    Angstrom,
    Crystal,
}

/// The `CELL_PARAMETERS` card.
#[derive(Debug, Clone, Copy, PartialEq)]
struct CellCard {
    unit: CellUnit,
    vectors: [[f64; 3]; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellUnit {
    /// The card names no unit: alat when a lattice parameter is given, bohr otherwise.
    Unnamed,
    Alat,
    Bohr,
    Angstrom,
}
