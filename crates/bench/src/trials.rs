//! The trials, each with servers of its own, and what each adds to the figures.

mod drain;
mod end_to_end;
mod idle;
mod latency;
mod recovery;

use crate::figures::Figures;

/// Runs every trial.
///
/// # Errors
/// A trial failed; the error says which and why.
pub async fn run_all() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    eprintln!("end to end through HTTP");
    end_to_end::measure(&mut figures).await?;
    eprintln!("drain of a backlog");
    drain::measure(&mut figures).await?;
    eprintln!("light load");
    latency::measure(&mut figures).await?;
    eprintln!("idle");
    idle::measure(&mut figures).await?;
    eprintln!("recovery");
    recovery::measure(&mut figures).await?;
    Ok(figures)
}
