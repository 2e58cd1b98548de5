//! Which jobs a tenant's jobs wait for, and telling those that waited.

use std::collections::HashMap;

use gantry_domain::{Dependency, Job, JobId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::TenantScope;
use crate::StoreError;
use crate::statement::{column, parse, statement};
use crate::transitions::{SettledDependencies, Settlement};

impl TenantScope<'_> {
    /// Tells the children of those of these jobs that have ended: they are queued, wait on, or are cancelled. Each step
    /// commits by itself, and the workers' maintenance does what was left undone.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn settle_dependencies(
        &self,
        parents: impl Iterator<Item = JobId>,
    ) -> Result<SettledDependencies, StoreError> {
        let mut settlement = Settlement::of(parents);
        while let Some(step) = settlement.next_step() {
            let transaction = self.begin().await?;
            let rows = transaction.query_all_raw(step).await?;
            transaction.commit().await?;
            settlement.record(&rows)?;
        }
        Ok(settlement.into_settled())
    }
}

/// The same jobs with their parents; those without any cost nothing.
pub(super) async fn with_dependencies(
    transaction: &DatabaseTransaction,
    mut jobs: Vec<Job>,
) -> Result<Vec<Job>, StoreError> {
    let children = jobs
        .iter()
        .filter(|job| job.summary.on_parent_failure.is_some());
    let children: Vec<Uuid> = children.map(|job| job.summary.id.as_uuid()).collect();
    if children.is_empty() {
        return Ok(jobs);
    }
    let sql = "SELECT child_id, parent_id, outcome FROM job_dependencies
        WHERE child_id = ANY ($1) ORDER BY child_id, position";
    let rows = transaction
        .query_all_raw(statement(sql, [children.into()]))
        .await?;
    let mut by_child: HashMap<Uuid, Vec<Dependency>> = HashMap::new();
    for row in &rows {
        let outcome: Option<String> = column(row, "outcome")?;
        let dependency = Dependency {
            job_id: JobId::from_uuid(column(row, "parent_id")?),
            outcome: outcome
                .map(|outcome| parse("outcome", &outcome))
                .transpose()?,
        };
        by_child
            .entry(column(row, "child_id")?)
            .or_default()
            .push(dependency);
    }
    for job in &mut jobs {
        job.depends_on = by_child
            .remove(&job.summary.id.as_uuid())
            .unwrap_or_default();
    }
    Ok(jobs)
}
