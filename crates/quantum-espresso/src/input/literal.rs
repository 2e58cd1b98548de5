//! Fortran literals as namelists and cards hold them.

/// A value of a namelist as written, before anyone knows what type its key has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal<'t> {
    /// A character string, with doubled quotes undone.
    Quoted(String),
    /// Anything else.
    Bare(&'t str),
}

impl Literal<'_> {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Quoted(text) => text,
            Self::Bare(text) => text,
        }
    }
}

/// Reads an integer: an optional sign and digits.
pub(super) fn integer(text: &str) -> Result<i64, &'static str> {
    const EXPECTED: &str = "is not a whole number";
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EXPECTED);
    }
    text.parse().map_err(|_| "is out of range")
}

/// Reads a real number: `10`, `.5`, `1.0d-5`, `1E3`. Not `nan`, not infinite, no expression.
pub(super) fn real(text: &str) -> Result<f64, &'static str> {
    const EXPECTED: &str = "is not a number (write it as 0.5 or 1.0d-5; expressions are not read)";
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E', 'd', 'D']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let is_exponent = |text: &str| integer(text).is_ok();
    if !is_mantissa(mantissa) || !exponent.is_none_or(is_exponent) {
        return Err(if is_non_finite_word(unsigned) {
            "is not finite"
        } else {
            EXPECTED
        });
    }
    let number: f64 = text
        .replace(['d', 'D'], "e")
        .parse()
        .map_err(|_| EXPECTED)?;
    if number.is_finite() {
        Ok(number)
    } else {
        Err("is not finite")
    }
}

/// Reads a logical: `.true.`, `.t.`, `true`, `t` and the same for false, in any case.
pub(super) fn logical(text: &str) -> Result<bool, &'static str> {
    let word = text.strip_prefix('.').unwrap_or(text);
    let word = word.strip_suffix('.').unwrap_or(word);
    match word.to_ascii_lowercase().as_str() {
        "t" | "true" => Ok(true),
        "f" | "false" => Ok(false),
        _ => Err("is not .true. or .false."),
    }
}

fn is_mantissa(text: &str) -> bool {
    let points = text.bytes().filter(|byte| *byte == b'.').count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    points <= 1 && digits >= 1 && points + digits == text.len()
}

fn is_non_finite_word(text: &str) -> bool {
    ["nan", "inf", "infinity"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}
