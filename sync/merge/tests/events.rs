use serde_json::json;

use super::people::{all, folder};
use super::*;
use crate::event::Timing;
use crate::mapping::Skipped;
use crate::{Content, MailboxId};

fn hub(audience: Value) -> HubConfig {
    let config = json!({
        "name": "Rooms", "kind": "events", "schedule": "0 * * * *",
        "spokes": [
            {"id": "room", "connector": "mailbox", "contributes": {"mailbox": id(9), "events": {"privacy": "titleAndPlace"}}},
            {"id": "to", "connector": "mailbox", "receives": {"folder": "Rooms", "audience": audience, "filter": "not subject starts with \"b\""}},
        ],
    });
    parse(config.to_string().as_bytes()).unwrap()
}

fn event(title: &str, start: &str, sensitivity: &str) -> Content {
    let start = start.parse().unwrap();
    let mut event = Content::default();
    event.set(Field::Subject, title);
    event.set(Field::Sensitivity, sensitivity);
    event.set(Field::JoinUrl, "https://meet.example");
    event.set(Field::Timing, Timing::single(start, start).unwrap());
    event
}

fn room() -> Contribution {
    folder(
        [
            ("1", event("Alpha", "2026-12-01T09:00:00Z", "normal")),
            ("2", event("Beta", "2026-12-01T09:00:00Z", "normal")),
            ("3", event("Gamma", "2026-12-01T09:00:00Z", "private")),
            ("4", event("Delta", "2030-12-01T09:00:00Z", "normal")),
        ],
        true,
    )
}

fn merge(config: &HubConfig, known: &BTreeMap<String, Contribution>, last: Option<&Snapshot>) -> Merged {
    super::super::contributions(config, known, last, "2026-12-05T13:00:00Z".parse().unwrap()).unwrap()
}

fn keys<'a>(keys: impl IntoIterator<Item = &'a SourceKey>) -> Vec<&'a str> {
    keys.into_iter().map(SourceKey::as_str).collect()
}

#[test]
fn events_of_the_window_are_in_and_each_spoke_sees_what_its_filter_lets_through() {
    let config = hub(json!({"users": [id(1)]}));
    let merged = merge(&config, &all([("room", room())]), None);
    assert_eq!(keys(merged.snapshot.items.keys()), ["room:1", "room:2"]);
    assert!(merged.snapshot.items.values().all(|event| event.get(Field::JoinUrl).is_none()));
    let why: Vec<_> = merged.skipped.values().copied().collect();
    assert_eq!(why, [Skipped::Private, Skipped::OutsideWindow]);
    assert_eq!(merged.audience.len(), 1, "an audience of named accounts needs no directory");
    assert!(merged.snapshot.complete);

    let view = Snapshot { last_good: 4, ..merged.snapshot }.for_spoke(&config, "to").into_owned();
    assert_eq!((keys(view.items.keys()), keys(&view.outside)), (vec!["room:1"], vec!["room:2"]));
    assert_eq!(view.last_good, 2, "what a filter keeps out is no loss");
    assert!(view.scope != config.scope());
    assert!(matches!(view.for_spoke(&config, "room"), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn an_audience_of_groups_is_looked_up_in_the_tenants_directory() {
    let config = hub(json!({"groups": [id(7)]}));
    assert!(config.reads_tenant() && !hub(json!({"users": [id(1)]})).reads_tenant());
    let unread = merge(&config, &all([("room", room())]), None);
    assert!(!unread.snapshot.complete && unread.audience.is_empty(), "without the directory nobody has left");
    let members = directory([person(1), person(2)], [], [group(7, &[2])]);
    let tenant = Contribution { source: Source::Directory(members), complete: true };
    let read = merge(&config, &all([("room", room()), (super::super::TENANT, tenant)]), None);
    assert!(read.snapshot.complete);
    assert_eq!(read.audience.keys().map(MailboxId::as_str).collect::<Vec<_>>(), [id(2)]);
}

#[test]
fn what_turned_private_leaves_even_an_incomplete_reading() {
    let config = hub(json!({"users": [id(1)]}));
    let first = merge(&config, &all([("room", room())]), None).snapshot;
    let private = folder([("1", event("Alpha", "2026-12-01T09:00:00Z", "private"))], false);
    let second = merge(&config, &all([("room", private)]), Some(&first)).snapshot;
    assert_eq!((keys(second.items.keys()), second.complete), (vec!["room:2"], false));
}
