//! The judge of the fault tests finds what it is there to find.

use std::fs;

use gantry_faults::Effects;

/// Effects as a run of tests would have told them, one `label run event` a line.
fn effects(told: &str) -> Effects {
    let lines = told.lines().map(|line| {
        let [label, run, event] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line} is not three words");
        };
        format!("{{\"label\":\"{label}\",\"run\":\"{run}\",\"event\":\"{event}\"}}\n")
    });
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), lines.collect::<String>()).expect("written");
    Effects::read(file.path())
}

#[test]
fn runs_one_after_the_other_are_sound() {
    let effects = effects("a 1 start\na 1 beat\na 2 start\na 2 end\nb 3 start\nb 3 end");
    assert!(effects.overlapping().is_empty());
    assert_eq!(effects.missing(&["a", "b"]), [""; 0]);
    assert_eq!(effects.runs_of("a"), ["1", "2"]);
}

#[test]
fn a_run_that_goes_on_after_a_later_one_began_overlaps() {
    let effects = effects("a 1 start\na 2 start\na 1 beat\na 2 end");
    assert!(effects.overlapping().contains("a"));
}

#[test]
fn a_job_without_a_run_that_ended_is_missing() {
    let effects = effects("a 1 start\na 1 beat");
    assert_eq!(effects.missing(&["a", "b"]), ["a", "b"]);
}
