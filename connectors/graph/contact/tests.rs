//! The wire forms of a contact.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sync::hub::Kind;
use sync::{Address, Content, Email, Field, HubId, SourceKey, Value};

use crate::graph::body::Body;
use crate::graph::item::Item;
use crate::graph::kinds::names;
use crate::graph::tag::{self, Tag};

fn sent(body: &Body<'_>) -> String {
    serde_json::to_string_pretty(body).unwrap()
}

fn item(json: &Json) -> Item {
    Item::read("contact", json.to_string().as_bytes()).unwrap()
}

fn hub() -> HubId {
    HubId::new("company").unwrap()
}

#[test]
fn a_new_contact_carries_what_is_filled_and_our_tag() {
    let mut content = Content::default();
    content.set(Field::GivenName, "Ana");
    content.set(Field::Birthday, "1815-12-10");
    content.set(Field::BusinessPhones, vec!["+1".to_owned()]);
    content.set(Field::BusinessAddress, Address { city: "Wien".into(), ..Address::default() });
    let emails = [("ana@contoso.example", "Ana"), ("a@contoso.example", "")];
    let emails = emails.map(|(address, name)| Email { address: address.into(), name: name.into() });
    content.set(Field::EmailAddresses, emails.to_vec());
    let (hub, key) = (hub(), SourceKey::new("directory:87d3").unwrap());
    insta::assert_snapshot!(sent(&Body::Create { kind: Kind::Contacts, content: &content, tag: Tag { hub: &hub, key: &key }, transaction: None }), @r#"
    {
      "birthday": "1815-12-10T00:00:00Z",
      "businessAddress": {
        "street": null,
        "city": "Wien",
        "state": null,
        "postalCode": null,
        "countryOrRegion": null
      },
      "businessPhones": [
        "+1"
      ],
      "emailAddresses": [
        {
          "address": "ana@contoso.example",
          "name": "Ana"
        },
        {
          "address": "a@contoso.example"
        }
      ],
      "givenName": "Ana",
      "singleValueExtendedProperties": [
        {
          "id": "String {7c1f0a52-6f0e-4c63-9a5e-3b7d2a9c81f4} Name WheelhouseItem",
          "value": "company/directory:87d3"
        }
      ]
    }
    "#);
}

#[test]
fn an_update_carries_only_what_it_sets_beside_our_tag_and_clears_each_form_in_its_way() {
    let set: BTreeMap<Field, Option<Value>> = [
        (Field::Birthday, None),
        (Field::BusinessPhones, None),
        (Field::EmailAddresses, None),
        (Field::HomeAddress, None),
        (Field::JobTitle, None),
        (Field::Surname, Some("Kos".into())),
    ]
    .into();
    insta::assert_snapshot!(sent(&Body::Patch { kind: Kind::Contacts, set: &set, tag: Tag { hub: &hub(), key: &SourceKey::new("directory:87d3").unwrap() } }), @r#"
    {
      "birthday": null,
      "businessPhones": [],
      "emailAddresses": [],
      "homeAddress": {
        "street": null,
        "city": null,
        "state": null,
        "postalCode": null,
        "countryOrRegion": null
      },
      "jobTitle": null,
      "surname": "Kos",
      "singleValueExtendedProperties": [
        {
          "id": "String {7c1f0a52-6f0e-4c63-9a5e-3b7d2a9c81f4} Name WheelhouseItem",
          "value": "company/directory:87d3"
        }
      ]
    }
    "#);
}

#[test]
fn null_and_empty_are_absent_however_the_server_writes_them() {
    let item = item(&json!({
        "@odata.etag": "W/\"x\"", "id": "AAk=", "changeKey": "x", "createdDateTime": "2026-11-22T00:00:00Z",
        "jobTitle": null, "surname": "", "businessPhones": [], "homeAddress": {}, "birthday": null,
        "otherAddress": { "city": null, "street": "" }, "emailAddresses": [{ "address": "", "name": null }],
        "homePhones": ["", "+1"], "weddingAnniversary": "2020-01-01", "flag": { "unknown": [1, 2.5, true] }
    }));
    assert!(!item.spoiled);
    assert_eq!(item.content, Content::from_iter([(Field::HomePhones, vec!["+1".to_owned()])]));
}

#[test]
fn a_birthday_is_a_day_whatever_hour_the_server_adds() {
    for text in ["1815-12-10T11:59:00Z", "1815-12-10T00:00:00Z", "1815-12-10"] {
        let item = item(&json!({ "birthday": text }));
        assert_eq!(item.content.text(Field::Birthday), Some("1815-12-10"));
    }
}

#[test]
fn a_property_of_another_form_spoils_its_item_and_no_other() {
    for (name, value) in [
        ("jobTitle", json!(5)),
        ("jobTitle", json!({ "text": "x" })),
        ("businessPhones", json!("+1")),
        ("businessPhones", json!([[]])),
        ("emailAddresses", json!({ "address": "x" })),
        ("emailAddresses", json!(["x"])),
        ("homeAddress", json!([])),
        ("birthday", json!("soon")),
        ("birthday", json!("1815-99-10T00:00:00Z")),
        ("birthday", json!("日本語日本")),
        ("id", json!(null)),
        ("createdDateTime", json!("yesterday")),
        ("changeKey", json!(7)),
    ] {
        assert!(item(&json!({ "surname": "Kos", name: value })).spoiled, "{name}: {value}");
    }
}

#[test]
fn control_characters_inside_a_string_become_blanks() {
    let item = Item::read("contact", b"{\"jobTitle\": \"a\x0b\nb\"}").unwrap();
    assert_eq!(item.content.text(Field::JobTitle), Some("a  b"));
}

#[test]
fn a_tag_names_the_identity_only_in_its_own_hub() {
    let tagged = |value: &str| {
        let id = tag::ITEM.replace("7c1f0a52", "7C1F0A52");
        let fax = json!({ "id": "String 0x3A24", "value": "fax" });
        item(&json!({ "singleValueExtendedProperties": [fax, { "id": id, "value": value }] }))
    };
    assert_eq!(tagged("company/a/b:1").key(&hub()).unwrap().as_str(), "a/b:1");
    for other in ["companyx/a", "sales/a", "company", "company/", "Company/a"] {
        assert_eq!(tagged(other).key(&hub()), None, "{other}");
    }
    assert_eq!(item(&json!({ "singleValueExtendedProperties": null })).key(&hub()), None);
}

#[test]
fn an_error_inside_a_success_is_an_error() {
    let error =
        Item::read("contact", br#"{"error":{"code":"ErrorAccessDenied","message":"x"}}"#).err().unwrap();
    assert_eq!(error.kind(), crate::graph::Kind::Permission);
}

#[test]
fn every_field_is_read() {
    let select = &*names(Kind::Contacts).select;
    assert!(select.starts_with("id,changeKey,createdDateTime,parentFolderId,assistantName,"));
    assert_eq!(select.split(',').count(), 4 + super::fields().count());
    assert!(super::fields().all(|field| select.contains(field.name())));
}
