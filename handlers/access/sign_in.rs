//! Signing in at Microsoft Entra: OpenID Connect's code flow with PKCE, the app proving itself by its managed identity.
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>

use std::io;

use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreClient};
use openidconnect::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IssuerUrl, JsonWebKeySet, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, TokenResponse, TokenUrl,
};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::token::Proven;
use super::{Session, cookies, noted, secret, session, token};
use crate::App;
use crate::api::ApiError;

/// The cookie of a sign-in that has begun.
const COOKIE: &str = "__Host-wheelhouse-sign-in";
/// How long somebody may take to sign in.
const LONGEST: TimeDelta = TimeDelta::minutes(10);
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where somebody goes on after the sign-in: a place of ours, never an address that somebody sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Back {
    /// Who they are: `GET /api/me`.
    #[default]
    Home,
    /// The page of permissions.
    Consent,
}

impl Back {
    /// The path of the place.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Back::Home => "/api/me",
            Back::Consent => "/consent/start",
        }
    }
}

/// A sign-in that has begun, in a cookie of the browser that began it.
#[derive(Serialize, Deserialize)]
struct Begun {
    /// Its own id, by which it is used once.
    id: Uuid,
    at: DateTime<Utc>,
    back: Back,
    state: String,
    nonce: String,
    verifier: String,
}

/// What Microsoft's page sent the browser back with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    code: String,
    state: String,
    error: String,
}

type Oidc =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointNotSet>;

/// Sends a browser to Microsoft's sign-in page: 303, with a cookie that holds what its answer must match.
///
/// # Errors
/// 404 where this app has no public address; what the store says.
pub async fn begin_sign_in(app: &App, back: Back) -> Result<Response, ApiError> {
    let [state, nonce, verifier] = [(); 3].map(|()| secret(app.random.as_ref()));
    let begun = Begun { id: app.random.uuid(), at: app.now(), back, state, nonce, verifier };
    let oidc = client(app)?;
    let (state, nonce) = (CsrfToken::new(begun.state.clone()), Nonce::new(begun.nonce.clone()));
    let verifier = PkceCodeVerifier::new(begun.verifier.clone());
    let (url, ..) = oidc
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
        .add_scope(Scope::new("profile".to_owned()))
        .add_prompt(CoreAuthPrompt::SelectAccount)
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .url();
    Ok((cookies::seal(app, COOKIE, &begun).await?, Redirect::to(url.as_str())).into_response())
}

/// Ends a sign-in with a new session, and goes on where it began.
pub(crate) async fn finish_sign_in(
    app: &App,
    headers: &HeaderMap,
    old: Option<Session>,
    answer: Answer,
) -> Result<Response, ApiError> {
    let begun: Option<Begun> = cookies::open(app, headers, COOKIE).await?;
    let begun = begun.filter(|begun| begun.state == answer.state && app.now() - begun.at < LONGEST);
    let begun = begun.ok_or_else(not_begun)?;
    if !session::spend(app, begun.at, begun.id).await? {
        return Err(not_begun());
    }
    if !answer.error.is_empty() || answer.code.is_empty() {
        return Err(declined(&answer.error));
    }
    let id_token = redeem(app, &begun, answer.code).await?;
    let nonce = Nonce::new(begun.nonce);
    let proven = match token::signed_in(app, &id_token, &nonce).await? {
        Ok(proven) => proven,
        Err(refused) => {
            noted::refused(app, &refused).await?;
            return Err(untrusted(refused.why));
        }
    };
    if let Some(old) = old {
        session::spend_session(app, &old).await?;
    }
    let session = session(app, proven).ok_or_else(|| untrusted("it names nobody"))?;
    noted::signed_in(app, &session).await?;
    let done = (session::seal(app, &session).await?, cookies::removal(app, COOKIE));
    Ok((done, Redirect::to(begun.back.path())).into_response())
}

