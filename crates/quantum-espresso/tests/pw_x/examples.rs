//! The five example inputs, run by the real `pw.x`, end where they were measured to end.

use gantry_quantum_espresso::{RelaxResult, Verdict};
use serde_json::Value;

use crate::process;

fn expected(name: &str) -> (Value, Value) {
    let all: Value = serde_json::from_str(include_str!("../expected.json")).expect("valid JSON");
    (all["relax"][name].clone(), all["tolerances"].clone())
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn assert_ends_as_measured(name: &str, text: &str) -> RelaxResult {
    let run = process::run(text);
    let Verdict::Finished(result) = run.verdict() else {
        panic!("{name}: {:?}\n{}", run.verdict(), run.standard_output);
    };
    let (expected, tolerances) = expected(name);
    let energy_tolerance = number(&tolerances["relax_energy_ry"]);
    let energy_error = result.total_energy_ry - number(&expected["total_energy_ry"]);
    assert!(
        energy_error.abs() <= energy_tolerance,
        "{name}: energy off by {energy_error} Ry"
    );
    let electronvolts = number(&expected["total_energy_ev"]);
    assert!((result.total_energy_ev - electronvolts).abs() <= energy_tolerance * 14.0);
    assert_eq!(
        result.converged,
        expected["truly_converged"] == true,
        "{name}"
    );
    assert_eq!(result.converged, result.not_converged_reason.is_none());
    assert_eq!(
        Value::from(result.ionic_steps),
        expected["n_ionic_steps"],
        "{name}"
    );
    assert_eq!(
        Value::from(result.scf_iterations),
        expected["scf_iterations_total"],
        "{name}"
    );
    assert_eq!(result.steps.len(), result.ionic_steps as usize);
    assert_eq!(run.markers.ionic_steps, result.ionic_steps);
    let force = result.max_force_free_ry_bohr.expect("steps were made");
    assert!(
        (force - number(&expected["max_force_free_ry_bohr"])).abs() < 1e-5,
        "{name}: {force}"
    );
    assert_geometry(
        name,
        &result,
        &expected,
        number(&tolerances["relax_position_ang"]),
    );
    assert_eq!(result.qe_version, "6.7MaX");
    assert!(result.cpu_seconds > 0.0 && result.wall_seconds > 0.0);
    *result
}

fn assert_geometry(name: &str, result: &RelaxResult, expected: &Value, tolerance: f64) {
    let positions = expected["positions_angstrom"].as_array().expect("a list");
    assert_eq!(result.final_geometry.atoms.len(), positions.len());
    for (index, atom) in result.final_geometry.atoms.iter().enumerate() {
        assert_eq!(Value::from(atom.symbol.clone()), positions[index][0]);
        for axis in 0..3 {
            let off = atom.position_angstrom[axis] - number(&positions[index][1][axis]);
            assert!(
                off.abs() <= tolerance,
                "{name}: atom {index} axis {axis} off by {off} Å"
            );
            assert_eq!(
                atom.fixed[axis],
                expected["if_pos"][index][axis] == 0,
                "{name}"
            );
        }
    }
}

#[test]
fn hydrogen_in_local_density_converges() {
    let result = assert_ends_as_measured(
        "h2_lda_fast_relax",
        include_str!("../../inputs/h2_lda_fast_relax.in"),
    );
    assert_eq!(result.magnetization, None);
}

#[test]
fn hydrogen_with_projector_augmented_waves_converges() {
    assert_ends_as_measured("h2_relax", gantry_quantum_espresso::H2_RELAX_INPUT);
}

#[test]
fn displaced_silicon_returns_to_its_site() {
    assert_ends_as_measured("si2_relax", include_str!("../../inputs/si2_relax.in"));
}

#[test]
fn an_aluminium_slab_relaxes_above_its_fixed_layers() {
    let result = assert_ends_as_measured(
        "al001_slab_fixed_relax",
        include_str!("../../inputs/al001_slab_fixed_relax.in"),
    );
    let last = result.steps.last().expect("steps were made");
    assert_eq!(
        last.forces_ev_angstrom[..2],
        [[0.0; 3]; 2],
        "fixed atoms feel no force"
    );
}

#[test]
fn oxygen_that_claims_convergence_is_not_converged() {
    let result = assert_ends_as_measured(
        "o2_falseconv_relax",
        include_str!("../../inputs/o2_falseconv_relax.in"),
    );
    let reason = result.not_converged_reason.expect("a reason");
    assert!(
        reason.contains("history") && reason.contains("forc_conv_thr"),
        "{reason}"
    );
    let magnetization = result.magnetization.expect("oxygen is magnetic");
    assert!(
        (magnetization.total - 2.0).abs() < 1e-3,
        "{magnetization:?}"
    );
}
