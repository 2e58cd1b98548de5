//! Departures: gathering what is a person's, and removing what is left of those who have gone.

use gantry_domain::{ExportSection, JobId};
use serde_json::Value as Json;

use super::WorkerStore;
use crate::StoreError;
use crate::statement::{column, integer, statement};

/// What came of the search for an account to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// A piece of one is removed, and there is more of it.
    Working,
    /// The last piece of one is removed, and its receipt is written.
    Purged,
    /// Nothing could be removed now: nothing is due, or something of it runs still.
    Idle,
}

/// An item of an export, with its place in its section.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedItem {
    /// Where the next page begins, if this is the last item of a page.
    pub place: String,
    /// The item; none where the page looked through much and found nothing, and goes on from this place.
    pub item: Option<Json>,
}

impl WorkerStore {
    /// A page of what is a person's: of the one for whom this job, which this worker runs, was made.
    ///
    /// # Errors
    /// Postgres cannot be reached, or the job is not one of an export that its person asked for.
    pub async fn account_export_page(
        &self,
        running_job: JobId,
        section: ExportSection,
        after: Option<&str>,
    ) -> Result<Vec<PlacedItem>, StoreError> {
        let sql = "SELECT place, item FROM account_export_page($1, $2, $3)";
        let values = [
            running_job.as_uuid().into(),
            section.as_str().into(),
            after.map(str::to_owned).into(),
        ];
        let rows = self.runs.query_all_raw(statement(sql, values)).await?;
        rows.iter()
            .map(|row| {
                Ok(PlacedItem {
                    place: column(row, "place")?,
                    item: column(row, "item")?,
                })
            })
            .collect()
    }

    /// Closes accounts whose time has come; says how many.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn close_due_accounts(&self) -> Result<u32, StoreError> {
        let sql = "SELECT close_due_accounts() AS closed";
        let row = self.runs.query_one_raw(statement(sql, [])).await?;
        let closed = row.map(|row| column::<i32>(&row, "closed")).transpose()?;
        Ok(closed.unwrap_or_default().unsigned_abs())
    }

    /// Removes a piece of an account that was closed long enough ago: `most` rows of the largest tables.
    ///
    /// # Errors
    /// Postgres cannot be reached; doing it again is safe.
    pub async fn purge_account_piece(&self, most: u32) -> Result<Purge, StoreError> {
        let sql = "SELECT purge_account_piece($1) AS answer";
        let row = self
            .runs
            .query_one_raw(statement(sql, [integer(most).into()]))
            .await?;
        let answer = row
            .map(|row| column::<String>(&row, "answer"))
            .transpose()?;
        match answer.as_deref() {
            Some("working") => Ok(Purge::Working),
            Some("purged") => Ok(Purge::Purged),
            None | Some("idle" | "waiting") => Ok(Purge::Idle),
            Some(other) => Err(StoreError::UnknownContent {
                column: "answer",
                reason: format!("{other} is no answer of purge_account_piece"),
            }),
        }
    }
}
