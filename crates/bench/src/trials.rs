//! The trials, each with servers of its own, and what each adds to the figures.

mod drain;
mod end_to_end;
mod idle;
mod latency;
mod recovery;

use crate::figures::Figures;

/// A trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    EndToEnd,
    Drain,
    Latency,
    Idle,
    Recovery,
}

impl Trial {
    /// Every trial, in the order in which they run.
    pub const ALL: [Self; 5] = [
        Self::EndToEnd,
        Self::Drain,
        Self::Latency,
        Self::Idle,
        Self::Recovery,
    ];

    /// What it is called on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndToEnd => "end-to-end",
            Self::Drain => "drain",
            Self::Latency => "latency",
            Self::Idle => "idle",
            Self::Recovery => "recovery",
        }
    }

    /// The trial of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trial| trial.name() == name)
    }

    async fn measure(self, figures: &mut Figures) -> anyhow::Result<()> {
        match self {
            Self::EndToEnd => end_to_end::measure(figures).await,
            Self::Drain => drain::measure(figures).await,
            Self::Latency => latency::measure(figures).await,
            Self::Idle => idle::measure(figures).await,
            Self::Recovery => recovery::measure(figures).await,
        }
    }
}

/// Runs trials one after the other.
///
/// # Errors
/// A trial failed; the error says why, and what was printed before which.
pub async fn run(trials: &[Trial]) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    for trial in trials {
        eprintln!("{}", trial.name());
        trial.measure(&mut figures).await?;
    }
    Ok(figures)
}
