//! Checks what the namelists and cards say together, and derives the structure from both.

use std::collections::BTreeSet;
use std::f64::consts::PI;

use super::cards::Cards;
use super::cell::Cell;
use super::keys::Group;
use super::policy::CheckedNamelists;
use super::{InputLimits, PositionUnit, PositionedAtom, Positions, Settings};
use crate::error::{FaultCollector, quoted};
use crate::lattice;
use crate::structure::{Structure, StructureAtom};
use crate::units::BOHR_ANGSTROM;

/// The structure, unless namelists and cards contradict each other or ask for too much.
pub(super) fn check(
    checked: &CheckedNamelists,
    cards: &Cards,
    limits: &InputLimits,
    faults: &mut FaultCollector,
) -> Option<Structure> {
    let settings = &checked.settings;
    demand_keys(checked, faults);
    check_counts(settings, cards, faults);
    check_cutoffs(settings, faults);
    check_given_grids(settings, limits, faults);
    let ibrav = settings.integer(Group::System, "ibrav")?;
    let cell = Cell::derive(ibrav, settings, cards.cell.as_ref(), faults)?;
    check_needed_grid(&cell, settings, limits, faults);
    let atoms = atoms(cards.positions.as_ref()?, &cell, limits, faults);
    Some(Structure {
        ibrav,
        cell_angstrom: cell
            .vectors_bohr
            .map(|vector| vector.map(|bohr| bohr * BOHR_ANGSTROM)),
        volume_cubic_angstrom: lattice::volume(&cell.vectors_bohr) * BOHR_ANGSTROM.powi(3),
        atoms,
        species: cards.species.clone()?,
        k_points: cards.k_points.clone()?,
    })
}

fn demand_keys(checked: &CheckedNamelists, faults: &mut FaultCollector) {
    for key in ["ibrav", "nat", "ntyp", "ecutwfc"] {
        let path = format!("system.{key}");
        if !checked.is_present(Group::System, key) && !faults.mentions(&path) {
            faults.add(path, "must be given");
        }
    }
}

fn check_counts(settings: &Settings, cards: &Cards, faults: &mut FaultCollector) {
    if let Some(ntyp) = settings.integer(Group::System, "ntyp") {
        let written = cards.species.as_ref().map(Vec::len);
        if let Some(species) = written.filter(|species| i64::try_from(*species) != Ok(ntyp)) {
            faults.add(
                "system.ntyp",
                format!("is {ntyp}, but ATOMIC_SPECIES has {species} species"),
            );
        }
        for (setting, _) in settings
            .0
            .iter()
            .filter(|(setting, _)| setting.key != "celldm")
        {
            if setting
                .index
                .is_some_and(|index| i64::try_from(index).is_ok_and(|index| index > ntyp))
            {
                faults.add(setting.path(), format!("there are only {ntyp} species"));
            }
        }
    }
    let (Some(species), Some(positions)) = (&cards.species, &cards.positions) else {
        return;
    };
    let atoms = positions.atoms.len();
    if let Some(nat) = settings
        .integer(Group::System, "nat")
        .filter(|nat| i64::try_from(atoms) != Ok(*nat))
    {
        faults.add(
            "system.nat",
            format!("is {nat}, but ATOMIC_POSITIONS has {atoms} atoms"),
        );
    }
    let labels: BTreeSet<&str> = species
        .iter()
        .map(|species| species.symbol.as_str())
        .collect();
    for atom in positions
        .atoms
        .iter()
        .filter(|atom| !labels.contains(atom.symbol.as_str()))
    {
        let message = format!(
            "{} is not a species of ATOMIC_SPECIES",
            quoted(&atom.symbol)
        );
        faults.add(format!("ATOMIC_POSITIONS line {}", atom.line), message);
    }
}

fn check_cutoffs(settings: &Settings, faults: &mut FaultCollector) {
    let cutoff = |key| settings.real(Group::System, key);
    if let (Some(wavefunction), Some(density)) = (cutoff("ecutwfc"), cutoff("ecutrho"))
        && density <= wavefunction
    {
        faults.add("system.ecutrho", "must be greater than ecutwfc");
    }
}

fn check_given_grids(settings: &Settings, limits: &InputLimits, faults: &mut FaultCollector) {
    for axes in [["nr1", "nr2", "nr3"], ["nr1s", "nr2s", "nr3s"]] {
        let points: f64 = axes
            .iter()
            .filter_map(|axis| settings.integer(Group::System, axis))
            .map(|points| points as f64)
            .product();
        if points > limits.grid_points {
            let message = format!("the grid has more than {} points", limits.grid_points);
            faults.add(format!("system.{}", axes[0]), message);
        }
    }
}

/// Bounds the real-space grid that the cell needs: along each axis |a|·√ecutrho/π points.
fn check_needed_grid(
    cell: &Cell,
    settings: &Settings,
    limits: &InputLimits,
    faults: &mut FaultCollector,
) {
    const DENSITY_CUTOFF_DEFAULT_FACTOR: f64 = 4.0;
    let Some(wavefunction_cutoff) = settings.real(Group::System, "ecutwfc") else {
        return;
    };
    let density_cutoff = settings
        .real(Group::System, "ecutrho")
        .unwrap_or(wavefunction_cutoff * DENSITY_CUTOFF_DEFAULT_FACTOR);
    let axes = cell
        .vectors_bohr
        .map(|vector| lattice::length(&vector) * density_cutoff.sqrt() / PI);
    let points: f64 = axes.iter().product();
    let longest = axes.into_iter().fold(0.0, f64::max);
    if points > limits.grid_points || longest > limits.grid_points_per_axis as f64 {
        faults.add(
            cell.path,
            format!(
                "with ecutrho = {density_cutoff} Ry the cell needs a grid of {:.0} x {:.0} x {:.0} points: \
                 at most {} along an axis and {} in all are accepted; use a smaller cell or cutoff",
                axes[0], axes[1], axes[2], limits.grid_points_per_axis, limits.grid_points
            ),
        );
    }
}

fn atoms(
    positions: &Positions,
    cell: &Cell,
    limits: &InputLimits,
    faults: &mut FaultCollector,
) -> Vec<StructureAtom> {
    let cartesian = |atom: &PositionedAtom| match positions.unit {
        PositionUnit::Angstrom => atom.coordinates,
        PositionUnit::Bohr => atom.coordinates.map(|bohr| bohr * BOHR_ANGSTROM),
        PositionUnit::Alat => atom
            .coordinates
            .map(|alat| alat * cell.alat_bohr * BOHR_ANGSTROM),
        PositionUnit::Crystal => [0, 1, 2].map(|axis| {
            let along = atom.coordinates.iter().zip(cell.vectors_bohr);
            along
                .map(|(coordinate, vector)| coordinate * vector[axis])
                .sum::<f64>()
                * BOHR_ANGSTROM
        }),
    };
    positions
        .atoms
        .iter()
        .map(|atom| {
            let position_angstrom = cartesian(atom);
            if position_angstrom
                .iter()
                .any(|size| size.abs() > limits.coordinate_angstrom)
            {
                faults.add(
                    format!("ATOMIC_POSITIONS line {}", atom.line),
                    format!(
                        "the atom lies farther than {} angstrom from the origin",
                        limits.coordinate_angstrom
                    ),
                );
            }
            StructureAtom {
                symbol: atom.symbol.clone(),
                position_angstrom,
                fixed: atom.fixed,
            }
        })
        .collect()
}
