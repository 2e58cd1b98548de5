//! Whether a relaxation converged, and the reason when it did not.

use crate::input::RelaxInput;
use crate::payload::RelaxStep;
use crate::progress::RunMarkers;
use crate::result::ResultDocument;

/// What speaks against calling the run converged; none when nothing does.
pub(super) fn objection(
    input: &RelaxInput,
    code: i32,
    markers: &RunMarkers,
    document: &ResultDocument,
    steps: &[RelaxStep],
) -> Option<String> {
    unfinished(code, markers, document)
        .or_else(|| beyond_thresholds(input, steps))
        .map(|reason| with_history(reason, markers))
}

fn unfinished(code: i32, markers: &RunMarkers, document: &ResultDocument) -> Option<String> {
    if let Some(iterations) = markers.scf_not_converged_after {
        return Some(format!(
            "the electrons were not self-consistent after {iterations} iterations: \
             raise electron_maxstep or lower mixing_beta"
        ));
    }
    if markers.time_limit_reached {
        return Some("the run reached its time limit".to_owned());
    }
    if markers.step_limit_reached {
        return Some(
            "nstep ionic steps were not enough: raise nstep or start from the final geometry"
                .to_owned(),
        );
    }
    if code != 0 {
        return Some(format!("pw.x ended with exit code {code}"));
    }
    if !markers.final_coordinates || !markers.job_done {
        return Some("pw.x printed no final coordinates".to_owned());
    }
    if document.steps.is_empty() {
        return Some("the result file holds no ionic step".to_owned());
    }
    if !document.scf_converged || !document.optimization_converged {
        return Some("the result file says that the run did not converge".to_owned());
    }
    None
}

fn beyond_thresholds(input: &RelaxInput, steps: &[RelaxStep]) -> Option<String> {
    let thresholds = input.thresholds();
    let (last, earlier) = steps.split_last()?;
    if last.max_force_ry_bohr > thresholds.force_ry_bohr {
        return Some(format!(
            "the largest force on a free axis is {:.3e} Ry/bohr, above forc_conv_thr = {:e}",
            last.max_force_ry_bohr, thresholds.force_ry_bohr
        ));
    }
    let change = last_energy_change(last, earlier)?;
    (change > thresholds.energy_ry).then(|| {
        format!(
            "the last energy change is {change:.3e} Ry, above etot_conv_thr = {:e}",
            thresholds.energy_ry
        )
    })
}

/// The change from the last accepted geometry, which is the one of lowest energy: BFGS returns to
/// it after a step that raised the energy. A single step changed nothing.
fn last_energy_change(last: &RelaxStep, earlier: &[RelaxStep]) -> Option<f64> {
    let accepted = earlier
        .iter()
        .map(|step| step.energy_ry)
        .min_by(f64::total_cmp)?;
    Some((last.energy_ry - accepted).abs())
}

fn with_history(reason: String, markers: &RunMarkers) -> String {
    if markers.history_exhausted {
        format!(
            "BFGS gave up after resetting its history twice, though it claims convergence: {reason}"
        )
    } else {
        reason
    }
}
