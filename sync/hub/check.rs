//! All that can be wrong with a configuration that was read.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audience, Connector, Contributes, HubConfig, Kind, Problem, Receives, Spoke, folder};
use crate::directory::{Directory, EXTENSION_ATTRIBUTES, Rules};
use crate::mapping::{Mapping, Shape};
use crate::{Field, HubId, Limits};

impl HubConfig {
    /// Checks everything that can be checked without the tenant, and names all problems at once.
    ///
    /// `schedule` says what is wrong with a cron text, for its syntax belongs to whoever reads the clock.
    pub fn validate(&self, schedule: impl Fn(&str) -> Result<(), String>) -> Result<(), Vec<Problem>> {
        let mut found = Found::default();
        self.check_head(&mut found);
        if let Err(why) = schedule(&self.schedule) {
            found.add(
                "schedule",
                why,
                "write a cron expression in UTC, such as `0 * * * *` for every full hour",
            );
        }
        self.check_spokes(&mut found);
        limits(&mut found, &self.limits);
        if found.0.is_empty() { Ok(()) } else { Err(found.0) }
    }

    /// Checks that the groups which the configuration names are known to the directory.
    pub fn check_groups(&self, directory: &Directory) -> Result<(), Vec<Problem>> {
        let unknown = |(field, id): (String, &String)| {
            directory.group(id).err().map(|error| Problem::group(field, &error))
        };
        let found: Vec<Problem> = self.groups().into_iter().filter_map(unknown).collect();
        if found.is_empty() { Ok(()) } else { Err(found) }
    }

    /// Every group that the configuration names, with its place.
    pub(super) fn groups(&self) -> Vec<(String, &String)> {
        let inside = self.contributing_at().flat_map(|(path, _, what)| {
            let Rules { groups, exclude_groups, .. } = &what.rules;
            [
                (format!("{path}.rules.groups"), groups),
                (format!("{path}.rules.excludeGroups"), exclude_groups),
            ]
        });
        let outside = self.receiving_at().flat_map(|(path, _, what)| {
            let Audience { groups, exclude_groups, .. } = &what.audience;
            [
                (format!("{path}.audience.groups"), groups),
                (format!("{path}.audience.excludeGroups"), exclude_groups),
            ]
        });
        inside.chain(outside).flat_map(|(path, ids)| places(path, ids)).collect()
    }

    fn check_head(&self, found: &mut Found) {
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            found.add("name", "is empty or longer than 100 characters", "give the hub a name");
        }
        if self.kind == Kind::Events {
            found.add("kind", "calendars can't be synced yet", "write `contacts`");
        }
        if !(1..=168).contains(&self.drift_check_hours) {
            found.add("driftCheckHours", "is not between 1 and 168", "write 24 for once a day");
        }
        if self.read_lag_seconds.is_some_and(|lag| lag > 86_400) {
            found.add("readLagSeconds", "is more than a day", "leave it out for the operator's setting");
        }
    }

    fn check_spokes(&self, found: &mut Found) {
        let mut ids = BTreeSet::new();
        for (at, spoke) in self.spokes.iter().enumerate() {
            let path = format!("spokes[{at}]");
            if !ids.insert(&spoke.id) {
                found.add(
                    format!("{path}.id"),
                    "another spoke has the same id",
                    "give each spoke an id of its own",
                );
            }
            check_spoke(found, &path, spoke);
        }
        if self.contributing().next().is_none() {
            let fix = "add a `directory` spoke with `contributes`";
            found.add("spokes", "no spoke contributes, so the hub would stay empty", fix);
        }
        if self.receiving().next().is_none() {
            let fix = "add a `mailbox` spoke with `receives`";
            found.add("spokes", "no spoke receives, so nothing would be written", fix);
        }
    }
}

/// The entries of a list, each with its place.
fn places(path: String, ids: &[String]) -> impl Iterator<Item = (String, &String)> {
    ids.iter().enumerate().map(move |(at, id)| (format!("{path}[{at}]"), id))
}

/// The problems found so far.
#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, field: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Problem::new(field, problem, fix));
    }

    /// Ids go into URLs and are compared: each must be a GUID.
    fn guids(&mut self, path: String, ids: &[String]) {
        for (place, id) in places(path, ids) {
            if super::audience::mailbox(id).is_none() {
                self.add(place, "is no object id", "write the GUID that Entra shows as the object id");
            }
        }
    }
}

fn check_spoke(found: &mut Found, path: &str, spoke: &Spoke) {
    if HubId::new(&spoke.id).is_err() {
        let problem = "has something else than 1 to 40 lower-case letters, digits or hyphens";
        found.add(format!("{path}.id"), problem, "write something like `company-directory`");
    }
    check_direction(found, path, spoke);
    if let Some(contributes) = &spoke.contributes {
        check_contributes(found, &format!("{path}.contributes"), contributes);
    }
    if let Some(receives) = &spoke.receives {
        check_receives(found, &format!("{path}.receives"), receives);
    }
}

