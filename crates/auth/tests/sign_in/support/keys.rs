//! Key pairs of every accepted kind, made once per run.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub struct SigningKey {
    pub key_id: &'static str,
    pub algorithm: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Curve(&'static str, Box<EcdsaKeyPair>),
    Edwards(Box<Ed25519KeyPair>),
}

macro_rules! once {
    ($name:ident, $make:expr) => {
        pub fn $name() -> &'static SigningKey {
            static KEY: OnceLock<SigningKey> = OnceLock::new();
            KEY.get_or_init(|| $make)
        }
    };
}

once!(rsa, SigningKey::rsa("ins_first", KeySize::Rsa2048));
once!(other_rsa, SigningKey::rsa("ins_second", KeySize::Rsa2048));
once!(rogue_rsa, SigningKey::rsa("ins_first", KeySize::Rsa2048));
once!(
    p256,
    SigningKey::curve("p256", "ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
);
once!(
    p384,
    SigningKey::curve("p384", "ES384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)
);
once!(
    p521,
    SigningKey::curve("p521", "ES512", "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING)
);
once!(ed25519, SigningKey::edwards("ed25519"));

impl SigningKey {
    fn rsa(key_id: &'static str, size: KeySize) -> Self {
        let pair = Pair::Rsa(Box::new(RsaKeyPair::generate(size).unwrap()));
        Self {
            key_id,
            algorithm: "RS256",
            pair,
        }
    }

    fn curve(
        key_id: &'static str,
        algorithm: &'static str,
        curve: &'static str,
        signing: &'static EcdsaSigningAlgorithm,
    ) -> Self {
        let pair = Pair::Curve(curve, Box::new(EcdsaKeyPair::generate(signing).unwrap()));
        Self {
            key_id,
            algorithm,
            pair,
        }
    }

    fn edwards(key_id: &'static str) -> Self {
        let pair = Pair::Edwards(Box::new(Ed25519KeyPair::generate().unwrap()));
        Self {
            key_id,
            algorithm: "EdDSA",
            pair,
        }
    }

    /// The signature by this key's own algorithm.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.sign_as(self.algorithm, message)
    }

    /// The signature by an algorithm that this kind of key can do.
    pub fn sign_as(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let encoding = rsa_encoding(algorithm);
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature)
                    .unwrap();
                signature
            }
            Pair::Curve(_, pair) => pair
                .sign(&SystemRandom::new(), message)
                .unwrap()
                .as_ref()
                .to_vec(),
            Pair::Edwards(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The public half as published, with `alg` and `use`.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.plain_jwk();
        jwk["alg"] = json!(self.algorithm);
        jwk["use"] = json!("sig");
        jwk
    }

    /// The public half as some issuers publish it: the kind of key is all there is to tell the algorithm by.
    pub fn plain_jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => json!({
                "kty": "RSA",
                "kid": self.key_id,
                "n": encode(pair.public_key().modulus().big_endian_without_leading_zero()),
                "e": encode(pair.public_key().exponent().big_endian_without_leading_zero()),
            }),
            Pair::Curve(curve, pair) => {
                let (x, y) = halves(&pair.public_key().as_ref()[1..]);
                json!({"kty": "EC", "crv": curve, "kid": self.key_id, "x": encode(x), "y": encode(y)})
            }
            Pair::Edwards(pair) => json!({
                "kty": "OKP", "crv": "Ed25519", "kid": self.key_id,
                "x": encode(pair.public_key().as_ref()),
            }),
        }
    }

    /// The private half for another library's signer.
    pub fn pkcs8(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der = pair.as_der().unwrap();
                der.as_ref().to_vec()
            }
            Pair::Curve(_, pair) => pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
            Pair::Edwards(pair) => pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
        }
    }

    /// The public half as PEM, which a confused verifier would take for a secret.
    pub fn public_pem(&self) -> String {
        let der: PublicKeyX509Der = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_der(),
            Pair::Curve(_, pair) => pair.public_key().as_der(),
            Pair::Edwards(pair) => pair.public_key().as_der(),
        }
        .unwrap();
        pem("PUBLIC KEY", der.as_ref())
    }
}

/// The bytes in PEM armour.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn halves(point: &[u8]) -> (&[u8], &[u8]) {
    point.split_at(point.len() / 2)
}

fn rsa_encoding(algorithm: &str) -> &'static dyn RsaEncoding {
    match algorithm {
        "RS256" => &RSA_PKCS1_SHA256,
        "RS384" => &RSA_PKCS1_SHA384,
        "RS512" => &RSA_PKCS1_SHA512,
        "PS256" => &RSA_PSS_SHA256,
        "PS384" => &RSA_PSS_SHA384,
        "PS512" => &RSA_PSS_SHA512,
        other => panic!("{other} is no RSA algorithm"),
    }
}
