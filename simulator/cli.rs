//! A simulator of its own, for trying any Graph client on it: what `cargo xtask simulator` runs.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::company::{Company, fill_company};
use crate::error::Error;
use crate::info::Info;
use crate::people::import_people;
use crate::simulator::{Options, Simulator};
use crate::state::tenant::MailboxState;
use crate::tenant::Tenant;

/// The group whose members have mailboxes.
pub const GROUP: &str = "Wheelhouse mailboxes";

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// A file of people; else a company is made up.
    pub people: Option<PathBuf>,
    /// How many people the made up company has.
    pub company: usize,
    /// How many of the first people have a mailbox.
    pub mailboxes: usize,
    /// How long Graph takes for one request, in milliseconds.
    pub latency_ms: u64,
    /// Chooses all ids and the company.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { port: 0, people: None, company: 200, mailboxes: 25, latency_ms: 0, seed: 1 }
    }
}

/// Starts a simulator with people, mailboxes and the group; it runs until it is dropped.
///
/// # Errors
/// When the port cannot be bound or the file of people is broken; then nothing is imported.
pub async fn serve_cli(settings: &Settings) -> Result<(Simulator, Info), Error> {
    let latency = Duration::from_millis(settings.latency_ms);
    let options = Options { seed: settings.seed, port: settings.port, latency, ..Options::default() };
    let simulator = Simulator::start(options).await?;
    let people = match &settings.people {
        Some(file) => import_people(&simulator, file)?,
        None => {
            fill_company(
                &simulator,
                &Company { people: settings.company, seed: settings.seed, ..Company::default() },
            )?
            .people
        }
    };
    give_mailboxes(&simulator, &people, settings.mailboxes)?;
    let info = Info::of(&simulator);
    Ok((simulator, info))
}

/// Leaves mailboxes to the first people only, and makes them members of the group [`GROUP`]; the answer is its id.
/// Whoever has a mailbox has a mail address.
///
/// # Errors
/// When one of the people is not in the directory.
pub fn give_mailboxes(tenant: &Tenant, people: &[Uuid], mailboxes: usize) -> Result<Uuid, Error> {
    let members: Vec<Uuid> = people.iter().take(mailboxes).copied().collect();
    for user in people.iter().skip(mailboxes) {
        tenant.set_mailbox_state(*user, MailboxState::NotEnabled);
    }
    let without_mail = |user: &Value| user.get("mail").is_none_or(Value::is_null);
    for user in tenant.users().into_iter().filter(without_mail) {
        let id = user.get("id").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
        if let Some(id) = id.filter(|id| members.contains(id)) {
            tenant.update_user(id, &json!({ "mail": user.get("userPrincipalName") }))?;
        }
    }
    tenant.add_group(json!({ "displayName": GROUP, "members": members }))
}
