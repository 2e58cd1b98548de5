//! Understands the rows of the cards.

mod k_points;

use std::collections::BTreeSet;

use super::document::{Card, CardKind, Row};
use super::literal;
use super::{CellCard, CellUnit, InputLimits, PositionUnit, PositionedAtom, Positions};
use crate::error::{FaultCollector, quoted};
use crate::structure::{KPoints, Species};

/// What the cards hold; a card that is missing or faulty is `None`.
#[derive(Debug, Default)]
pub(super) struct Cards {
    pub(super) species: Option<Vec<Species>>,
    pub(super) positions: Option<Positions>,
    pub(super) k_points: Option<KPoints>,
    pub(super) cell: Option<CellCard>,
}

/// The longest label of a species.
const LABEL_LIMIT_CHARACTERS: usize = 3;
/// The longest pseudopotential file name that `pw.x` holds.
const PSEUDOPOTENTIAL_LIMIT_CHARACTERS: usize = 80;

/// Reads every card and demands those that must be there.
pub(super) fn read(cards: &[Card<'_>], limits: &InputLimits, faults: &mut FaultCollector) -> Cards {
    let mut read = Cards::default();
    for card in cards {
        match card.kind {
            CardKind::Species => read.species = species(card, faults),
            CardKind::Positions => read.positions = positions(card, faults),
            CardKind::KPoints => read.k_points = k_points::read(card, limits, faults),
            CardKind::Cell => read.cell = cell(card, faults),
        }
    }
    for required in [CardKind::Species, CardKind::Positions, CardKind::KPoints] {
        if !cards.iter().any(|card| card.kind == required) {
            faults.add(required.name(), "the card is missing");
        }
    }
    read
}

fn species(card: &Card<'_>, faults: &mut FaultCollector) -> Option<Vec<Species>> {
    refuse_option(card, faults);
    let mut labels = BTreeSet::new();
    let read = |row| one_species(card, row, &mut labels, faults);
    let species: Vec<Species> = card.rows.iter().filter_map(read).collect();
    (species.len() == card.rows.len()).then_some(species)
}

fn one_species<'t>(
    card: &Card<'t>,
    row: &Row<'t>,
    labels: &mut BTreeSet<&'t str>,
    faults: &mut FaultCollector,
) -> Option<Species> {
    let path = row_path(card, row);
    let [symbol, mass, pseudopotential] = row.fields[..] else {
        faults.add(path, "a species is a label, a mass and a pseudopotential");
        return None;
    };
    let problem = if !is_label(symbol) {
        format!(
            "{} is not a species label: a chemical symbol, at most {LABEL_LIMIT_CHARACTERS} characters",
            quoted(symbol)
        )
    } else if !labels.insert(symbol) {
        format!("species {} is given twice", quoted(symbol))
    } else if !is_pseudopotential_name(pseudopotential) {
        format!(
            "{} is not a pseudopotential file name: at most {PSEUDOPOTENTIAL_LIMIT_CHARACTERS} \
             letters, digits and `.` `_` `+` `-`, no folder",
            quoted(pseudopotential)
        )
    } else {
        match literal::real(mass) {
            Ok(mass_amu) if mass_amu > 0.0 => {
                return Some(Species {
                    symbol: symbol.to_owned(),
                    mass_amu,
                    pseudopotential: pseudopotential.to_owned(),
                });
            }
            Ok(_) => "the mass must be greater than zero".to_owned(),
            Err(problem) => format!("the mass {} {problem}", quoted(mass)),
        }
    };
    faults.add(path, problem);
    None
}

fn positions(card: &Card<'_>, faults: &mut FaultCollector) -> Option<Positions> {
    let unit = match card.option.as_deref() {
        None | Some("alat") => PositionUnit::Alat,
        Some("bohr") => PositionUnit::Bohr,
        Some("angstrom") => PositionUnit::Angstrom,
        Some("crystal") => PositionUnit::Crystal,
        Some(other) => {
            let message = format!(
                "line {}: {} is not one of: alat, bohr, angstrom, crystal",
                card.line,
                quoted(other)
            );
            faults.add(card.kind.name(), message);
            return None;
        }
    };
    let read = |row| atom(card, row, faults);
    let atoms: Vec<PositionedAtom> = card.rows.iter().filter_map(read).collect();
    (atoms.len() == card.rows.len()).then_some(Positions { unit, atoms })
}

