//! Signing in at a page: what is asked for, who is picked, and the code that says so.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::{form, page, redirect, refusal};
use super::people::{Accounts, Person};
use crate::graph::answer::Answer;
use crate::state::grant::{App, Standing};
use crate::state::lock;
use crate::state::token;
use crate::state::world::World;

/// How long a code can be redeemed, in seconds.
const CODE_SECONDS: i64 = 600;

/// A sign-in that was asked for and not yet done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) tenant: String,
    pub(crate) app: App,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    state: String,
}

/// A code on its way to the token endpoint.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) asked: Asked,
    pub(crate) person: Person,
    pub(crate) until: i64,
    pub(crate) spent: bool,
}

/// Parameters of a query or form; one that is there twice counts as missing.
pub(crate) fn fields(text: &[u8]) -> HashMap<String, String> {
    let mut all: HashMap<String, Option<String>> = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(text) {
        all.entry(name.into_owned()).and_modify(|held| *held = None).or_insert(Some(value.into_owned()));
    }
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The app and the address to go back to: what is wrong with these is said on the page, never elsewhere.
pub(crate) fn client(world: &World, fields: &HashMap<String, String>) -> Result<(App, String), Answer> {
    let client = fields.get("client_id").map_or("", String::as_str);
    let Some(app) = world.ids.app(client) else {
        let message = format!("Application with identifier '{client}' was not found in the directory.");
        return Err(refusal(700_016, &message));
    };
    let address = fields.get("redirect_uri").cloned().unwrap_or_default();
    if !lock(&world.redirects).contains(&address) {
        let message = format!(
            "The redirect URI '{address}' specified in the request does not match the redirect URIs configured for \
             the application '{client}'."
        );
        return Err(refusal(50_011, &message));
    }
    Ok((app, address))
}

/// Answers `GET /{tenant}/oauth2/v2.0/authorize`: the page where an account is picked.
pub(crate) fn authorize(world: &World, tenant: &str, query: &str) -> Answer {
    match read(world, tenant, query) {
        Ok(asked) => show(world, &asked),
        Err(answer) => answer,
    }
}

fn show(world: &World, asked: &Asked) -> Answer {
    let accounts = match Accounts::at(world, &asked.tenant) {
        Ok(accounts) => accounts,
        Err((code, message)) => return refusal(code, &message),
    };
    let (sealed, action) = (token::seal(asked), format!("/{}/login", asked.tenant));
    let hidden = [("request", sealed.as_str())];
    let people = accounts.forms(&action, &hidden, &[("answer", "sign-in", "Sign in")]);
    let cancel = form(&action, &hidden, &[("answer", "cancel", "Cancel")]);
    page(200, "Pick an account", &format!("{people}{cancel}"))
}

fn read(world: &World, tenant: &str, query: &str) -> Result<Asked, Answer> {
    let fields = fields(query.as_bytes());
    let (app, redirect_uri) = client(world, &fields)?;
    let get = |name: &str| fields.get(name).map_or("", String::as_str);
    if let Some((error, code, message)) = wrong(&get) {
        let description = format!("AADSTS{code}: {message}");
        let pairs = [("error", error), ("error_description", &*description), ("state", get("state"))];
        return Err(redirect(&redirect_uri, &pairs));
    }
    Ok(Asked {
        tenant: tenant.to_owned(),
        app,
        redirect_uri,
        nonce: get("nonce").to_owned(),
        challenge: get("code_challenge").to_owned(),
        state: get("state").to_owned(),
    })
}

/// What is wrong with a request to sign in.
fn wrong<'a>(get: &impl Fn(&str) -> &'a str) -> Option<(&'static str, u32, String)> {
    let missing = ["state", "nonce", "scope"].into_iter().find(|name| get(name).is_empty());
    if get("response_type") != "code" {
        let message = format!("response_type '{}' is not enabled for the application.", get("response_type"));
        return Some(("unsupported_response_type", 700_054, message));
    }
    if !matches!(get("response_mode"), "" | "query") {
        return Some(("invalid_request", 70_007, "The response_mode is not supported here.".to_owned()));
    }
    if let Some(name) = missing {
        let message = format!("The request must contain the following parameter once: '{name}'.");
        return Some(("invalid_request", 900_144, message));
    }
    if !get("scope").split(' ').any(|scope| scope == "openid") {
        return Some(("invalid_scope", 70_011, "The scope must contain 'openid'.".to_owned()));
    }
    if get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 {
        let message = "Proof Key for Code Exchange is required: a code_challenge of 43 letters by S256.";
        return Some(("invalid_request", 9_002_325, message.to_owned()));
    }
    if get("prompt") == "none" {
        let message = "Silent sign-in request was sent but no user is signed in.";
        return Some(("login_required", 50_058, message.to_owned()));
    }
    None
}

/// Answers `POST /{tenant}/login`, which the page's forms send.
pub(crate) fn login(world: &World, tenant: &str, body: &[u8]) -> Answer {
    let fields = fields(body);
    let get = |name: &str| fields.get(name).map_or("", String::as_str);
    let Some(asked) = token::open::<Asked>(get("request")).filter(|asked| asked.tenant == tenant) else {
        return refusal(90_013, "Invalid input received from the user.");
    };
    let state = ("state", asked.state.as_str());
    if get("answer") == "cancel" {
        let text = "AADSTS65004: User declined to consent to access the app.";
        let pairs =
            [("error", "access_denied"), ("error_subcode", "cancel"), ("error_description", text), state];
        return redirect(&asked.redirect_uri, &pairs);
    }
    match picked(world, &asked, (get("person"), get("tenant"))) {
        Ok(code) => {
            let session = world.request_id().to_string();
            redirect(&asked.redirect_uri, &[("code", &*code), state, ("session_state", &*session)])
        }
        Err((code, message)) => refusal(code, &message),
    }
}

/// Signs a person in: the app gets a service principal in the tenant, if it has none, and a code.
fn picked(world: &World, asked: &Asked, (person, tenant): (&str, &str)) -> Result<String, (u32, String)> {
    let person = Accounts::at(world, &asked.tenant)?.find(person, tenant)?;
    let now = world.clock.seconds();
    {
        let mut grants = lock(&person.tenant.grants);
        let grant = grants.of_mut(asked.app);
        if grant.standing == Standing::Disabled {
            let message = format!("Application '{}' is disabled.", world.ids.client_id(asked.app));
            return Err((7_000_112, message));
        }
        if !grant.exists() {
            grant.consent(Vec::new(), now, &world.quirks());
        }
    }
    let code = format!("1.{}.{}", Uuid::simple(world.request_id()), Uuid::simple(world.request_id()));
    let held = Code { asked: asked.clone(), person, until: now + CODE_SECONDS, spent: false };
    lock(&world.codes).insert(code.clone(), held);
    Ok(code)
}
