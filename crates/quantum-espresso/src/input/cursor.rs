//! A position in the input text that knows its line.

/// Walks over the text once; cheap to copy, so that a reader can look ahead and come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    position: usize,
    line: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            position: 0,
            line: 1,
        }
    }

    /// The line the cursor is on, counted from one.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    pub(super) fn advance(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        if byte == b'\n' {
            self.line += 1;
        }
        Some(byte)
    }

    /// Consumes `expected` if it is next.
    pub(super) fn take(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.advance();
        }
        found
    }

    /// Consumes bytes as long as they are `wanted`. `wanted` must not split a character.
    pub(super) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'t str {
        let start = self.position;
        while self.peek().is_some_and(&wanted) {
            self.advance();
        }
        self.text.get(start..self.position).unwrap_or_default()
    }

    /// Consumes the rest of the line without its end.
    pub(super) fn take_line(&mut self) -> &'t str {
        self.take_while(|byte| byte != b'\n')
    }

    /// Consumes spaces and tabs.
    pub(super) fn skip_spaces(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    }

    /// Consumes white space, line ends and `!` comments.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            self.take_while(|byte| byte.is_ascii_whitespace());
            if self.peek() != Some(b'!') {
                return;
            }
            self.take_line();
        }
    }
}
