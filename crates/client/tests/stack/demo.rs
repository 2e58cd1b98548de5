//! `gantry demo`: a real calculation from submission to result.

use std::process::Command;

#[test]
fn the_demo_ends_with_the_result_of_a_real_calculation() {
    let output = Command::new(env!("CARGO_BIN_EXE_gantry"))
        .args(["demo", "--exit"])
        .output()
        .expect("gantry starts");
    let shown = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(shown.contains("Energy       -2.33241"), "{shown}");
    assert!(shown.contains("Converged    yes"), "{shown}");
    assert!(shown.contains("Ionic steps"), "{shown}");
    assert!(said.contains("step 1: energy"), "{said}");
}
