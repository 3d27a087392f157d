//! The keys that sign tokens: RSA, made once a process; each world names them by ids of its own.

use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};

use crate::error::Error;
use crate::state::chance::guid;

const BITS: usize = 2048;
/// How long a key that signs no more is still published.
const PUBLISHED_SECONDS: i64 = 24 * 3600;

/// A key pair; making one takes long.
#[derive(Debug)]
pub(crate) struct Pair {
    signer: RsaKeyPair,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    pem: String,
}

static PAIRS: [OnceLock<Result<Pair, Error>>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];

/// The first signs, the second signs after a rotation; the third belongs to nobody.
fn pair(number: usize) -> Result<&'static Pair, Error> {
    let slot = PAIRS.get(number % PAIRS.len()).ok_or_else(|| Error::key(&"no such key"))?;
    slot.get_or_init(Pair::make).as_ref().map_err(Clone::clone)
}

/// A key that no world publishes.
pub(crate) fn strange() -> Result<&'static Pair, Error> {
    pair(2)
}

impl Pair {
    fn make() -> Result<Self, Error> {
        let private = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|why| Error::key(&why))?;
        let der = private.to_pkcs1_der().map_err(|why| Error::key(&why))?;
        let public = private.to_public_key();
        Ok(Self {
            signer: RsaKeyPair::from_der(der.as_bytes()).map_err(|why| Error::key(&why))?,
            modulus: public.n().to_bytes_be(),
            exponent: public.e().to_bytes_be(),
            pem: public.to_public_key_pem(LineEnding::LF).map_err(|why| Error::key(&why))?,
        })
    }

    /// A signature, RS256.
    pub(crate) fn sign(&self, text: &str) -> Vec<u8> {
        let mut signature = vec![0; self.signer.public().modulus_len()];
        let signed =
            self.signer.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.map(|()| signature).unwrap_or_default()
    }

    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), signature).is_ok()
    }

    /// The public key as a PEM text.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }
}

/// A key with its name in one world.
#[derive(Clone, Debug)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) pair: &'static Pair,
    /// The second at which it stops being published.
    until: Option<i64>,
}

/// The keys of one world; the last one signs.
#[derive(Debug)]
pub(crate) struct KeyRing {
    seed: u64,
    made: u64,
    keys: Vec<SigningKey>,
}

impl KeyRing {
    pub(crate) fn new(seed: u64) -> Result<Self, Error> {
        let mut ring = Self { seed, made: 0, keys: Vec::new() };
        ring.add()?;
        Ok(ring)
    }

    fn add(&mut self) -> Result<(), Error> {
        let pair = pair(usize::try_from(self.made % 2).unwrap_or(0))?;
        let kid = BASE64_URL_SAFE_NO_PAD.encode(guid(self.seed, "signing key", self.made).as_bytes());
        self.keys.push(SigningKey { kid, pair, until: None });
        self.made += 1;
        Ok(())
    }

    /// A new key signs from now on; the others are published for a day.
    pub(crate) fn rotate(&mut self, now: i64) -> Result<(), Error> {
        for key in &mut self.keys {
            key.until.get_or_insert(now + PUBLISHED_SECONDS);
        }
        self.add()
    }

    /// Takes all keys back but the one that signs.
    pub(crate) fn withdraw_old(&mut self) {
        self.keys.retain(|key| key.until.is_none());
    }

    /// The key that signs.
    pub(crate) fn signing(&self) -> Option<&SigningKey> {
        self.keys.last()
    }

    fn published(&self, now: i64) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(move |key| key.until.is_none_or(|until| now < until))
    }

    /// The published key of this name.
    pub(crate) fn named(&self, kid: &str, now: i64) -> Option<&'static Pair> {
        self.published(now).find(|key| key.kid == kid).map(|key| key.pair)
    }

    /// The keys as Entra publishes them: they name no `alg`.
    pub(crate) fn published_as_json(&self, issuer: &str, now: i64) -> Value {
        let shown = self.published(now).map(|key| {
            json!({
                "kty": "RSA",
                "use": "sig",
                "kid": key.kid,
                "x5t": key.kid,
                "n": BASE64_URL_SAFE_NO_PAD.encode(&key.pair.modulus),
                "e": BASE64_URL_SAFE_NO_PAD.encode(&key.pair.exponent),
                "cloud_instance_name": "microsoftonline.com",
                "issuer": issuer,
            })
        });
        json!({ "keys": shown.collect::<Vec<_>>() })
    }
}