fn atom(card: &Card<'_>, row: &Row<'_>, faults: &mut FaultCollector) -> Option<PositionedAtom> {
    let path = row_path(card, row);
    let (symbol, x_y_z, flags) = match row.fields[..] {
        [symbol, x, y, z] => (symbol, [x, y, z], ["1", "1", "1"]),
        [symbol, x, y, z, a, b, c] => (symbol, [x, y, z], [a, b, c]),
        _ => {
            faults.add(
                path,
                "an atom is a label and three coordinates, then three flags or nothing",
            );
            return None;
        }
    };
    let coordinates = numbers(&path, x_y_z, faults)?;
    let mut fixed = [false; 3];
    for (axis, flag) in fixed.iter_mut().zip(flags) {
        *axis = match flag {
            "0" => true,
            "1" => false,
            other => {
                faults.add(
                    path,
                    format!(
                        "the flag {} is neither 0 (fixed) nor 1 (free)",
                        quoted(other)
                    ),
                );
                return None;
            }
        };
    }
    Some(PositionedAtom {
        line: row.line,
        symbol: symbol.to_owned(),
        coordinates,
        fixed,
    })
}

fn cell(card: &Card<'_>, faults: &mut FaultCollector) -> Option<CellCard> {
    let unit = match card.option.as_deref() {
        None => CellUnit::Unnamed,
        Some("alat") => CellUnit::Alat,
        Some("bohr") => CellUnit::Bohr,
        Some("angstrom") => CellUnit::Angstrom,
        Some(other) => {
            let message = format!(
                "line {}: {} is not one of: alat, bohr, angstrom",
                card.line,
                quoted(other)
            );
            faults.add(card.kind.name(), message);
            return None;
        }
    };
    let [first, second, third] = &card.rows[..] else {
        faults.add(
            card.kind.name(),
            format!("line {}: three rows of three numbers are needed", card.line),
        );
        return None;
    };
    let mut vector = |row: &Row<'_>| {
        let path = row_path(card, row);
        let [x, y, z] = row.fields[..] else {
            faults.add(path, "a lattice vector is three numbers");
            return None;
        };
        numbers(&path, [x, y, z], faults)
    };
    let vectors = [vector(first), vector(second), vector(third)];
    let [Some(first), Some(second), Some(third)] = vectors else {
        return None;
    };
    Some(CellCard {
        unit,
        vectors: [first, second, third],
    })
}

/// Three real numbers, or a fault for each that is none.
fn numbers(path: &str, written: [&str; 3], faults: &mut FaultCollector) -> Option<[f64; 3]> {
    let mut numbers = [0.0; 3];
    let mut all_read = true;
    for (number, text) in numbers.iter_mut().zip(written) {
        match literal::real(text) {
            Ok(read) => *number = read,
            Err(problem) => {
                faults.add(path, format!("{} {problem}", quoted(text)));
                all_read = false;
            }
        }
    }
    all_read.then_some(numbers)
}

fn refuse_option(card: &Card<'_>, faults: &mut FaultCollector) {
    if let Some(option) = &card.option {
        let message = format!(
            "line {}: the card takes no option, not {}",
            card.line,
            quoted(option)
        );
        faults.add(card.kind.name(), message);
    }
}

fn refuse_rows(card: &Card<'_>, faults: &mut FaultCollector) {
    if let Some(row) = card.rows.first() {
        faults.add(row_path(card, row), "nothing may follow this option");
    }
}

fn row_path(card: &Card<'_>, row: &Row<'_>) -> String {
    format!("{} line {}", card.kind.name(), row.line)
}

fn is_label(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.len() <= LABEL_LIMIT_CHARACTERS
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_allowed)
}

fn is_pseudopotential_name(text: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-');
    (1..=PSEUDOPOTENTIAL_LIMIT_CHARACTERS).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(is_allowed)
}
