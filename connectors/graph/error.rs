//! What went wrong with Graph, by what the caller does about it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

/// The longest wait that a server may ask for and still be waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// The wait where a server that is over its limits names none.
pub(crate) const PAUSE: Duration = Duration::from_secs(10);

/// What the caller does about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Trouble that passes by itself: try again, not before `after` if Graph named a time.
    Retry {
        /// The wait that the server asked for.
        after: Option<Duration>,
    },
    /// Too much was asked for: stay away until `after`.
    Throttled {
        /// The wait that the server asked for.
        after: Option<Duration>,
    },
    /// The delta link is no longer known: read everything anew, without a link.
    Resync,
    /// The user has no mailbox that can be reached: report it and look again tomorrow.
    SkipMailbox,
    /// A permission is missing, or the mailbox is outside the scope that the tenant granted.
    Permission,
    /// The tenant's consent is not, or no longer, what it must be.
    Consent(Withdrawn),
    /// Our own credential is at fault, not the customer.
    Credential,
    /// The thing is not there.
    Missing,
    /// Somebody changed or made the same thing at the same time.
    Conflict,
    /// The server refused for good reasons of its own: sending the same again is useless.
    Refused,
    /// The answer makes no sense: it was not written by Graph, or Graph has changed.
    Protocol,
}

/// What ended a tenant's consent.
///
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// The enterprise application was deleted, or never there.
    Consent,
    /// A permission was taken away: tokens are still issued, without its role.
    Permission,
    /// The enterprise application was disabled.
    Disabled,
    /// There is no such tenant, or no longer.
    Tenant,
    /// A Conditional Access policy keeps the application out.
    Blocked,
}

/// A failed call: what was asked for, what came back, what to do. It holds ids and codes, nothing personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    place: String,
    status: Option<u16>,
    code: Cow<'static, str>,
    request_id: Option<String>,
    may_have_happened: bool,
}

impl Error {
    /// An error without an answer of the server behind it; its texts hold ids and nothing personal.
    pub fn new(kind: Kind, place: impl Into<String>, code: impl Into<Cow<'static, str>>) -> Self {
        let (place, code) = (place.into(), code.into());
        Error { kind, place, status: None, code, request_id: None, may_have_happened: false }
    }

    /// An answer that makes no sense; `why` is our own text.
    pub(crate) fn nonsense(place: impl Into<String>, why: &'static str) -> Self {
        Error::new(Kind::Protocol, place, why).happened()
    }

    /// A server that is not to be asked for so long.
    pub(crate) fn throttled(place: impl Into<String>, wait: Duration) -> Self {
        Error::new(Kind::Throttled { after: Some(wait) }, place, "over its limits")
    }

    /// Marks the request as one that may have taken effect.
    pub(crate) fn happened(mut self) -> Self {
        self.may_have_happened = true;
        self
    }

    /// What the caller does about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The server's code (`ErrorItemNotFound`, `AADSTS7000229`), or our own words where it gave none.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The id under which Microsoft's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The wait that the server asked for.
    pub fn after(&self) -> Option<Duration> {
        match self.kind {
            Kind::Retry { after } | Kind::Throttled { after } => after,
            _ => None,
        }
    }

    /// The wait to keep from a mailbox that is over its limits.
    pub(crate) fn wait_if_throttled(&self) -> Option<Duration> {
        match self.kind {
            Kind::Throttled { after } => Some(after.unwrap_or(PAUSE).min(PATIENCE)),
            _ => None,
        }
    }

    /// Whether the request may have taken effect although it failed.
    pub fn may_have_happened(&self) -> bool {
        self.may_have_happened
    }

    /// Whether the same request may succeed a little later.
    pub(crate) fn passes(&self) -> bool {
        matches!(self.kind, Kind::Retry { .. } | Kind::Throttled { .. })
            || (self.kind == Kind::Protocol && self.may_have_happened)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(status) = self.status {
            write!(f, "{status} ")?;
        }
        f.write_str(&self.code)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.kind)
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Retry { .. } => "try again later",
            Kind::Throttled { .. } => "wait, then go on",
            Kind::Resync => "read everything anew",
            Kind::SkipMailbox => {
                "the mailbox can't be reached; check its licence and whether it is in the cloud"
            }
            Kind::Permission => "check the granted permissions and the scope of mailboxes",
            Kind::Consent(withdrawn) => return withdrawn.fmt(f),
            Kind::Credential => "check the managed identity and its federated credential",
            Kind::Missing => "it is gone",
            Kind::Conflict => "somebody else changed it at the same time; look again",
            Kind::Refused => "the server will not do this",
            Kind::Protocol => "this is no answer of Graph; check the base URL and any proxy between",
        })
    }
}

impl fmt::Display for Withdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Withdrawn::Consent => "an administrator of the tenant has to consent again",
            Withdrawn::Permission => "an administrator of the tenant has to grant it again",
            Withdrawn::Disabled => {
                "an administrator of the tenant has to enable the enterprise application again"
            }
            Withdrawn::Tenant => "the tenant is not there any more",
            Withdrawn::Blocked => "a Conditional Access policy of the tenant keeps the application out",
        })
    }
}

/// The `error` object of Graph's answers.
///
/// <https://learn.microsoft.com/graph/errors>
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fault {
    pub code: Option<String>,
    message: Option<String>,
    #[serde(rename = "innerError")]
    inner: Option<Inner>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    #[serde(rename = "request-id")]
    request_id: Option<String>,
}

