//! What an input describes, in ångströms: cell, atoms with their fixed axes, species and k-points.

use serde::Serialize;

/// The structure of an input, as `POST /api/v1/qe/parse` answers it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Structure {
    /// The Bravais lattice index of the input, 0 when the cell is given as vectors.
    pub ibrav: i64,
    /// The three lattice vectors, one per row.
    pub cell_angstrom: [[f64; 3]; 3],
    /// The volume of the cell.
    pub volume_cubic_angstrom: f64,
    /// The atoms in the order of the input.
    pub atoms: Vec<StructureAtom>,
    /// The species in the order of the input.
    pub species: Vec<Species>,
    /// How the Brillouin zone is sampled.
    pub k_points: KPoints,
}

/// One atom of a [`Structure`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StructureAtom {
    /// The label of its species.
    pub symbol: String,
    /// Cartesian position.
    pub position_angstrom: [f64; 3],
    /// Along which Cartesian axes the atom is held in place.
    pub fixed: [bool; 3],
}

/// One species of a [`Structure`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Species {
    /// The label, a chemical symbol possibly followed by a digit or a letter (`Fe1`, `As_h`).
    pub symbol: String,
    /// The mass that the input gives, in unified atomic mass units.
    pub mass_amu: f64,
    /// The file name of the pseudopotential.
    pub pseudopotential: String,
}

/// How the Brillouin zone is sampled.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum KPoints {
    /// The zone centre alone, with real wavefunctions.
    Gamma,
    /// A Monkhorst-Pack grid.
    Automatic {
        /// Divisions along each reciprocal vector.
        grid: [u32; 3],
        /// Whether the grid is shifted by half a division along each reciprocal vector.
        shifted: [bool; 3],
    },
    /// An explicit list.
    List {
        /// What the coordinates count in.
        unit: KPointUnit,
        /// The points in the order of the input.
        points: Vec<KPoint>,
    },
}

/// The unit of listed k-points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KPointUnit {
    /// Cartesian, in units of 2π/alat.
    Tpiba,
    /// In units of the reciprocal lattice vectors.
    Crystal,
}

/// One listed k-point.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KPoint {
    /// Its three coordinates.
    pub coordinates: [f64; 3],
    /// Its weight; weights need not sum to one.
    pub weight: f64,
}
