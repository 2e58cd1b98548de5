//! Follows the standard output of `pw.x` line by line.

mod event;

pub use event::{ProgressEvent, RunMarkers};

/// Reads lines in the order in which they are printed; keeps a bounded amount of state.
#[derive(Debug, Default)]
pub struct ProgressReader {
    markers: RunMarkers,
    iteration: Option<u32>,
    energy_ry: f64,
    error: Option<OpenError>,
}

/// An `Error in routine` whose text is still being printed.
#[derive(Debug)]
struct OpenError {
    routine: String,
    message: String,
}

/// The longest error text that is kept.
const ERROR_TEXT_LIMIT_BYTES: usize = 2000;

impl ProgressReader {
    /// A reader for the output of one process.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one line; most lines tell nothing.
    pub fn read_line(&mut self, line: &str) -> Option<ProgressEvent> {
        let event = self.event(line.trim())?;
        self.remember(&event);
        Some(event)
    }

    /// What was reported so far.
    pub fn markers(&self) -> &RunMarkers {
        &self.markers
    }

    fn event(&mut self, line: &str) -> Option<ProgressEvent> {
        if let Some(error) = self.error.take() {
            return self.continue_error(error, line);
        }
        if let Some(rest) = line.strip_prefix("Error in routine") {
            let routine = rest.split('(').next().unwrap_or(rest).trim();
            self.error = Some(OpenError {
                routine: cut(routine, ERROR_TEXT_LIMIT_BYTES).to_owned(),
                message: String::new(),
            });
            return None;
        }
        self.electrons(line)
            .or_else(|| self.ions(line))
            .or_else(|| run(line))
    }

    fn electrons(&mut self, line: &str) -> Option<ProgressEvent> {
        if let Some(rest) = line.strip_prefix("iteration #") {
            self.iteration = first_number(rest);
            return None;
        }
        if let Some(rest) = line.strip_prefix("estimated scf accuracy") {
            // The line appears once more below the final energy, where no iteration is open.
            return Some(ProgressEvent::ScfIterationFinished {
                iteration: self.iteration.take()?,
                accuracy_ry: first_number(rest.trim_start().strip_prefix('<')?)?,
            });
        }
        if let Some(rest) = line.strip_prefix('!') {
            let (label, value) = rest.split_once('=')?;
            self.iteration = None;
            return (label.trim() == "total energy").then_some(ProgressEvent::ScfFinished {
                energy_ry: first_number(value)?,
            });
        }
        let rest = line.strip_prefix("convergence NOT achieved after")?;
        Some(ProgressEvent::ScfNotConverged {
            iterations: first_number(rest)?,
        })
    }

    fn ions(&self, line: &str) -> Option<ProgressEvent> {
        if let Some(rest) = line.strip_prefix("Total force =") {
            return Some(ProgressEvent::IonicStepFinished {
                step: self.markers.ionic_steps + 1,
                energy_ry: self.energy_ry,
                total_force_ry_bohr: first_number(rest)?,
            });
        }
        if let Some(rest) = line.strip_prefix("bfgs converged in") {
            let (cycles, steps) = rest.split_once("and")?;
            return Some(ProgressEvent::ConvergenceClaimed {
                scf_cycles: first_number(cycles)?,
                bfgs_steps: first_number(steps)?,
            });
        }
        if line.starts_with("history already reset at previous step: stopping") {
            return Some(ProgressEvent::HistoryExhausted);
        }
        if line.starts_with("The maximum number of steps has been reached.") {
            return Some(ProgressEvent::StepLimitReached);
        }
        line.starts_with("Begin final coordinates")
            .then_some(ProgressEvent::FinalCoordinatesBegun)
    }

    /// The text of an error stands between its heading and a line of `%`.
    fn continue_error(&mut self, mut error: OpenError, line: &str) -> Option<ProgressEvent> {
        if line.starts_with("%%%") || error.message.len() >= ERROR_TEXT_LIMIT_BYTES {
            let OpenError { routine, message } = error;
            return Some(ProgressEvent::FatalError { routine, message });
        }
        let room = ERROR_TEXT_LIMIT_BYTES - error.message.len();
        if !error.message.is_empty() && !line.is_empty() {
            error.message.push(' ');
        }
        error.message.push_str(cut(line, room));
        self.error = Some(error);
        None
    }

    fn remember(&mut self, event: &ProgressEvent) {
        let markers = &mut self.markers;
        match event {
            ProgressEvent::ScfFinished { energy_ry } => self.energy_ry = *energy_ry,
            ProgressEvent::IonicStepFinished { step, .. } => markers.ionic_steps = *step,
            ProgressEvent::ConvergenceClaimed { .. } => markers.convergence_claimed = true,
            ProgressEvent::HistoryExhausted => markers.history_exhausted = true,
            ProgressEvent::ScfNotConverged { iterations } => {
                markers.scf_not_converged_after = Some(*iterations);
            }
            ProgressEvent::StepLimitReached => markers.step_limit_reached = true,
            ProgressEvent::StoppedOnRequest => markers.stopped_on_request = true,
            ProgressEvent::TimeLimitReached => markers.time_limit_reached = true,
            ProgressEvent::FatalError { routine, message } => {
                let text = || format!("{routine}: {message}");
                markers.fatal_error.get_or_insert_with(text);
            }
            ProgressEvent::FinalCoordinatesBegun => markers.final_coordinates = true,
            ProgressEvent::JobDone => markers.job_done = true,
            ProgressEvent::ProgramStarted { .. }
            | ProgressEvent::MemoryEstimated { .. }
            | ProgressEvent::ScfIterationFinished { .. } => {}
        }
    }
}

/// Lines about the run as a whole.
fn run(line: &str) -> Option<ProgressEvent> {
    if let Some(rest) = line.strip_prefix("Program PWSCF v.") {
        let version = rest.split_ascii_whitespace().next()?.to_owned();
        return Some(ProgressEvent::ProgramStarted { version });
    }
    if let Some(rest) = line.strip_prefix("Estimated max dynamical RAM per process >") {
        let unit_megabytes = match rest.split_ascii_whitespace().nth(1)? {
            "GB" => 1024.0,
            "MB" => 1.0,
            _ => return None,
        };
        let megabytes = first_number::<f64>(rest)? * unit_megabytes;
        return Some(ProgressEvent::MemoryEstimated { megabytes });
    }
    if line.starts_with("Program stopped by user request") {
        return Some(ProgressEvent::StoppedOnRequest);
    }
    if line.starts_with("Maximum CPU time exceeded") {
        return Some(ProgressEvent::TimeLimitReached);
    }
    (line == "JOB DONE.").then_some(ProgressEvent::JobDone)
}

fn first_number<Number: std::str::FromStr>(text: &str) -> Option<Number> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// The beginning of `text`, at most `limit_bytes` long.
fn cut(text: &str, limit_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(limit_bytes)]
}
