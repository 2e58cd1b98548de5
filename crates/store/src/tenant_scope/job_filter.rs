//! Which of a tenant's jobs are meant.

use gantry_domain::{JobState, KindName, QueueName, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::sea_query::extension::postgres::PgExpr;
use sea_orm::{ColumnTrait, Condition};

use crate::entities::jobs;

/// Which of a tenant's jobs are meant; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobFilter {
    /// Only those in one of these states.
    pub states: Vec<JobState>,
    /// Only those of this kind.
    pub kind: Option<KindName>,
    /// Only those in this queue.
    pub queue: Option<QueueName>,
    /// Only those that carry this tag.
    pub tag: Option<String>,
    /// Only those this person submitted.
    pub created_by: Option<UserId>,
    /// Only those whose last error carries this code.
    pub error_code: Option<String>,
}

impl JobFilter {
    pub(super) fn condition(&self) -> Condition {
        let states = self.states.iter().map(|state| state.as_str());
        let tag = self.tag.as_ref().map(|tag| {
            let tags = Expr::col((jobs::Entity, jobs::Column::Tags));
            tags.contains(Expr::val(vec![tag.clone()]))
        });
        let error_code = self
            .error_code
            .as_ref()
            .map(|code| Expr::cust_with_values("jobs.error ->> 'code' = $1", [code.as_str()]));
        let all_are = |property: fn(&JobState) -> bool| {
            !self.states.is_empty() && self.states.iter().all(property)
        };
        // What the states imply is said in the words of the indexes, so that they can serve.
        let is_live = all_are(|state| !state.is_terminal());
        let has_ended = all_are(|state| state.is_terminal());
        let has_error = all_are(|state| *state == JobState::Failed);
        // Row-level security says so too, but among the doors of the role: an index can serve this alone.
        let is_of_tenant = Expr::cust("jobs.tenant_id = current_tenant_id()");
        Condition::all()
            .add(is_of_tenant)
            .add_option(is_live.then(|| jobs::Column::FinishedAt.is_null()))
            .add_option(has_ended.then(|| jobs::Column::FinishedAt.is_not_null()))
            .add_option(has_error.then(|| jobs::Column::Error.is_not_null()))
            .add_option((!self.states.is_empty()).then(|| jobs::Column::State.is_in(states)))
            .add_option(
                self.kind
                    .as_ref()
                    .map(|kind| jobs::Column::Kind.eq(kind.as_str())),
            )
            .add_option(
                self.queue
                    .as_ref()
                    .map(|queue| jobs::Column::Queue.eq(queue.as_str())),
            )
            .add_option(tag)
            .add_option(
                self.created_by
                    .map(|user| jobs::Column::CreatedBy.eq(user.as_uuid())),
            )
            .add_option(error_code)
    }
}
