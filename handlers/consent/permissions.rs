//! What Wheelhouse asks a tenant's administrator for, in words.
//!
//! The page, the check of what was granted and docs/PERMISSIONS.md all come from this table.

use std::collections::BTreeSet;

use crate::tables::Mode;

/// The version of the texts that the page shows: raise it whenever one of them changes.
pub const TEXT_VERSION: u32 = 1;

/// An application permission of Microsoft Graph.
///
/// <https://learn.microsoft.com/graph/permissions-reference>
pub struct Permission {
    /// Its name, as a token's `roles` hold it.
    pub name: &'static str,
    /// The id of the app role.
    pub id: &'static str,
    /// Whom it is asked of.
    pub asked: Asked,
    /// What it is for.
    pub purpose: &'static str,
    /// What breaks without it.
    pub without: &'static str,
    /// What it does not allow.
    pub limits: &'static str,
}

/// Whom a permission is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Everybody.
    Always,
    /// Those who grant all mailboxes.
    ForAllMailboxes,
    /// Those who grant all mailboxes; without it only calendars stay away.
    ForCalendars,
}

impl Asked {
    /// Whether consent in this mode asks for it.
    #[must_use]
    pub fn of(self, mode: Mode) -> bool {
        self == Asked::Always || mode == Mode::All
    }

    /// In words, for the page and the documents.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Asked::Always => "both modes",
            Asked::ForAllMailboxes => "all mailboxes",
            Asked::ForCalendars => "all mailboxes, where hubs hold events",
        }
    }
}

/// All that is asked for.
pub const PERMISSIONS: [Permission; 5] = [
    Permission {
        name: "User.Read.All",
        id: "df021288-bdef-4463-88db-98f22de89214",
        asked: Asked::Always,
        purpose: "Reads the people of your directory: names, job titles, departments, e-mail addresses and telephone \
                  numbers. They are the contacts that your colleagues get.",
        without: "Nobody new arrives in anybody's contacts and no change is seen. Nothing is deleted either.",
        limits: "It changes nothing in the directory, signs in as nobody, and reads no password, mail or file.",
    },
    Permission {
        name: "OrgContact.Read.All",
        id: "e1a88a34-94c4-4418-be12-c87b00e26bea",
        asked: Asked::Always,
        purpose: "Reads the contacts of your organisation: partners and suppliers that your administrators keep in the \
                  address list.",
        without: "They stay as they were last read, and no contact is ever deleted. Hubs that leave them out \
                  need it nevertheless: it is asked for as a whole.",
        limits: "It reads nobody's personal contacts and changes nothing.",
    },
    Permission {
        name: "GroupMember.Read.All",
        id: "98830695-27a2-44f7-8c18-0c3ebc9698f6",
        asked: Asked::Always,
        purpose: "Reads who belongs to which group, so that you can choose by groups who is in a list and which \
                  mailboxes get it.",
        without: "A hub that names a group can't run; later nobody joins or leaves by a group. Nothing is deleted.",
        limits: "It adds nobody to a group, and reads neither a group's mail and files nor hidden members.",
    },
    Permission {
        name: "Contacts.ReadWrite",
        id: "6918b873-d17a-4dc1-b314-35f528134491",
        asked: Asked::ForAllMailboxes,
        purpose: "Writes the contacts into a folder of its own in each mailbox that you choose, and reads the contact \
                  folders that you name as sources.",
        without: "No mailbox can be read or written.",
        limits: "It reads no mail and sends none. Contacts that Wheelhouse did not write are neither changed nor deleted: \
                 Microsoft would allow that, Wheelhouse does not do it.",
    },
    Permission {
        name: "Calendars.ReadWrite",
        id: "ef54d2bf-783f-4e0f-bca1-3210c0444d99",
        asked: Asked::ForCalendars,
        purpose: "Writes events into a calendar of its own in each mailbox that you choose, and reads the calendars that \
                  you name as sources.",
        without: "Calendars are left alone; contacts go on.",
        limits: "It invites nobody: what is written has no attendees. Events that Wheelhouse did not write are neither \
                 changed nor deleted.",
    },
];

