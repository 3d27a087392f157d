//! A signed-in person's session.

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::cookie::{CookieJar, PrivateCookieJar};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use platform::When;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use sync::TenantId;
use uuid::Uuid;

use super::{Caller, Role, Via, cookies, noted};
use crate::App;
use crate::api::ApiError;

/// How long a session lasts, whatever happens.
pub const LONGEST: TimeDelta = TimeDelta::hours(8);
/// How long a session lasts when nothing is asked.
pub const LONGEST_IDLE: TimeDelta = TimeDelta::minutes(30);
/// How old the note of the last use may become before it is written anew.
const SEEN_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// The session's cookie: bound to this host, to all of it, and to TLS.
const COOKIE: &str = "__Host-wheelhouse";
/// Where the ids lie of what was ended before its time, by the time of its beginning: sessions, and sign-ins.
pub const ENDED: &str = "index/signed-out/";

/// The header by which a page proves that it is ours.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Somebody who signed in, as the cookie keeps them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its own id; new at each sign-in.
    pub id: Uuid,
    /// The person's tenant, as their id token proved.
    pub tenant: TenantId,
    /// The person's object id.
    pub person: Uuid,
    /// What they may do, as it was when they signed in.
    pub roles: BTreeSet<Role>,
    /// Whether a directory role lets them agree for their whole tenant ([`may_consent`](super::may_consent)).
    pub may_consent: bool,
    /// What a request that changes something must carry besides the cookie.
    pub csrf: String,
    /// When they signed in.
    pub issued: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub seen: DateTime<Utc>,
}

impl Session {
    /// Whether it has not lasted too long, and was not left alone for too long.
    #[must_use]
    pub fn lives(&self, now: DateTime<Utc>) -> bool {
        now - self.issued < LONGEST && now - self.seen < LONGEST_IDLE
    }

    /// The session as of now, if its cookie is to be written anew.
    pub(super) fn seen_again(&self, now: DateTime<Utc>) -> Option<Self> {
        (now - self.seen >= SEEN_AGAIN).then(|| Self { seen: now, ..self.clone() })
    }
}

/// The session that a call came with, if it lives and was not ended.
pub(super) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Session>, ApiError> {
    let session: Option<Session> = cookies::open(app, headers, COOKIE).await?;
    let Some(session) = session.filter(|session| session.lives(app.now())) else { return Ok(None) };
    let ended = app.store.get(&ended_key(session.issued, session.id)).await?;
    Ok(ended.is_none().then_some(session))
}

/// The cookie of a session.
pub(super) async fn seal(app: &App, session: &Session) -> Result<PrivateCookieJar, ApiError> {
    cookies::seal(app, COOKIE, session).await
}

/// Ends a session for good; the answer's part takes the cookie away.
pub(crate) async fn end(app: &App, session: &Session) -> Result<CookieJar, ApiError> {
    spend_session(app, session).await?;
    Ok(cookies::removal(app, COOKIE))
}

/// Ends a session for good, and has the log say so before.
pub(super) async fn spend_session(app: &App, session: &Session) -> Result<(), ApiError> {
    noted::signed_out(app, session).await?;
    spend(app, session.issued, session.id).await.map(drop)
}

/// Notes that something that may be used once has been used; false if it was before.
pub(super) async fn spend(app: &App, begun: DateTime<Utc>, id: Uuid) -> Result<bool, ApiError> {
    match app.store.put(&ended_key(begun, id), Bytes::new(), When::Absent).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == platform::Kind::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn ended_key(begun: DateTime<Utc>, id: Uuid) -> String {
    format!("{ENDED}{}-{id}", begun.format("%Y%m%dt%H%M%S"))
}

impl From<&Session> for Caller {
    fn from(session: &Session) -> Self {
        Self {
            via: Via::Session,
            tenant: Some(session.tenant.clone()),
            person: Some(session.person),
            roles: session.roles.clone(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = ApiError;

    /// The session that the call came with; the guard has found and checked it.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or_else(not_signed_in)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

/// Refuses a change that no page of ours asked for: `token` is what the form's field `csrf` or the header holds.
///
/// # Errors
/// 403 where it is not the session's.
pub fn check_csrf(session: &Session, token: &str) -> Result<(), ApiError> {
    // Digests compare in a time that says nothing about the token.
    let of = |text: &str| digest(&SHA256, text.as_bytes());
    if of(token).as_ref() == of(&session.csrf).as_ref() {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "the request does not prove that a page of this session made it",
        "send the value of csrf from GET /api/me in the header X-CSRF-Token",
    ))
}

/// The same, where the token comes in the header.
pub(super) fn check_csrf_header(session: &Session, headers: &HeaderMap) -> Result<(), ApiError> {
    let token = headers.get(CSRF_HEADER).and_then(|token| token.to_str().ok());
    check_csrf(session, token.unwrap_or_default())
}

/// What a caller is told who proved nothing.
pub(super) fn not_signed_in() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "this needs a sign-in",
        "open /sign-in/start in a browser, or send a bearer token of Microsoft Entra for this application",
    )
}
