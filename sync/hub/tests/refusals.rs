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
        ("/driftCheckHours", json!(0)),
        ("/readLagSeconds", json!(100_000)),
        ("/limits", json!({"deletesPercent": 101, "shrinkPercent": 200})),
    ];
    insta::assert_snapshot!(refused(&head), @"
    name: is empty or longer than 100 characters; give the hub a name
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
    spokes: no spoke contributes, so the hub would stay empty; add a `directory` or `mailbox` spoke with `contributes`
    spokes: no spoke receives, so nothing would be written; add a `mailbox` spoke with `receives`
    ");
    insta::assert_snapshot!(refused(&[("/spokes", json!([{"id": "a", "connector": "mailbox"}]))]), @"
    spokes[0]: neither contributes nor receives; say what it does, or remove it
    spokes: no spoke contributes, so the hub would stay empty; add a `directory` or `mailbox` spoke with `contributes`
    spokes: no spoke receives, so nothing would be written; add a `mailbox` spoke with `receives`
    ");
}

#[test]
fn a_spoke_flows_only_where_it_can() {
    let receives = json!({"folder": "F", "audience": {"allMailboxes": true}});
    let hiding = json!({"folder": "F", "audience": {"allMailboxes": true}, "usersMayHide": true});
    let spokes = json!([
        {"id": "a b", "connector": "directory", "contributes": {}, "receives": receives, "twoWay": true},
        {"id": "b", "connector": "mailbox", "contributes": {"mailbox": id(1)}, "receives": receives},
        {"id": "b", "connector": "mailbox", "receives": receives, "deletesToHub": true},
        {"id": "c", "connector": "mailbox", "contributes": {"mailbox": id(1)}, "twoWay": true},
        {"id": "d", "connector": "mailbox", "receives": hiding, "twoWay": true, "deletesToHub": true},
        {"id": "e", "connector": "file", "contributes": {"file": {"url": "https://x.example/a.ics"}}},
    ]);
    insta::assert_snapshot!(refused(&[("/spokes", spokes)]), @"
    spokes[0].id: has something else than 1 to 40 lower-case letters, digits or hyphens; write something like `company-directory`
    spokes[0].receives: a directory can't be written; remove it
    spokes[0].twoWay: nothing in it is managed by the hub, so nothing comes back from it; remove it; it belongs to a `mailbox` spoke with `receives`
    spokes[1]: contributes and receives, which are two places; make two spokes of it; for edits that come back use `twoWay`
    spokes[2].id: another spoke has the same id; give each spoke an id of its own
    spokes[2].deletesToHub: has no effect without `twoWay`; set `twoWay`, or remove it
    spokes[3].twoWay: nothing in it is managed by the hub, so nothing comes back from it; remove it; it belongs to a `mailbox` spoke with `receives`
    spokes[4].deletesToHub: an item that a user deletes can't both leave the hub and stay in it; keep `deletesToHub` or `usersMayHide`
    spokes[5].connector: a file holds events, and this hub contacts; use a `directory` or `mailbox` spoke
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

#[test]
fn each_connector_and_kind_has_its_own_options() {
    let spokes = json!([
        {"id": "a", "connector": "directory", "contributes": {
            "mailbox": id(1), "folder": "F", "file": {"url": "https://x.example"}, "events": {"monthsBack": 2},
            "mapping": {"exclude": ["subject"], "fixed": {"location": "x"}, "extensionAttributes": {"extensionAttribute1": "showAs"}},
        }},
        {"id": "b", "connector": "mailbox", "contributes": {
            "rules": {"guests": true}, "mapping": {"aliases": true}, "folder": " ",
            "filter": "subject present and surname present and employeeId present",
        }},
        {"id": "c", "connector": "mailbox", "contributes": {"mailbox": "ana@contoso.example"}},
        {"id": "d", "connector": "mailbox", "receives": {
            "folder": "F", "audience": {"allMailboxes": true}, "color": "lightBlue",
            "fields": {"subject": "overwrite", "employeeId": "overwrite"}, "filter": "employeeId = \"1\" or body present",
        }},
    ]);
    insta::assert_snapshot!(refused(&[("/spokes", spokes)]), @"
    spokes[0].contributes.mailbox: only a `mailbox` spoke has it; remove it
    spokes[0].contributes.folder: only a `mailbox` spoke has it; remove it
    spokes[0].contributes.file: only a `file` spoke has it; remove it
    spokes[0].contributes.mapping.extensionAttributes: a contact has no showAs; name a field that it has, or remove it
    spokes[0].contributes.mapping.exclude: a contact has no subject; name a field that it has, or remove it
    spokes[0].contributes.mapping.fixed: a contact has no location; name a field that it has, or remove it
    spokes[0].contributes.events: this hub holds contacts; remove it
    spokes[1].contributes.rules: only a `directory` spoke has it; remove it
    spokes[1].contributes.mapping: only a `directory` spoke has it; remove it
    spokes[1].contributes.mailbox: is missing, so nobody knows what to read; write the object id of the account that owns the mailbox
    spokes[1].contributes.folder: is empty or longer than 255 characters; write the folder's or calendar's name as Outlook shows it, or leave it out for the default one
    spokes[1].contributes.filter: a contact has no subject; name a field that it has, or remove it
    spokes[2].contributes.mailbox: is no object id; write the GUID that Entra shows as the object id
    spokes[3].receives.color: a contact folder has no colour; remove it
    spokes[3].receives.fields: a contact has no subject; name a field that it has, or remove it
    spokes[3].receives.fields.employeeId: only a source knows it, and no mailbox gets it; remove it
    spokes[3].receives.filter: a contact has no body; name a field that it has, or remove it
    spokes[3].receives.filter: employeeId: only a source knows it, and no mailbox gets it; ask for another field, or filter the contributing spoke
    ");
}

/// The problems of an events hub with this contributing spoke beside a good one.
fn refused_events(spoke: Value) -> String {
    let receives = json!({"folder": "Rooms", "color": "lightTeal", "audience": {"allMailboxes": true}});
    let good = json!({"id": "room", "connector": "mailbox", "contributes": {"mailbox": id(1), "folder": "Plan", "events": {
        "monthsBack": 0, "monthsAhead": 36, "privacy": "titleAndPlace", "privateEvents": "asTheyAre", "titlePrefix": "Room 4: ",
        "tentative": false, "declined": true, "allDay": false, "reminders": "keep", "category": "Rooms", "showAs": "free",
    }, "filter": "showAs one of (\"busy\", \"oof\") and not isCancelled = \"true\""}});
    let spokes = json!([good, spoke, {"id": "to", "connector": "mailbox", "receives": receives}]);
    refused(&[("/kind", json!("events")), ("/spokes", spokes)])
}

#[test]
fn an_events_hub_takes_calendars_and_files() {
    let file = json!({"url": "https://feed.example/holidays.ics"});
    let events = json!({"unroll": true, "timeZone": "Europe/Vienna"});
    let feed = json!({"id": "feed", "connector": "file", "contributes": {"file": file, "events": events}});
    assert_eq!(refused_events(feed), "");
    let embedded = json!({"text": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"});
    assert_eq!(
        refused_events(json!({"id": "feed", "connector": "file", "contributes": {"file": embedded}})),
        ""
    );
}

#[test]
fn options_of_events_are_checked() {
    let events = json!({
        "monthsBack": 25, "monthsAhead": 0, "titlePrefix": "x".repeat(101), "replaceTitle": "y".repeat(101), "category": "a;b",
        "unroll": true, "timeZone": "UTC",
    });
    let table = [
        json!({"id": "a", "connector": "directory", "contributes": {}}),
        json!({"id": "a", "connector": "mailbox", "contributes": {"mailbox": id(1), "events": events, "filter": "surname present"}}),
        json!({"id": "a", "connector": "file", "contributes": {"mailbox": id(1)}}),
        json!({"id": "a", "connector": "file", "contributes": {"file": {"text": "hello"}}}),
        json!({"id": "a", "connector": "file", "contributes": {"file": {"text": "BEGIN:VCALENDAR".repeat(50_000)}}}),
        json!({"id": "a", "connector": "file", "contributes": {"file": {"url": "ftp://x.example/a.ics"}}}),
        json!({"id": "a", "connector": "file", "contributes": {"file": {"url": "https://ana:secret@x.example/a.ics"}}}),
        json!({"id": "a", "connector": "file", "contributes": {"file": {"url": format!("https://x.example/{}", "a".repeat(2_000))}}}),
    ];
    let said: Vec<String> = table.into_iter().map(refused_events).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    spokes[1].connector: a directory holds no events; use a `mailbox` or `file` spoke
    spokes[1].contributes.events.monthsBack: is more than 24; write 0 to 24
    spokes[1].contributes.events.monthsAhead: is not between 1 and 36; write 1 to 36
    spokes[1].contributes.events.titlePrefix: is longer than 100 characters; shorten it
    spokes[1].contributes.events.replaceTitle: is longer than 100 characters; shorten it
    spokes[1].contributes.events.category: is empty, has a comma or semicolon, or is longer than 255 characters; write one category
    spokes[1].contributes.events.unroll: only a `file` spoke has it; remove it
    spokes[1].contributes.events.timeZone: only a `file` spoke has it; remove it
    spokes[1].contributes.filter: an event has no surname; name a field that it has, or remove it
    spokes[1].contributes.mailbox: only a `mailbox` spoke has it; remove it
    spokes[1].contributes.file.text: is no iCalendar file; write the file's whole text
    spokes[1].contributes.file.text: is larger than 500 KB; put the file on a web server and write its `url`, or leave `file` out and upload it
    spokes[1].contributes.file.url: is no web address; write an address that begins with `https://`
    spokes[1].contributes.file.url: holds a user name or password, which would be kept in the open; write an address that begins with `https://`
    spokes[1].contributes.file.url: is longer than 2000 characters; write an address that begins with `https://`
    "#);
    assert_eq!(refused(&[("/match", json!({"by": "emailAddresses"}))]), "");
    let matching = [("/kind", json!("events")), ("/match", json!({"by": "employeeId"}))];
    assert!(refused(&matching).starts_with("match: only contacts can be one person; remove it\n"));
}

#[test]
fn a_secret_is_named_and_sent_by_https_only() {
    let feed = |file: Value, user: &str, secret: &str| {
        refused_events(json!({"id": "feed", "connector": "file", "contributes": {
            "file": file, "signIn": {"user": user, "secret": secret}}}))
    };
    let https = json!({"url": "https://feed.example/a.ics"});
    assert_eq!(feed(https.clone(), "team", "team-calendar-1"), "");
    let said = [
        feed(json!({"url": "http://feed.example/a.ics"}), "team", "s"),
        feed(json!({"text": "BEGIN:VCALENDAR"}), "team", "s"),
        feed(https.clone(), "", "s"),
        feed(https.clone(), "te:am", "s"),
        feed(https.clone(), "team", "Pa55word!"),
        feed(https, "team", &"s".repeat(91)),
        refused_events(json!({"id": "a", "connector": "mailbox", "contributes": {
            "mailbox": id(2), "signIn": {"user": "team", "secret": "s"}}})),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    spokes[1].contributes.signIn: a secret is sent by `https` only; write an address that begins with `https://`, or remove `signIn`
    spokes[1].contributes.signIn: only a `file` with a `url` has it; remove it
    spokes[1].contributes.signIn.user: is empty, longer than 255 characters or holds a colon; write the user's name as its server knows it
    spokes[1].contributes.signIn.user: is empty, longer than 255 characters or holds a colon; write the user's name as its server knows it
    spokes[1].contributes.signIn.secret: is not made of 1 to 90 of `a-z`, `0-9` and `-`; write the name of a secret in the vault, and never the secret itself
    spokes[1].contributes.signIn.secret: is not made of 1 to 90 of `a-z`, `0-9` and `-`; write the name of a secret in the vault, and never the secret itself
    spokes[1].contributes.signIn: only a `file` spoke has it; remove it
    ");
}
