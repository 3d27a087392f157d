//! The pages, filled in.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::exchange::Commands;
use super::permissions::Permission;
use crate::access::{STYLE, page};
use crate::host::Failure;

/// What is asked for, and the way to agree.
#[derive(Template)]
#[template(path = "consent/start.html")]
pub(super) struct Start<'a> {
    pub region: &'a str,
    /// The other stamps, by region class.
    pub stamps: Vec<(&'a str, &'a Url)>,
    pub permissions: &'static [Permission],
    /// Whether single mailboxes may be chosen.
    pub scoped: bool,
    pub visitor: Visitor<'a>,
    pub text: u32,
}

/// Who looks at the first page.
pub(super) enum Visitor<'a> {
    /// Somebody at a deployment where nobody can sign in.
    NoSignIn,
    /// Somebody who has not signed in, or a while ago.
    Stranger,
    /// Somebody who just has.
    SignedIn {
        tenant: &'a str,
        /// Whether they may agree for it.
        may: bool,
        csrf: &'a str,
    },
}

/// What was agreed to, and what comes next.
#[derive(Template)]
#[template(path = "consent/connected.html")]
pub(super) struct Connected<'a> {
    pub tenant: &'a str,
    pub region: &'a str,
    /// Why nothing is done for it at present.
    pub suspended: Option<&'a str>,
    pub at: String,
    pub text: u32,
    pub permissions: Vec<&'a str>,
    /// What was asked for and not granted, though most works without.
    pub absent: Vec<&'a str>,
    /// What was granted and never asked for.
    pub unused: Vec<&'a str>,
    /// What to do in Exchange, where single mailboxes were agreed to.
    pub commands: Option<Commands>,
    pub csrf: &'a str,
    /// The most mailboxes of one check.
    pub most: usize,
    /// What the check was asked for.
    pub asked: &'a str,
    pub reached: Vec<ReachedRow>,
}

/// What the application may do in one mailbox.
pub(super) struct ReachedRow {
    pub mailbox: String,
    pub contacts: &'static str,
    pub calendars: &'static str,
}

/// Why something was refused.
#[derive(Debug, Template)]
#[template(path = "consent/refused.html")]
pub(super) struct Refused {
    status: StatusCode,
    /// What is wrong.
    error: String,
    /// What to do.
    fix: String,
    /// The address of the stamp that is the right one.
    stamp: Option<String>,
}

impl Refused {
    /// Says what is wrong and what to do; ids are fine in it, nothing personal.
    pub fn new(status: StatusCode, error: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { status, error: error.into(), fix: fix.into(), stamp: None }
    }

    /// The same with the stamp that is the right one.
    pub fn at(self, stamp: Option<Url>) -> Self {
        Self { stamp: stamp.map(String::from), ..self }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        tracing::info!(status = self.status.as_u16(), reason = self.error, "consent: refused");
        page(self.status, &self)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        tracing::error!(reason = %failure, "a call of the consent pages failed");
        let error = "Wheelhouse could not read or write what it keeps.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error, "Try again in a minute; nothing is lost.")
    }
}

impl From<platform::Error> for Refused {
    fn from(error: platform::Error) -> Self {
        Failure::from(error).into()
    }
}

/// The look of all pages.
#[utoipa::path(get, path = "/style.css", operation_id = "getStyle",
    security(("role" = ["Anyone"])),
    responses((status = 200, description = "The style sheet", body = String, content_type = "text/css")))]
pub(super) async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}
