//! Published keys made usable: each one public, strong enough and bound to the algorithms it may be used with.

use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::token::{Algorithm, is_key_id};

/// The most keys of one set that are looked at; issuers publish two or three.
const KEY_LIMIT: usize = 64;
/// RSA keys below this are too weak, above this too slow to verify with. The library refuses unsound exponents.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// The byte before an uncompressed point of a curve (SEC 1).
const UNCOMPRESSED_POINT: u8 = 4;

/// The usable keys of one issuer.
pub(crate) struct KeySet {
    keys: Vec<VerificationKey>,
}

/// One key with one algorithm that it may be used with.
pub(crate) struct VerificationKey {
    /// None for a pinned key, which is good for any id.
    key_id: Option<String>,
    algorithm: Algorithm,
    public: ParsedPublicKey,
}

/// A key as published (RFC 7517); members that are not understood, private ones among them, are passed over.
#[derive(Deserialize)]
struct PublishedKey {
    kid: String,
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct PublishedSet {
    keys: Vec<Value>,
}

impl KeySet {
    /// These keys.
    pub(crate) fn of(keys: Vec<VerificationKey>) -> Self {
        Self { keys }
    }

    /// The usable keys of a published set; nothing when the text is no key set or holds no usable key.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let published: PublishedSet = serde_json::from_slice(text).ok()?;
        let keys: Vec<_> = published
            .keys
            .into_iter()
            .take(KEY_LIMIT)
            .filter_map(|key| serde_json::from_value::<PublishedKey>(key).ok())
            .flat_map(|key| key.verification_keys())
            .collect();
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// Whether a key of this id is published.
    pub(crate) fn contains(&self, key_id: &str) -> bool {
        self.keys.iter().any(|key| key.has_id(key_id))
    }

    /// The keys of this id that may be used with the algorithm. More than one when the issuer repeats an id.
    pub(crate) fn matching(
        &self,
        key_id: &str,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &VerificationKey> {
        self.keys
            .iter()
            .filter(move |key| key.has_id(key_id) && key.algorithm == algorithm)
    }
}

impl VerificationKey {
    /// A key that was not published under an id, as X.509 writes it (SubjectPublicKeyInfo), once for each algorithm it may
    /// be used with; none when it is unusable.
    pub(crate) fn of_any_id(public_key: &[u8]) -> Vec<Self> {
        let is_rsa = PublicEncryptingKey::from_der(public_key);
        let is_strong =
            |key: PublicEncryptingKey| RSA_MODULUS_BYTES.contains(&key.key_size_bytes());
        let is_strong_rsa = is_rsa.is_ok_and(is_strong);
        let usable = |algorithm: &Algorithm| {
            // The library takes a weak key, and refuses only what was signed with it.
            if Algorithm::RSA.contains(algorithm) && !is_strong_rsa {
                return None;
            }
            let public = ParsedPublicKey::new(algorithm.verification(), public_key).ok()?;
            Some(Self {
                key_id: None,
                algorithm: *algorithm,
                public,
            })
        };
        Algorithm::ALL.iter().filter_map(usable).collect()
    }

    fn has_id(&self, key_id: &str) -> bool {
        self.key_id.as_deref().is_none_or(|own| own == key_id)
    }

    /// Whether the signature over the message was made with this key's private half.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

impl PublishedKey {
    /// The key once for each algorithm it may be used with; none when it is unusable.
    fn verification_keys(&self) -> Vec<VerificationKey> {
        if !self.is_for_signatures() || !is_key_id(&self.kid) {
            return Vec::new();
        }
        self.algorithms()
            .into_iter()
            .filter_map(|algorithm| {
                let public = self.public_key(algorithm)?;
                Some(VerificationKey {
                    key_id: Some(self.kid.clone()),
                    algorithm,
                    public,
                })
            })
            .collect()
    }

    fn is_for_signatures(&self) -> bool {
        self.purpose
            .as_deref()
            .is_none_or(|purpose| purpose == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|uses| uses.iter().any(|one| one == "verify"))
    }

    /// What the key may be used with: what it says, as far as its type allows that, else what its type says.
    fn algorithms(&self) -> Vec<Algorithm> {
        let by_type: &[Algorithm] = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => &Algorithm::RSA,
            ("EC", Some("P-256")) => &[Algorithm::Es256],
            ("EC", Some("P-384")) => &[Algorithm::Es384],
            ("EC", Some("P-521")) => &[Algorithm::Es512],
            ("OKP", Some("Ed25519")) => &[Algorithm::Ed25519],
            _ => &[],
        };
        match &self.alg {
            None => by_type.to_vec(),
            Some(name) => Algorithm::from_name(name)
                .filter(|one| by_type.contains(one))
                .into_iter()
                .collect(),
        }
    }

    fn public_key(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        match algorithm {
            Algorithm::Rs256 => self.rsa(&RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => self.rsa(&RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => self.rsa(&RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => self.rsa(&RSA_PSS_2048_8192_SHA256),
            Algorithm::Ps384 => self.rsa(&RSA_PSS_2048_8192_SHA384),
            Algorithm::Ps512 => self.rsa(&RSA_PSS_2048_8192_SHA512),
            Algorithm::Es256 => self.curve_point(&ECDSA_P256_SHA256_FIXED),
            Algorithm::Es384 => self.curve_point(&ECDSA_P384_SHA384_FIXED),
            Algorithm::Es512 => self.curve_point(&ECDSA_P521_SHA512_FIXED),
            Algorithm::Ed25519 => ParsedPublicKey::new(&ED25519, decoded(&self.x)?).ok(),
        }
    }

    fn rsa(&self, parameters: &'static RsaParameters) -> Option<ParsedPublicKey> {
        let n = without_leading_zeros(decoded(&self.n)?);
        let e = without_leading_zeros(decoded(&self.e)?);
        if !RSA_MODULUS_BYTES.contains(&n.len()) {
            return None;
        }
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(parameters)
            .ok()
    }

    fn curve_point(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
    ) -> Option<ParsedPublicKey> {
        let point = [
            vec![UNCOMPRESSED_POINT],
            decoded(&self.x)?,
            decoded(&self.y)?,
        ]
        .concat();
        ParsedPublicKey::new(algorithm, point).ok()
    }
}

impl Algorithm {
    /// How the library verifies it.
    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Self::Es256 => &ECDSA_P256_SHA256_FIXED,
            Self::Es384 => &ECDSA_P384_SHA384_FIXED,
            Self::Es512 => &ECDSA_P521_SHA512_FIXED,
            Self::Ed25519 => &ED25519,
        }
    }
}

fn decoded(part: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part.as_ref()?).ok()
}

/// Some issuers write a sign byte before the number.
fn without_leading_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}
