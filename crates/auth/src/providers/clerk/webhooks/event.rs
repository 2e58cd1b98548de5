//! Clerk's events, read leniently where nothing depends on it and strictly where something does.

use chrono::{DateTime, Datelike, Utc};
use gantry_domain::{
    DirectoryEvent, DirectoryMembership, DirectoryNotice, DirectoryOrganization, DirectoryUser,
    EmailAddress, PERSON_NAME_LIMIT_CHARACTERS, Role,
};
use serde_json::Value;

use super::signature::Delivery;
use crate::providers::clerk::organization::without_prefix;
use crate::webhooks::{WebhookError, WebhookMessage};

/// The longest id of a person, an organization or a membership.
const ID_LIMIT_BYTES: usize = 255;
/// The years a change can have been made in.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

/// Reads events of one instance.
pub(super) struct EventReader {
    /// In whose name people are written down.
    pub issuer: String,
    /// The member of the public metadata that names a person's cohort.
    pub cohort_field: String,
}

impl EventReader {
    /// What a message tells.
    pub(super) fn read(
        &self,
        delivery: &Delivery,
        body: &[u8],
    ) -> Result<WebhookMessage, WebhookError> {
        let envelope: Value =
            serde_json::from_slice(body).map_err(|_| malformed("it is not JSON"))?;
        let sort = envelope["type"]
            .as_str()
            .ok_or_else(|| malformed("it names no type of event"))?;
        let data = &envelope["data"];
        let told_at = time(&envelope["timestamp"]);
        let changed_at = time(&data["updated_at"]);
        let (event, at) = match sort {
            "user.created" | "user.updated" => {
                (DirectoryEvent::UserChanged(self.user(data)?), changed_at)
            }
            "organization.created" | "organization.updated" => {
                let organization = organization(data)?;
                (
                    DirectoryEvent::OrganizationChanged(organization),
                    changed_at,
                )
            }
            "organizationMembership.created" | "organizationMembership.updated" => {
                let event = DirectoryEvent::MembershipChanged(membership(data)?, role(data));
                (event, changed_at)
            }
            // Someone who never had an id is known to nobody.
            "user.deleted" if data["id"].is_null() => return Ok(WebhookMessage::Irrelevant),
            // An end is later than every change, whatever its data say of the last one.
            "user.deleted" => {
                let subject = id(&data["id"])?;
                (
                    DirectoryEvent::UserDeleted { subject },
                    changed_at.max(told_at),
                )
            }
            "organization.deleted" => {
                let external_id = id(&data["id"])?;
                let event = DirectoryEvent::OrganizationDeleted { external_id };
                (event, changed_at.max(told_at))
            }
            "organizationMembership.deleted" => {
                let event = DirectoryEvent::MembershipDeleted(membership(data)?);
                (event, changed_at.max(told_at))
            }
            _ => return Ok(WebhookMessage::Irrelevant),
        };
        Ok(WebhookMessage::Notice(DirectoryNotice {
            issuer: self.issuer.clone(),
            delivery_id: delivery.id.clone(),
            changed_at: at.or(told_at).unwrap_or(delivery.sent_at),
            event,
        }))
    }

    fn user(&self, data: &Value) -> Result<DirectoryUser, WebhookError> {
        Ok(DirectoryUser {
            subject: id(&data["id"])?,
            verified_email: verified_primary_email(data),
            first_name: name(&data["first_name"]),
            last_name: name(&data["last_name"]),
            cohort: data["public_metadata"][self.cohort_field.as_str()]
                .as_str()
                .map(str::to_owned),
        })
    }
}

/// The primary address, once its owner has proven it. Neither the first of the list nor any other one is it.
fn verified_primary_email(data: &Value) -> Option<EmailAddress> {
    let primary = data["primary_email_address_id"].as_str()?;
    let addresses = data["email_addresses"].as_array()?;
    let mut named = addresses
        .iter()
        .filter(|address| address["id"].as_str() == Some(primary));
    // Two entries under one id: nobody can say which is meant.
    let (Some(address), None) = (named.next(), named.next()) else {
        return None;
    };
    let is_verified = address["verification"]["status"].as_str() == Some("verified");
    let email = address["email_address"].as_str()?.parse().ok();
    email.filter(|_| is_verified)
}

fn organization(data: &Value) -> Result<DirectoryOrganization, WebhookError> {
    Ok(DirectoryOrganization {
        external_id: id(&data["id"])?,
        name: name(&data["name"]),
    })
}

fn membership(data: &Value) -> Result<DirectoryMembership, WebhookError> {
    Ok(DirectoryMembership {
        external_id: id(&data["id"]).ok(),
        organization: organization(&data["organization"])?,
        subject: id(&data["public_user_data"]["user_id"])?,
    })
}

fn role(data: &Value) -> Role {
    Role::from_provider(&without_prefix(data["role"].as_str().unwrap_or_default()))
}

/// An id as it can be kept and compared: whole, of visible characters.
fn id(value: &Value) -> Result<String, WebhookError> {
    let text = value.as_str().unwrap_or_default();
    let is_id = (1..=ID_LIMIT_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_id {
        return Err(malformed("an id of its data is missing or unreadable"));
    }
    Ok(text.to_owned())
}

/// A name as it can be shown: without control characters, and cut off where it is too long.
fn name(value: &Value) -> Option<String> {
    let visible = value.as_str()?.chars().filter(|c| !c.is_control());
    let cut: String = visible.take(PERSON_NAME_LIMIT_CHARACTERS).collect();
    let trimmed = cut.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Milliseconds since 1970.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(value.as_i64()?).filter(|time| YEARS.contains(&time.year()))
}

const fn malformed(reason: &'static str) -> WebhookError {
    WebhookError::Malformed { reason }
}
