//! Machines of tenants' own: the tokens that let them in, what they are given, and how it is taken away.

mod closing;
mod enrolling;
mod minting;
mod queues;
mod worker_tokens;

pub use closing::{EndedWorkerToken, LoginClosing};
pub use enrolling::{EnrolOutcome, EnrolledWorker, NewWorkerToken};
pub use minting::{MintOutcome, NewEnrolToken};
pub use worker_tokens::{RenewOutcome, RevokeOutcome};

pub(crate) use closing::end_transactions as end_machines_transactions;
pub(crate) use queues::owners as queue_owners;
pub(crate) use worker_tokens::{revoke_all, standing};

use gantry_domain::QueueName;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use crate::StoreError;
use crate::statement::{column, parse, statement};

/// SHA-256 of a token or password; what is random enough to be guessed by nobody needs no slower hash.
pub type SecretHash = [u8; 32];

/// Lets the transaction find the row of the token with this hash.
async fn present(
    transaction: &DatabaseTransaction,
    secret_hash: &SecretHash,
) -> Result<(), StoreError> {
    let sql = "SELECT set_config('app.secret_hash', encode($1, 'hex'), true)";
    let values = [secret_hash.to_vec().into()];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}

fn queue_names(row: &QueryResult) -> Result<Vec<QueueName>, StoreError> {
    let names: Vec<String> = column(row, "queues")?;
    names.iter().map(|name| parse("queues", name)).collect()
}
