//! One thing as labelled lines.

use std::fmt::Write;

use super::text::printable;

/// How wide the column of labels is.
const LABEL_WIDTH: usize = 12;

/// Labelled lines, in the order in which they are added.
#[derive(Debug, Default)]
pub(super) struct Details {
    text: String,
}

impl Details {
    pub(super) fn line(&mut self, label: &str, value: impl AsRef<str>) -> &mut Self {
        let bold = anstyle::Style::new().bold();
        writeln!(
            self.text,
            "{bold}{label:<LABEL_WIDTH$}{bold:#} {}",
            value.as_ref()
        )
        .expect("writing to a String cannot fail");
        self
    }

    /// A line that is left out when there is nothing to say.
    pub(super) fn optional(&mut self, label: &str, value: Option<impl AsRef<str>>) -> &mut Self {
        match value {
            Some(value) => self.line(label, value),
            None => self,
        }
    }

    /// A JSON document, indented below its label.
    pub(super) fn document(&mut self, label: &str, document: &serde_json::Value) -> &mut Self {
        let text = format!("{document:#}");
        if text.lines().count() == 1 {
            return self.line(label, text);
        }
        let bold = anstyle::Style::new().bold();
        writeln!(self.text, "{bold}{label}{bold:#}").expect("writing to a String cannot fail");
        for line in text.lines() {
            writeln!(self.text, "  {}", printable(line)).expect("writing to a String cannot fail");
        }
        self
    }

    /// The lines, without the last line end.
    pub(super) fn finish(&self) -> String {
        self.text.trim_end().to_owned()
    }
}
