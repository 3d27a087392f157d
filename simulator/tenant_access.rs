//! The handle to what a tenant granted: to the apps, to people, to scripts.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;
use crate::graph::answer::Answer;
use crate::login::people::{Accounts, Person};
use crate::login::{self, claims};
use crate::state::access::ScriptState;
use crate::state::chance::guid;
use crate::state::grant::{App, Standing};
use crate::state::lock;
use crate::tenant::Tenant;

/// A script with an identity of its own: it signs in by `client_credentials` at its tenant's token endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The tenant's id.
    pub tenant_id: String,
    /// The client id of the script's own app.
    pub client_id: String,
    /// Its secret there.
    pub client_secret: String,
    /// Its service principal's id: `oid` of its tokens.
    pub object_id: String,
}

impl Tenant {
    // --- the apps --------------------------------------------------------------------------------------------

    /// The app's client id, a GUID; the same in all tenants.
    #[must_use]
    pub fn client_id(&self) -> String {
        self.world.ids.client_id(App::Main).to_string()
    }

    /// The client id of the app with permissions of the directory only.
    #[must_use]
    pub fn scoped_client_id(&self) -> String {
        self.world.ids.client_id(App::Scoped).to_string()
    }

    /// The id of an app's service principal: what an admin sees as the object id of the enterprise application.
    #[must_use]
    pub fn service_principal_id(&self, app: App) -> String {
        lock(&self.state.grants).of(app).principal.to_string()
    }

    /// A fresh access token for Graph with what the tenant granted, for clients that do not log in.
    #[must_use]
    pub fn token(&self) -> String {
        self.token_of(App::Main)
    }

    /// The same for either app.
    #[must_use]
    pub fn token_of(&self, app: App) -> String {
        let roles = lock(&self.state.grants).of(app).roles.clone();
        claims::graph_token(&self.world, &self.state, app, "https://graph.microsoft.com", &roles)
    }

    /// Changes how the app stands in the tenant: consented, removed, disabled.
    pub fn set_standing(&self, standing: Standing) {
        self.set_standing_of(App::Main, standing);
    }

    /// The same for either app.
    pub fn set_standing_of(&self, app: App, standing: Standing) {
        lock(&self.state.grants).of_mut(app).set(standing);
    }

    /// How an app stands, and its permissions; what servers have not yet heard of counts.
    #[must_use]
    pub fn grant_of(&self, app: App) -> (Standing, Vec<String>) {
        let grants = lock(&self.state.grants);
        (grants.of(app).standing, grants.of(app).roles.clone())
    }

    /// Changes the application permissions; tokens issued before keep theirs.
    pub fn set_roles(&self, roles: &[&str]) {
        self.set_roles_of(App::Main, roles);
    }

    /// The same for either app.
    pub fn set_roles_of(&self, app: App, roles: &[&str]) {
        lock(&self.state.grants).of_mut(app).roles = roles.iter().map(|role| (*role).to_owned()).collect();
    }

    /// Makes a tenant that never heard of the apps: no service principal, no permission, no scope.
    pub fn unconsent(&self) {
        for app in App::ALL {
            self.set_roles_of(app, &[]);
            self.set_standing_of(app, Standing::Missing);
        }
        self.scope(None);
    }

    /// Gives the scoped app contacts and calendars of these mailboxes by Exchange's own roles (RBAC for Applications);
    /// `None` takes them all back.
    pub fn scope(&self, mailboxes: Option<&[Uuid]>) {
        let roles = ["Application Contacts.ReadWrite", "Application Calendars.ReadWrite"];
        self.scope_by(&roles, mailboxes.unwrap_or_default());
    }

    /// The same for some of Exchange's roles, such as `Application Contacts.Read`.
    pub fn scope_by(&self, roles: &[&str], mailboxes: &[Uuid]) {
        let lag = i64::try_from(self.world.quirks().scope_lag_seconds).unwrap_or(i64::MAX / 2);
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let from = self.world.clock.seconds().saturating_add(lag);
        lock(&self.state.grants).scope.assign(roles, mailboxes.iter().copied().collect(), from);
    }

    /// Refuses the apps at the token endpoint with an AADSTS code: 65001, 53003, 70021, 90033, 7000215 or 7000222;
    /// `None` mends it.
    ///
    /// # Errors
    /// When the code is another one.
    pub fn refuse_tokens(&self, code: Option<u32>) -> Result<(), Error> {
        if let Some(code) = code.filter(|code| !login::can_refuse(*code)) {
            return Err(Error::edit(format!("AADSTS{code} is not among those that can be played")));
        }
        *lock(&self.state.refused) = code;
        Ok(())
    }

    /// Deletes the tenant as a whole, or brings it back: AADSTS90002.
    pub fn set_gone(&self, gone: bool) {
        self.state.gone.store(gone, Ordering::SeqCst);
    }

