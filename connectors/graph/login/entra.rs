//! What Entra ID's answers mean.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Secret;
use crate::graph::error::{Error, Kind, Withdrawn};

/// A token is renewed so long before it expires.
pub(super) const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// A secret with its beginning and its end.
pub(super) struct Held {
    pub secret: Secret,
    /// When it was asked for.
    pub since: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

/// The token endpoint's refusal.
///
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    error_codes: Vec<u64>,
    error_description: String,
}

impl Refusal {
    /// Reads the body of a refusal; what is no refusal of the token endpoint holds no code.
    pub(super) fn read(body: &[u8]) -> Refusal {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The first code; older answers have it in the description only.
    fn code(&self) -> Option<u64> {
        let described = || {
            let digits = self.error_description.strip_prefix("AADSTS")?;
            digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        self.error_codes.first().copied().or_else(described)
    }

    /// Makes an error of a refusal; the description is left out, for it names people.
    pub(super) fn into_error(self, place: &str, status: u16, after: Option<Duration>) -> Error {
        let code = self.code();
        let kind = match code {
            Some(code) => meaning(code, after),
            None if status == 429 => Kind::Throttled { after },
            None if status >= 500 => Kind::Retry { after },
            None => Kind::Credential,
        };
        let text = match code {
            Some(code) => format!("AADSTS{code}"),
            None => format!("HTTP {status}"),
        };
        Error::new(kind, place, text)
    }
}

/// Who has to act: the tenant's administrator, whoever runs the service, or nobody.
fn meaning(code: u64, after: Option<Duration>) -> Kind {
    match code {
        // No service principal, not found in the directory, consent missing.
        7000229 | 700016 | 65001 => Kind::Consent(Withdrawn::Consent),
        7000112 => Kind::Consent(Withdrawn::Disabled),
        // Not found, or malformed.
        90002 | 900023 => Kind::Consent(Withdrawn::Tenant),
        53003 => Kind::Consent(Withdrawn::Blocked),
        90033 | 50196 | 70021 => Kind::Retry { after },
        _ => Kind::Credential,
    }
}

/// What a token says of itself, for diagnosis only: whom it opens what is Graph's to decide.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub tid: Option<String>,
    /// The object id of the enterprise application.
    pub oid: Option<String>,
    #[serde(default)]
    pub roles: Vec<String>,
}

impl Claims {
    /// Reads a token's claims; `None` if it is opaque.
    pub(super) fn of(token: &Secret) -> Option<Claims> {
        let payload = token.expose().split('.').nth(1)?;
        let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Error {
        Refusal::read(body.as_bytes()).into_error("sign-in", status, None)
    }

    #[test]
    fn each_code_says_who_has_to_act() {
        for (code, kind) in [
            (7000229, Kind::Consent(Withdrawn::Consent)),
            (700016, Kind::Consent(Withdrawn::Consent)),
            (65001, Kind::Consent(Withdrawn::Consent)),
            (7000112, Kind::Consent(Withdrawn::Disabled)),
            (90002, Kind::Consent(Withdrawn::Tenant)),
            (900023, Kind::Consent(Withdrawn::Tenant)),
            (53003, Kind::Consent(Withdrawn::Blocked)),
            (90033, Kind::Retry { after: None }),
            (70021, Kind::Retry { after: None }),
            (7000215, Kind::Credential),
            (7000222, Kind::Credential),
            (700213, Kind::Credential),
        ] {
            let listed = refused(400, &format!(r#"{{"error":"x","error_codes":[{code}]}}"#));
            let described =
                format!(r#"{{"error":"x","error_description":"AADSTS{code}: Somebody.\r\nTrace ID: 1"}}"#);
            let described = refused(400, &described);
            assert_eq!((listed.kind(), described.kind()), (kind, kind), "{code}");
            assert_eq!(
                (listed.code(), described.code()),
                (&*format!("AADSTS{code}"), &*format!("AADSTS{code}"))
            );
        }
    }

    #[test]
    fn what_is_no_refusal_of_the_token_endpoint_is_nobodys_consent() {
        for body in ["", "<html>", "[]", r#"{"error_codes":["x"]}"#, r#"{"error_description":"AADSTS: x"}"#] {
            let kinds = [400, 429, 503].map(|status| refused(status, body).kind());
            let (throttled, retry) = (Kind::Throttled { after: None }, Kind::Retry { after: None });
            assert_eq!(kinds, [Kind::Credential, throttled, retry], "{body}");
        }
    }
}
