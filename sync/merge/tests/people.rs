use serde_json::{Value, json};

use super::*;
use crate::{Content, Email};

/// A hub of these contributors under this rule; each of them is a contact folder, but for `company`.
pub fn hub(spokes: &[&str], by: Option<&str>) -> HubConfig {
    let spoke = |id: &&str| match *id {
        "company" => json!({"id": id, "connector": "directory", "contributes": {}}),
        _ => json!({"id": id, "connector": "mailbox", "contributes": {"mailbox": super::id(9)}}),
    };
    let receives = json!({"folder": "All", "audience": {"users": [super::id(1)]}});
    let mut spokes: Vec<Value> = spokes.iter().map(spoke).collect();
    spokes.push(json!({"id": "to", "connector": "mailbox", "receives": receives}));
    let mut config = json!({"name": "H", "kind": "contacts", "schedule": "0 * * * *", "spokes": spokes});
    if let Some(by) = by {
        config["match"] = json!({"by": by});
    }
    parse(config.to_string().as_bytes()).unwrap()
}

/// A contact with these addresses and texts.
pub fn contact(mails: &[&str], texts: &[(Field, &str)]) -> Content {
    let mut contact: Content = texts.iter().map(|(field, text)| (*field, (*text).to_owned())).collect();
    let email = |mail: &&str| Email { address: (*mail).into(), name: String::new() };
    contact.set(Field::EmailAddresses, mails.iter().map(email).collect::<Vec<_>>());
    contact
}

/// A folder of these contacts, read to its end or not.
pub fn folder<const N: usize>(contacts: [(&str, Content); N], complete: bool) -> Contribution {
    let items = contacts.into_iter().map(|(id, contact)| (id.to_owned(), contact)).collect();
    Contribution { source: Source::Items(items), complete }
}

fn company(people: impl IntoIterator<Item = Change>) -> Contribution {
    let mut directory = directory([], [], []);
    let round = crate::directory::tests::round(crate::Reading::Changes, people);
    directory.apply(crate::directory::Feed::Users, round);
    Contribution { source: Source::Directory(directory), complete: true }
}

pub fn all<const N: usize>(spokes: [(&str, Contribution); N]) -> BTreeMap<String, Contribution> {
    spokes.into_iter().map(|(id, known)| (id.to_owned(), known)).collect()
}

fn merge(config: &HubConfig, known: &BTreeMap<String, Contribution>, last: Option<&Snapshot>) -> Snapshot {
    contributions(config, known, last).unwrap().snapshot
}

/// Each item on a line, with the spoke of each field that came from another one, and the aliases after.
fn shown(snapshot: &Snapshot) -> String {
    let field =
        |key: &SourceKey, field: Field| match snapshot.provenance.get(key).and_then(|of| of.get(&field)) {
            Some(spoke) => format!("{field} ({spoke})"),
            None => field.to_string(),
        };
    let items = snapshot.items.iter().map(|(key, content)| {
        let fields: Vec<String> = content.iter().map(|(name, _)| field(key, name)).collect();
        format!("{key}: {}", fields.join(" "))
    });
    let aliases = snapshot.aliases.iter().map(|(part, key)| format!("{part} = {key}"));
    items.chain(aliases).collect::<Vec<_>>().join("\n")
}

const ANA: &str = "ana@contoso.example";

