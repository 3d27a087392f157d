//! Microsoft Entra: sign-in, consent, tokens, and the keys that sign them.

mod assertion;
mod authorize;
pub(crate) mod claims;
mod consent;
mod discovery;
pub(crate) mod forge;
pub(crate) mod jwt;
pub(crate) mod keys;
mod page;
pub(crate) mod people;
mod token;

use serde_json::json;

pub(crate) use assertion::issuer;
pub(crate) use authorize::Code;
pub(crate) use page::sealed_request;
pub(crate) use token::can_refuse;

use crate::graph::answer::Answer;
use crate::state::world::World;

/// An address of the sign-in service, below the tenant.
#[derive(Clone, Copy)]
pub(crate) enum Page {
    Token,
    Authorize,
    Login,
    Consent,
    ConsentOfOld,
    Decide,
    Configuration,
    Keys,
}

/// Which page an address names, and the tenant in it; `None` for an address that the sign-in service does not have.
pub(crate) fn read<'a>(method: &str, segments: &[&'a str]) -> Option<(Page, &'a str)> {
    let (tenant, below) = segments.split_first()?;
    let page = match (method, below) {
        ("POST", ["oauth2", "v2.0", "token"]) => Page::Token,
        ("GET", ["oauth2", "v2.0", "authorize"]) => Page::Authorize,
        ("POST", ["login"]) => Page::Login,
        ("GET", ["v2.0", "adminconsent"]) => Page::Consent,
        ("GET", ["adminconsent"]) => Page::ConsentOfOld,
        ("POST", ["consent"]) => Page::Decide,
        ("GET", ["v2.0", ".well-known", "openid-configuration"]) => Page::Configuration,
        ("GET", ["discovery", "v2.0", "keys"]) => Page::Keys,
        _ => return None,
    };
    Some((page, tenant))
}

impl Page {
    /// Answers a request to the page.
    pub(crate) fn answer(self, world: &World, tenant: &str, query: &str, body: &[u8]) -> Answer {
        match self {
            Page::Token => token::token(world, tenant, body),
            Page::Authorize => authorize::authorize(world, tenant, query),
            Page::Login => authorize::login(world, tenant, body),
            Page::Consent => consent::second(world, tenant, query),
            Page::ConsentOfOld => consent::first(world, tenant, query),
            Page::Decide => consent::decide(world, tenant, body),
            Page::Configuration => discovery::configuration(world, tenant),
            Page::Keys => discovery::keys(world, tenant),
        }
    }
}

/// A refusal in the JSON of the token endpoint.
struct Denied {
    status: u16,
    error: &'static str,
    code: u32,
    message: String,
}

fn denied(status: u16, error: &'static str, code: u32, message: impl Into<String>) -> Denied {
    Denied { status, error, code, message: message.into() }
}

impl Denied {
    /// The error body of the token endpoint; real ones carry line breaks in the description.
    fn answer(self, world: &World) -> Answer {
        let Self { status, error, code, message } = self;
        let (trace, correlation) = (world.request_id(), world.request_id());
        let time = world.clock.now().format("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "AADSTS{code}: {message} Trace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {time}"
        );
        let body = json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Answer::value(status, &body)
    }
}
