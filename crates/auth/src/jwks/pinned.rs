//! Public keys that the settings hold, for installations that cannot reach their issuer.

use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;

use super::key::{KeySet, VerificationKey};

/// The most keys that are taken from the settings; a change of keys needs two.
const KEY_LIMIT: usize = 16;

/// Public keys that the settings hold. Each is good for any key id: nobody else could have put them there.
pub(crate) struct PinnedKeys(Vec<SubjectPublicKeyInfoDer<'static>>);

impl PinnedKeys {
    /// The keys of a text of PEM blocks, whose line ends may be written as `\n`; none unless each block is a usable key.
    pub(crate) fn from_pem(text: &str) -> Option<Self> {
        let text = text.replace("\\n", "\n");
        let blocks = text.matches("-----BEGIN").count();
        let keys: Vec<_> = SubjectPublicKeyInfoDer::pem_slice_iter(text.as_bytes())
            .collect::<Result<_, _>>()
            .ok()?;
        let is_usable =
            |key: &SubjectPublicKeyInfoDer<'_>| !VerificationKey::of_any_id(key).is_empty();
        let is_complete = (1..=KEY_LIMIT).contains(&blocks) && keys.len() == blocks;
        (is_complete && keys.iter().all(is_usable)).then_some(Self(keys))
    }

    /// The keys, each once for every algorithm it may be used with.
    pub(crate) fn key_set(&self) -> KeySet {
        let keys = self
            .0
            .iter()
            .flat_map(|key| VerificationKey::of_any_id(key));
        KeySet::of(keys.collect())
    }
}
