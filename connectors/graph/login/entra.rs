//! What Entra ID's answers mean.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Secret;
use crate::graph::error::{Error, Kind};

/// A token is renewed so long before it expires.
pub(super) const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// A secret with its end.
pub(super) struct Held {
    pub secret: Secret,
    pub expires: DateTime<Utc>,
}

/// The token endpoint's refusal.
///
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    error_codes: Vec<u64>,
}

impl Refusal {
    /// Makes an error of a refusal; the description is left out, for it names people.
    pub(super) fn into_error(self, place: &str, status: u16, after: Option<Duration>) -> Error {
        let code = self.error_codes.first().copied();
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
        // No service principal, not found in the directory, disabled, tenant not found or malformed, consent
        // missing, blocked by Conditional Access.
        7000229 | 700016 | 7000112 | 90002 | 900023 | 65001 | 53003 => Kind::Consent,
        90033 | 50196 | 70021 => Kind::Retry { after },
        _ => Kind::Credential,
    }
}

/// What a token says of itself, for diagnosis only: whom it opens what is Graph's to decide.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub tid: Option<String>,
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
