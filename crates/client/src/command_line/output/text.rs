//! Text from elsewhere, made safe for a terminal.

/// `text` with control characters (tab apart) shown as pictures, so that what a job prints cannot steer the terminal of
/// whoever reads its log.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(character: char) -> char {
    match character {
        '\t' => '\t',
        '\u{7f}' => '\u{2421}',
        control @ '\0'..='\u{1f}' => {
            char::from_u32(0x2400 + u32::from(control)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}
