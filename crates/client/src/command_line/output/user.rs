//! Who the API takes the caller for.

use gantry_client::{CurrentUser, Organization};

use super::details::Details;
use super::text::printable;

/// Everything about the caller.
pub(crate) fn details(user: &CurrentUser) -> String {
    let mut details = Details::default();
    details
        .line("User", user.id.to_string())
        .line(
            "Signed in as",
            printable(&format!("{} of {}", user.subject, user.issuer)),
        )
        .line("Tenant", user.tenant_id.to_string())
        .optional("Organization", user.organization.as_ref().map(organization))
        .optional("Name", user.display_name.as_deref().map(printable))
        .optional("E-mail", user.email.as_deref().map(printable));
    details.finish()
}

fn organization(organization: &Organization) -> String {
    let name = organization.slug.as_ref().unwrap_or(&organization.id);
    match &organization.role {
        Some(role) => printable(&format!("{name}, as {role}")),
        None => printable(name),
    }
}
