//! How runs of the real `pw.x` end, and what is made of each ending.

use gantry_quantum_espresso::{
    InputLimits, ProcessExit, ProgressReader, RelaxInput, RelaxResult, ResultDocument, ResultError,
    RunMarkers, Verdict, judge,
};

use crate::process;

const HYDROGEN: &str = include_str!("../../inputs/h2_lda_fast_relax.in");

fn finished(run: &process::Run) -> RelaxResult {
    match run.verdict() {
        Verdict::Finished(result) => *result,
        other => panic!("{other:?}\n{}", run.standard_output),
    }
}

fn reason_of_not_converging(text: &str, code: i32) -> String {
    let run = process::run(text);
    assert_eq!(run.exit, ProcessExit::Code(code), "{}", run.standard_output);
    let result = finished(&run);
    assert!(!result.converged);
    result.not_converged_reason.expect("a reason")
}

#[test]
fn atoms_that_are_all_fixed_are_converged_after_one_step() {
    let result = finished(&process::run(&HYDROGEN.replace("0.80", "0.80 0 0 0")));
    assert!(result.converged, "{:?}", result.not_converged_reason);
    assert_eq!(
        (result.ionic_steps, result.max_force_free_ry_bohr),
        (1, Some(0.0))
    );
}

#[test]
fn a_single_atom_is_converged_after_one_step() {
    let result = finished(&process::run(include_str!("../inputs/magnesium.in")));
    assert!(result.converged, "{:?}", result.not_converged_reason);
    assert_eq!(result.final_geometry.atoms.len(), 1);
}

#[test]
fn exhausted_steps_are_a_result_that_is_not_converged() {
    let reason = reason_of_not_converging(&HYDROGEN.replace("= 50", "= 2"), 3);
    assert!(reason.contains("nstep"), "{reason}");
}

#[test]
fn electrons_that_do_not_converge_are_named_as_the_reason() {
    let text = HYDROGEN.replace("conv_thr=1.0d-10", "conv_thr=1.0d-10, electron_maxstep=3");
    let reason = reason_of_not_converging(&text, 2);
    assert!(
        reason.contains("3 iterations") && reason.contains("electron_maxstep"),
        "{reason}"
    );
}

/// On a slow machine the limit ends the run before its first step; the words differ, the reason does not.
#[test]
fn a_run_ended_by_its_time_limit_says_so() {
    let takes_long = include_str!("../../inputs/o2_falseconv_relax.in");
    let run = process::run_for_at_most(takes_long, Some(1));
    let reason = match run.verdict() {
        Verdict::Finished(result) if !result.converged => result.not_converged_reason,
        Verdict::Failed { reason } => Some(reason),
        other => panic!("{other:?}\n{}", run.standard_output),
    };
    let reason = reason.expect("a reason");
    assert!(reason.contains("reached its time limit"), "{reason}");
}

#[test]
fn a_run_ended_by_its_time_limit_while_it_is_set_up_fails_and_says_so() {
    let input = RelaxInput::parse(HYDROGEN, &InputLimits::default()).expect("a good input");
    let mut reader = ProgressReader::new();
    reader.read_line("     Maximum CPU time exceeded");
    let Verdict::Failed { reason } = judge(&input, ProcessExit::Code(255), reader.markers(), None)
    else {
        panic!("there is no result");
    };
    assert!(reason.contains("time limit before it began"), "{reason}");
}

#[test]
fn a_missing_pseudopotential_fails_for_good_with_the_words_of_the_program() {
    let run = process::run(&HYDROGEN.replace("H.pz-vbc.UPF", "H.nowhere.UPF"));
    let Verdict::Failed { reason } = run.verdict() else {
        panic!("{:?}", run.verdict());
    };
    assert!(
        reason.contains("readpp") && reason.contains("H.nowhere.UPF not found"),
        "{reason}"
    );
}

#[test]
fn a_result_file_cut_anywhere_is_incomplete_and_means_another_try() {
    let run = process::run(HYDROGEN);
    let text = run.result_file.as_deref().expect("a result file");
    assert!(ResultDocument::is_complete(text));
    for cut in (0..text.trim_end().len()).step_by(97) {
        let truncated = &text[..text.floor_char_boundary(cut)];
        assert!(!ResultDocument::is_complete(truncated));
        assert_eq!(ResultDocument::read(truncated), Err(ResultError::Truncated));
        let verdict = judge(&run.input, run.exit, &run.markers, Some(truncated));
        assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict:?}");
    }
    let verdict = judge(&run.input, run.exit, &run.markers, None);
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict:?}");
}

#[test]
fn a_result_file_that_lacks_an_element_names_it() {
    let run = process::run(HYDROGEN);
    let text = run.result_file.as_deref().expect("a result file");
    let without_version = text.replace("VERSION=\"6.7MaX\"", "");
    assert_eq!(
        ResultDocument::read(&without_version),
        Err(ResultError::Missing("general_info/creator@VERSION"))
    );
    let not_finite = text.replace("<wall>", "<wall>NaN ");
    assert!(matches!(
        ResultDocument::read(&not_finite),
        Err(ResultError::NotNumbers { .. })
    ));
}

#[test]
fn a_signal_means_another_try_and_an_exit_file_means_stopped() {
    let run = process::run(HYDROGEN);
    let nothing = RunMarkers::default();
    let killed = judge(&run.input, ProcessExit::Signal(9), &nothing, None);
    assert!(matches!(killed, Verdict::Retry { .. }), "{killed:?}");
    let asked = RunMarkers {
        stopped_on_request: true,
        ..RunMarkers::default()
    };
    assert_eq!(
        judge(&run.input, ProcessExit::Code(2), &asked, None),
        Verdict::Stopped
    );
    let silent = judge(&run.input, ProcessExit::Code(1), &nothing, None);
    assert!(matches!(silent, Verdict::Failed { .. }), "{silent:?}");
}

#[test]
fn a_failing_disk_means_another_try() {
    let run = process::run(HYDROGEN);
    let text = "davcio: error writing file ./scratch/job.wfc1".to_owned();
    let broken = RunMarkers {
        fatal_error: Some(text),
        ..RunMarkers::default()
    };
    let verdict = judge(&run.input, ProcessExit::Code(1), &broken, None);
    assert!(matches!(verdict, Verdict::Retry { .. }), "{verdict:?}");
}
