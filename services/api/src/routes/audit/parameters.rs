//! Which entries of the audit log a request asks for.

use gantry_domain::{AuditAction, AuditEvent, AuditEventId};
use gantry_store::AuditFilter;
use utoipa::IntoParams;

use crate::extractors::QueryString;
use crate::page_cursor::{cursor_after, read_cursor};
use crate::problem::ApiError;
use crate::views::Page;

/// Which entries to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameters, which are read one by one"
)]
pub struct AuditParameters {
    /// Only what was done by this actor: a user's, key's or token's id.
    actor_id: Option<String>,
    /// Only this action.
    action: Option<AuditAction>,
    /// Only what was done to this.
    resource_id: Option<String>,
    /// How many to list; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page that is asked for.
pub struct AuditPage {
    /// Which entries.
    pub filter: AuditFilter,
    /// The last entry of the page before.
    pub before: Option<AuditEventId>,
    /// How many.
    pub limit: u32,
}

impl AuditPage {
    /// Reads the query.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] with every fault, or a cursor that no page ever gave.
    pub fn read(query: &QueryString) -> Result<Self, ApiError> {
        let (filter, cursor, limit) = query.read(|query| {
            let filter = AuditFilter {
                actor_id: query.text("actor_id"),
                action: query.optional("action"),
                resource_id: query.text("resource_id"),
            };
            (filter, query.text("cursor"), query.page_limit())
        })?;
        let before = cursor.as_deref().map(read_cursor).transpose()?;
        Ok(Self {
            filter,
            before: before.map(AuditEventId::from_uuid),
            limit,
        })
    }

    /// The page out of a reading that asked for one entry more.
    pub fn cut(&self, events: Vec<AuditEvent>) -> Page<AuditEvent> {
        Page::cut(events, self.limit, |event| cursor_after(event.id.as_uuid()))
    }
}
