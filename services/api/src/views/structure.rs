//! What a Quantum ESPRESSO input describes.

use gantry_quantum_espresso::{KPointUnit, KPoints, RelaxInput};
use serde::Serialize;
use utoipa::ToSchema;

/// What an input describes, lengths in ångströms.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParseView {
    /// Cell, atoms, species and k-points.
    pub structure: StructureView,
    /// The keys of the text that Gantry does not pass on.
    pub set_aside: Vec<SetAsideView>,
}

/// A key of the text that has no effect.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetAsideView {
    /// The key, as `control.outdir`.
    pub path: String,
    /// Why it has no effect.
    pub reason: String,
}

/// The structure of an input.
#[derive(Debug, Serialize, ToSchema)]
pub struct StructureView {
    /// The Bravais lattice index of the input; 0 when the cell is given as vectors.
    pub ibrav: i64,
    /// The three lattice vectors, one per row.
    pub cell_angstrom: [[f64; 3]; 3],
    /// The volume of the cell.
    pub volume_cubic_angstrom: f64,
    /// The atoms in the order of the input.
    pub atoms: Vec<StructureAtomView>,
    /// The species in the order of the input.
    pub species: Vec<SpeciesView>,
    /// How the Brillouin zone is sampled.
    pub k_points: KPointsView,
}

/// One atom.
#[derive(Debug, Serialize, ToSchema)]
pub struct StructureAtomView {
    /// The label of its species.
    pub symbol: String,
    /// Cartesian position.
    pub position_angstrom: [f64; 3],
    /// Along which Cartesian axes it is held in place.
    pub fixed: [bool; 3],
}

/// One species.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpeciesView {
    /// The label.
    pub symbol: String,
    /// The mass the input gives, in unified atomic mass units.
    pub mass_amu: f64,
    /// The file name of the pseudopotential.
    pub pseudopotential: String,
}

/// How the Brillouin zone is sampled.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum KPointsView {
    /// The zone centre alone.
    Gamma,
    /// A Monkhorst-Pack grid.
    Automatic {
        /// Divisions along each reciprocal vector.
        grid: [u32; 3],
        /// Whether it is shifted by half a division along each.
        shifted: [bool; 3],
    },
    /// An explicit list.
    List {
        /// `tpiba` or `crystal`: what the coordinates count in.
        unit: &'static str,
        /// The points in the order of the input.
        points: Vec<KPointView>,
    },
}

/// One listed k-point.
#[derive(Debug, Serialize, ToSchema)]
pub struct KPointView {
    /// Its three coordinates.
    pub coordinates: [f64; 3],
    /// Its weight.
    pub weight: f64,
}

impl From<&RelaxInput> for ParseView {
    fn from(input: &RelaxInput) -> Self {
        let structure = input.structure();
        Self {
            structure: StructureView {
                ibrav: structure.ibrav,
                cell_angstrom: structure.cell_angstrom,
                volume_cubic_angstrom: structure.volume_cubic_angstrom,
                atoms: structure
                    .atoms
                    .iter()
                    .map(|atom| StructureAtomView {
                        symbol: atom.symbol.clone(),
                        position_angstrom: atom.position_angstrom,
                        fixed: atom.fixed,
                    })
                    .collect(),
                species: structure
                    .species
                    .iter()
                    .map(|species| SpeciesView {
                        symbol: species.symbol.clone(),
                        mass_amu: species.mass_amu,
                        pseudopotential: species.pseudopotential.clone(),
                    })
                    .collect(),
                k_points: KPointsView::from(&structure.k_points),
            },
            set_aside: input
                .set_aside()
                .iter()
                .map(|key| SetAsideView {
                    path: key.path.clone(),
                    reason: key.reason.to_owned(),
                })
                .collect(),
        }
    }
}

impl From<&KPoints> for KPointsView {
    fn from(k_points: &KPoints) -> Self {
        match k_points {
            KPoints::Gamma => Self::Gamma,
            KPoints::Automatic { grid, shifted } => Self::Automatic {
                grid: *grid,
                shifted: *shifted,
            },
            KPoints::List { unit, points } => Self::List {
                unit: match unit {
                    KPointUnit::Tpiba => "tpiba",
                    KPointUnit::Crystal => "crystal",
                },
                points: points
                    .iter()
                    .map(|point| KPointView {
                        coordinates: point.coordinates,
                        weight: point.weight,
                    })
                    .collect(),
            },
        }
    }
}
