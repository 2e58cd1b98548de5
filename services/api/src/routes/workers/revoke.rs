//! `DELETE /api/v1/workers/tokens/{token_id}`: puts a machine out.

use actix_web::delete;
use actix_web::web::{Data, Json};
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{WorkerToken, WorkerTokenId};
use gantry_store::RevokeOutcome;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, WorkerTokenProblems};
use crate::problem::{ApiError, EnrolmentError};

/// Put a machine of the tenant's own out
///
/// From the moment of the answer nothing that the machine does has any effect: it sees no jobs, and the jobs it runs are taken
/// over by others. Its worker stops. Revoking again changes nothing. For owners and admins.
#[utoipa::path(
    tag = "workers",
    params(("token_id" = WorkerTokenId, Path, description = "The worker token's id")),
    responses(
        CallProblems, WorkerTokenProblems,
        (status = 200, description = "The revoked token", body = WorkerToken)
    )
)]
#[delete("/api/v1/workers/tokens/{token_id}")]
pub async fn revoke_worker_token(
    api: Data<Api>,
    caller: Caller,
    token_id: PathPart,
) -> Result<Json<WorkerToken>, ApiError> {
    let id = token_id.worker_token_id()?;
    let scope = caller.scope(&api);
    let revoked = scope.revoke_worker_token(id, caller.user).await;
    // Also when it failed in the middle: the token may have ended all the same.
    api.enrolment_upkeep.look_soon();
    let RevokeOutcome::Revoked(token) = revoked? else {
        return Err(EnrolmentError::WorkerTokenNotFound.into());
    };
    reach(CrashPoint::MachineRevoked);
    if let Err(error) = api.queue.put_out(id).await {
        tracing::warn!(%error, token_id = %id, "a worker token was revoked, and its user is still in Redis; the next look takes it away");
    }
    tracing::info!(token_id = %id, "a worker token was revoked");
    Ok(Json(token))
}
