//! Fails a test with everything that breaks a rule, and what to do about it.

/// Panics with one line for each violation, under the rule that they break.
///
/// # Panics
/// When there is a violation.
pub fn assert_none(violations: Vec<String>, rule: &str) {
    assert!(
        violations.is_empty(),
        "{rule}\n  {}",
        violations.join("\n  ")
    );
}
