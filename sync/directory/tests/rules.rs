use serde_json::{Value, json};

use super::{directory, group, id, set};
use crate::directory::{Directory, GroupError, Rules};

/// Staff 1 to 7 are each special in one way; 8 is an org contact; 20 holds 2 and, through 21, 3 and 8.
fn company() -> Directory {
    let user = |number, special: Value| {
        let mut properties = json!({"businessPhones": ["1"], "accountEnabled": true, "userType": "Member"});
        properties.as_object_mut().unwrap().extend(special.as_object().unwrap().clone());
        set(number, properties)
    };
    directory(
        [
            user(1, json!({})),
            user(2, json!({"showInAddressList": null, "userType": null, "accountEnabled": null})),
            user(3, json!({"userType": "Guest"})),
            user(4, json!({"accountEnabled": false})),
            user(5, json!({"showInAddressList": false})),
            user(6, json!({"businessPhones": [" "]})),
            user(7, json!({"businessPhones": [], "mobilePhone": "2"})),
        ],
        [set(8, json!({"displayName": "Lab", "phones": [{"type": "business", "number": "3"}]}))],
        [group(20, &[2, 21]), group(21, &[3, 8, 20]), group(22, &[1, 2])],
    )
}

fn who(rules: Rules) -> Vec<u64> {
    let directory = company();
    let people = rules.people(&directory).unwrap();
    people.iter().map(|person| person.id.rsplit('-').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn each_rule_lets_in_or_keeps_out_exactly_its_own() {
    let all = Rules { guests: true, disabled: true, hidden: true, ..Rules::default() };
    let table: [(&str, Rules, &[u64]); 10] = [
        ("default", Rules::default(), &[1, 2, 6, 7, 8]),
        ("guests", Rules { guests: true, ..Rules::default() }, &[1, 2, 3, 6, 7, 8]),
        ("disabled", Rules { disabled: true, ..Rules::default() }, &[1, 2, 4, 6, 7, 8]),
        ("hidden", Rules { hidden: true, ..Rules::default() }, &[1, 2, 5, 6, 7, 8]),
        ("phones only", Rules { without_phone: false, ..Rules::default() }, &[1, 2, 7, 8]),
        ("no org contacts", Rules { org_contacts: false, ..Rules::default() }, &[1, 2, 6, 7]),
        ("all", all.clone(), &[1, 2, 3, 4, 5, 6, 7, 8]),
        ("a group, nested", Rules { groups: vec![id(20)], ..all.clone() }, &[2, 3, 8]),
        ("a group does not lift the rules", Rules { groups: vec![id(20)], ..Rules::default() }, &[2, 8]),
        ("out beats in", Rules { groups: vec![id(20)], exclude_groups: vec![id(22)], ..all }, &[3, 8]),
    ];
    for (name, rules, expected) in table {
        assert_eq!(who(rules), expected, "{name}");
    }
}

#[test]
fn an_unknown_group_is_an_error_and_not_an_empty_one() {
    let wrong = id(99);
    for rules in [
        Rules { groups: vec![wrong.clone()], ..Rules::default() },
        Rules { exclude_groups: vec![wrong.clone()], ..Rules::default() },
    ] {
        assert_eq!(rules.people(&company()).unwrap_err(), GroupError::Unknown(wrong.clone()));
    }
}
