//! Writes down who signed in, once in a while for each person and tenant.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gantry_auth::Principal;
use gantry_domain::{TenantId, UserId};
use gantry_store::{ApiStore, SignInOutcome, SignedIn};

use crate::problem::{ApiError, PeopleError, TenancyError};

/// How long a sign-in that was written down is not written again.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);
/// How many sign-ins are kept in mind; at more all are forgotten, which costs a few statements.
const CAPACITY: usize = 10_000;

/// The sign-ins written down lately.
#[derive(Default)]
pub struct SignIns(Mutex<HashMap<SignIn, Instant>>);

/// A person in a tenant, with the address they had.
#[derive(PartialEq, Eq, Hash)]
struct SignIn {
    user: UserId,
    tenant: TenantId,
    email: Option<String>,
}

impl SignIns {
    /// Writes the sign-in down unless that was done lately.
    ///
    /// # Errors
    /// The account is gone, or Postgres cannot be reached.
    pub async fn remember(&self, store: &ApiStore, principal: &Principal) -> Result<(), ApiError> {
        let sign_in = SignIn {
            user: principal.user,
            tenant: principal.tenant,
            email: principal.email.clone(),
        };
        if self.is_remembered(&sign_in) {
            return Ok(());
        }
        match store.remember(&signed_in(principal)).await? {
            SignInOutcome::Remembered => self.keep(sign_in),
            SignInOutcome::TenantDeleted => return Err(TenancyError::TenantDeleted.into()),
            SignInOutcome::AccountDeleted => return Err(PeopleError::AccountDeleted.into()),
        }
        Ok(())
    }

    fn is_remembered(&self, sign_in: &SignIn) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(sign_in)
            .is_some_and(|written_at| written_at.elapsed() < REMEMBERED_FOR)
    }

    fn keep(&self, sign_in: SignIn) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(sign_in, Instant::now());
    }
}

fn signed_in(principal: &Principal) -> SignedIn {
    let organization = principal.organization.as_ref();
    SignedIn {
        issuer: principal.issuer.clone(),
        tenant_id: principal.tenant,
        tenant_external_id: organization
            .map_or(&principal.subject, |organization| &organization.id)
            .clone(),
        user_id: principal.user,
        subject: principal.subject.clone(),
        email: principal.email.clone(),
    }
}
