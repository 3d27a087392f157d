//! The page where an administrator grants the app its permissions for the whole tenant.

use serde::{Deserialize, Serialize};

use super::authorize::{client, fields};
use super::page::{escape, page, redirect, refusal};
use super::people::{Accounts, Person};
use crate::graph::answer::Answer;
use crate::graph::session::audiences;
use crate::state::grant::App;
use crate::state::lock;
use crate::state::token;
use crate::state::world::World;

/// A consent that was asked for and not yet given.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    tenant: String,
    app: App,
    redirect_uri: String,
    state: Option<String>,
    /// What was asked for at the endpoint of version 2; that of version 1 names none.
    scope: Option<String>,
}

/// Answers `GET /{tenant}/v2.0/adminconsent`.
pub(crate) fn second(world: &World, tenant: &str, query: &str) -> Answer {
    show(world, tenant, query, true)
}

/// Answers `GET /{tenant}/adminconsent`.
pub(crate) fn first(world: &World, tenant: &str, query: &str) -> Answer {
    show(world, tenant, query, false)
}

fn show(world: &World, tenant: &str, query: &str, second: bool) -> Answer {
    let fields = fields(query.as_bytes());
    if tenant == "common" || (tenant == "organizations" && !second) {
        let message = format!("The '{tenant}' endpoint is not supported for admin consent; name the tenant.");
        return refusal(90_133, &message);
    }
    let accounts = match Accounts::at(world, tenant) {
        Ok(accounts) => accounts,
        Err((code, message)) => return refusal(code, &message),
    };
    let (app, redirect_uri) = match client(world, &fields) {
        Ok(known) => known,
        Err(answer) => return answer,
    };
    let scope = second.then(|| fields.get("scope").cloned().unwrap_or_default());
    let asked =
        Asked { tenant: tenant.to_owned(), app, redirect_uri, state: fields.get("state").cloned(), scope };
    let whole = audiences(world).map(|graph| format!("{graph}/.default"));
    if second && !asked.scope.as_ref().is_some_and(|scope| whole.contains(scope)) {
        return asked
            .refused("invalid_scope", "AADSTS70011: The scope must be that of Graph with '/.default'.");
    }
    let sealed = token::seal(&asked);
    let buttons = [("answer", "accept", "Accept"), ("answer", "cancel", "Cancel")];
    let people = accounts.forms(&format!("/{tenant}/consent"), &[("request", &sealed)], &buttons);
    let permissions: String =
        app.permissions().iter().map(|role| format!("<li>{}</li>", escape(role))).collect();
    page(200, "Permissions requested", &format!("<ul>{permissions}</ul>\n{people}"))
}

/// Answers `POST /{tenant}/consent`, which the page's forms send.
pub(crate) fn decide(world: &World, tenant: &str, body: &[u8]) -> Answer {
    let fields = fields(body);
    let get = |name: &str| fields.get(name).map_or("", String::as_str);
    let Some(asked) = token::open::<Asked>(get("request")).filter(|asked| asked.tenant == tenant) else {
        return refusal(90_013, "Invalid input received from the user.");
    };
    let person = match Accounts::at(world, tenant).and_then(|all| all.find(get("person"), get("tenant"))) {
        Ok(person) => person,
        Err((code, message)) => return refusal(code, &message),
    };
    match get("answer") {
        "accept" if person.admin => asked.accepted(world, &person),
        "accept" => asked.not_allowed(),
        _ => asked.cancelled(),
    }
}

impl Asked {
    fn accepted(&self, world: &World, person: &Person) -> Answer {
        let tenant = &person.tenant;
        let roles = self.app.permissions().iter().map(|role| (*role).to_owned()).collect();
        lock(&tenant.grants).of_mut(self.app).consent(roles, world.clock.seconds(), &world.quirks());
        let id = tenant.id.to_string();
        let state = self.state.as_deref().map(|state| ("state", state));
        let pairs: Vec<(&str, &str)> = match &self.scope {
            Some(scope) => {
                let named = [("admin_consent", "True"), ("tenant", &*id), ("scope", scope)];
                named.into_iter().chain(state).collect()
            }
            None => [("tenant", &*id)].into_iter().chain(state).chain([("admin_consent", "True")]).collect(),
        };
        redirect(&self.redirect_uri, &pairs)
    }

    /// Whoever is no administrator cannot consent for everybody.
    fn not_allowed(&self) -> Answer {
        let error = if self.scope.is_some() { "consent_required" } else { "access_denied" };
        self.refused(error, "AADSTS90094: Administrator consent is required.")
    }

    fn cancelled(&self) -> Answer {
        match &self.scope {
            Some(_) => {
                self.refused("access_denied", "AADSTS65004: User declined to consent to access the app.")
            }
            None => self.refused("permission_denied", "The admin canceled the request"),
        }
    }

    /// The endpoint of version 2 says `admin_consent=True` here, too.
    fn refused(&self, error: &str, description: &str) -> Answer {
        let consent = self.scope.as_ref().map(|_| ("admin_consent", "True"));
        let state = self.state.as_deref().map(|state| ("state", state));
        let pairs = [("error", error), ("error_description", description)].into_iter().chain(consent);
        redirect(&self.redirect_uri, &pairs.chain(state).collect::<Vec<_>>())
    }
}
