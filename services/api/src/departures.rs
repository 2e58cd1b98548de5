//! What a caller may ask about themselves, whichever tenant they act in.

use gantry_domain::TenantId;
use gantry_store::PersonScope;

use crate::api::Api;
use crate::extractors::Caller;

/// The caller's own space.
pub fn own_space_of(caller: &Caller) -> TenantId {
    TenantId::for_person(&caller.issuer, &caller.subject)
}

/// What is the caller's, as a person.
pub fn person_of<'a>(api: &'a Api, caller: &'a Caller) -> PersonScope<'a> {
    api.store
        .person(caller.user, own_space_of(caller), caller.origin())
}
