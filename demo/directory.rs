//! Who is in the simulated directory.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use simulator::{GROUP, Simulator, give_mailboxes, populate};
use uuid::Uuid;

use crate::stage::Setup;

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
        let mailboxes = setup.tenant.mailboxes;
        if setup.empty {
            return Self::owners_only(simulator, mailboxes);
        }
        let people = populate(simulator, &setup.tenant)?;
        ensure!(
            mailboxes <= people.len(),
            "--mailboxes {mailboxes}: there are only {} people; ask for no more mailboxes than that",
            people.len()
        );
        let mailbox_group = simulator.group_named(GROUP).context("the tenant has no group of mailboxes")?;
        let owners = people.iter().take(mailboxes).copied().collect();
        Ok(Cast { people, owners, mailbox_group: mailbox_group.parse()?, outside_list: None })
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