#[test]
fn one_person_of_several_spokes_is_one_item_field_by_field() {
    let user = json!({"displayName": "Ana", "mail": "Ana@contoso.example", "jobTitle": "Nurse"});
    let known = all([
        ("company", company([set(1, user)])),
        (
            "list",
            folder(
                [(
                    "a",
                    contact(
                        &["x@home.example", ANA],
                        &[(Field::JobTitle, "x"), (Field::SpouseName, "Bo"), (Field::PersonalNotes, "tea")],
                    ),
                )],
                true,
            ),
        ),
    ]);
    let config = hub(&["company", "list"], Some("emailAddresses"));
    insta::assert_snapshot!(shown(&merge(&config, &known, None)), @"
    company:00000000-0000-0000-0000-000000000001: displayName emailAddresses fileAs givenName jobTitle personalNotes (list) spouseName (list)
    list:a = company:00000000-0000-0000-0000-000000000001
    ");
    let other = hub(&["list", "company"], Some("emailAddresses"));
    insta::assert_snapshot!(shown(&merge(&other, &known, None)), @"
    list:a: displayName (company) emailAddresses fileAs (company) givenName (company) jobTitle personalNotes spouseName
    company:00000000-0000-0000-0000-000000000001 = list:a
    ");
    insta::assert_snapshot!(shown(&merge(&hub(&["company", "list"], None), &known, None)), @"
    company:00000000-0000-0000-0000-000000000001: displayName emailAddresses fileAs givenName jobTitle
    list:a: emailAddresses givenName jobTitle personalNotes spouseName
    ");
}

#[test]
fn an_employee_id_makes_one_person_and_is_never_shown() {
    let user = |number, id: &str| set(number, json!({"displayName": "Ana", "employeeId": id}));
    let mine =
        |id: &str| contact(&[], &[(Field::EmployeeId, id), (Field::Surname, "S"), (Field::GivenName, "A")]);
    let known = all([
        ("company", company([user(1, "E1"), user(2, " ")])),
        ("list", folder([("a", mine("e1")), ("b", mine("")), ("c", mine(""))], true)),
    ]);
    let merged = merge(&hub(&["company", "list"], Some("employeeId")), &known, None);
    insta::assert_snapshot!(shown(&merged), @"
    company:00000000-0000-0000-0000-000000000001: displayName fileAs givenName surname (list)
    company:00000000-0000-0000-0000-000000000002: displayName fileAs givenName
    list:b: givenName surname
    list:c: givenName surname
    list:a = company:00000000-0000-0000-0000-000000000001
    ");
}

#[test]
fn two_entries_of_one_spoke_are_never_one_person() {
    let known = all([
        ("one", folder([("a", contact(&[ANA], &[])), ("b", contact(&[ANA], &[]))], true)),
        ("two", folder([("c", contact(&[ANA], &[])), ("d", contact(&[ANA], &[]))], true)),
    ]);
    let config = hub(&["one", "two"], Some("emailAddresses"));
    let first = merge(&config, &known, None);
    insta::assert_snapshot!(shown(&first), @"
    one:a: emailAddresses givenName
    one:b: emailAddresses givenName
    two:d: emailAddresses givenName
    two:c = one:a
    ");
    let twin = all([
        ("one", folder([("a", contact(&[ANA], &[])), ("b", contact(&[ANA], &[]))], true)),
        (
            "two",
            folder(
                [("a", contact(&[ANA], &[])), ("c", contact(&[ANA], &[])), ("d", contact(&[ANA], &[]))],
                true,
            ),
        ),
    ]);
    let second = merge(&config, &twin, Some(&first));
    assert_eq!(second.aliases, first.aliases, "a twin that turns up changes nobody");
    assert_eq!(merge(&config, &twin, Some(&second)), second);
}

#[test]
fn an_item_keeps_its_identity() {
    let config = hub(&["one", "two"], Some("emailAddresses"));
    let ana = || contact(&[ANA], &[]);
    let merged = |one: Contribution, two: Contribution, last: Option<&Snapshot>| {
        merge(&config, &all([("one", one), ("two", two)]), last)
    };
    let elder = merged(folder([], true), folder([("t", ana())], true), None);
    insta::assert_snapshot!(shown(&elder), @"two:t: emailAddresses givenName");
    let both = merged(folder([("o", ana())], true), folder([("t", ana())], true), Some(&elder));
    insta::assert_snapshot!(shown(&both), @"
    two:t: emailAddresses (one) givenName
    one:o = two:t
    ");
    let left = merged(folder([("o", ana())], true), folder([], true), Some(&both));
    insta::assert_snapshot!(shown(&left), @"
    two:t: emailAddresses (one) givenName
    one:o = two:t
    ");
    let other = contact(&["other@contoso.example"], &[]);
    let apart = merged(folder([("o", ana())], true), folder([("t", other)], true), Some(&both));
    insta::assert_snapshot!(shown(&apart), @"
    one:o: emailAddresses givenName
    two:t: emailAddresses givenName
    ");
    let again = merged(folder([("o", ana())], true), folder([("t", ana())], true), Some(&apart));
    insta::assert_snapshot!(shown(&again), @"
    one:o: emailAddresses givenName
    two:t = one:o
    ");
}

#[test]
fn a_spoke_that_was_not_read_keeps_its_part_while_others_move() {
    let config = hub(&["one", "two", "three"], Some("emailAddresses"));
    let titled = |title: &str| contact(&[ANA], &[(Field::JobTitle, title)]);
    let two = || {
        folder(
            [("t", contact(&[ANA], &[(Field::SpouseName, "Bo")])), ("u", contact(&["u@x.example"], &[]))],
            true,
        )
    };
    let three = |complete| folder([("v", contact(&[ANA], &[(Field::NickName, "A")]))], complete);
    let first = merge(
        &config,
        &all([("one", folder([("o", titled("x"))], true)), ("two", two()), ("three", three(true))]),
        None,
    );
    let unread = all([("one", folder([("o", titled("y"))], true)), ("three", three(false))]);
    let second = merge(&config, &unread, Some(&first));
    assert!(!second.complete && shown(&second) == shown(&first));
    let gone = all([("one", folder([], true)), ("three", three(true))]);
    insta::assert_snapshot!(shown(&merge(&config, &gone, Some(&second))), @"
    one:o: emailAddresses (three) givenName nickName (three) spouseName (two)
    two:u: emailAddresses givenName
    three:v = one:o
    two:t = one:o
    ");
}

#[test]
fn a_filter_keeps_out_and_says_so() {
    let mut config = hub(&["company", "list"], None);
    let filter = |text: &str| Some(crate::Filter::parse(text).unwrap());
    config.spokes[0].contributes.as_mut().unwrap().filter = filter("employeeId starts with \"E\"");
    config.spokes[1].contributes.as_mut().unwrap().filter = filter("not surname = \"x\"");
    let user = |number, id: &str| set(number, json!({"displayName": "Ana", "employeeId": id}));
    let named = |name: &str| contact(&[], &[(Field::Surname, name)]);
    let known = all([
        ("company", company([user(1, "E1"), user(2, "F1")])),
        ("list", folder([("a", named("X")), ("b", named("y"))], true)),
    ]);
    let merged = contributions(&config, &known, None).unwrap();
    insta::assert_snapshot!(shown(&merged.snapshot), @"
    company:00000000-0000-0000-0000-000000000001: displayName fileAs givenName
    list:b: givenName surname
    ");
    insta::assert_snapshot!(format!("{:?}", merged.skipped), @r#"{SourceKey("company:00000000-0000-0000-0000-000000000002"): Filtered, SourceKey("list:a"): Filtered}"#);
    let again = contributions(&config, &known, Some(&merged.snapshot)).unwrap();
    assert_eq!(again.snapshot, merged.snapshot);
}

#[test]
fn a_contact_without_a_given_name_gets_the_nearest() {
    let config = hub(&["list"], None);
    let table = [
        (contact(&["desk@x.example"], &[(Field::CompanyName, "Contoso")]), "Contoso"),
        (contact(&["desk@x.example"], &[]), "desk"),
        (contact(&[], &[(Field::MobilePhone, "1")]), "list:a"),
    ];
    for (contact, name) in table {
        let merged = merge(&config, &all([("list", folder([("a", contact)], true))]), None);
        assert_eq!(merged.items.values().next().unwrap().text(Field::GivenName), Some(name));
    }
}
