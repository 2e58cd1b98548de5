//! An identity provider of the benchmark's own, so that every request carries a token that is really checked.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const KEY_ID: &str = "bench";
const AUDIENCE: &str = "gantry-bench";
const TOKEN_SECONDS: u64 = 3_600;
const REQUEST_LIMIT_BYTES: usize = 8 * 1024;

/// Publishes one key on loopback and signs tokens with it.
pub struct Issuer {
    url: String,
    key: Ed25519KeyPair,
}

impl Issuer {
    /// Starts to answer on a free port.
    ///
    /// # Errors
    /// No port or no key could be had.
    pub async fn start() -> anyhow::Result<Self> {
        let key = Ed25519KeyPair::generate()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let key_set = json!({ "keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": KEY_ID,
            "x": URL_SAFE_NO_PAD.encode(key.public_key().as_ref()),
        }] });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, key_set.to_string()));
            }
        });
        Ok(Self { url, key })
    }

    /// The settings by which the API trusts this issuer.
    pub fn settings(&self) -> [(&'static str, String); 5] {
        [
            ("AUTH_MODE", "oidc".to_owned()),
            ("AUTH_OIDC_ISSUER", self.url.clone()),
            ("AUTH_OIDC_AUDIENCE", AUDIENCE.to_owned()),
            ("AUTH_JWKS_URL", format!("{}/keys", self.url)),
            ("AUTH_ALLOWED_EMAILS", String::new()),
        ]
    }

    /// A token for a person of this name.
    ///
    /// # Errors
    /// The machine's clock stands before 1970.
    pub fn token(&self, subject: &str) -> anyhow::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": KEY_ID });
        let claims = json!({
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "email": format!("{subject}@example.com"),
            "email_verified": true,
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
        });
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(message.as_bytes());
        Ok(format!(
            "{message}.{}",
            URL_SAFE_NO_PAD.encode(signature.as_ref())
        ))
    }
}

fn part(document: &Value) -> String {
    URL_SAFE_NO_PAD.encode(document.to_string())
}

/// Answers one request, whatever it asks for, with the keys.
async fn answer(mut stream: TcpStream, key_set: String) -> std::io::Result<()> {
    let mut request = vec![0; REQUEST_LIMIT_BYTES];
    let _ = stream.read(&mut request).await?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        key_set.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(key_set.as_bytes()).await?;
    stream.shutdown().await
}