/// What consent in this mode asks for.
pub fn asked(mode: Mode) -> impl Iterator<Item = &'static Permission> {
    PERMISSIONS.iter().filter(move |permission| permission.asked.of(mode))
}

/// What is missing in a token's roles for consent in this mode.
#[must_use]
pub fn missing(mode: Mode, roles: &BTreeSet<String>) -> Vec<&'static str> {
    let needed = asked(mode).filter(|permission| permission.asked != Asked::ForCalendars);
    needed.map(|permission| permission.name).filter(|name| !roles.contains(*name)).collect()
}

/// Which of a token's roles reach into all mailboxes although single ones were agreed to.
///
/// What Entra grants adds to what Exchange grants: with one of these the scope would be none.
#[must_use]
pub fn beyond_scope(mode: Mode, roles: &BTreeSet<String>) -> Vec<String> {
    let wide = |role: &&String| ["Contacts.", "Calendars."].iter().any(|kind| role.starts_with(kind));
    if mode == Mode::All { Vec::new() } else { roles.iter().filter(wide).cloned().collect() }
}

/// The table of the documents.
#[must_use]
pub fn table() -> String {
    let row = |permission: &Permission| {
        let Permission { name, id, asked, purpose, without, limits } = permission;
        format!("| `{name}` | `{id}` | {} | {purpose} | {without} | {limits} |\n", asked.words())
    };
    let head = "| permission | app role id | asked for with | what for | what breaks without it | what it does not allow |\n\
                | --- | --- | --- | --- | --- | --- |\n";
    PERMISSIONS.iter().map(row).fold(head.to_owned(), |table, row| table + &row)
}

#[cfg(test)]
mod tests {
    use connectors::graph::login::NEEDED_ROLES;

    use super::*;

    fn roles(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_the_sign_in_demands_is_what_consent_asks_for() {
        assert_eq!(missing(Mode::All, &roles(&NEEDED_ROLES)), Vec::<&str>::new());
        assert_eq!(missing(Mode::All, &BTreeSet::new()), NEEDED_ROLES);
        let directory = ["User.Read.All", "OrgContact.Read.All", "GroupMember.Read.All"];
        assert_eq!(missing(Mode::Scoped, &BTreeSet::new()), directory);
        assert_eq!(missing(Mode::Scoped, &roles(&directory[1..])), ["User.Read.All"]);
    }

    /// `UPDATE_DOCS=1` writes the table.
    #[test]
    fn the_documents_say_the_same() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/PERMISSIONS.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (head, rest) = text.split_once("<!-- permissions -->\n").unwrap();
        let (now, tail) = rest.split_once("<!-- /permissions -->").unwrap();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let new = format!("{head}<!-- permissions -->\n{}<!-- /permissions -->{tail}", table());
            std::fs::write(path, new).unwrap();
        } else {
            assert_eq!(now, table(), "write it anew: UPDATE_DOCS=1 cargo test --lib consent");
        }
    }

    #[test]
    fn another_text_is_another_version() {
        // What frames the page is no part of what somebody agrees to.
        let (_, text) = include_str!("start.html").split_once("{% block content %}").unwrap();
        let texts = [text, &table()].concat();
        let print = u64::from_be_bytes(
            *ring::digest::digest(&ring::digest::SHA256, texts.as_bytes()).as_ref().first_chunk().unwrap(),
        );
        insta::assert_snapshot!(format!("version {TEXT_VERSION} is {print:016x}: with another print, raise it"), @"version 1 is 4166519e017f8859: with another print, raise it");
    }

    #[test]
    fn a_scope_ends_where_the_token_reaches_all_mailboxes() {
        let wide = roles(&["User.Read.All", "Calendars.Read", "Contacts.ReadWrite"]);
        assert_eq!(beyond_scope(Mode::Scoped, &wide), ["Calendars.Read", "Contacts.ReadWrite"]);
        assert_eq!(beyond_scope(Mode::All, &wide), Vec::<String>::new());
        assert_eq!(beyond_scope(Mode::Scoped, &roles(&["User.Read.All"])), Vec::<String>::new());
    }
}
