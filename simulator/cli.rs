//! A simulator of its own, for trying any Graph client on it: what `cargo xtask simulator` runs.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
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

/// What lives in the tenant, as a command line says it.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// People of your own: JSON lines, or CSV if the file is named *.csv. Without it a company is made up.
    #[arg(long, value_name = "FILE")]
    pub people: Option<PathBuf>,
    /// How many people the made up company has.
    #[arg(long, value_name = "PEOPLE", default_value_t = 200)]
    pub company: usize,
    /// How many meeting rooms there are: disabled accounts with a mailbox.
    #[arg(long, default_value_t = 0)]
    pub rooms: usize,
    /// How many of the first people have a mailbox.
    #[arg(long, default_value_t = 25)]
    pub mailboxes: usize,
    /// How long Graph takes for one request, in milliseconds.
    #[arg(long, default_value_t = 0)]
    pub latency_ms: u64,
    /// Chooses all ids and the made up company.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { people: None, company: 200, rooms: 0, mailboxes: 25, latency_ms: 0, seed: 1 }
    }
}

/// Starts a simulator with people, mailboxes and the group on a port of 127.0.0.1 (0 takes a free one); it runs until it
/// is dropped.
///
/// # Errors
/// When the port cannot be bound or the file of people is broken; then nothing is imported.
pub async fn serve_cli(port: u16, settings: &Settings) -> Result<(Simulator, Info), Error> {
    let latency = Duration::from_millis(settings.latency_ms);
    let options = Options { seed: settings.seed, port, latency, ..Options::default() };
    let simulator = Simulator::start(options).await?;
    populate(&simulator, settings)?;
    let info = Info::of(&simulator);
    Ok((simulator, info))
}

/// Brings people, rooms and mailboxes into an empty tenant; the answer is the people in their order.
///
/// # Errors
/// When the file of people is broken; then nothing is imported.
pub fn populate(tenant: &Tenant, settings: &Settings) -> Result<Vec<Uuid>, Error> {
    let people = match &settings.people {
        Some(file) => import_people(tenant, file)?,
        None => {
            let company = Company { people: settings.company, seed: settings.seed, ..Company::default() };
            fill_company(tenant, &company)?.people
        }
    };
    for number in 1..=settings.rooms {
        tenant.add_room(&format!("Room {number}"))?;
    }
    give_mailboxes(tenant, &people, settings.mailboxes)?;
    Ok(people)
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
