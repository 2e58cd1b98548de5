//! The organization in a Clerk session token, of version 1 and version 2.

use serde_json::{Map, Value};

use crate::error::AuthError;
use crate::principal::Organization;
use crate::token::{Claims, name_in};

/// Version 1 writes it before roles and permissions; version 2 and Gantry do not.
const PREFIX: &str = "org:";
/// The most permissions that are taken over from one token.
const PERMISSION_LIMIT: usize = 1024;

/// The organization the session acts for.
pub(super) fn organization(claims: &Claims) -> Result<Option<Organization>, AuthError> {
    match claims.member("o") {
        None | Some(Value::Null) => version_1(claims),
        Some(Value::Object(members)) => version_2(members, claims.text("fea")),
        Some(_) => Err(AuthError::invalid(
            "the token's organization is not an object",
        )),
    }
}

fn version_1(claims: &Claims) -> Result<Option<Organization>, AuthError> {
    let Some(id) = claims.name("org_id")? else {
        return Ok(None);
    };
    let permissions = claims.member("org_permissions").and_then(Value::as_array);
    Ok(Some(Organization {
        id: id.to_owned(),
        slug: claims.name("org_slug")?.map(str::to_owned),
        role: claims.name("org_role")?.map(without_prefix),
        permissions: permissions
            .into_iter()
            .flatten()
            .take(PERMISSION_LIMIT)
            .filter_map(Value::as_str)
            .map(without_prefix)
            .collect(),
    }))
}

fn version_2(
    members: &Map<String, Value>,
    features: Option<&str>,
) -> Result<Option<Organization>, AuthError> {
    let id =
        name_in(members, "id")?.ok_or(AuthError::invalid("the token's organization has no id"))?;
    let text = |name: &str| {
        members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Ok(Some(Organization {
        id: id.to_owned(),
        slug: name_in(members, "slg")?.map(str::to_owned),
        role: name_in(members, "rol")?.map(without_prefix),
        permissions: permissions(features.unwrap_or_default(), text("per"), text("fpm")),
    }))
}

/// The permissions of version 2. The n-th number of `map` belongs to the n-th organization feature of `features`; its bits,
/// the least significant first, say which of `names` that feature grants. What cannot be read grants nothing.
fn permissions(features: &str, names: &str, map: &str) -> Vec<String> {
    let features = items(features).filter_map(organization_feature);
    let granted = items(map).map(|number| number.parse::<u64>().unwrap_or(0));
    features
        .zip(granted)
        .flat_map(|(feature, bits)| {
            items(names)
                .take(u64::BITS as usize)
                .enumerate()
                .filter(move |(place, name)| bits >> place & 1 == 1 && !name.is_empty())
                .map(move |(_, name)| format!("{feature}:{name}"))
        })
        .take(PERMISSION_LIMIT)
        .collect()
}

/// The name of a feature that belongs to the organization: its scope (`o`, or `ou` with the person's) holds an `o`.
fn organization_feature(item: &str) -> Option<&str> {
    let (scope, feature) = item.split_once(':')?;
    scope.contains('o').then_some(feature)
}

fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

/// The name without the prefix that some of the provider's words have.
pub(super) fn without_prefix(name: &str) -> String {
    name.strip_prefix(PREFIX).unwrap_or(name).to_owned()
}
