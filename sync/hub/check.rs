//! All that can be wrong with a configuration that was read.

mod contributes;
mod mapping;
mod receives;

use std::collections::BTreeSet;

use super::fields::is_of;
use super::{Audience, Connector, HubConfig, Kind, Problem, Spoke};
use crate::directory::{Directory, Rules};
use crate::filter::Filter;
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
        if self.kind == Kind::Events && self.matching.is_some() {
            found.add("match", "only contacts can be one person", "remove it");
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
            check_spoke(found, &path, self.kind, spoke);
        }
        if self.contributing().next().is_none() {
            let fix = match self.kind {
                Kind::Contacts => "add a `directory` or `mailbox` spoke with `contributes`",
                Kind::Events => "add a `mailbox` or `file` spoke with `contributes`",
            };
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
                self.no_guid(place);
            }
        }
    }

    fn no_guid(&mut self, path: String) {
        self.add(path, "is no object id", "write the GUID that Entra shows as the object id");
    }

    /// A field of the other kind is always empty.
    fn field(&mut self, path: &str, kind: Kind, field: Field) {
        if !is_of(kind, field) {
            let what = if kind == Kind::Contacts { "a contact" } else { "an event" };
            self.add(path, format!("{what} has no {field}"), "name a field that it has, or remove it");
        }
    }
}

fn check_spoke(found: &mut Found, path: &str, kind: Kind, spoke: &Spoke) {
    if HubId::new(&spoke.id).is_err() {
        let problem = "has something else than 1 to 40 lower-case letters, digits or hyphens";
        found.add(format!("{path}.id"), problem, "write something like `company-directory`");
    }
    check_kind(found, path, kind, spoke.connector);
    check_direction(found, path, spoke);
    check_way_back(found, path, spoke);
    if let Some(contributes) = &spoke.contributes {
        contributes::check(found, &format!("{path}.contributes"), kind, spoke, contributes);
    }
    if let Some(receives) = &spoke.receives {
        receives::check(found, &format!("{path}.receives"), kind, receives);
    }
}

/// What a connector has to give.
fn check_kind(found: &mut Found, path: &str, kind: Kind, connector: Connector) {
    let path = format!("{path}.connector");
    match (connector, kind) {
        (Connector::Directory, Kind::Events) => {
            found.add(path, "a directory holds no events", "use a `mailbox` or `file` spoke");
        }
        (Connector::File, Kind::Contacts) => {
            found.add(
                path,
                "a file holds events, and this hub contacts",
                "use a `directory` or `mailbox` spoke",
            );
        }
        _ => {}
    }
}

/// Which way items may flow between the hub and a spoke.
fn check_direction(found: &mut Found, path: &str, spoke: &Spoke) {
    match (spoke.contributes.is_some(), spoke.receives.is_some(), spoke.connector) {
        (false, false, _) => {
            found.add(path, "neither contributes nor receives", "say what it does, or remove it");
        }
        (_, true, Connector::Directory | Connector::File) => {
            let problem = format!("a {} can't be written", spoke.connector.name());
            found.add(format!("{path}.receives"), problem, "remove it");
        }
        (true, true, Connector::Mailbox) => {
            let problem = "contributes and receives, which are two places";
            found.add(path, problem, "make two spokes of it; for edits that come back use `twoWay`");
        }
        _ => {}
    }
}

/// What may come back from a spoke into the hub.
fn check_way_back(found: &mut Found, path: &str, spoke: &Spoke) {
    if spoke.two_way && (spoke.receives.is_none() || spoke.connector != Connector::Mailbox) {
        let problem = "nothing in it is managed by the hub, so nothing comes back from it";
        found.add(
            format!("{path}.twoWay"),
            problem,
            "remove it; it belongs to a `mailbox` spoke with `receives`",
        );
    }
    let path = format!("{path}.deletesToHub");
    if spoke.deletes_to_hub && !spoke.two_way {
        found.add(&path, "has no effect without `twoWay`", "set `twoWay`, or remove it");
    }
    if spoke.deletes_to_hub && spoke.receives.as_ref().is_some_and(|receives| receives.users_may_hide) {
        let problem = "an item that a user deletes can't both leave the hub and stay in it";
        found.add(&path, problem, "keep `deletesToHub` or `usersMayHide`");
    }
}

/// Whether a filter asks for fields that its items have.
fn check_filter(
    found: &mut Found,
    path: &str,
    kind: Kind,
    filter: &Filter,
    problem: impl Fn(Field) -> Option<&'static str>,
) {
    for field in filter.fields() {
        if !is_of(kind, field) {
            found.field(path, kind, field);
        } else if let Some(problem) = problem(field) {
            found.add(
                path,
                format!("{field}: {problem}"),
                "ask for another field, or filter the contributing spoke",
            );
        }
    }
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
