//! An archive that was asked for.

use gantry_domain::{JobId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

/// An archive that is being gathered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// The export, and the first of the jobs that gather it.
    pub id: JobId,
    /// The caller's own space, in which those jobs are.
    pub tenant_id: TenantId,
    /// Where the archive is to be had when it is complete.
    pub archive: String,
}