    /// From now on tokens of the apps carry the id of another tenant, which no real server does; `None` mends it.
    pub fn answer_with_tokens_of(&self, other: Option<&Tenant>) {
        *lock(&self.state.tokens_of) = other.map(|other| other.state.id);
    }

    // --- people and scripts ----------------------------------------------------------------------------------

    /// Assigns an app role, such as `Reader`, to a person.
    pub fn assign_role(&self, person: Uuid, role: &str) {
        lock(&self.state.access).roles.entry(person).or_default().insert(role.to_owned());
    }

    /// Takes an app role back; tokens issued before keep it.
    pub fn unassign_role(&self, person: Uuid, role: &str) {
        if let Some(roles) = lock(&self.state.access).roles.get_mut(&person) {
            roles.remove(role);
        }
    }

    /// Makes a person an administrator of the tenant, who can consent for everybody.
    pub fn set_admin(&self, person: Uuid) {
        lock(&self.state.access).admins.insert(person);
    }

    /// Adds a script's service principal and assigns app roles to it.
    #[must_use]
    pub fn add_script(&self, roles: &[&str]) -> Script {
        let mut access = lock(&self.state.access);
        let number = u64::try_from(access.scripts.len()).unwrap_or(u64::MAX);
        let id = |what: &str| guid(self.state.seed, what, number);
        let script = ScriptState {
            client_id: id("script"),
            principal: id("script principal"),
            secret: id("script secret").simple().to_string(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        };
        access.scripts.push(script.clone());
        Script {
            tenant_id: self.tenant_id(),
            client_id: script.client_id.to_string(),
            client_secret: script.secret,
            object_id: script.principal.to_string(),
        }
    }

    /// A fresh token of a script for the app itself, as the token endpoint gives it.
    ///
    /// # Errors
    /// When the script is not one of this tenant.
    pub fn script_token(&self, script: &Script) -> Result<String, Error> {
        let known = lock(&self.state.access).script(&script.client_id).cloned();
        let known = known.ok_or_else(|| Error::edit("no such script in this tenant"))?;
        Ok(claims::script_token(&self.world, &self.state, App::Main, &known))
    }

    /// A fresh token of a person for the app itself, as a command line client gets one.
    ///
    /// # Errors
    /// When there is no such person, or the account is disabled.
    pub fn person_token(&self, person: Uuid) -> Result<String, Error> {
        Ok(claims::person_token(&self.world, &self.person(person)?, App::Main))
    }

    fn person(&self, person: Uuid) -> Result<Person, Error> {
        let found = Accounts::of(&self.state).find(&person.to_string(), "");
        found.map_err(|(_, why)| Error::edit(why))
    }

    // --- at the pages ----------------------------------------------------------------------------------------

    /// Signs a person in at the page of this address, as a browser would; the answer is where the browser goes next.
    ///
    /// # Errors
    /// When the page refuses; the text is the page's.
    pub fn signs_in(&self, person: Uuid, address: &str) -> Result<String, Error> {
        self.at_page(person, address, "login", "sign-in")
    }

    /// Accepts on the consent page of this address; the answer is where the browser goes next.
    ///
    /// # Errors
    /// When the page refuses; the text is the page's.
    pub fn consents(&self, person: Uuid, address: &str) -> Result<String, Error> {
        self.at_page(person, address, "consent", "accept")
    }

    /// Cancels on the consent page of this address; the answer is where the browser goes next.
    ///
    /// # Errors
    /// When the page refuses; the text is the page's.
    pub fn declines(&self, person: Uuid, address: &str) -> Result<String, Error> {
        self.at_page(person, address, "consent", "cancel")
    }

    fn at_page(&self, person: Uuid, address: &str, form: &str, answer: &str) -> Result<String, Error> {
        let url = url::Url::parse(address).map_err(|why| Error::edit(format!("{address}: {why}")))?;
        let shown = self.request("GET", url.path(), url.query().unwrap_or_default(), &[]);
        let request = match going(&shown) {
            Some(location) => return Ok(location),
            None => login::sealed_request(&shown.body).ok_or_else(|| text(&shown))?,
        };
        let who = [("person", person.to_string()), ("tenant", self.tenant_id())];
        let pairs = [("request", request), ("answer", answer.to_owned())].into_iter().chain(who);
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let tenant = url.path().split('/').nth(1).unwrap_or_default();
        let done = self.request("POST", &format!("/{tenant}/{form}"), "", body.as_bytes());
        going(&done).ok_or_else(|| text(&done))
    }

    fn request(&self, method: &str, path: &str, query: &str, body: &[u8]) -> Answer {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match login::read(method, &segments) {
            Some((page, tenant)) => page.answer(&self.world, tenant, query, body),
            None => Answer::empty(404),
        }
    }
}

fn going(answer: &Answer) -> Option<String> {
    let mut headers = answer.headers.iter();
    headers.find(|(name, _)| *name == "location").map(|(_, value)| value.clone())
}

fn text(answer: &Answer) -> Error {
    Error::edit(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)))
}