/// Which way items may flow between the hub and a spoke.
fn check_direction(found: &mut Found, path: &str, spoke: &Spoke) {
    if spoke.contributes.is_none() && spoke.receives.is_none() {
        found.add(path, "neither contributes nor receives", "say what it does, or remove it");
    }
    match spoke.connector {
        Connector::Directory => {
            if spoke.receives.is_some() {
                found.add(format!("{path}.receives"), "a directory can't be written", "remove it");
            }
            if spoke.two_way {
                found.add(format!("{path}.twoWay"), "a directory can't be written", "remove it");
            }
        }
        Connector::Mailbox | Connector::File => {
            if spoke.contributes.is_some() {
                found.add(format!("{path}.contributes"), "a mailbox can't contribute yet", "remove it");
            }
            if spoke.two_way {
                found.add(format!("{path}.twoWay"), "edits can't come back into the hub yet", "remove it");
            }
        }
    }
}

fn check_contributes(found: &mut Found, path: &str, contributes: &Contributes) {
    let Rules { groups, exclude_groups, .. } = &contributes.rules;
    found.guids(format!("{path}.rules.groups"), groups);
    found.guids(format!("{path}.rules.excludeGroups"), exclude_groups);
    let path = format!("{path}.mapping");
    check_extensions(
        found,
        &format!("{path}.extensionAttributes"),
        &contributes.mapping.extension_attributes,
    );
    check_exclude(found, &format!("{path}.exclude"), &contributes.mapping);
    check_fixed(found, &format!("{path}.fixed"), &contributes.mapping);
    for (at, category) in contributes.mapping.categories.iter().enumerate() {
        if category.trim().is_empty() || category.contains([',', ';']) || category.chars().count() > 255 {
            let problem = "is empty, has a comma or semicolon, or is longer than 255 characters";
            found.add(format!("{path}.categories[{at}]"), problem, "write one category per entry");
        }
    }
    if contributes.mapping.notes.chars().count() > 2_000 {
        found.add(format!("{path}.notes"), "is longer than 2000 characters", "shorten it");
    }
}

fn check_extensions(found: &mut Found, path: &str, attributes: &BTreeMap<String, Field>) {
    let mut texts = BTreeSet::new();
    for (attribute, &field) in attributes {
        let path = format!("{path}.{attribute}");
        if !EXTENSION_ATTRIBUTES.contains(&attribute.as_str()) {
            found.add(&path, "is no extension attribute", "use extensionAttribute1 to extensionAttribute15");
        }
        match Shape::of(field) {
            Shape::Address => {
                found.add(&path, "one text is no postal address", "name a field that takes text")
            }
            Shape::Text | Shape::Date if !texts.insert(field) => {
                let problem = format!("another extension attribute fills {field} too");
                found.add(&path, problem, "name each such field once");
            }
            _ => {}
        }
    }
}

fn check_exclude(found: &mut Found, path: &str, mapping: &Mapping) {
    if mapping.exclude.contains(&Field::GivenName) {
        found.add(
            path,
            "a contact without givenName may be refused by Exchange",
            "take givenName out of the list",
        );
    }
    for &field in &mapping.exclude {
        let both = mapping.fixed.contains_key(&field)
            || mapping.extension_attributes.values().any(|to| *to == field);
        if both {
            let problem = format!("{field} is to stay empty and to be filled");
            found.add(path, problem, format!("take {field} out of `exclude`, or don't fill it"));
        }
    }
}

fn check_fixed(found: &mut Found, path: &str, mapping: &Mapping) {
    for (&field, text) in &mapping.fixed {
        let path = format!("{path}.{field}");
        match field {
            Field::Categories => {
                found.add(&path, "categories have an option of their own", "use `categories`")
            }
            Field::PersonalNotes => found.add(&path, "notes have an option of their own", "use `notes`"),
            _ if !matches!(Shape::of(field), Shape::Text | Shape::List(_)) => {
                found.add(&path, "it can't be the same for everybody", "remove it");
            }
            _ if text.trim().is_empty() || text.chars().count() > 256 => {
                found.add(
                    &path,
                    "is empty or longer than 256 characters",
                    "write the text, or use `exclude`",
                );
            }
            _ => {}
        }
    }
}

fn check_receives(found: &mut Found, path: &str, receives: &Receives) {
    if let Err(problem) = folder::check(&receives.folder) {
        found.add(format!("{path}.folder"), problem, "choose a name of its own, such as `Company contacts`");
    }
    check_audience(found, &format!("{path}.audience"), &receives.audience);
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

fn limits(found: &mut Found, limits: &Limits) {
    for (name, percent) in
        [("deletesPercent", limits.deletes_percent), ("shrinkPercent", limits.shrink_percent)]
    {
        if percent > 100 {
            found.add(format!("limits.{name}"), "is more than 100", "write a share in percent, 0 to 100");
        }
    }
}
