//! Putting in place what the system lacks: nothing at all when nothing is missing.

use gantry_devkit::system_packages::{Requirement, ensure_installed};

#[test]
fn nothing_is_done_when_nothing_is_missing() {
    let met: Vec<Requirement> = Requirement::ALL
        .into_iter()
        .filter(|requirement| requirement.is_met())
        .collect();
    ensure_installed(&met, |step| panic!("nothing is missing, and yet: {step}")).unwrap();
}

#[test]
fn what_a_test_machine_needs_is_found() {
    for requirement in Requirement::ALL {
        assert!(
            requirement.is_met(),
            "{requirement:?} is missing: run `cargo xtask test`, which installs it"
        );
    }
}
