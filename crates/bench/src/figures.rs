//! The measured figures: a table for people, and the baseline they are compared with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// What a figure counts; the name says which way is better.
#[derive(Debug, Clone)]
struct Figure {
    name: &'static str,
    unit: &'static str,
    value: f64,
}

/// The figures of one run, in the order in which they were measured.
#[derive(Debug, Clone, Default)]
pub struct Figures(Vec<Figure>);

/// Figures of an earlier run, by their names.
pub type Baseline = BTreeMap<String, f64>;

impl Figures {
    /// Notes a figure down and shows it at once, because a run takes minutes.
    pub fn add(&mut self, name: &'static str, unit: &'static str, value: f64) {
        eprintln!("  {name}: {} {unit}", rounded(value));
        self.0.push(Figure { name, unit, value });
    }

    /// The baseline in the source tree; none when none was saved.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn baseline() -> anyhow::Result<Option<Baseline>> {
        let path = baseline_path();
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .with_context(|| format!("{} is no baseline", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Makes these figures the baseline.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_as_baseline(&self) -> anyhow::Result<()> {
        let baseline: Baseline = self
            .0
            .iter()
            .map(|figure| (figure.name.to_owned(), figure.value))
            .collect();
        let path = baseline_path();
        let text = serde_json::to_string_pretty(&baseline)? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A line for each figure, with its ratio to the baseline.
    pub fn table(&self, baseline: Option<&Baseline>) -> String {
        let mut table = format!(
            "{:<44} {:>12} {:<12} {:>8}\n",
            "figure", "value", "unit", "ratio"
        );
        for figure in &self.0 {
            let before = baseline.and_then(|baseline| baseline.get(figure.name));
            let ratio = match before {
                Some(before) if *before > 0.0 => format!("{:.2}", figure.value / before),
                _ => "-".to_owned(),
            };
            let value = rounded(figure.value);
            // Writing to a String cannot fail.
            let _ = writeln!(
                table,
                "{:<44} {value:>12} {:<12} {ratio:>8}",
                figure.name, figure.unit
            );
        }
        table
    }
}

/// Three digits that count, or all before the point.
fn rounded(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn baseline_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json")
}
