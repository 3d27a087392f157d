//! Tokens of Microsoft Entra: whether one is genuine, meant for this app, and in its time.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenClaims, IssuerUrl, Nonce,
    SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use sync::TenantId;
use uuid::Uuid;

use super::{Caller, Role, Via, is_home, is_known, keys, may_consent};
use crate::App;
use crate::api::ApiError;

/// How far the clocks of Entra and of this machine may be apart.
const LEEWAY: TimeDelta = TimeDelta::minutes(5);
/// No genuine token is longer.
const LONGEST: usize = 16 * 1024;

/// What Entra's tokens say beyond the standard.
///
/// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entra {
    tid: Uuid,
    oid: Uuid,
    ver: String,
    #[serde(default)]
    roles: Vec<String>,
    /// The directory roles of a person.
    #[serde(default)]
    wids: Vec<String>,
    #[serde(default)]
    nbf: Option<i64>,
}

impl AdditionalClaims for Entra {}

type Token = IdToken<Entra, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Claims = IdTokenClaims<Entra, CoreGenderClaim>;

/// Why a token is not believed; no part of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Untrusted {
    #[error("it is no token of Microsoft Entra")]
    Unreadable,
    #[error("its tenant is not connected here")]
    Stranger,
    #[error("it is not meant for this application")]
    Audience,
    #[error("it was not issued by its tenant")]
    Issuer,
    #[error("its signature is not that of its tenant")]
    Signature,
    #[error("it has expired, or is not valid yet")]
    Time,
    #[error("it does not answer this sign-in")]
    Nonce,
    #[error("it is of another kind than this call needs")]
    Kind,
}

impl Untrusted {
    /// Whether the token's tenant signed it: that is looked at first.
    const fn is_signed(self) -> bool {
        matches!(self, Self::Time | Self::Nonce | Self::Kind)
    }
}

/// An id token that is not believed.
pub(super) struct Refused {
    pub why: Untrusted,
    /// Whose it is, if their tenant says so.
    pub person: Option<(TenantId, Uuid)>,
}

/// What a genuine token says.
pub(super) struct Proven {
    /// Whoever it is of.
    pub caller: Caller,
    /// Whether a directory role lets them agree for their whole tenant.
    pub may_consent: bool,
}

/// What a token is shown for.
pub(super) enum Purpose<'a> {
    /// To sign somebody in, in answer to a request with this nonce.
    SignIn(&'a Nonce),
    /// To make calls.
    Calls,
}

/// Finds who calls by a bearer token; keys are asked for only for tenants that are known here.
pub(super) async fn bearer(app: &App, text: &str) -> Result<Result<Caller, Untrusted>, ApiError> {
    let Ok((token, tenant, _)) = read(app, text) else { return Ok(Err(Untrusted::Unreadable)) };
    if !is_known(app, &tenant).await? {
        return Ok(Err(Untrusted::Stranger));
    }
    Ok(verify(app, &token, &tenant, &Purpose::Calls).await?.map(|proven| proven.caller))
}

/// Finds who signed in, by the id token that came for the code.
pub(super) async fn signed_in(
    app: &App,
    text: &str,
    nonce: &Nonce,
) -> Result<Result<Proven, Refused>, ApiError> {
    let (token, tenant, person) = match read(app, text) {
        Ok(read) => read,
        Err(why) => return Ok(Err(Refused { why, person: None })),
    };
    let verified = verify(app, &token, &tenant, &Purpose::SignIn(nonce)).await?;
    Ok(verified.map_err(|why| Refused { why, person: why.is_signed().then_some((tenant, person)) }))
}

/// Takes a token apart, and believes nothing of it: its tenant says whose keys to ask for, and its person who was refused.
fn read(app: &App, text: &str) -> Result<(Token, TenantId, Uuid), Untrusted> {
    let token: Token = match text.len() <= LONGEST {
        true => text.parse().map_err(|_| Untrusted::Unreadable)?,
        false => return Err(Untrusted::Unreadable),
    };
    let now = app.now() - LEEWAY;
    let unverified = CoreIdTokenVerifier::new_insecure_without_verification().set_time_fn(move || now);
    let claims = token.claims(&unverified, any_nonce).map_err(|_| Untrusted::Unreadable)?;
    let Entra { tid, oid, .. } = claims.additional_claims();
    let (tenant, person) = (TenantId::new(tid.to_string()), *oid);
    Ok((token, tenant.map_err(|_| Untrusted::Unreadable)?, person))
}

