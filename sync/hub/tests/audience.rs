use serde_json::{Value, json};

use crate::MailboxId;
use crate::directory::Directory;
use crate::directory::tests::{directory, group, id, set};
use crate::hub::Audience;

/// 1 and 2 are members with mail; 3 to 6 have no mailbox by themselves; 20 holds 2 and, through 21, 1 and 3.
fn company() -> Directory {
    let mail = |number: u64, special: Value| {
        let mut user = json!({"mail": format!("u{number}@contoso.example")});
        user.as_object_mut().unwrap().extend(special.as_object().unwrap().clone());
        set(number, user)
    };
    directory(
        [
            mail(1, json!({})),
            mail(2, json!({"userType": "Member", "accountEnabled": true})),
            mail(3, json!({"userType": "Guest"})),
            mail(4, json!({"accountEnabled": false})),
            mail(5, json!({"mail": null})),
            mail(6, json!({"mail": " "})),
        ],
        [mail(8, json!({}))],
        [group(20, &[2, 21]), group(21, &[1, 3, 20]), group(22, &[2])],
    )
}

fn found(audience: Value) -> Vec<u64> {
    let audience: Audience = serde_json::from_value(audience).unwrap();
    let mailboxes = audience.mailboxes(&company()).unwrap();
    mailboxes.iter().map(|mailbox: &MailboxId| mailbox.as_str()[24..].parse().unwrap()).collect()
}

#[test]
fn an_audience_is_all_or_groups_and_users_less_the_excluded() {
    assert_eq!(found(json!({"allMailboxes": true})), [1, 2]);
    assert_eq!(found(json!({"allMailboxes": true, "excludeGroups": [id(22)]})), [1]);
    assert_eq!(found(json!({"allMailboxes": true, "excludeUsers": [id(1)]})), [2]);
    assert_eq!(found(json!({"groups": [id(20)]})), [1, 2]);
    assert_eq!(found(json!({"groups": [id(22)], "users": [id(1)]})), [1, 2]);
}

#[test]
fn a_named_account_is_taken_at_the_admins_word() {
    assert_eq!(found(json!({"users": [id(4), id(77)]})), [4, 77]);
    assert_eq!(
        found(json!({"users": [id(4), id(2)], "excludeGroups": [id(22)], "excludeUsers": [id(4)]})),
        [0; 0]
    );
}

#[test]
fn an_unknown_group_leaves_nobody_in_doubt() {
    for list in ["groups", "excludeGroups"] {
        let audience: Audience = serde_json::from_value(json!({list: [id(99)]})).unwrap();
        assert!(audience.mailboxes(&company()).is_err());
    }
}
