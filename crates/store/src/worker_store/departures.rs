//! Departures: gathering what is a person's, and removing what is left of those who have gone.

use gantry_domain::{ExportSection, JobId, UserId};
use serde_json::Value as Json;
use uuid::Uuid;

use super::WorkerStore;
use crate::StoreError;
use crate::statement::{column, integer, statement};

/// What came of the removal of a piece of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// It is removed, and there is more of the account.
    Working,
    /// It was the last, and its receipt is written.
    Purged,
    /// Something of the account must end first.
    Waiting,
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

    /// An account whose time to be closed has come. It is given to nobody else for a minute, and for longer when it was
    /// given in vain before: so an account with which closing fails stands in no other's way.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn next_account_to_close(&self) -> Result<Option<UserId>, StoreError> {
        self.next_account("SELECT next_account_to_close() AS account")
            .await
    }

    /// Closes an account; says whether it was to be closed still.
    ///
    /// # Errors
    /// Postgres cannot be reached, or somebody holds what is to be written for more than two seconds; doing it again is
    /// safe.
    pub async fn close_account(&self, account: UserId) -> Result<bool, StoreError> {
        let sql = "SELECT close_account($1) AS is_closed";
        let values = [account.as_uuid().into()];
        let row = self.runs.query_one_raw(statement(sql, values)).await?;
        row.map_or(Ok(false), |row| column(&row, "is_closed"))
    }

    /// An account of which a piece can be removed, given as [`WorkerStore::next_account_to_close`] gives one.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn next_account_to_purge(&self) -> Result<Option<UserId>, StoreError> {
        self.next_account("SELECT next_account_to_purge() AS account")
            .await
    }

    /// Removes a piece of an account that was closed long enough ago: about `most` rows.
    ///
    /// # Errors
    /// As of [`WorkerStore::close_account`].
    pub async fn purge_account_piece(
        &self,
        account: UserId,
        most: u32,
    ) -> Result<Purge, StoreError> {
        let sql = "SELECT purge_account_piece($1, $2) AS answer";
        let values = [account.as_uuid().into(), integer(most).into()];
        let row = self.runs.query_one_raw(statement(sql, values)).await?;
        let answer = row
            .map(|row| column::<String>(&row, "answer"))
            .transpose()?;
        match answer.as_deref() {
            Some("working") => Ok(Purge::Working),
            Some("purged") => Ok(Purge::Purged),
            None | Some("waiting") => Ok(Purge::Waiting),
            Some(other) => Err(StoreError::UnknownContent {
                column: "answer",
                reason: format!("{other} is no answer of purge_account_piece"),
            }),
        }
    }

    async fn next_account(&self, sql: &str) -> Result<Option<UserId>, StoreError> {
        let row = self.runs.query_one_raw(statement(sql, [])).await?;
        let account = row.map_or(Ok(None), |row| column::<Option<Uuid>>(&row, "account"))?;
        Ok(account.map(UserId::from_uuid))
    }
}
