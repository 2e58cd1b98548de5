//! The cell of an input, from lattice parameters or from vectors.

use super::keys::Group;
use super::{CellCard, CellUnit, Settings};
use crate::error::FaultCollector;
use crate::lattice::{self, Vectors};
use crate::units::BOHR_ANGSTROM;

/// The cell and where it came from.
pub(super) struct Cell {
    pub(super) vectors_bohr: Vectors,
    pub(super) alat_bohr: f64,
    /// What to name when the cell is too large.
    pub(super) path: &'static str,
}

impl Cell {
    pub(super) fn derive(
        ibrav: i64,
        settings: &Settings,
        card: Option<&CellCard>,
        faults: &mut FaultCollector,
    ) -> Option<Self> {
        let parameters = LatticeParameters::read(ibrav, settings, faults)?;
        let cell = match (ibrav, card) {
            (0, Some(card)) => Self::from_card(card, &parameters, faults),
            (0, None) => {
                faults.add("CELL_PARAMETERS", "the card is needed with ibrav = 0");
                None
            }
            (_, Some(_)) => {
                faults.add(
                    "CELL_PARAMETERS",
                    format!("must not be given with ibrav = {ibrav}"),
                );
                None
            }
            (_, None) => Self::from_lattice(ibrav, &parameters, faults),
        }?;
        let volume = lattice::volume(&cell.vectors_bohr);
        let lengths: f64 = cell.vectors_bohr.iter().map(lattice::length).product();
        // Relative to a right-angled cell of the same edges; below it the vectors are one plane.
        const FLATTEST: f64 = 1e-6;
        if !lengths.is_finite() || !volume.is_finite() || volume <= lengths * FLATTEST {
            faults.add(cell.path, "the lattice vectors do not span a volume");
            return None;
        }
        Some(cell)
    }

    fn from_card(
        card: &CellCard,
        parameters: &LatticeParameters,
        faults: &mut FaultCollector,
    ) -> Option<Self> {
        const PATH: &str = "CELL_PARAMETERS";
        let alat = parameters.celldm[0];
        let scale = match card.unit {
            CellUnit::Bohr | CellUnit::Angstrom if parameters.is_given => {
                faults.add(
                    PATH,
                    "celldm or A must not be given beside vectors in bohr or angstrom",
                );
                return None;
            }
            CellUnit::Alat | CellUnit::Unnamed if parameters.is_given && alat > 0.0 => alat,
            CellUnit::Alat => {
                faults.add(
                    PATH,
                    "vectors in alat need celldm(1) or A greater than zero",
                );
                return None;
            }
            CellUnit::Unnamed | CellUnit::Bohr => 1.0,
            CellUnit::Angstrom => 1.0 / BOHR_ANGSTROM,
        };
        let vectors_bohr = card
            .vectors
            .map(|vector| vector.map(|component| component * scale));
        let alat_bohr = if parameters.is_given {
            alat
        } else {
            lattice::length(&vectors_bohr[0])
        };
        Some(Self {
            vectors_bohr,
            alat_bohr,
            path: PATH,
        })
    }

    fn from_lattice(
        ibrav: i64,
        parameters: &LatticeParameters,
        faults: &mut FaultCollector,
    ) -> Option<Self> {
        match lattice::vectors(ibrav, &parameters.celldm) {
            Ok(vectors_bohr) => Some(Self {
                vectors_bohr,
                alat_bohr: parameters.celldm[0],
                path: if parameters.from_constants {
                    "system.A"
                } else {
                    "system.celldm(1)"
                },
            }),
            Err(fault) => {
                let path = match fault.parameter {
                    0 => "system.ibrav".to_owned(),
                    parameter if parameters.from_constants => {
                        format!("system.{}", lattice::constant_name(ibrav, parameter))
                    }
                    parameter => format!("system.celldm({parameter})"),
                };
                faults.add(path, fault.requirement);
                None
            }
        }
    }
}

/// `celldm`, or the crystallographic constants turned into it.
struct LatticeParameters {
    celldm: [f64; 6],
    is_given: bool,
    from_constants: bool,
}

impl LatticeParameters {
    fn read(ibrav: i64, settings: &Settings, faults: &mut FaultCollector) -> Option<Self> {
        let constant = |key| settings.real(Group::System, key);
        let element = |index| settings.element(Group::System, "celldm", index);
        let has_celldm = (1..=6).any(|index| element(index).is_some());
        let constants = ["A", "B", "C", "cosAB", "cosAC", "cosBC"].map(constant);
        match (has_celldm, constants.iter().any(Option::is_some)) {
            (true, true) => {
                faults.add(
                    "system.A",
                    "celldm and A, B, C, cosAB, … must not be given together",
                );
                None
            }
            (_, false) => Some(Self {
                celldm: [1, 2, 3, 4, 5, 6].map(|index| element(index).unwrap_or(0.0)),
                is_given: has_celldm,
                from_constants: false,
            }),
            (false, true) => {
                let [a, b, c, cosines @ ..] = constants.map(|constant| constant.unwrap_or(0.0));
                if a <= 0.0 {
                    faults.add("system.A", "must be given and greater than zero");
                    return None;
                }
                let [fourth, fifth, sixth] = lattice::celldm_cosines(ibrav, cosines);
                Some(Self {
                    celldm: [a / BOHR_ANGSTROM, b / a, c / a, fourth, fifth, sixth],
                    is_given: true,
                    from_constants: true,
                })
            }
        }
    }
}
