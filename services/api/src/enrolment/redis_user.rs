//! The user of a machine in Redis, which stays no longer than its token.

use gantry_domain::WorkerTokenState;
use gantry_queue::EnrolledAccess;
use gantry_store::{EnrolledWorker, SecretHash};

use crate::api::Api;
use crate::problem::{ApiError, EnrolmentError};

/// Makes the user of a machine whose token was valid a moment ago, and takes it away again where the token has ended since:
/// whoever ended it may have looked for the user before it was there. Without Redis the machine asks for its user later.
///
/// # Errors
/// The token has ended; then there is no user.
pub async fn let_in(
    api: &Api,
    worker: &EnrolledWorker,
    secret_hash: &SecretHash,
) -> Result<(), ApiError> {
    let access = EnrolledAccess {
        token_id: worker.id,
        tenant_id: worker.tenant_id,
        queues: worker.queues.clone(),
        password_hash: worker.redis_password_hash,
    };
    if let Err(error) = api.queue.let_in(&access).await {
        tracing::warn!(%error, token_id = %worker.id, "Redis does not know the user of a machine yet");
    }
    let refused = match api.store.worker_token_state(secret_hash).await {
        Ok(Some(WorkerTokenState::Valid)) => return Ok(()),
        Ok(Some(WorkerTokenState::Expired)) => EnrolmentError::WorkerTokenExpired.into(),
        Ok(Some(WorkerTokenState::Revoked)) => EnrolmentError::WorkerTokenRevoked.into(),
        Ok(None) => EnrolmentError::WorkerTokenUnknown.into(),
        Err(error) => {
            // The machine was let in, and its secrets are known to this answer alone. Whoever takes away what ended machines
            // were given looks for its user once more.
            tracing::warn!(%error, token_id = %worker.id, "whether a machine's token has ended since cannot be found out");
            return Ok(());
        }
    };
    if let Err(error) = api.queue.put_out(worker.id).await {
        tracing::warn!(%error, token_id = %worker.id, "the user of a machine whose token has ended is still in Redis");
    }
    Err(refused)
}
