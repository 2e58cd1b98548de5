//! The texts of the wanted elements of a result file, by their path below the root.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::ResultError;

/// Texts and attributes by path, in document order; `path@name` is an attribute.
pub(super) struct Elements(BTreeMap<&'static str, Vec<String>>);

/// The elements whose text is kept.
const TEXTS: [&str; 17] = [
    "step/scf_conv/n_scf_steps",
    "step/total_energy/etot",
    "step/forces",
    "output/convergence_info/scf_conv/convergence_achieved",
    "output/convergence_info/scf_conv/n_scf_steps",
    "output/convergence_info/opt_conv/convergence_achieved",
    "output/atomic_structure/atomic_positions/atom",
    "output/atomic_structure/cell/a1",
    "output/atomic_structure/cell/a2",
    "output/atomic_structure/cell/a3",
    "output/magnetization/lsda",
    "output/magnetization/noncolin",
    "output/magnetization/total",
    "output/magnetization/absolute",
    "output/total_energy/etot",
    "timing_info/total/cpu",
    "timing_info/total/wall",
];

/// The attributes that are kept: element, attribute and the path under which it is found.
const ATTRIBUTES: [(&str, &str, &str); 2] = [
    (
        "general_info/creator",
        "VERSION",
        "general_info/creator@VERSION",
    ),
    (
        "output/atomic_structure/atomic_positions/atom",
        "name",
        "output/atomic_structure/atomic_positions/atom@name",
    ),
];

/// Deeper nesting than this is no result of `pw.x`.
const DEPTH_LIMIT: usize = 32;

impl Elements {
    /// Reads the whole document once.
    pub(super) fn read(text: &str) -> Result<Self, ResultError> {
        let mut reader = Reader::from_str(text);
        let mut elements = Self(BTreeMap::new());
        let mut path = ElementPath::default();
        loop {
            match reader.read_event().map_err(malformed)? {
                Event::Start(start) => {
                    path.enter(&start)?;
                    elements.begin(&path.below_root, &start)?;
                }
                Event::Text(content) => elements.append(&path.below_root, &content.into_inner()),
                Event::End(_) => path.leave(),
                Event::Eof => return Ok(elements),
                _ => {}
            }
        }
    }

    /// Every occurrence of `path`.
    pub(super) fn all(&self, path: &str) -> &[String] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The first occurrence of `path`.
    pub(super) fn required(&self, path: &'static str) -> Result<&str, ResultError> {
        let first = self.all(path).first().ok_or(ResultError::Missing(path))?;
        Ok(first.trim())
    }

    /// The first occurrence of `path`, as true or false.
    pub(super) fn logical(&self, path: &'static str) -> Result<bool, ResultError> {
        Ok(self.required(path)? == "true")
    }

    /// The first occurrence of `path`, as one finite number.
    pub(super) fn number(&self, path: &'static str) -> Result<f64, ResultError> {
        match self.numbers(path, 0)?[..] {
            [number] => Ok(number),
            _ => Err(ResultError::NotNumbers {
                path: path.to_owned(),
            }),
        }
    }

    /// One occurrence of `path`, as finite numbers.
    pub(super) fn numbers(
        &self,
        path: &'static str,
        occurrence: usize,
    ) -> Result<Vec<f64>, ResultError> {
        let text = self
            .all(path)
            .get(occurrence)
            .ok_or(ResultError::Missing(path))?;
        let finite = |word: &str| word.parse().ok().filter(|number: &f64| number.is_finite());
        text.split_ascii_whitespace()
            .map(finite)
            .collect::<Option<Vec<f64>>>()
            .ok_or_else(|| ResultError::NotNumbers {
                path: path.to_owned(),
            })
    }

    fn begin(&mut self, path: &str, start: &BytesStart<'_>) -> Result<(), ResultError> {
        if let Some(wanted) = TEXTS.into_iter().find(|wanted| *wanted == path) {
            self.0.entry(wanted).or_default().push(String::new());
        }
        for (_, name, found_under) in ATTRIBUTES
            .into_iter()
            .filter(|(element, ..)| *element == path)
        {
            if let Some(attribute) = start.try_get_attribute(name).map_err(malformed)? {
                let value = attribute.value.into_owned();
                self.0.entry(found_under).or_default().push(value);
            }
        }
        Ok(())
    }

    fn append(&mut self, path: &str, content: &str) {
        if let Some(text) = self.0.get_mut(path).and_then(|texts| texts.last_mut()) {
            text.push_str(content);
        }
    }
}

/// The names of the open elements below the root, joined with `/`.
#[derive(Default)]
struct ElementPath {
    below_root: String,
    depth: usize,
}

impl ElementPath {
    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), ResultError> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(ResultError::Malformed("nested too deeply".to_owned()));
        }
        if self.depth > 1 {
            self.below_root
                .push_str(if self.depth > 2 { "/" } else { "" });
            self.below_root.push_str(start.name().0);
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        let parent = self.below_root.rfind('/').unwrap_or(0);
        self.below_root.truncate(parent);
    }
}

fn malformed(error: impl std::fmt::Display) -> ResultError {
    ResultError::Malformed(error.to_string())
}
