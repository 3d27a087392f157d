//! Who is in the simulated directory.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::json;
use simulator::{Company, Simulator, fill_company, give_mailboxes, import_people};
use uuid::Uuid;

use crate::stage::Setup;

/// Where the people come from.
pub enum People {
    /// A company that is made up, of so many people.
    MadeUp(usize),
    /// A file: JSON lines, or CSV if it is named `*.csv`.
    File(PathBuf),
    /// Nobody yet: the mailboxes' owners are users of their own, outside the list.
    Nobody,
}

/// Who is who in the directory.
pub struct Cast {
    /// The people of the list, in the order in which they came.
    pub people: Vec<Uuid>,
    /// The owners of the mailboxes.
    pub owners: Vec<Uuid>,
    /// The group whose members have mailboxes.
    pub mailbox_group: Uuid,
    /// The group of those who are not in the list.
    pub outside_list: Option<Uuid>,
}

impl Cast {
    /// Fills the tenant.
    pub(crate) fn fill(simulator: &Simulator, setup: &Setup) -> Result<Self> {
        let people = match &setup.people {
            People::Nobody => return Self::owners_only(simulator, setup.mailboxes),
            People::File(file) => import_people(simulator, file)?,
            People::MadeUp(people) => {
                let company = Company { people: *people, seed: setup.seed, ..Company::default() };
                fill_company(simulator, &company)?.people
            }
        };
        ensure!(
            setup.mailboxes <= people.len(),
            "--mailboxes {}: there are only {} people; ask for no more mailboxes than that",
            setup.mailboxes,
            people.len()
        );
        let mailbox_group = give_mailboxes(simulator, &people, setup.mailboxes)?;
        let owners = people.iter().take(setup.mailboxes).copied().collect();
        Ok(Cast { people, owners, mailbox_group, outside_list: None })
    }

    fn owners_only(simulator: &Simulator, mailboxes: usize) -> Result<Self> {
        let owner = |nth: usize| {
            simulator.add_user(json!({
                "displayName": format!("Mailbox owner {nth}"), "mail": format!("owner{nth}@congress.example")
            }))
        };
        let owners = (0..mailboxes).map(owner).collect::<Result<Vec<_>, _>>()?;
        let mailbox_group = give_mailboxes(simulator, &owners, mailboxes)?;
        let outside = simulator.add_group(json!({ "displayName": "Outside the list", "members": owners }))?;
        Ok(Cast { people: Vec::new(), owners, mailbox_group, outside_list: Some(outside) })
    }
}
