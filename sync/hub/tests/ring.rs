use serde_json::{Value, json};

use crate::HubId;
use crate::directory::tests::id;
use crate::hub::{HubConfig, parse, ring};

/// A hub that reads a folder of mailbox 1 and writes one into an audience.
fn hub(kind: &str, reads: Value, writes: &str, audience: Value) -> HubConfig {
    let config = json!({
        "name": "H", "kind": kind, "schedule": "0 * * * *",
        "spokes": [
            {"id": "other", "connector": "mailbox", "contributes": {"mailbox": id(9)}},
            {"id": "from", "connector": "mailbox", "contributes": {"mailbox": id(1), "folder": reads}},
            {"id": "to", "connector": "mailbox", "receives": {"folder": writes, "audience": audience}},
        ],
    });
    parse(config.to_string().as_bytes()).unwrap()
}

fn found(hubs: &[HubConfig]) -> Option<String> {
    let named: Vec<_> =
        hubs.iter().enumerate().map(|(at, hub)| (HubId::new(format!("hub-{at}")).unwrap(), hub)).collect();
    ring(&named).map(|problem| problem.to_string())
}

#[test]
fn hubs_that_feed_each_other_are_refused() {
    let all = || json!({"allMailboxes": true});
    let one = |reads: &str, writes: &str| hub("contacts", json!(reads), writes, all());
    insta::assert_snapshot!(found(&[one("Same", "same ")]).unwrap(), @"spokes[1].contributes.folder: the hubs would feed each other: hub-0 → hub-0; read a folder that no hub writes, or take the mailbox out of the audience");
    insta::assert_snapshot!(found(&[one("A", "B"), one("X", "A"), one("B", "X")]).unwrap(), @"spokes[1].contributes.folder: the hubs would feed each other: hub-0 → hub-2 → hub-1 → hub-0; read a folder that no hub writes, or take the mailbox out of the audience");
    insta::assert_snapshot!(found(&[one("x", "y"), one("A", "B"), one("B", "A")]).unwrap(), @"spokes[1].contributes.folder: the hubs would feed each other: hub-1 → hub-2 → hub-1; read a folder that no hub writes, or take the mailbox out of the audience");
    assert_eq!(found(&[one("A", "B"), one("B", "C"), one("B", "D")]), None);
    let events = hub("events", json!("B"), "A", all());
    assert_eq!(found(&[one("A", "B"), events]), None, "a calendar is no contact folder");
}

#[test]
fn only_a_mailbox_that_may_be_in_the_audience_closes_a_ring() {
    let table = [
        (json!({"users": [id(1).to_uppercase()]}), true),
        (json!({"groups": [id(5)]}), true),
        (json!({"users": [id(2)]}), false),
        (json!({"allMailboxes": true, "excludeUsers": [id(1)]}), false),
        (json!({"allMailboxes": true, "excludeGroups": [id(5)]}), true),
    ];
    for (audience, closes) in table {
        let hub = hub("contacts", json!("Same"), "Same", audience.clone());
        assert_eq!(found(&[hub]).is_some(), closes, "{audience}");
    }
    let default = hub("contacts", Value::Null, "Same", json!({"allMailboxes": true}));
    assert_eq!(found(&[default]), None, "the default folder is nobody's");
}
