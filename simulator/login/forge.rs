//! Tokens as an attacker would make them, for tests of whoever verifies tokens.

use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keys::strange;
use super::{jwt, keys::SigningKey};
use crate::error::Error;
use crate::state::lock;
use crate::state::world::World;

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgery {
    /// Not at all a forgery: signed as any token of this world, for claims that are wrong by themselves.
    Genuine,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
    /// `alg` is `HS256`, and the secret is the public key.
    Hs256WithPublicKey,
    /// Signed by a stranger's key, which the header names as no published key is named.
    UnknownKid,
    /// Signed by a stranger's key under the name of the one that signs here.
    StolenKid,
    /// Signed by the right key, which the header does not name.
    NoKid,
    /// Signed by the right key with `alg` `RS512` in the header.
    WrongAlg,
    /// The header of a genuine token, and no signature.
    Unsigned,
}

impl Forgery {
    /// All that nobody may accept, whatever the claims are.
    pub const FORGED: [Forgery; 6] = [
        Forgery::AlgNone,
        Forgery::Hs256WithPublicKey,
        Forgery::UnknownKid,
        Forgery::StolenKid,
        Forgery::WrongAlg,
        Forgery::Unsigned,
    ];
}

/// A token of these claims.
pub(crate) fn forge(world: &World, claims: &Value, forgery: Forgery) -> Result<String, Error> {
    let key = lock(&world.keys).signing().cloned().ok_or_else(|| Error::key(&"there is none"))?;
    let SigningKey { kid, pair, .. } = key;
    let header = |alg: &str, kid: &str| json!({ "typ": "JWT", "alg": alg, "kid": kid });
    let real = |text: &str| pair.sign(text);
    let none = |_: &str| Vec::new();
    Ok(match forgery {
        Forgery::Genuine => jwt::assemble(&header("RS256", &kid), claims, real),
        Forgery::AlgNone => jwt::assemble(&json!({ "typ": "JWT", "alg": "none" }), claims, none),
        Forgery::Hs256WithPublicKey => {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, pair.pem().as_bytes());
            let sign = |text: &str| hmac::sign(&secret, text.as_bytes()).as_ref().to_vec();
            jwt::assemble(&header("HS256", &kid), claims, sign)
        }
        Forgery::UnknownKid => {
            let stranger = strange()?;
            jwt::assemble(&header("RS256", "unknown"), claims, |text| stranger.sign(text))
        }
        Forgery::StolenKid => {
            let stranger = strange()?;
            jwt::assemble(&header("RS256", &kid), claims, |text| stranger.sign(text))
        }
        Forgery::NoKid => jwt::assemble(&json!({ "typ": "JWT", "alg": "RS256" }), claims, real),
        Forgery::WrongAlg => jwt::assemble(&header("RS512", &kid), claims, real),
        Forgery::Unsigned => jwt::assemble(&header("RS256", &kid), claims, none),
    })
}
