//! The keys that an input may hold, namelist by namelist: who owns each, its type and its range.

mod control;
mod electrons;
mod ions;
mod system;

use super::InputLimits;

/// The namelists that are passed on, in the order in which `pw.x` reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Control,
    System,
    Electrons,
    Ions,
}

impl Group {
    pub(super) const ALL: [Self; 4] = [Self::Control, Self::System, Self::Electrons, Self::Ions];

    /// The name in lower case, as fault paths use it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::System => "system",
            Self::Electrons => "electrons",
            Self::Ions => "ions",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }

    /// The rule of `key` in this namelist; none means that the key is not accepted.
    pub(super) fn rule(self, key: &str) -> Option<&'static KeyRule> {
        let rules = match self {
            Self::Control => control::RULES,
            Self::System => system::RULES,
            Self::Electrons => electrons::RULES,
            Self::Ions => ions::RULES,
        };
        rules.iter().find(|rule| rule.key.eq_ignore_ascii_case(key))
    }
}

/// What happens to one key.
pub(super) struct KeyRule {
    /// Spelled as Quantum ESPRESSO documents it.
    pub(super) key: &'static str,
    pub(super) shape: Shape,
    pub(super) treatment: Treatment,
}

/// Whether a key is one value or an array counted from one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar,
    Array(usize),
    PerSpecies,
}

/// Who decides about a key.
pub(super) enum Treatment {
    /// The service writes this key itself; what the user wrote has no effect.
    SetByService,
    /// The service fixes this key to one word and refuses any other.
    FixedWord {
        only: &'static str,
        refusal: &'static str,
    },
    /// The key has no meaning here and is left out.
    Dropped,
    /// A feature that is not offered; `.false.` is the same as leaving the key out.
    Refused(&'static str),
    /// The user decides.
    Kept(Kind),
}

impl Treatment {
    /// Whether what the user wrote has no effect.
    pub(super) fn sets_aside(&self) -> bool {
        matches!(self, Self::SetByService | Self::Dropped)
    }
}

/// The type and range of a key that the user decides.
pub(super) enum Kind {
    Integer {
        least: i64,
        most: fn(&InputLimits) -> i64,
    },
    Real {
        range: fn(&InputLimits) -> RealRange,
    },
    Logical,
    /// One of these words, in any case.
    Word(&'static [&'static str]),
}

/// Which real numbers a key accepts.
pub(super) struct RealRange {
    pub(super) least: f64,
    pub(super) least_is_allowed: bool,
    pub(super) most: f64,
}

const fn set_by_service(key: &'static str) -> KeyRule {
    KeyRule {
        key,
        shape: Shape::Scalar,
        treatment: Treatment::SetByService,
    }
}

const fn dropped(key: &'static str) -> KeyRule {
    KeyRule {
        key,
        shape: Shape::Scalar,
        treatment: Treatment::Dropped,
    }
}

const fn refused(key: &'static str, feature: &'static str) -> KeyRule {
    KeyRule {
        key,
        shape: Shape::Scalar,
        treatment: Treatment::Refused(feature),
    }
}

const fn kept(key: &'static str, kind: Kind) -> KeyRule {
    KeyRule {
        key,
        shape: Shape::Scalar,
        treatment: Treatment::Kept(kind),
    }
}

const fn logical(key: &'static str) -> KeyRule {
    kept(key, Kind::Logical)
}

const fn word(key: &'static str, words: &'static [&'static str]) -> KeyRule {
    kept(key, Kind::Word(words))
}

const fn integer(key: &'static str, least: i64, most: fn(&InputLimits) -> i64) -> KeyRule {
    kept(key, Kind::Integer { least, most })
}

const fn real(key: &'static str, range: fn(&InputLimits) -> RealRange) -> KeyRule {
    kept(key, Kind::Real { range })
}

const fn per_species(key: &'static str, range: fn(&InputLimits) -> RealRange) -> KeyRule {
    KeyRule {
        key,
        shape: Shape::PerSpecies,
        treatment: Treatment::Kept(Kind::Real { range }),
    }
}

const fn between(least: f64, most: f64) -> RealRange {
    RealRange {
        least,
        least_is_allowed: true,
        most,
    }
}

const fn above_zero_to(most: f64) -> RealRange {
    RealRange {
        least: 0.0,
        least_is_allowed: false,
        most,
    }
}
