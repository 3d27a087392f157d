//! What can be wrong with what a spoke receives.

use super::{Found, check_filter};
use crate::Field;
use crate::hub::{Audience, Kind, Receives, folder};

pub(super) fn check(found: &mut Found, path: &str, kind: Kind, receives: &Receives) {
    if let Err(problem) = folder::check(&receives.folder) {
        found.add(format!("{path}.folder"), problem, "choose a name of its own, such as `Company contacts`");
    }
    if kind == Kind::Contacts && receives.color.is_some() {
        found.add(format!("{path}.color"), "a contact folder has no colour", "remove it");
    }
    for &field in receives.fields.keys() {
        found.field(&format!("{path}.fields"), kind, field);
        if let Some(problem) = source_only(field) {
            found.add(format!("{path}.fields.{field}"), problem, "remove it");
        }
    }
    if let Some(filter) = &receives.filter {
        check_filter(found, &format!("{path}.filter"), kind, filter, source_only);
    }
    check_audience(found, &format!("{path}.audience"), &receives.audience);
}

fn source_only(field: Field) -> Option<&'static str> {
    field.is_source_only().then_some("only a source knows it, and no mailbox gets it")
}

fn check_audience(found: &mut Found, path: &str, audience: &Audience) {
    let Audience { all_mailboxes, groups, users, exclude_groups, exclude_users } = audience;
    match (all_mailboxes, groups.is_empty() && users.is_empty()) {
        (false, true) => {
            let fix = "name `groups` or `users`, or set `allMailboxes`";
            found.add(path, "names no mailbox", fix);
        }
        (true, false) => {
            let fix = "keep `allMailboxes` or the list, not both";
            found.add(path, "names all mailboxes and some of them, so the list would have no effect", fix);
        }
        _ => {}
    }
    let lists = [
        ("groups", groups),
        ("users", users),
        ("excludeGroups", exclude_groups),
        ("excludeUsers", exclude_users),
    ];
    lists.iter().for_each(|(list, ids)| found.guids(format!("{path}.{list}"), ids));
}
