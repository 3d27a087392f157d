mod events;
mod laws;
mod people;

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::{Value, json};

use super::{Contribution, Merged, Source};
use crate::directory::tests::{directory, group, id, set};
use crate::directory::{Change, Directory};
use crate::hub::{HubConfig, Problem, parse};
use crate::{Field, Snapshot, SourceKey};

fn config(contributes: Value) -> HubConfig {
    let receives = |users: &[u64]| {
        let users: Vec<String> = users.iter().map(|&user| id(user)).collect();
        json!({"folder": "Company contacts", "audience": {"users": users}})
    };
    let config = json!({
        "name": "Company contacts", "kind": "contacts", "schedule": "0 * * * *",
        "spokes": [
            {"id": "company", "connector": "directory", "contributes": contributes},
            {"id": "first", "connector": "mailbox", "receives": receives(&[1, 2])},
            {"id": "second", "connector": "mailbox", "receives": receives(&[2, 3])},
        ],
    });
    parse(config.to_string().as_bytes()).unwrap()
}

fn person(number: u64) -> Change {
    set(
        number,
        json!({"displayName": format!("Person {number}"), "mail": format!("p{number}@contoso.example")}),
    )
}

fn people(numbers: impl IntoIterator<Item = u64>) -> Directory {
    let mut directory = directory([], [], []);
    let everybody = crate::directory::tests::round(crate::Reading::Changes, numbers.into_iter().map(person));
    directory.apply(crate::directory::Feed::Users, everybody);
    directory
}

fn spokes(directory: Directory, complete: bool) -> BTreeMap<String, Contribution> {
    BTreeMap::from([("company".to_owned(), Contribution { source: Source::Directory(directory), complete })])
}

fn contributions(
    config: &HubConfig,
    spokes: &BTreeMap<String, Contribution>,
    last: Option<&Snapshot>,
) -> Result<Merged, Problem> {
    super::contributions(config, spokes, last, DateTime::UNIX_EPOCH)
}

fn merged(directory: Directory, complete: bool, last: Option<&Snapshot>) -> Merged {
    contributions(&config(json!({})), &spokes(directory, complete), last).unwrap()
}

fn snapshot(directory: Directory, complete: bool, last: Option<&Snapshot>) -> Snapshot {
    merged(directory, complete, last).snapshot
}

#[test]
fn people_get_their_place_in_the_hub_and_mailboxes_their_spoke() {
    let odd = set(2, json!({"displayName": "Ben", "mail": "junk,"}));
    let merged = merged(directory([person(1), odd], [], []), true, None);
    let keys: Vec<&str> = merged.snapshot.items.keys().map(SourceKey::as_str).collect();
    assert_eq!(keys, [format!("company:{}", id(1)), format!("company:{}", id(2))]);
    assert_eq!(
        merged.left_out.values().next().unwrap()[0].to_string(),
        "emailAddresses: not an e-mail address"
    );
    let audience: Vec<&str> = merged.audience.values().map(String::as_str).collect();
    assert_eq!(audience, ["first", "first", "second"], "a mailbox in two audiences belongs to the first");
    assert_eq!((merged.snapshot.version, merged.snapshot.complete, merged.snapshot.last_good), (1, true, 0));
}

#[test]
fn nothing_leaves_on_the_word_of_an_incomplete_reading() {
    let first = snapshot(people([1, 2]), true, None);
    let changed = set(2, json!({"displayName": "Renamed"}));
    let second = snapshot(directory([changed, person(3)], [], []), false, Some(&first));
    assert_eq!((second.version, second.complete, second.items.len()), (2, false, 3));
    let renamed = &second.items[&SourceKey::new(format!("company:{}", id(2))).unwrap()];
    assert_eq!(renamed.text(Field::DisplayName), Some("Renamed"));
    let third = snapshot(people([2, 3]), true, Some(&second));
    assert_eq!((third.version, third.complete, third.items.len()), (3, true, 2));
}

#[test]
fn a_spoke_that_was_not_read_makes_the_snapshot_incomplete() {
    let first = snapshot(people([1]), true, None);
    let merged = contributions(&config(json!({})), &BTreeMap::new(), Some(&first)).unwrap();
    assert!(!merged.snapshot.complete && merged.snapshot.items == first.items && merged.audience.is_empty());
}

#[test]
fn the_version_moves_only_with_content_or_scope() {
    let first = snapshot(people([1, 2]), true, None);
    assert_eq!(snapshot(people([1, 2]), true, Some(&first)), first);
    let unread = snapshot(people([1, 2]), false, Some(&first));
    assert_eq!(
        (unread.version, unread.complete),
        (1, false),
        "a source that fails is no news for the mailboxes"
    );
    let again = snapshot(people([1, 2]), true, Some(&unread));
    assert_eq!(again.last_good, 2, "what was good stays the measure over a reading that broke off");
    assert_eq!(Snapshot { last_good: first.last_good, ..again }, first);
    assert_eq!(snapshot(people([1]), true, Some(&first)).version, 2);
    let other = config(json!({"rules": {"guests": true}}));
    let scoped = contributions(&other, &spokes(people([1, 2]), true), Some(&first)).unwrap().snapshot;
    assert_eq!((scoped.version, scoped.items == first.items), (2, true));
}

#[test]
fn a_snapshot_that_shrank_too_much_never_becomes_the_measure_by_itself() {
    let full = snapshot(people(1..=10), true, None);
    let half = snapshot(people(1..=5), true, Some(&full));
    assert_eq!((half.items.len(), half.last_good), (5, 10));
    assert_eq!(snapshot(people(1..=5), true, Some(&half)), half, "asking again changes nothing");
    let next = snapshot(people(1..=6), true, Some(&half));
    assert_eq!(next.last_good, 10, "still measured against the last good one");
    let broken = snapshot(people(1..=6), false, Some(&next));
    assert_eq!(broken.last_good, 10);
    let none = snapshot(people([]), true, Some(&full));
    assert_eq!(snapshot(people([1]), true, Some(&none)).last_good, 10);
    let approved = Snapshot { last_good: half.items.len(), ..half };
    assert_eq!(snapshot(people(1..=6), true, Some(&approved)).last_good, 5);
    let small = snapshot(people(1..=9), true, Some(&full));
    assert_eq!(
        snapshot(people(1..=8), true, Some(&small)).last_good,
        9,
        "a loss within the limit is a new measure"
    );
}

#[test]
fn a_group_that_is_not_there_stops_the_merge_and_names_the_place() {
    let grouped = config(json!({"rules": {"excludeGroups": [id(9)]}}));
    let refusal = contributions(&grouped, &spokes(people([1]), true), None).unwrap_err();
    insta::assert_snapshot!(refusal, @"spokes[0].contributes.rules: there is no group 00000000-0000-0000-0000-000000000009 in the directory; give the object id of a security, Microsoft 365 or distribution group of this tenant (dynamic distribution groups can't be read)");
    let unread = contributions(&grouped, &spokes(Directory::default(), false), None).unwrap_err();
    insta::assert_snapshot!(unread, @"spokes[0].contributes.rules: the groups of the directory were not read to the end yet; run the hub again when the directory can be read");
    let known = directory([person(1), person(2)], [], [group(9, &[2])]);
    assert_eq!(contributions(&grouped, &spokes(known, true), None).unwrap().snapshot.items.len(), 1);
}