impl Fault {
    /// Makes an error of what the server said.
    pub(crate) fn into_error(self, place: &str, status: u16, after: Option<Duration>) -> Error {
        let message = self.message.as_deref().unwrap_or_default();
        let code = self.code.filter(|code| is_code(code));
        let kind = classify(status, code.as_deref().unwrap_or_default(), message, after);
        Error {
            kind,
            place: place.to_owned(),
            status: Some(status),
            code: code.map_or(Cow::Borrowed("no code"), Cow::Owned),
            request_id: self
                .inner
                .and_then(|inner| inner.request_id?.parse::<Uuid>().ok())
                .map(|id| id.to_string()),
            may_have_happened: !(300..500).contains(&status),
        }
    }
}

/// Whether a text is a word as Graph's codes are; anything else may be somebody's data, and is not repeated.
fn is_code(text: &str) -> bool {
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'.');
    is_word && (1..=64).contains(&text.len())
}

fn classify(status: u16, code: &str, message: &str, after: Option<Duration>) -> Kind {
    if code.starts_with("SyncState")
        || code.eq_ignore_ascii_case("ResyncRequired")
        || message.contains("Badly formed token")
    {
        return Kind::Resync;
    }
    match (status, code) {
        (429, _) | (_, "ApplicationThrottled" | "TooManyRequests" | "ErrorServerBusy") => {
            Kind::Throttled { after }
        }
        (410, _) => Kind::Resync,
        (401, _) => Kind::Credential,
        (403, _) | (200, "ErrorAccessDenied" | "Authorization_RequestDenied") => Kind::Permission,
        (404, _) if without_mailbox(code, message) => Kind::SkipMailbox,
        (404, _) => Kind::Missing,
        (409 | 412, _) => Kind::Conflict,
        (501 | 505 | 507, _) => Kind::Refused,
        (400..=499, _) if status != 408 => Kind::Refused,
        _ => Kind::Retry { after },
    }
}

fn without_mailbox(code: &str, message: &str) -> bool {
    let codes = [
        "ErrorInvalidUser",
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotSupportedForRESTAPI",
        "ResourceNotFound",
        "Request_ResourceNotFound",
    ];
    codes.contains(&code) || (code == "ErrorItemNotFound" && message.contains("Default folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

    fn error(status: u16, code: &str, message: &str) -> Error {
        let json =
            serde_json::json!({ "code": code, "message": message, "innerError": { "request-id": REQUEST } });
        serde_json::from_value::<Fault>(json).unwrap().into_error("place", status, None)
    }

    #[test]
    fn each_answer_has_its_kind() {
        let (retry, throttled) = (Kind::Retry { after: None }, Kind::Throttled { after: None });
        for (status, code, message, kind) in [
            (400, "BadRequest", "Badly formed token.", Kind::Resync),
            (400, "ErrorInvalidProperty", "", Kind::Refused),
            (401, "InvalidAuthenticationToken", "", Kind::Credential),
            (403, "ErrorAccessDenied", "", Kind::Permission),
            (403, "Authorization_RequestDenied", "", Kind::Permission),
            (404, "ErrorItemNotFound", "The specified object was not found in the store.", Kind::Missing),
            (404, "ErrorItemNotFound", "Default folder Root not found.", Kind::SkipMailbox),
            (404, "ErrorInvalidUser", "", Kind::SkipMailbox),
            (404, "MailboxNotEnabledForRESTAPI", "", Kind::SkipMailbox),
            (404, "Request_ResourceNotFound", "", Kind::SkipMailbox),
            (408, "", "", retry),
            (409, "ErrorIrresolvableConflict", "", Kind::Conflict),
            (410, "SyncStateNotFound", "", Kind::Resync),
            (410, "", "", Kind::Resync),
            (412, "ErrorIrresolvableConflict", "", Kind::Conflict),
            (429, "ApplicationThrottled", "", throttled),
            (500, "ErrorServerBusy", "", throttled),
            (500, "SyncStateInvalid", "", Kind::Resync),
            (500, "UnknownError", "", retry),
            (501, "NotImplemented", "", Kind::Refused),
            (503, "", "", retry),
            (504, "", "", retry),
            (507, "ErrorQuotaExceeded", "", Kind::Refused),
            (200, "ErrorAccessDenied", "", Kind::Permission),
            (200, "UnknownError", "", retry),
        ] {
            assert_eq!(error(status, code, message).kind(), kind, "{status} {code}");
        }
    }

    #[test]
    fn what_may_have_happened_is_told_from_what_has_not() {
        for (status, happened) in
            [(200, true), (400, false), (404, false), (429, false), (503, true), (504, true)]
        {
            assert_eq!(error(status, "x", "").may_have_happened(), happened, "{status}");
        }
    }

    #[test]
    fn a_text_says_what_where_and_what_to_do_and_nothing_of_anybody() {
        let error = error(404, "ErrorInvalidUser", "ana@contoso.example is unknown");
        insta::assert_snapshot!(error, @"place: 404 ErrorInvalidUser (request 3f2504e0-4f89-41d3-9a0c-0305e82c3301): the mailbox can't be reached; check its licence and whether it is in the cloud");
        assert_eq!(format!("{error:?}"), format!("SkipMailbox {error}"));
    }

    #[test]
    fn what_is_no_code_and_no_id_is_not_repeated() {
        for odd in ["", "Ana Kos", "ana@contoso.example", "4315550100", "Ana-Kos-4315550100", &"a".repeat(65)]
        {
            let json = serde_json::json!({ "code": odd, "innerError": { "request-id": odd } });
            let error = serde_json::from_value::<Fault>(json).unwrap().into_error("place", 400, None);
            assert_eq!(error.to_string(), "place: 400 no code: the server will not do this", "{odd}");
        }
    }
}
