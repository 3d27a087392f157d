use serde_json::{Value, json};

use super::config;
use crate::directory::tests::{directory, group, id};
use crate::hub::{HubConfig, Problem};

fn problems(config: &HubConfig) -> String {
    let problems = config.validate(|_| Ok(())).err().unwrap_or_default();
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn refused(changes: &[(&str, Value)]) -> String {
    problems(&config(changes))
}

#[test]
fn a_good_configuration_has_no_problem() {
    assert_eq!(refused(&[]), "");
}

#[test]
fn the_head_is_checked() {
    let head = [
        ("/name", json!(" ")),
        ("/kind", json!("events")),
        ("/driftCheckHours", json!(0)),
        ("/readLagSeconds", json!(100_000)),
        ("/limits", json!({"deletesPercent": 101, "shrinkPercent": 200})),
    ];
    insta::assert_snapshot!(refused(&head), @"
    name: is empty or longer than 100 characters; give the hub a name
    kind: calendars can't be synced yet; write `contacts`
    driftCheckHours: is not between 1 and 168; write 24 for once a day
    readLagSeconds: is more than a day; leave it out for the operator's setting
    limits.deletesPercent: is more than 100; write a share in percent, 0 to 100
    limits.shrinkPercent: is more than 100; write a share in percent, 0 to 100
    ");
}

#[test]
fn whoever_reads_the_clock_judges_the_schedule() {
    let found = config(&[]).validate(|text| Err(format!("`{text}` has no seventh day"))).unwrap_err();
    insta::assert_snapshot!(found[0], @"schedule: `0 * * * *` has no seventh day; write a cron expression in UTC, such as `0 * * * *` for every full hour");
}

#[test]
fn a_hub_needs_both_ends() {
    insta::assert_snapshot!(refused(&[("/spokes", json!([]))]), @"
    spokes: no spoke contributes, so the hub would stay empty; add a `directory` spoke with `contributes`
    spokes: no spoke receives, so nothing would be written; add a `mailbox` spoke with `receives`
    ");
    insta::assert_snapshot!(refused(&[("/spokes", json!([{"id": "a", "connector": "mailbox"}]))]), @"
    spokes[0]: neither contributes nor receives; say what it does, or remove it
    spokes: no spoke contributes, so the hub would stay empty; add a `directory` spoke with `contributes`
    spokes: no spoke receives, so nothing would be written; add a `mailbox` spoke with `receives`
    ");
}

#[test]
fn a_spoke_flows_only_where_it_can() {
    let receives = json!({"folder": "F", "audience": {"allMailboxes": true}});
    let spokes = json!([
        {"id": "a b", "connector": "directory", "contributes": {}, "receives": receives, "twoWay": true},
        {"id": "b", "connector": "mailbox", "contributes": {}, "receives": receives, "twoWay": true},
        {"id": "b", "connector": "mailbox", "receives": receives},
    ]);
    insta::assert_snapshot!(refused(&[("/spokes", spokes)]), @"
    spokes[0].id: has something else than 1 to 40 lower-case letters, digits or hyphens; write something like `company-directory`
    spokes[0].receives: a directory can't be written; remove it
    spokes[0].twoWay: a directory can't be written; remove it
    spokes[1].contributes: a mailbox can't contribute yet; remove it
    spokes[1].twoWay: edits can't come back into the hub yet; remove it
    spokes[2].id: another spoke has the same id; give each spoke an id of its own
    ");
}

#[test]
fn a_folder_name_must_be_its_own() {
    let names = ["", " x", "contacts", "Recipient Cache", "a/b", "a\u{7}", &"x".repeat(129)];
    let said: Vec<String> =
        names.iter().map(|name| refused(&[("/spokes/1/receives/folder", json!(name))])).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    spokes[1].receives.folder: is empty; choose a name of its own, such as `Company contacts`
    spokes[1].receives.folder: begins or ends with white space; choose a name of its own, such as `Company contacts`
    spokes[1].receives.folder: is the name of a folder that every mailbox has of its own; choose a name of its own, such as `Company contacts`
    spokes[1].receives.folder: is the name of a folder that every mailbox has of its own; choose a name of its own, such as `Company contacts`
    spokes[1].receives.folder: holds a slash, a backslash or a control character; choose a name of its own, such as `Company contacts`
    spokes[1].receives.folder: holds a slash, a backslash or a control character; choose a name of its own, such as `Company contacts`
    spokes[1].receives.folder: is longer than 128 characters; choose a name of its own, such as `Company contacts`
    ");
}

#[test]
fn an_audience_names_somebody_and_names_them_once() {
    let audiences = [
        json!({}),
        json!({"allMailboxes": true, "users": [id(1)]}),
        json!({"groups": ["Sales"], "users": ["ana@contoso.example"], "excludeGroups": [id(2), ""], "excludeUsers": ["../me"]}),
    ];
    let said: Vec<String> = audiences
        .iter()
        .map(|audience| refused(&[("/spokes/1/receives/audience", audience.clone())]))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    spokes[1].receives.audience: names no mailbox; name `groups` or `users`, or set `allMailboxes`
    spokes[1].receives.audience: names all mailboxes and some of them, so the list would have no effect; keep `allMailboxes` or the list, not both
    spokes[1].receives.audience.groups[0]: is no object id; write the GUID that Entra shows as the object id
    spokes[1].receives.audience.users[0]: is no object id; write the GUID that Entra shows as the object id
    spokes[1].receives.audience.excludeGroups[1]: is no object id; write the GUID that Entra shows as the object id
    spokes[1].receives.audience.excludeUsers[0]: is no object id; write the GUID that Entra shows as the object id
    ");
}

#[test]
fn options_that_contradict_themselves_or_graph_are_refused() {
    let contributes = json!({
        "rules": {"groups": ["Sales"], "excludeGroups": ["x"]},
        "mapping": {
            "extensionAttributes": {
                "extensionAttribute16": "jobTitle", "extensionAttribute1": "homeAddress",
                "extensionAttribute2": "birthday", "extensionAttribute3": "birthday",
                "extensionAttribute4": "homePhones", "extensionAttribute5": "homePhones",
            },
            "exclude": ["givenName", "surname", "birthday"],
            "fixed": {
                "surname": "x", "emailAddresses": "a@b.example", "categories": "c", "personalNotes": "n",
                "companyName": " ", "businessPhones": "1",
            },
            "categories": ["ok", "a,b", ""],
            "notes": "n".repeat(2_001),
        },
    });
    insta::assert_snapshot!(refused(&[("/spokes/0/contributes", contributes)]), @"
    spokes[0].contributes.rules.groups[0]: is no object id; write the GUID that Entra shows as the object id
    spokes[0].contributes.rules.excludeGroups[0]: is no object id; write the GUID that Entra shows as the object id
    spokes[0].contributes.mapping.extensionAttributes.extensionAttribute1: one text is no postal address; name a field that takes text
    spokes[0].contributes.mapping.extensionAttributes.extensionAttribute16: is no extension attribute; use extensionAttribute1 to extensionAttribute15
    spokes[0].contributes.mapping.extensionAttributes.extensionAttribute3: another extension attribute fills birthday too; name each such field once
    spokes[0].contributes.mapping.exclude: a contact without givenName may be refused by Exchange; take givenName out of the list
    spokes[0].contributes.mapping.exclude: birthday is to stay empty and to be filled; take birthday out of `exclude`, or don't fill it
    spokes[0].contributes.mapping.exclude: surname is to stay empty and to be filled; take surname out of `exclude`, or don't fill it
    spokes[0].contributes.mapping.fixed.categories: categories have an option of their own; use `categories`
    spokes[0].contributes.mapping.fixed.companyName: is empty or longer than 256 characters; write the text, or use `exclude`
    spokes[0].contributes.mapping.fixed.emailAddresses: it can't be the same for everybody; remove it
    spokes[0].contributes.mapping.fixed.personalNotes: notes have an option of their own; use `notes`
    spokes[0].contributes.mapping.categories[1]: is empty, has a comma or semicolon, or is longer than 255 characters; write one category per entry
    spokes[0].contributes.mapping.categories[2]: is empty, has a comma or semicolon, or is longer than 255 characters; write one category per entry
    spokes[0].contributes.mapping.notes: is longer than 2000 characters; shorten it
    ");
}

#[test]
fn unknown_groups_are_named_with_their_place() {
    let config = config(&[
        ("/spokes/0/contributes/rules", json!({"groups": [id(1), id(7)], "excludeGroups": [id(8)]})),
        ("/spokes/1/receives/audience", json!({"groups": [id(1)], "excludeGroups": [id(9)]})),
    ]);
    let known = directory([], [], [group(1, &[])]);
    let found = config.check_groups(&known).unwrap_err();
    insta::assert_snapshot!(found.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"), @"
    spokes[0].contributes.rules.groups[1]: there is no group 00000000-0000-0000-0000-000000000007 in the directory; give the object id of a security, Microsoft 365 or distribution group of this tenant (dynamic distribution groups can't be read)
    spokes[0].contributes.rules.excludeGroups[0]: there is no group 00000000-0000-0000-0000-000000000008 in the directory; give the object id of a security, Microsoft 365 or distribution group of this tenant (dynamic distribution groups can't be read)
    spokes[1].receives.audience.excludeGroups[0]: there is no group 00000000-0000-0000-0000-000000000009 in the directory; give the object id of a security, Microsoft 365 or distribution group of this tenant (dynamic distribution groups can't be read)
    ");
    let all = directory([], [], [1, 7, 8, 9].map(|number| group(number, &[])));
    assert_eq!(config.check_groups(&all), Ok(()));
}
