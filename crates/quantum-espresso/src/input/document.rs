//! Splits an input text into its namelists and cards; anything else in it is a fault.

use super::cursor::Cursor;
use super::keys::Group;
use super::namelist::{self, Assignment};
use crate::error::{FaultCollector, quoted, shortened};

/// An input text, split but not yet understood.
#[derive(Debug, Default)]
pub(super) struct Document<'t> {
    pub(super) namelists: Vec<(Group, Vec<Assignment<'t>>)>,
    pub(super) cards: Vec<Card<'t>>,
}

#[derive(Debug)]
pub(super) struct Card<'t> {
    pub(super) kind: CardKind,
    pub(super) line: usize,
    /// The word after the card's name, in lower case without braces.
    pub(super) option: Option<String>,
    pub(super) rows: Vec<Row<'t>>,
}

#[derive(Debug)]
pub(super) struct Row<'t> {
    pub(super) line: usize,
    pub(super) fields: Vec<&'t str>,
}

/// The cards that are passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CardKind {
    Species,
    Positions,
    KPoints,
    Cell,
}

impl CardKind {
    const ALL: [Self; 4] = [Self::Species, Self::Positions, Self::KPoints, Self::Cell];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Species => "ATOMIC_SPECIES",
            Self::Positions => "ATOMIC_POSITIONS",
            Self::KPoints => "K_POINTS",
            Self::Cell => "CELL_PARAMETERS",
        }
    }
}

/// Cards of Quantum ESPRESSO that are not accepted.
const REFUSED_CARDS: [&str; 8] = [
    "OCCUPATIONS",
    "CONSTRAINTS",
    "ATOMIC_VELOCITIES",
    "ATOMIC_FORCES",
    "ADDITIONAL_K_POINTS",
    "SOLVENTS",
    "HUBBARD",
    "PLOT_WANNIER",
];

/// Whether `word` is the name of a card, accepted or not.
pub(super) fn is_card_name(word: &str) -> bool {
    CardKind::ALL
        .iter()
        .map(|kind| kind.name())
        .chain(REFUSED_CARDS)
        .any(|name| name.eq_ignore_ascii_case(word))
}

/// A first word of at least this many characters cannot be a row of an accepted card: rows begin
/// with a number or with an atom label of at most three characters.
const SHORTEST_CARD_NAME_CHARACTERS: usize = 4;

/// Splits `text`.
pub(super) fn read<'t>(text: &'t str, faults: &mut FaultCollector) -> Document<'t> {
    let mut document = Document::default();
    let mut cursor = Cursor::new(text);
    let mut place = Place::Outside;
    while !faults.is_full() {
        cursor.skip_blanks();
        match cursor.peek() {
            None => break,
            Some(b'&') => {
                read_namelist(&mut cursor, &mut document, faults);
                place = Place::Outside;
            }
            Some(b'#') => {
                cursor.take_line();
            }
            Some(_) => {
                let line = cursor.line();
                let fields = fields(cursor.take_line());
                place = read_card_line(line, fields, place, &mut document, faults);
            }
        }
    }
    document
}

/// Where in the document a line of a card stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    /// In the card that was read last.
    InCard,
    /// Below a card that was refused, whose rows need no fault of their own.
    InRefusedCard,
}

fn read_namelist<'t>(
    cursor: &mut Cursor<'t>,
    document: &mut Document<'t>,
    faults: &mut FaultCollector,
) {
    let line = cursor.line();
    cursor.advance();
    let written = cursor.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = shortened(written).to_ascii_lowercase();
    let path = format!("&{}", name.to_ascii_uppercase());
    let group = Group::named(&name);
    let known = group.is_some() || name == "cell";
    if !known {
        faults.add(&path, format!("line {line}: this namelist is not accepted"));
    }
    let assignments = namelist::read(cursor, &name, faults);
    match group {
        Some(group) if document.namelists.iter().any(|(seen, _)| *seen == group) => {
            faults.add(path, format!("line {line}: the namelist is given twice"));
        }
        Some(group) => document.namelists.push((group, assignments)),
        None if known && !assignments.is_empty() => {
            faults.add(
                path,
                format!("line {line}: the cell is held fixed: leave its keys out"),
            );
        }
        None => {}
    }
}

fn read_card_line<'t>(
    line: usize,
    fields: Vec<&'t str>,
    place: Place,
    document: &mut Document<'t>,
    faults: &mut FaultCollector,
) -> Place {
    let Some(first) = fields.first().copied() else {
        return place;
    };
    let (word, _) = first.split_once(['{', '(']).unwrap_or((first, ""));
    if let Some(kind) = CardKind::ALL
        .into_iter()
        .find(|kind| kind.name().eq_ignore_ascii_case(word))
    {
        if document.cards.iter().any(|card| card.kind == kind) {
            faults.add(kind.name(), format!("line {line}: the card is given twice"));
            return Place::InRefusedCard;
        }
        let option = option(kind, line, &fields, faults);
        document.cards.push(Card {
            kind,
            line,
            option,
            rows: Vec::new(),
        });
        return Place::InCard;
    }
    let looks_like_a_card = word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.len() >= SHORTEST_CARD_NAME_CHARACTERS;
    if looks_like_a_card && place != Place::InRefusedCard || is_card_name(word) {
        faults.add(
            shortened(word).to_ascii_uppercase(),
            format!("line {line}: this card is not accepted"),
        );
        return Place::InRefusedCard;
    }
    match (place, document.cards.last_mut()) {
        (Place::InCard, Some(card)) => card.rows.push(Row { line, fields }),
        (Place::InRefusedCard, _) => {}
        _ => faults.add(
            format!("line {line}"),
            format!("{} belongs to no namelist and no card", quoted(first)),
        ),
    }
    place
}

/// The option of a card's header: `K_POINTS automatic`, `{automatic}` or `(automatic)`.
fn option(
    kind: CardKind,
    line: usize,
    fields: &[&str],
    faults: &mut FaultCollector,
) -> Option<String> {
    let header = fields.join(" ");
    let written = header[kind.name().len()..].trim();
    let bare = written
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'))
        .or_else(|| {
            written
                .strip_prefix('(')
                .and_then(|inner| inner.strip_suffix(')'))
        })
        .unwrap_or(written)
        .trim();
    if bare.is_empty() {
        return None;
    }
    if !bare
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        faults.add(
            kind.name(),
            format!(
                "line {line}: {} is not an option of this card",
                quoted(written)
            ),
        );
    }
    Some(bare.to_ascii_lowercase())
}

fn fields(line: &str) -> Vec<&str> {
    let (content, _) = line.split_once('!').unwrap_or((line, ""));
    content.split_ascii_whitespace().collect()
}
