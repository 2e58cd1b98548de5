//! What the lines of `pw.x` tell while it runs.

use gantry_quantum_espresso::{ProgressEvent, ProgressReader, RunMarkers};

fn read(output: &str) -> (Vec<ProgressEvent>, RunMarkers) {
    let mut reader = ProgressReader::new();
    let events = output
        .lines()
        .filter_map(|line| reader.read_line(line))
        .collect();
    (events, reader.markers().clone())
}

const ONE_STEP: &str = "
     Program PWSCF v.6.7MaX starts on 20Nov2026 at  8:37: 4
     Estimated max dynamical RAM per process >       9.62 MB
     iteration #  1     ecut=    25.00 Ry     beta= 0.70
     total energy              =      -2.24155021 Ry
     estimated scf accuracy    <          6.6E-09 Ry
     iteration # 12     ecut=    25.00 Ry     beta= 0.70
!    total energy              =      -2.24155021 Ry
     estimated scf accuracy    <          1.1E-12 Ry
     Forces acting on atoms (cartesian axes, Ry/au):
     atom    1 type  1   force =     0.00000000    0.00000000    0.00000187
     Total force =     0.000002     Total SCF correction =     0.000000
";

#[test]
fn one_ionic_step_is_told_from_start_to_forces() {
    let (events, markers) = read(ONE_STEP);
    assert_eq!(
        events,
        [
            ProgressEvent::ProgramStarted {
                version: "6.7MaX".to_owned()
            },
            ProgressEvent::MemoryEstimated { megabytes: 9.62 },
            ProgressEvent::ScfIterationFinished {
                iteration: 1,
                accuracy_ry: 6.6e-9
            },
            ProgressEvent::ScfFinished {
                energy_ry: -2.24155021
            },
            ProgressEvent::IonicStepFinished {
                step: 1,
                energy_ry: -2.24155021,
                total_force_ry_bohr: 0.000002
            },
        ]
    );
    assert_eq!(
        markers,
        RunMarkers {
            ionic_steps: 1,
            ..RunMarkers::default()
        }
    );
}

#[test]
fn steps_are_counted() {
    let (events, markers) = read(&ONE_STEP.repeat(3));
    let last = events.last().expect("events");
    assert!(
        matches!(last, ProgressEvent::IonicStepFinished { step: 3, .. }),
        "{last:?}"
    );
    assert_eq!(markers.ionic_steps, 3);
}

#[test]
fn the_ending_of_a_converged_run_sets_its_markers() {
    let (events, markers) = read(
        "     bfgs converged in   4 scf cycles and   3 bfgs steps
     End of BFGS Geometry Optimization
     Final energy   =      -2.2415502143 Ry
Begin final coordinates
End final coordinates
   JOB DONE.",
    );
    assert_eq!(
        events[0],
        ProgressEvent::ConvergenceClaimed {
            scf_cycles: 4,
            bfgs_steps: 3
        }
    );
    let expected = RunMarkers {
        convergence_claimed: true,
        final_coordinates: true,
        job_done: true,
        ..RunMarkers::default()
    };
    assert_eq!(markers, expected);
}

#[test]
fn every_other_ending_has_its_marker() {
    let marker = |line: &str| read(line).1;
    assert!(marker("     history already reset at previous step: stopping").history_exhausted);
    assert!(marker("     The maximum number of steps has been reached.").step_limit_reached);
    assert!(marker("     Program stopped by user request").stopped_on_request);
    assert!(marker("     Maximum CPU time exceeded").time_limit_reached);
    let line = "     convergence NOT achieved after 100 iterations: stopping";
    assert_eq!(marker(line).scf_not_converged_after, Some(100));
    assert!(!marker("     End of BFGS Geometry Optimization").convergence_claimed);
}

const BANNER: &str = " %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%";

#[test]
fn a_fatal_error_is_told_with_its_text() {
    let (events, markers) = read(&format!(
        "{BANNER}
     Error in routine  read_namelists (1):
      bad line in namelist &system: \"  ecutwfk=25.0\"
      (error could be in the previous line)
{BANNER}

     stopping ..."
    ));
    assert_eq!(events.len(), 1);
    let text = "read_namelists: bad line in namelist &system: \"  ecutwfk=25.0\" \
                (error could be in the previous line)";
    assert_eq!(markers.fatal_error.as_deref(), Some(text));
}

#[test]
fn a_banner_without_an_error_is_no_error() {
    let (events, markers) = read(&format!("{BANNER}\n   You are using vdW-DF\n{BANNER}"));
    assert_eq!((events, markers.fatal_error), (vec![], None));
}

#[test]
fn an_endless_error_text_is_cut() {
    let text = format!(
        "Error in routine x (1):\n{}",
        "ä very long line\n".repeat(10_000)
    );
    let error = read(&text).1.fatal_error.expect("an error");
    assert!(error.len() < 2100, "{}", error.len());
}

proptest::proptest! {
    #[test]
    fn any_line_is_read_without_a_panic(
        lines in proptest::collection::vec(
            "(!|iteration #|estimated scf accuracy|Total force =|bfgs converged in|Error in routine|Estimated max dynamical RAM per process >)?\\PC{0,40}",
            0..40
        )
    ) {
        read(&lines.join("\n"));
    }
}
