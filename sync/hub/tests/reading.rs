use serde_json::json;

use super::{config, good, with};
use crate::directory::Feed;
use crate::hub::{HubConfig, OnLeave, parse};

#[test]
fn what_is_left_out_has_its_default() {
    let config = config(&[]);
    let (_, receives) = config.receiving().next().unwrap();
    assert!(config.enabled && !config.spokes[0].two_way);
    assert_eq!((receives.on_leave, receives.users_may_hide), (OnLeave::Clean, false));
    assert_eq!((config.drift_check_hours, config.limits.deletes_per_mailbox), (24, 10));
    assert!(receives.fields.is_empty() && config.read_lag_seconds.is_none());
}

#[test]
fn a_configuration_survives_being_written_and_read() {
    let one = config(&[
        ("/spokes/1/receives/fields", json!({"mobilePhone": "overwrite", "jobTitle": "clear-with-source"})),
        ("/spokes/1/receives/onLeave", json!("keep")),
        ("/spokes/0/contributes/mapping", json!({"fixed": {"companyName": "Contoso"}, "notes": "x"})),
        ("/spokes/0/contributes/filter", json!("department = \"R&D\"")),
        ("/match", json!({"by": "emailAddresses"})),
        ("/conflicts", json!("priority")),
        ("/readLagSeconds", json!(60)),
    ]);
    let other = parse(&serde_json::to_vec(&one).unwrap()).unwrap();
    assert_eq!(one, other);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place_and_the_fix() {
    let table = [
        ("{}".to_owned(), "empty object"),
        ("not JSON".to_owned(), "no JSON"),
        (good().to_string().replace(r#""contacts""#, r#""con"#), "broken off"),
        (format!("{}{}", good(), good()), "two documents"),
        (with(&[("/colour", json!("red"))]).to_string(), "unknown field"),
        (with(&[("/spokes/1/recieves", json!({}))]).to_string(), "unknown field of a spoke"),
        (with(&[("/spokes/0/contributes/rules", json!({"guest": true}))]).to_string(), "unknown rule"),
        (with(&[("/limits", json!({"deletesPercent": -1}))]).to_string(), "negative limit"),
        (with(&[("/kind", json!("tasks"))]).to_string(), "unknown kind"),
        (with(&[("/spokes/0/connector", json!("ldap"))]).to_string(), "unknown connector"),
        (
            with(&[("/spokes/0/contributes/mapping", json!({"exclude": ["faxNumber"]}))]).to_string(),
            "unknown field name",
        ),
        (with(&[("/spokes/1/receives/fields", json!({"surname": "always"}))]).to_string(), "unknown mode"),
        (
            with(&[("/spokes/1/receives/fields", json!({"faxNumber": "overwrite"}))]).to_string(),
            "unknown field of an item",
        ),
        (with(&[("/enabled", json!("Ana Saric"))]).to_string(), "a value of the wrong type is not repeated"),
        (
            with(&[("/name", json!("X"))]).to_string().replace(
                r#""allMailboxes":true"#,
                r#""allMailboxes":true},"fields":{"surname":"overwrite","surname":"overwrite""#,
            ),
            "a field twice",
        ),
    ];
    let said: Vec<String> = table
        .iter()
        .map(|(json, name)| format!("{name}\n  {}", parse(json.as_bytes()).unwrap_err()))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    empty object
      the document: missing field `name` at line 1 column 2; add it
    no JSON
      the document: expected ident at line 1 column 2; send one JSON object, complete and in UTF-8
    broken off
      kind: unknown variant `con,`, expected `contacts` or `events` at line 1 column 14; write what is expected
    two documents
      the document: trailing characters at line 1 column 250; send one JSON object, complete and in UTF-8
    unknown field
      colour: unknown field `colour`, expected one of `name`, `kind`, `schedule`, `enabled`, `spokes`, `match`, `limits`, `conflicts`, `driftCheckHours`, `readLagSeconds` at line 1 column 9; remove it or correct its spelling
    unknown field of a spoke
      spokes[1].recieves: unknown field `recieves`, expected one of `id`, `connector`, `contributes`, `receives`, `twoWay`, `deletesToHub` at line 1 column 257; remove it or correct its spelling
    unknown rule
      spokes[0].contributes.rules.guest: unknown field `guest`, expected one of `groups`, `excludeGroups`, `guests`, `disabled`, `hidden`, `withoutPhone`, `orgContacts` at line 1 column 134; remove it or correct its spelling
    negative limit
      limits.deletesPercent: invalid value: integer `-1`, expected a whole number from 0 up at line 1 column 48; write what is expected
    unknown kind
      kind: unknown variant `tasks`, expected `contacts` or `events` at line 1 column 15; write what is expected
    unknown connector
      spokes[0].connector: unknown variant `ldap`, expected one of `directory`, `mailbox`, `file` at line 1 column 97; write what is expected
    unknown field name
      spokes[0].contributes.mapping.exclude[0]: unknown variant `faxNumber`, expected one of `assistantName`, `birthday`, `businessAddress`, `businessHomePage`, `businessPhones`, `categories`, `companyName`, `department`, `displayName`, `emailAddresses`, `fileAs`, `generation`, `givenName`, `homeAddress`, `homePhones`, `imAddresses`, `initials`, `jobTitle`, `manager`, `middleName`, `mobilePhone`, `nickName`, `officeLocation`, `otherAddress`, `personalNotes`, `profession`, `spouseName`, `surname`, `title`, `yomiCompanyName`, `yomiGivenName`, `yomiSurname`, `body`, `importance`, `location`, `occurrences`, `reminderMinutesBeforeStart`, `sensitivity`, `showAs`, `subject`, `timing`, `attendees`, `employeeId`, `isCancelled`, `joinUrl`, `organizer`, `responseStatus` at line 1 column 151; write what is expected
    unknown mode
      spokes[1].receives.fields.surname: unknown variant `always`, expected one of `keep-user-edit`, `overwrite`, `clear-with-source`, `write-if-empty` at line 1 column 246; write what is expected
    unknown field of an item
      spokes[1].receives.fields: unknown variant `faxNumber`, expected one of `assistantName`, `birthday`, `businessAddress`, `businessHomePage`, `businessPhones`, `categories`, `companyName`, `department`, `displayName`, `emailAddresses`, `fileAs`, `generation`, `givenName`, `homeAddress`, `homePhones`, `imAddresses`, `initials`, `jobTitle`, `manager`, `middleName`, `mobilePhone`, `nickName`, `officeLocation`, `otherAddress`, `personalNotes`, `profession`, `spouseName`, `surname`, `title`, `yomiCompanyName`, `yomiGivenName`, `yomiSurname`, `body`, `importance`, `location`, `occurrences`, `reminderMinutesBeforeStart`, `sensitivity`, `showAs`, `subject`, `timing`, `attendees`, `employeeId`, `isCancelled`, `joinUrl`, `organizer`, `responseStatus` at line 1 column 239; write what is expected
    a value of the wrong type is not repeated
      enabled: invalid type: string "…", expected a boolean at line 1 column 22; write what is expected
    a field twice
      spokes[1].receives.fields: `surname` stands here twice at line 1 column 244; keep one of the two
    "#);
}

#[test]
fn filters_and_zones_are_read_with_the_rest() {
    let filter = with(&[("/spokes/1/receives/filter", json!("department is \"Sales\""))]);
    let zone = with(&[("/spokes/0/contributes/events", json!({"timeZone": "Vienna"}))]);
    let said = [filter, zone].map(|json| parse(json.to_string().as_bytes()).unwrap_err().to_string());
    insta::assert_snapshot!(said.join("\n"), @"
    spokes[1].receives.filter: in column 12 should be `=`, `one of`, `starts with` or `present` at line 1 column 252; write what is expected
    spokes[0].contributes.events.timeZone: is no IANA time zone, such as `Europe/Vienna` at line 1 column 148; write what is expected
    ");
}

#[test]
fn no_bytes_make_the_parser_panic() {
    let good = good().to_string();
    for cut in 0..good.len() {
        assert!(parse(&good.as_bytes()[..cut]).is_err());
    }
    assert!(parse(&[0xff, 0xfe]).is_err() && parse("[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn only_the_feeds_that_matter_are_read() {
    use Feed::{Groups, OrgContacts, Users};
    let feeds = |changes: &[_]| config(changes).feeds().into_iter().collect::<Vec<_>>();
    assert_eq!(feeds(&[]), [Users, OrgContacts]);
    assert_eq!(feeds(&[("/spokes/0/contributes/rules", json!({"orgContacts": false}))]), [Users]);
    let excluded = ("/spokes/1/receives/audience", json!({"allMailboxes": true, "excludeGroups": ["g"]}));
    assert_eq!(feeds(&[excluded]), [Users, OrgContacts, Groups]);
}

fn scope(config: &HubConfig) -> u64 {
    config.scope()
}

#[test]
fn the_scope_moves_with_the_contributing_side_only() {
    let plain = scope(&config(&[]));
    let same = [
        ("/schedule", json!("5 * * * *")),
        ("/spokes/1/receives/folder", json!("Other")),
        ("/spokes/0/contributes/rules", json!({"guests": false})),
        ("/spokes/0/contributes/mapping", json!({"exclude": []})),
        ("/limits", json!({"deletesPercent": 1})),
        ("/conflicts", json!("spoke")),
        ("/spokes/1/twoWay", json!(true)),
        ("/spokes/1/receives/filter", json!("surname present")),
        ("/spokes/0/contributes/events", json!({"monthsBack": 1})),
    ];
    for change in same {
        assert_eq!(scope(&config(std::slice::from_ref(&change))), plain, "{}", change.0);
    }
    let other = [
        ("/spokes/0/id", json!("staff")),
        ("/spokes/0/contributes/rules", json!({"guests": true})),
        ("/spokes/0/contributes/mapping", json!({"exclude": ["jobTitle"]})),
        ("/spokes/0/contributes/mapping", json!({"fixed": {"jobTitle": "x"}})),
        ("/spokes/0/contributes/filter", json!("jobTitle present")),
        ("/spokes/0/contributes/mailbox", json!("m")),
        ("/spokes/0/contributes/folder", json!("m")),
        ("/spokes/0/contributes/file", json!({"url": "m"})),
        ("/spokes/0/contributes/events", json!({"monthsBack": 2})),
        ("/match", json!({"by": "employeeId"})),
    ];
    let scopes: Vec<u64> = other.iter().map(|change| scope(&config(std::slice::from_ref(change)))).collect();
    let distinct: std::collections::BTreeSet<&u64> = scopes.iter().chain([&plain]).collect();
    assert_eq!(distinct.len(), 11);
}

#[test]
fn a_scope_never_changes_between_versions() {
    let config = config(&[(
        "/spokes/0/contributes",
        json!({
            "rules": {"guests": true},
            "mapping": {"fixed": {"jobTitle": "x", "companyName": "y"}, "aliases": true},
        }),
    )]);
    insta::assert_snapshot!(format!("{:016x}", config.scope()), @"9795766edbca585e");
}
