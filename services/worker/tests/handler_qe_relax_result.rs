//! The stored result of `qe.relax.v1` stays within the limit for results.

use gantry_domain::RESULT_LIMIT_BYTES;
use gantry_quantum_espresso::{FinalGeometry, GeometryAtom, RelaxResult, RelaxStep};
use gantry_worker::handlers::StoredRelaxResult;

/// The longest text that a number of this size comes to.
const LONG_NUMBER: f64 = -1.234_567_890_123_456_7;

fn result(steps: u32, atoms: usize) -> RelaxResult {
    RelaxResult {
        converged: true,
        not_converged_reason: None,
        total_energy_ry: LONG_NUMBER,
        total_energy_ev: LONG_NUMBER,
        steps: (1..=steps)
            .map(|step| RelaxStep {
                step,
                energy_ry: LONG_NUMBER,
                max_force_ry_bohr: LONG_NUMBER,
                forces_ev_angstrom: vec![[LONG_NUMBER; 3]; atoms],
            })
            .collect(),
        final_geometry: FinalGeometry {
            cell_angstrom: [[LONG_NUMBER; 3]; 3],
            atoms: vec![
                GeometryAtom {
                    symbol: "Al".to_owned(),
                    position_angstrom: [LONG_NUMBER; 3],
                    fixed: [false; 3],
                };
                atoms
            ],
        },
        magnetization: None,
        ionic_steps: steps,
        scf_iterations: 10 * steps,
        max_force_free_ry_bohr: Some(LONG_NUMBER),
        qe_version: "6.7MaX".to_owned(),
        cpu_seconds: LONG_NUMBER,
        wall_seconds: LONG_NUMBER,
    }
}

#[test]
fn a_result_within_the_limit_keeps_the_forces_of_every_step() {
    let given = result(20, 4);
    let stored = StoredRelaxResult::within(RESULT_LIMIT_BYTES, given.clone()).expect("JSON");
    assert_eq!(stored.result, given);
    assert!(!stored.earlier_forces_omitted);
}

#[test]
fn the_largest_result_fits_without_the_forces_of_earlier_steps_and_says_so() {
    let given = result(500, 200);
    let stored = StoredRelaxResult::within(RESULT_LIMIT_BYTES, given.clone()).expect("JSON");
    assert!(stored.earlier_forces_omitted);
    let (last, earlier) = stored.result.steps.split_last().expect("steps");
    assert_eq!(Some(last), given.steps.last());
    assert!(
        earlier
            .iter()
            .all(|step| step.forces_ev_angstrom.is_empty())
    );
    assert_eq!(earlier.len(), 499);
    let size_bytes = serde_json::to_string(&stored).expect("JSON").len();
    assert!(size_bytes <= RESULT_LIMIT_BYTES, "{size_bytes}");
}
