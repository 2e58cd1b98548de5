//! Inputs of many kinds are accepted by the real `pw.x` in the form in which they are emitted.

use gantry_quantum_espresso::{InputLimits, RelaxInput, Verdict};

use crate::process;

/// Runs the input, checks that `pw.x` understood the positions as they were understood here, and
/// that its emitted text means the same.
fn assert_accepted(name: &str, text: &str) {
    let run = process::run(text);
    let Verdict::Finished(result) = run.verdict() else {
        panic!("{name}: {:?}\n{}", run.verdict(), run.standard_output);
    };
    assert!(result.ionic_steps >= 1, "{name}");
    let again = RelaxInput::parse(&run.emitted, &InputLimits::default()).expect("emitted text");
    assert_eq!(again.structure(), run.input.structure(), "{name}");
    for (given, reached) in run
        .input
        .structure()
        .atoms
        .iter()
        .zip(&result.final_geometry.atoms)
    {
        assert_eq!(given.symbol, reached.symbol, "{name}");
        for axis in (0..3).filter(|axis| given.fixed[*axis]) {
            let moved = reached.position_angstrom[axis] - given.position_angstrom[axis];
            assert!(
                moved.abs() < 1e-8,
                "{name}: a fixed axis moved by {moved} Å"
            );
        }
    }
}

#[test]
fn face_centred_silicon_in_crystal_coordinates() {
    assert_accepted("silicon", include_str!("../inputs/silicon_crystal.in"));
}

#[test]
fn body_centred_lithium_with_smearing_and_listed_k_points() {
    assert_accepted("lithium", include_str!("../inputs/lithium_smearing.in"));
}

#[test]
fn hexagonal_magnesium_with_fixed_axes() {
    assert_accepted(
        "magnesium",
        include_str!("../inputs/magnesium_hexagonal.in"),
    );
}

#[test]
fn spin_polarized_hydrogen_in_strange_spelling() {
    assert_accepted("hydrogen", include_str!("../inputs/hydrogen_spelling.in"));
}

#[test]
fn aluminium_arsenide_in_bohr_with_crystal_k_points() {
    assert_accepted(
        "aluminium arsenide",
        include_str!("../inputs/aluminium_arsenide.in"),
    );
}

#[test]
fn one_atom_with_everything_left_out() {
    assert_accepted("magnesium", include_str!("../inputs/magnesium.in"));
}