fn session(app: &App, proven: Proven) -> Option<Session> {
    let (now, Proven { caller, may_consent }) = (app.now(), proven);
    Some(Session {
        id: app.random.uuid(),
        tenant: caller.tenant?,
        person: caller.person?,
        roles: caller.roles,
        may_consent,
        csrf: secret(app.random.as_ref()),
        issued: now,
        seen: now,
    })
}

/// Whoever signs in may be of any tenant: `organizations` is Entra's name for all of them.
fn client(app: &App) -> Result<Oidc, ApiError> {
    let public = app.settings.public.as_ref().ok_or_else(no_sign_in)?;
    let login = app.settings.cloud.login_url.as_str().trim_end_matches('/');
    let url = |rest: &str| format!("{login}/organizations/{rest}");
    let bad = |_| no_sign_in();
    let issuer = IssuerUrl::new(url("v2.0")).map_err(bad)?;
    let back = public.url.join("sign-in/callback").map_err(bad)?;
    let client = ClientId::new(app.settings.app_client_id.to_string());
    Ok(CoreClient::new(client, issuer, JsonWebKeySet::new(Vec::new()))
        .set_auth_uri(AuthUrl::new(url("oauth2/v2.0/authorize")).map_err(bad)?)
        .set_token_uri(TokenUrl::new(url("oauth2/v2.0/token")).map_err(bad)?)
        .set_redirect_uri(RedirectUrl::from_url(back)))
}

/// Redeems the code for an id token.
async fn redeem(app: &App, begun: &Begun, code: String) -> Result<String, ApiError> {
    let oidc = client(app)?;
    let identity = app.access.identity.as_ref().ok_or_else(no_sign_in)?;
    let assertion = identity.assertion().await.map_err(|error| {
        tracing::error!(%error, "the managed identity gives no assertion");
        unavailable()
    })?;
    let http = app.access.http.clone();
    let send = move |request: HttpRequest| post(http.clone(), request);
    let answer = oidc
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
        .add_extra_param("client_assertion_type", ASSERTION_TYPE)
        .add_extra_param("client_assertion", assertion.expose())
        .request_async(&send)
        .await;
    match answer {
        Ok(tokens) => tokens.id_token().map(ToString::to_string).ok_or_else(|| untrusted("there is none")),
        Err(RequestTokenError::ServerResponse(refusal)) => {
            tracing::warn!(error = refusal.error().as_ref(), "Entra did not redeem a code");
            Err(declined(refusal.error().as_ref()))
        }
        Err(_) => Err(unavailable()),
    }
}

async fn post(http: Client, request: HttpRequest) -> Result<HttpResponse, io::Error> {
    let (parts, body) = request.into_parts();
    let request = http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let (status, body) = super::http::once(request).await.map_err(|()| io::Error::other("no answer"))?;
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    Ok(response)
}

fn no_sign_in() -> ApiError {
    ApiError::missing(
        "there is no sign-in here",
        "set WHEELHOUSE_PUBLIC_URL and WHEELHOUSE_HOME_TENANT, and let a managed identity sign in",
    )
}

fn not_begun() -> ApiError {
    ApiError::bad(
        "this sign-in was not begun in this browser, took longer than ten minutes, or is over already",
        "begin it again at /sign-in/start",
    )
}

/// The service's code is told where it is one; its description names people.
fn declined(code: &str) -> ApiError {
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = if is_code && code.len() <= 40 { code } else { "no code" };
    ApiError::new(
        StatusCode::FORBIDDEN,
        format!("Microsoft Entra did not sign you in ({code})"),
        "begin again at /sign-in/start; if it says so again, ask an administrator of your tenant",
    )
}

fn untrusted(why: impl ToString) -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        format!("the answer of the sign-in is not believed: {}", why.to_string()),
        "begin again at /sign-in/start",
    )
}

fn unavailable() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the sign-in service can't be reached",
        "try again in a minute",
    )
}