async fn verify(
    app: &App,
    token: &Token,
    tenant: &TenantId,
    purpose: &Purpose<'_>,
) -> Result<Result<Proven, Untrusted>, ApiError> {
    let first = keys::of(app, tenant).await?;
    match checked(app, token, tenant, purpose, first) {
        Err(Doubt::UnknownKey) => {}
        Err(Doubt::Untrusted(why)) => return Ok(Err(why)),
        Ok(proven) => return Ok(Ok(proven)),
    }
    let Some(newer) = keys::renewed(app, tenant).await? else { return Ok(Err(Untrusted::Signature)) };
    Ok(checked(app, token, tenant, purpose, newer).map_err(|doubt| match doubt {
        Doubt::UnknownKey => Untrusted::Signature,
        Doubt::Untrusted(why) => why,
    }))
}

enum Doubt {
    UnknownKey,
    Untrusted(Untrusted),
}

impl From<Untrusted> for Doubt {
    fn from(why: Untrusted) -> Self {
        Doubt::Untrusted(why)
    }
}

fn checked(
    app: &App,
    token: &Token,
    tenant: &TenantId,
    purpose: &Purpose<'_>,
    keys: CoreJsonWebKeySet,
) -> Result<Proven, Doubt> {
    let (issuer, now) = (issuer(app, tenant).ok_or(Untrusted::Issuer)?, app.now());
    let mut refused = Untrusted::Audience;
    for audience in audiences(app, purpose) {
        let verifier =
            CoreIdTokenVerifier::new_public_client(ClientId::new(audience), issuer.clone(), keys.clone())
                .set_time_fn(move || now - LEEWAY);
        let claims = match purpose {
            Purpose::SignIn(nonce) => token.claims(&verifier, *nonce),
            Purpose::Calls => token.claims(&verifier, any_nonce),
        };
        match claims {
            Ok(claims) => return Ok(proven(app, claims, tenant, purpose, now)?),
            Err(ClaimsVerificationError::InvalidAudience(_)) => {}
            Err(error) => {
                refused = meaning(&error)?;
                break;
            }
        }
    }
    Err(refused.into())
}

fn any_nonce(_: Option<&Nonce>) -> Result<(), String> {
    Ok(())
}

/// `{login}/{tid}/v2.0`.
fn issuer(app: &App, tenant: &TenantId) -> Option<IssuerUrl> {
    let login = app.settings.cloud.login_url.as_str().trim_end_matches('/');
    IssuerUrl::new(format!("{login}/{tenant}/v2.0")).ok()
}

/// The app by its id, or for calls also by its URI.
fn audiences(app: &App, purpose: &Purpose<'_>) -> Vec<String> {
    let id = app.settings.app_client_id;
    match purpose {
        Purpose::SignIn(_) => vec![id.to_string()],
        Purpose::Calls => vec![id.to_string(), format!("api://{id}")],
    }
}

/// What the verifier found, without its words, which hold parts of the token.
fn meaning(error: &ClaimsVerificationError) -> Result<Untrusted, Doubt> {
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Err(Doubt::UnknownKey)
        }
        ClaimsVerificationError::SignatureVerification(_) => Ok(Untrusted::Signature),
        ClaimsVerificationError::InvalidIssuer(_) => Ok(Untrusted::Issuer),
        ClaimsVerificationError::Expired(_) => Ok(Untrusted::Time),
        ClaimsVerificationError::InvalidNonce(_) => Ok(Untrusted::Nonce),
        _ => Ok(Untrusted::Unreadable),
    }
}

/// What a token says whose signature, issuer, audience and end are right.
fn proven(
    app: &App,
    claims: &Claims,
    tenant: &TenantId,
    purpose: &Purpose<'_>,
    now: DateTime<Utc>,
) -> Result<Proven, Untrusted> {
    let Entra { tid, oid, ver, roles, wids, nbf } = claims.additional_claims();
    // An id token says who signed in at the page, to nobody but the page; what makes calls names the client that got it.
    let is_for_calls = claims.authorized_party().is_some() && claims.nonce().is_none();
    let via = match purpose {
        Purpose::SignIn(_) => Via::Session,
        Purpose::Calls if is_for_calls => Via::Token,
        Purpose::Calls => return Err(Untrusted::Kind),
    };
    let is_early = nbf.is_some_and(|nbf| nbf > (now + LEEWAY).timestamp());
    if ver != "2.0" {
        return Err(Untrusted::Kind);
    }
    if is_early {
        return Err(Untrusted::Time);
    }
    if tid.to_string() != tenant.as_str() {
        return Err(Untrusted::Issuer);
    }
    let roles = held(app, tenant, roles);
    let caller = Caller { via, tenant: Some(tenant.clone()), person: Some(*oid), roles };
    Ok(Proven { caller, may_consent: may_consent(wids) })
}

/// The roles of ours that a token names; owners are of the home tenant, for every tenant can give out every role.
fn held(app: &App, tenant: &TenantId, names: &[String]) -> BTreeSet<Role> {
    let ours = names.iter().filter_map(|name| Role::named(name));
    ours.filter(|role| is_home(app, tenant) || *role != Role::Owner).collect()
}
