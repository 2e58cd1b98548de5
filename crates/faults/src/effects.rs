//! The judge of what jobs did: reads the effects file and says what is missing and what overlaps.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::effect::{EffectEvent, EffectLine};

/// Everything that was told so far, in the order in which it happened.
#[derive(Debug)]
pub struct Effects {
    lines: Vec<EffectLine>,
}

impl Effects {
    /// Reads the effects file; one that does not exist yet holds nothing.
    pub fn read(path: &Path) -> Self {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            text => text.expect("the effects file can be read"),
        };
        let line = |line| serde_json::from_str(line).expect("an effects line is whole");
        Self {
            lines: text.lines().map(line).collect(),
        }
    }

    /// The runs of a job, in the order in which they began.
    pub fn runs_of(&self, label: &str) -> Vec<&str> {
        self.lines
            .iter()
            .filter(|line| line.label == label && line.event == EffectEvent::Start)
            .map(|line| line.run.as_str())
            .collect()
    }

    /// How many of a job's runs ended by themselves.
    pub fn ends_of(&self, label: &str) -> usize {
        let is_end = |line: &&EffectLine| line.label == label && line.event == EffectEvent::End;
        self.lines.iter().filter(is_end).count()
    }

    /// Those of `labels` of which no run ended by itself.
    pub fn missing<'label>(&self, labels: &[&'label str]) -> Vec<&'label str> {
        let is_missing = |label: &&str| self.ends_of(label) == 0;
        labels.iter().copied().filter(is_missing).collect()
    }

    /// How many runs went on at once at most. A run goes on from its first line to its last one.
    pub fn most_at_once(&self) -> usize {
        let mut ends = HashMap::new();
        for (place, line) in self.lines.iter().enumerate() {
            ends.insert(line.run.as_str(), place);
        }
        let mut going_on = HashSet::new();
        let mut most = 0;
        for (place, line) in self.lines.iter().enumerate() {
            let run = line.run.as_str();
            going_on.insert(run);
            most = most.max(going_on.len());
            if ends.get(run) == Some(&place) {
                going_on.remove(run);
            }
        }
        most
    }

    /// Labels of jobs of which one run still did something after a later one had begun.
    pub fn overlapping(&self) -> HashSet<&str> {
        let mut newest = HashMap::new();
        let mut overtaken = HashSet::new();
        let mut overlapping = HashSet::new();
        for line in &self.lines {
            let (label, run) = (line.label.as_str(), line.run.as_str());
            if line.event == EffectEvent::Start
                && let Some(earlier) = newest.insert(label, run)
            {
                overtaken.insert(earlier);
            } else if overtaken.contains(run) {
                overlapping.insert(label);
            }
        }
        overlapping
    }
}
