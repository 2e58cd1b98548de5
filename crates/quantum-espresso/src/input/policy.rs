//! Applies the rules of the allow-list to what the namelists assign.

use std::collections::BTreeSet;

use super::keys::{Group, KeyRule, Kind, RealRange, Shape, Treatment};
use super::literal::{self, Literal};
use super::namelist::Assignment;
use super::{InputLimits, SetAsideKey, SettingKey, Settings, Value};
use crate::error::{FaultCollector, quoted};

/// What the namelists come to.
#[derive(Debug, Default)]
pub(super) struct CheckedNamelists {
    pub(super) settings: Settings,
    pub(super) set_aside: Vec<SetAsideKey>,
    present: BTreeSet<SettingKey>,
}

impl CheckedNamelists {
    /// Whether the scalar `key` is written at all, rightly or wrongly.
    pub(super) fn is_present(&self, group: Group, key: &'static str) -> bool {
        self.present.contains(&SettingKey {
            group,
            key,
            index: None,
        })
    }
}

/// Checks every assignment against the rule of its key.
pub(super) fn apply(
    namelists: &[(Group, Vec<Assignment<'_>>)],
    limits: &InputLimits,
    faults: &mut FaultCollector,
) -> CheckedNamelists {
    let mut checker = Checker {
        limits,
        faults,
        checked: CheckedNamelists::default(),
    };
    for (group, assignments) in namelists {
        for assignment in assignments {
            if checker.faults.is_full() {
                return checker.checked;
            }
            checker.check(*group, assignment);
        }
    }
    checker.checked
}

struct Checker<'c> {
    limits: &'c InputLimits,
    faults: &'c mut FaultCollector,
    checked: CheckedNamelists,
}

impl Checker<'_> {
    fn check(&mut self, group: Group, assignment: &Assignment<'_>) {
        let Some(rule) = group.rule(&assignment.key) else {
            let path = format!("{}.{}", group.name(), assignment.key);
            let message = format!(
                "line {}: this key is not accepted in &{}",
                assignment.line,
                group.name().to_ascii_uppercase()
            );
            return self.faults.add(path, message);
        };
        let Some(first_index) = self.first_index(group, rule, assignment) else {
            return;
        };
        for (offset, literal) in assignment.values.iter().enumerate() {
            let setting = SettingKey {
                group,
                key: rule.key,
                index: first_index.map(|first| first + offset),
            };
            self.check_value(setting, rule, literal, assignment.line);
        }
    }

    /// Where the values go: `None` after a fault, `Some(None)` for a scalar.
    fn first_index(
        &mut self,
        group: Group,
        rule: &KeyRule,
        assignment: &Assignment<'_>,
    ) -> Option<Option<usize>> {
        let path = format!("{}.{}", group.name(), rule.key);
        let line = assignment.line;
        let most = match rule.shape {
            Shape::Scalar => None,
            Shape::Array(length) => Some(length),
            Shape::PerSpecies => usize::try_from(self.limits.species).ok(),
        };
        let values = assignment.values.len();
        let (found, message) = match (most, assignment.index) {
            (None, Some(_)) => (None, format!("line {line}: is not an array")),
            (None, None) => (
                (values == 1).then_some(None),
                format!("line {line}: takes one value, not {values}"),
            ),
            (Some(length), None) => (
                (values <= length).then_some(Some(1)),
                format!("line {line}: has at most {length} elements, not {values}"),
            ),
            (Some(length), Some(index)) => {
                let index = index
                    .parse()
                    .ok()
                    .filter(|index| (1..=length).contains(index));
                (
                    index.filter(|_| values == 1).map(Some),
                    format!(
                        "line {line}: one element takes one value and an index of 1 to {length}"
                    ),
                )
            }
        };
        if found.is_none() {
            self.faults.add(path, message);
        }
        found
    }

    fn check_value(
        &mut self,
        setting: SettingKey,
        rule: &KeyRule,
        literal: &Literal<'_>,
        line: usize,
    ) {
        let path = setting.path();
        if !self.checked.present.insert(setting) {
            return self
                .faults
                .add(path, format!("line {line}: the key is given twice"));
        }
        if rule.treatment.sets_aside() && climbs(literal.text()) {
            let problem = "leads out of the job's own folder; leave the key out, Gantry decides it";
            return self.faults.add(path, format!("line {line}: {problem}"));
        }
        match &rule.treatment {
            Treatment::SetByService => self.set_aside(path, "Gantry sets this key itself"),
            Treatment::Dropped => self.set_aside(path, "this key has no effect in Gantry"),
            Treatment::FixedWord { only, refusal } => {
                let is_it = matches!(literal, Literal::Quoted(text) if text.trim().eq_ignore_ascii_case(only));
                if !is_it {
                    self.faults.add(path, format!("line {line}: {refusal}"));
                }
            }
            Treatment::Refused(feature) => match literal {
                Literal::Bare(text) if literal::logical(text) == Ok(false) => {
                    self.set_aside(path, "switched off, as it always is in Gantry");
                }
                _ => self.faults.add(path, format!("line {line}: {feature}")),
            },
            Treatment::Kept(kind) => match self.value(kind, literal) {
                Ok(value) => {
                    self.checked.settings.0.insert(setting, value);
                }
                Err(problem) => {
                    let written = quoted(literal.text());
                    self.faults
                        .add(path, format!("line {line}: {written} {problem}"));
                }
            },
        }
    }

    fn set_aside(&mut self, path: String, reason: &'static str) {
        self.checked.set_aside.push(SetAsideKey { path, reason });
    }

    fn value(&self, kind: &Kind, literal: &Literal<'_>) -> Result<Value, String> {
        match (kind, literal) {
            (Kind::Word(words), Literal::Quoted(text)) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(text.trim()))
                .map(|word| Value::Word(word))
                .ok_or_else(|| format!("is not one of: {}", words.join(", "))),
            (Kind::Word(_), Literal::Bare(_)) => Err("must be in quotes".to_owned()),
            (_, Literal::Quoted(_)) => Err("must not be in quotes".to_owned()),
            (Kind::Logical, Literal::Bare(text)) => literal::logical(text)
                .map(Value::Logical)
                .map_err(str::to_owned),
            (Kind::Integer { least, most }, Literal::Bare(text)) => {
                let most = most(self.limits);
                let number = literal::integer(text)?;
                if (*least..=most).contains(&number) {
                    Ok(Value::Integer(number))
                } else {
                    Err(format!("must be at least {least} and at most {most}"))
                }
            }
            (Kind::Real { range }, Literal::Bare(text)) => {
                in_range(literal::real(text)?, &range(self.limits)).map(Value::Real)
            }
        }
    }
}

fn in_range(number: f64, range: &RealRange) -> Result<f64, String> {
    let RealRange {
        least,
        least_is_allowed,
        most,
    } = range;
    let is_enough = number > *least || *least_is_allowed && number == *least;
    if is_enough && number <= *most {
        Ok(number)
    } else {
        let comparison = if *least_is_allowed {
            "at least"
        } else {
            "greater than"
        };
        Err(format!("must be {comparison} {least} and at most {most}"))
    }
}

impl SettingKey {
    /// The key as fault paths spell it: `system.celldm(1)`.
    pub(super) fn path(&self) -> String {
        let name = format!("{}.{}", self.group.name(), self.key);
        match self.index {
            Some(index) => format!("{name}({index})"),
            None => name,
        }
    }
}

/// Whether a path has a part that climbs to the folder above. Such a value has no effect here, but nobody writes it
/// for Gantry in good faith.
fn climbs(path: &str) -> bool {
    path.split('/').any(|part| part.trim() == "..")
}
