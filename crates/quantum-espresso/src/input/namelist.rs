//! Reads the assignments of one namelist by Fortran's rules, refusing what those rules leave open.

use super::cursor::Cursor;
use super::document::is_card_name;
use super::literal::Literal;
use crate::error::{FaultCollector, quoted, shortened};

/// `key(index) = value, value` as written.
#[derive(Debug)]
pub(super) struct Assignment<'t> {
    /// In lower case, cut short when longer than any key of Quantum ESPRESSO.
    pub(super) key: String,
    /// The text between the parentheses.
    pub(super) index: Option<&'t str>,
    pub(super) line: usize,
    pub(super) values: Vec<Literal<'t>>,
}

/// Reads up to the closing `/` or `&end`. `name` is that of the namelist, in lower case.
pub(super) fn read<'t>(
    cursor: &mut Cursor<'t>,
    name: &str,
    faults: &mut FaultCollector,
) -> Vec<Assignment<'t>> {
    let mut assignments = Vec::new();
    while !faults.is_full() {
        cursor.take_while(|byte| byte.is_ascii_whitespace() || byte == b',');
        cursor.skip_blanks();
        let line = cursor.line();
        match cursor.peek() {
            Some(b',') => {}
            Some(b'/') => {
                cursor.advance();
                return close(cursor, name, assignments, faults);
            }
            Some(b'&') if take_end_word(cursor) => {
                return close(cursor, name, assignments, faults);
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                if at_card(cursor) {
                    return unclosed(name, line, assignments, faults);
                }
                assignments.extend(assignment(cursor, name, faults));
            }
            None | Some(b'&') => return unclosed(name, line, assignments, faults),
            Some(_) => {
                let rest = cursor.take_line();
                faults.add(
                    format!("&{}", name.to_ascii_uppercase()),
                    format!("line {line}: {} is not `key = value`", quoted(rest.trim())),
                );
            }
        }
    }
    assignments
}

fn close<'t>(
    cursor: &mut Cursor<'t>,
    name: &str,
    assignments: Vec<Assignment<'t>>,
    faults: &mut FaultCollector,
) -> Vec<Assignment<'t>> {
    let line = cursor.line();
    let rest = cursor.take_line().trim();
    if !rest.is_empty() && !rest.starts_with('!') {
        faults.add(
            format!("&{}", name.to_ascii_uppercase()),
            format!(
                "line {line}: {} follows the end of the namelist",
                quoted(rest)
            ),
        );
    }
    assignments
}

fn unclosed<'t>(
    name: &str,
    line: usize,
    assignments: Vec<Assignment<'t>>,
    faults: &mut FaultCollector,
) -> Vec<Assignment<'t>> {
    faults.add(
        format!("&{}", name.to_ascii_uppercase()),
        format!("line {line}: the namelist is not closed with `/`"),
    );
    assignments
}

fn take_end_word(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    ahead.advance();
    let is_end = ahead.take_while(is_name_byte).eq_ignore_ascii_case("end");
    if is_end {
        *cursor = ahead;
    }
    is_end
}

/// `OCCUPATIONS` is a card, `occupations =` a key.
fn at_card(cursor: &Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    let is_name = is_card_name(ahead.take_while(is_name_byte));
    ahead.skip_blanks();
    is_name && ahead.peek() != Some(b'=')
}

fn assignment<'t>(
    cursor: &mut Cursor<'t>,
    name: &str,
    faults: &mut FaultCollector,
) -> Option<Assignment<'t>> {
    let line = cursor.line();
    let key = shortened(cursor.take_while(is_name_byte)).to_ascii_lowercase();
    let path = format!("{name}.{key}");
    cursor.skip_spaces();
    let index = cursor.take(b'(').then(|| {
        let inside = cursor.take_while(|byte| !matches!(byte, b')' | b'\n' | b'='));
        cursor.take(b')');
        inside.trim()
    });
    cursor.skip_blanks();
    if !cursor.take(b'=') {
        let rest = cursor.take_line();
        faults.add(
            path,
            format!("line {line}: expected `=` before {}", quoted(rest.trim())),
        );
        return None;
    }
    let values = values(cursor, &path, faults)?;
    if values.is_empty() {
        faults.add(path, format!("line {line}: has no value"));
        return None;
    }
    Some(Assignment {
        key,
        index,
        line,
        values,
    })
}

/// Reads values up to the next key or the end of the namelist; `None` after a fault.
fn values<'t>(
    cursor: &mut Cursor<'t>,
    path: &str,
    faults: &mut FaultCollector,
) -> Option<Vec<Literal<'t>>> {
    let mut values = Vec::new();
    let mut after_comma = true;
    loop {
        cursor.skip_blanks();
        let line = cursor.line();
        match cursor.peek() {
            None | Some(b'/' | b'&') => return Some(values),
            Some(b',') if after_comma => {
                cursor.take_line();
                faults.add(
                    path,
                    format!("line {line}: has an empty value between commas"),
                );
                return None;
            }
            Some(b',') => {
                cursor.advance();
                after_comma = true;
                continue;
            }
            Some(quote @ (b'\'' | b'"')) => values.push(string(cursor, quote, path, faults)?),
            Some(_) => {
                let mut ahead = *cursor;
                let token = ahead.take_while(is_token_byte);
                if token.is_empty() {
                    let rest = cursor.take_line();
                    faults.add(
                        path,
                        format!("line {line}: {} is not a value", quoted(rest.trim())),
                    );
                    return None;
                }
                if is_key_ahead(ahead, token) {
                    return Some(values);
                }
                *cursor = ahead;
                if at_division(ahead) {
                    cursor.take_line();
                    faults.add(path, format!("line {line}: expressions are not read"));
                    return None;
                }
                values.push(Literal::Bare(token));
            }
        }
        after_comma = false;
    }
}

fn is_key_ahead(mut after_token: Cursor<'_>, token: &str) -> bool {
    after_token.skip_blanks();
    let is_name = token.starts_with(|first: char| first.is_ascii_alphabetic())
        && token.bytes().all(is_name_byte);
    is_name && matches!(after_token.peek(), Some(b'=' | b'(')) || is_card_name(token)
}

/// `1/3` would otherwise end the namelist after the 1.
fn at_division(mut after_token: Cursor<'_>) -> bool {
    after_token.take(b'/') && after_token.peek().is_some_and(|byte| byte.is_ascii_digit())
}

fn string<'t>(
    cursor: &mut Cursor<'t>,
    quote: u8,
    path: &str,
    faults: &mut FaultCollector,
) -> Option<Literal<'t>> {
    let line = cursor.line();
    let mut content = String::new();
    cursor.advance();
    loop {
        match cursor.peek() {
            Some(byte) if byte == quote => {
                cursor.advance();
                if !cursor.take(quote) {
                    return Some(Literal::Quoted(content));
                }
                content.push(char::from(quote));
            }
            Some(byte @ b' '..=b'~') => {
                cursor.advance();
                content.push(char::from(byte));
            }
            None | Some(b'\n' | b'\r') => {
                faults.add(
                    path,
                    format!("line {line}: the string is not closed on its line"),
                );
                return None;
            }
            Some(_) => {
                cursor.take_line();
                faults.add(
                    path,
                    format!("line {line}: strings may hold printable ASCII only"),
                );
                return None;
            }
        }
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-' | b'*')
}
