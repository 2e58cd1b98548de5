//! Svix's signatures, which Standard Webhooks describes: HMAC-SHA256 over the id, the time and the body of a message.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::credentials::HeaderField;
use crate::error::ConfigError;
use crate::webhooks::WebhookError;

/// How far a message's time may be from ours, either way.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// The longest id of a message.
const ID_LIMIT_BYTES: usize = 255;
/// The headers of a message, and how the standard names them for everyone.
const HEADERS: [[&str; 3]; 2] = [
    ["svix-id", "svix-timestamp", "svix-signature"],
    ["webhook-id", "webhook-timestamp", "webhook-signature"],
];
/// What stands before a secret.
const SECRET_PREFIX: &str = "whsec_";
/// What stands before a signature of the one version that is known.
const VERSION: &str = "v1";
/// Base64 with its padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys, any of which may have signed a message: two while one replaces another.
pub(super) struct SigningKeys(Vec<Key>);

/// A message that has proven where it comes from.
pub(super) struct Delivery {
    pub id: String,
    pub sent_at: DateTime<Utc>,
}

impl SigningKeys {
    /// The keys of a setting.
    pub(super) fn of(setting: &'static str, secrets: &[SecretString]) -> Result<Self, ConfigError> {
        let keys = secrets.iter().map(|secret| {
            let text = secret.expose_secret();
            let bytes = text
                .strip_prefix(SECRET_PREFIX)
                .and_then(|encoded| BASE64.decode(encoded).ok())
                .filter(|bytes| !bytes.is_empty());
            bytes
                .map(|bytes| Key::new(HMAC_SHA256, &bytes))
                .ok_or_else(|| ConfigError::Invalid {
                    setting,
                    fault: "must hold signing secrets as they are shown: whsec_ and base64"
                        .to_owned(),
                })
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// The message's id and time, if one of the keys has signed them together with the body.
    pub(super) fn verify(
        &self,
        header: &dyn Fn(&str) -> HeaderField,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Delivery, WebhookError> {
        let [id, timestamp, signatures] = headers(header)?;
        if id.is_empty() || id.len() > ID_LIMIT_BYTES || id.contains(char::is_control) {
            return Err(refused("the message's id is empty, too long or unreadable"));
        }
        let sent_at = time(&timestamp)?;
        if (now - sent_at).abs() > TOLERANCE {
            return Err(refused(
                "the message was signed too long ago, or in the future",
            ));
        }
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(body);
        if !self.have_signed(&signed, &signatures) {
            return Err(refused("no signature of version v1 matches"));
        }
        Ok(Delivery { id, sent_at })
    }

    /// Whether any of the signatures, which blanks separate, is one of these keys'. Those of another version are passed
    /// over, and so is what is none.
    fn have_signed(&self, signed: &[u8], signatures: &str) -> bool {
        let expected: Vec<hmac::Tag> = self.0.iter().map(|key| hmac::sign(key, signed)).collect();
        signatures
            .split(' ')
            .filter_map(|signature| signature.split_once(','))
            .filter(|(version, _)| *version == VERSION)
            .filter_map(|(_, encoded)| BASE64.decode(encoded).ok())
            .any(|given| {
                let mut tags = expected.iter();
                tags.any(|tag| verify_slices_are_equal(tag.as_ref(), &given).is_ok())
            })
    }
}

/// The three headers under the first of their names that is used at all.
fn headers(header: &dyn Fn(&str) -> HeaderField) -> Result<[String; 3], WebhookError> {
    let named = HEADERS.map(|names| names.map(header));
    let is_sent = |fields: &[HeaderField; 3]| {
        let mut fields = fields.iter();
        fields.any(|field| *field != HeaderField::Absent)
    };
    let fields = named.into_iter().find(is_sent);
    match fields {
        Some(
            [
                HeaderField::Text(id),
                HeaderField::Text(time),
                HeaderField::Text(signatures),
            ],
        ) => Ok([id, time, signatures]),
        Some(_) => Err(refused(
            "one of the headers for id, timestamp and signature is missing, repeated or no text",
        )),
        None => Err(refused(
            "the headers for id, timestamp and signature are missing",
        )),
    }
}

/// Whole seconds since 1970, in digits and nothing else.
fn time(text: &str) -> Result<DateTime<Utc>, WebhookError> {
    let seconds = text
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse::<i64>().ok())
        .flatten();
    seconds
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or_else(|| refused("the timestamp is not a whole number of seconds"))
}

const fn refused(reason: &'static str) -> WebhookError {
    WebhookError::BadSignature { reason }
}
