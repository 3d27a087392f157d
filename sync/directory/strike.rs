//! Taking people out of a directory.

use std::collections::BTreeSet;

use super::{Directory, Person};
use crate::Who;

impl Directory {
    /// Takes people out who must not be in it; whether there were any, and the ids of their entries.
    ///
    /// A later round may bring them again, with all or a part of their properties: take them out again then.
    pub fn strike(&mut self, who: &Who) -> (bool, BTreeSet<String>) {
        let is_theirs = |person: &Person<'_>| {
            let names = person.proxy_addresses.iter().chain(&person.other_mails);
            let names = names.chain(&person.mail).chain(&person.user_principal_name);
            who.is(person.id) || names.copied().any(|name| who.is(name))
        };
        let gone: BTreeSet<String> =
            self.people().filter(is_theirs).map(|person| person.id.to_owned()).collect();
        self.users.retain(|id, _| !gone.contains(id));
        self.org_contacts.retain(|id, _| !gone.contains(id));
        let mut any = !gone.is_empty();
        for group in self.groups.values_mut() {
            let before = group.members.len();
            group.members.retain(|id| !gone.contains(id) && !who.is(id));
            any |= group.members.len() < before;
        }
        (any, gone)
    }
}
