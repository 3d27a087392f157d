//! Contacts: what Exchange takes, what it makes of it, how it is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{IMMUTABLE, World, without, world};
use serde_json::{Value, json};

const TAG: &str = "String {3f5c1f0a-1111-4222-8333-000000000001} Name whSourceId";

async fn create(w: &World, body: Value) -> Value {
    w.post(&w.mine("contacts"), body).await.ok(201).body
}

async fn refused(w: &World, body: Value) -> String {
    let reply = w.post(&w.mine("contacts"), body).await;
    format!("{}: {}", reply.short(), reply.message())
}

fn tagged(value: &str) -> Value {
    json!({ "givenName": "Bo", "singleValueExtendedProperties": [{ "id": TAG, "value": value }] })
}

async fn found(w: &World, filter: &str) -> usize {
    let path = w.mine(&format!("contacts?$top=100&$filter={}", filter.replace(' ', "%20")));
    w.get(&path).await.ok(200).entries().len()
}

#[tokio::test]
async fn a_new_contact_reads_back_whole() {
    let w = world().await;
    let body =
        create(&w, json!({ "givenName": "Ana", "surname": "Kos", "businessAddress": { "city": "Graz" } }))
            .await;
    let stamps = ["id", "changeKey", "parentFolderId", "createdDateTime", "lastModifiedDateTime"];
    let shown = without(&body, &stamps);
    insta::assert_snapshot!(shown, @r#"{"assistantName":null,"birthday":null,"businessAddress":{"city":"Graz"},"businessHomePage":null,"businessPhones":[],"categories":[],"children":[],"companyName":null,"department":null,"displayName":"Ana Kos","emailAddresses":[],"fileAs":"Kos, Ana","generation":null,"givenName":"Ana","homeAddress":{},"homePhones":[],"imAddresses":[],"initials":null,"jobTitle":null,"manager":null,"middleName":null,"mobilePhone":null,"nickName":null,"officeLocation":null,"otherAddress":{},"personalNotes":null,"profession":null,"spouseName":null,"surname":"Kos","title":null,"yomiCompanyName":null,"yomiGivenName":null,"yomiSurname":null}"#);
}

#[tokio::test]
async fn more_mails_or_phones_than_the_mailbox_has_room_for_are_refused() {
    let w = world().await;
    let mails: Vec<Value> = (0..4).map(|n| json!({ "address": format!("a{n}@b.example") })).collect();
    insta::assert_snapshot!(refused(&w, json!({ "givenName": "A", "emailAddresses": mails })).await, @"400 ErrorInvalidArgument: The multi value property EmailAddresses has 4 entries, that exceeds the max allowed value of 3");
    insta::assert_snapshot!(refused(&w, json!({ "givenName": "A", "businessPhones": ["1", "2", "3"] })).await, @"400 ErrorInvalidArgument: The multi value property BusinessPhones has 3 entries, that exceeds the max allowed value of 2");
    insta::assert_snapshot!(refused(&w, json!({ "givenName": "A", "homePhones": ["1", "2", "3"] })).await, @"400 ErrorInvalidArgument: The multi value property HomePhones has 3 entries, that exceeds the max allowed value of 2");
    assert_eq!(w.get(&w.mine("contacts")).await.entries().len(), 0, "the whole write fails");
}

#[tokio::test]
async fn wrong_types_are_refused() {
    let w = world().await;
    for body in [
        json!({ "givenName": 1 }),
        json!({ "givenName": "A", "businessPhones": null }),
        json!({ "givenName": "A", "businessPhones": [1] }),
        json!({ "givenName": "A", "emailAddresses": ["a@b.example"] }),
        json!({ "givenName": "A", "homeAddress": "Graz" }),
        json!({ "givenName": "A", "birthday": "yesterday" }),
        json!({ "givenName": "A", "singleValueExtendedProperties": [{ "id": "whatever", "value": "x" }] }),
        json!({ "givenName": "A", "singleValueExtendedProperties": [{ "id": TAG, "value": 1 }] }),
    ] {
        assert!(refused(&w, body.clone()).await.starts_with("400 "), "{body}");
    }
}

#[tokio::test]
async fn a_given_name_is_required_unless_switched_off() {
    let w = world().await;
    insta::assert_snapshot!(refused(&w, json!({ "displayName": "Kos", "givenName": "" })).await, @"400 ErrorInvalidProperty: The property 'GivenName' is required when creating the entity.");
    w.sim.set_quirks(|quirks| quirks.given_name_required = false);
    create(&w, json!({ "displayName": "Kos" })).await;
}

#[tokio::test]
async fn junk_in_an_address_loses_the_address_and_keeps_the_name() {
    let w = world().await;
    let mails =
        json!([{ "address": "a@b.example,", "name": "A" }, { "address": "c@d.example", "name": "C" }]);
    let body = create(&w, json!({ "givenName": "A", "emailAddresses": mails })).await;
    assert_eq!(body["emailAddresses"], json!([{ "name": "A" }, { "address": "c@d.example", "name": "C" }]));
}

#[tokio::test]
async fn a_birthday_comes_back_one_minute_to_noon() {
    let w = world().await;
    let body = create(&w, json!({ "givenName": "Ada", "birthday": "1815-12-10T00:00:00Z" })).await;
    assert_eq!(body["birthday"], "1815-12-10T11:59:00Z");
    let path = w.mine(&format!("contacts/{}", body["id"].as_str().unwrap()));
    assert_eq!(w.patch(&path, json!({ "birthday": null })).await.ok(200).body["birthday"], Value::Null);
}

#[tokio::test]
async fn unset_strings_are_null_from_graph_and_empty_from_outlook() {
    let w = world().await;
    let ours = create(&w, json!({ "givenName": "A" })).await;
    assert_eq!(
        (&ours["jobTitle"], &ours["homeAddress"], &ours["homePhones"]),
        (&Value::Null, &json!({}), &json!([]))
    );
    let theirs = w.sim.user_creates_contact(w.user, "Contacts", json!({ "givenName": "B" })).unwrap();
    let theirs = w.get(&w.mine(&format!("contacts/{theirs}"))).await.ok(200).body;
    assert_eq!((&theirs["jobTitle"], &theirs["birthday"]), (&json!(""), &Value::Null));
}

#[tokio::test]
async fn a_patch_clears_by_null_by_empty_list_and_by_empty_object() {
    let w = world().await;
    let full = json!({ "givenName": "A", "jobTitle": "x", "businessPhones": ["1"], "homeAddress": { "city": "Graz", "street": "S" } });
    let id = w.post(&w.mine("contacts"), full).await.ok(201).id();
    let path = w.mine(&format!("contacts/{id}"));
    let replaced =
        w.patch(&path, json!({ "homeAddress": { "city": "Wien", "street": null } })).await.ok(200).body;
    assert_eq!(replaced["homeAddress"], json!({ "city": "Wien" }), "replaced as a whole");
    let cleared = w
        .patch(&path, json!({ "jobTitle": null, "businessPhones": [], "homeAddress": {} }))
        .await
        .ok(200)
        .body;
    assert_eq!(
        (&cleared["jobTitle"], &cleared["businessPhones"], &cleared["homeAddress"]),
        (&Value::Null, &json!([]), &json!({}))
    );
}

#[tokio::test]
async fn patched_name_parts_regenerate_the_display_name_unless_it_is_sent() {
    let w = world().await;
    let id = w
        .post(&w.mine("contacts"), json!({ "givenName": "A", "surname": "B", "displayName": "Boss" }))
        .await
        .id();
    let path = w.mine(&format!("contacts/{id}"));
    let other = w.patch(&path, json!({ "jobTitle": "x" })).await.ok(200).body;
    assert_eq!(other["displayName"], "Boss");
    let renamed = w.patch(&path, json!({ "surname": "C" })).await.ok(200).body;
    assert_eq!((&renamed["displayName"], &renamed["fileAs"]), (&json!("A C"), &json!("C, A")));
    let kept = w
        .patch(&path, json!({ "surname": "D", "displayName": "Boss", "fileAs": "The Boss" }))
        .await
        .ok(200)
        .body;
    assert_eq!((&kept["displayName"], &kept["fileAs"]), (&json!("Boss"), &json!("The Boss")));
}

#[tokio::test]
async fn every_write_moves_the_change_key() {
    let w = world().await;
    let first = create(&w, json!({ "givenName": "A" })).await;
    assert_eq!(first["@odata.etag"], format!("W/\"{}\"", first["changeKey"].as_str().unwrap()));
    let path = w.mine(&format!("contacts/{}", first["id"].as_str().unwrap()));
    let second = w.patch(&path, json!({ "jobTitle": "x" })).await.ok(200).body;
    assert_ne!(first["changeKey"], second["changeKey"]);
    assert_eq!(w.get(&path).await.body["changeKey"], second["changeKey"]);
}

#[tokio::test]
async fn if_match_is_honoured_or_ignored_by_the_switch() {
    let w = world().await;
    let first = create(&w, json!({ "givenName": "A" })).await;
    let path = w.mine(&format!("contacts/{}", first["id"].as_str().unwrap()));
    w.patch(&path, json!({ "jobTitle": "x" })).await.ok(200);
    let stale = [("If-Match", first["@odata.etag"].as_str().unwrap())];
    let reply = w.send("PATCH", &path, &stale, Some(json!({ "jobTitle": "y" }))).await;
    assert_eq!(reply.short(), "412 ErrorIrresolvableConflict");
    w.sim.set_quirks(|quirks| quirks.if_match_honoured = false);
    w.send("PATCH", &path, &stale, Some(json!({ "jobTitle": "y" }))).await.ok(200);
}

#[tokio::test]
async fn ids_differ_by_representation_and_both_are_accepted() {
    let w = world().await;
    let immutable = w.contact("A").await;
    let movable = w.get(&w.mine("contacts?$select=id")).await.entries()[0]["id"].as_str().unwrap().to_owned();
    assert_ne!(immutable, movable);
    let path = |id: &str| w.mine(&format!("contacts/{id}"));
    for id in [&immutable, &movable] {
        assert_eq!(w.send("GET", &path(id), &[IMMUTABLE], None).await.ok(200).id(), immutable);
        assert_eq!(w.get(&path(id)).await.ok(200).id(), movable);
    }
    w.folder("Other").await;
    w.sim.user_moves_contact(w.user, &immutable, "Other").unwrap();
    assert_eq!(w.get(&path(&movable)).await.short(), "404 ErrorItemNotFound");
    assert_ne!(w.get(&path(&immutable)).await.ok(200).id(), movable);
    assert_eq!(w.get(&path(&immutable.replace("AAkALg", "aakalg"))).await.short(), "404 ErrorItemNotFound");
    assert_eq!(w.get(&path("junk")).await.short(), "400 ErrorInvalidIdMalformed");
}

#[tokio::test]
async fn a_deleted_contact_is_not_found_again() {
    let w = world().await;
    let path = w.mine(&format!("contacts/{}", w.contact("A").await));
    w.delete(&path).await.ok(204);
    for method in ["GET", "DELETE"] {
        assert_eq!(w.send(method, &path, &[], None).await.short(), "404 ErrorItemNotFound");
    }
    assert_eq!(w.patch(&path, json!({ "jobTitle": "x" })).await.short(), "404 ErrorItemNotFound");
    w.sim.set_quirks(|quirks| quirks.redelete_forbidden = true);
    assert_eq!(w.delete(&path).await.short(), "403 ErrorCannotDeleteObject");
}

#[tokio::test]
async fn permanent_delete_wants_its_length() {
    use std::io::{Read, Write};
    let w = world().await;
    let path = w.mine(&format!("contacts/{}/permanentDelete", w.contact("A").await));
    let address = w.sim.graph_url().replace("http://", "");
    let head = format!(
        "POST /v1.0{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        w.token
    );
    let reply = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    assert!(reply.await.unwrap().starts_with("HTTP/1.1 411 "));
    w.send("POST", &path, &[("Content-Length", "0")], None).await.ok(204);
    assert_eq!(w.sim.counts().writes.contact_deletes, 1);
}

#[tokio::test]
async fn tags_are_stored_but_not_echoed_and_show_when_expanded() {
    let w = world().await;
    let body = create(&w, tagged("87D3")).await;
    assert!(body.get("singleValueExtendedProperties").is_none());
    let expand = |tag: &str| {
        format!("$expand=singleValueExtendedProperties($filter=id eq '{tag}')").replace(' ', "%20")
    };
    let shown = async |tag: &str| {
        w.get(&w.mine(&format!("contacts?$select=id&{}", expand(tag)))).await.entries()[0].clone()
    };
    assert_eq!(shown(TAG).await["singleValueExtendedProperties"], json!([{ "id": TAG, "value": "87D3" }]));
    let other_case = TAG.replace("String {3f5c1f0a", "string {3F5C1F0A");
    assert!(
        shown(&other_case).await.get("singleValueExtendedProperties").is_some(),
        "type and set: any case"
    );
    let other_name = TAG.replace("whSourceId", "whsourceid");
    assert!(shown(&other_name).await.get("singleValueExtendedProperties").is_none(), "the name: exactly");
}

#[tokio::test]
async fn contacts_are_found_by_tag_and_by_address() {
    let w = world().await;
    create(&w, tagged("87D3")).await;
    create(&w, json!({ "givenName": "C", "emailAddresses": [{ "address": "c@d.example" }] })).await;
    let any = |test: &str| format!("singleValueExtendedProperties/Any(ep: ep/id eq '{TAG}' and {test})");
    assert_eq!(found(&w, &any("ep/value eq '87d3'")).await, 1);
    create(&w, tagged("step/1 and 'so'")).await;
    assert_eq!(found(&w, &any("ep/value eq 'step/1 and ''so'''")).await, 1);
    assert_eq!(found(&w, &any("ep/value eq '99'")).await, 0);
    assert_eq!(found(&w, &any("ep/value ne '99'")).await, 2);
    assert_eq!(found(&w, &any("startswith(ep/value,'87')")).await, 1);
    assert_eq!(found(&w, &any("contains(ep/value,'7d')")).await, 1);
    assert_eq!(found(&w, "emailAddresses/any(a:a/address eq 'C@d.example')").await, 1);
    let reply = w.get(&w.mine("contacts?$filter=displayName%20eq%20'C'")).await;
    assert_eq!(reply.short(), "400 ErrorInvalidUrlQueryFilter");
}

#[tokio::test]
async fn a_patch_sets_tags_by_their_id() {
    let w = world().await;
    let body = create(&w, tagged("old")).await;
    let path = w.mine(&format!("contacts/{}", body["id"].as_str().unwrap()));
    w.patch(&path, json!({ "singleValueExtendedProperties": [{ "id": TAG, "value": "new" }] })).await.ok(200);
    let contents = w.sim.mailbox_contents(w.user);
    let held = &contents["folders"][0]["contacts"][0]["singleValueExtendedProperties"];
    assert_eq!(*held, json!([{ "id": TAG, "value": "new" }]));
}

#[tokio::test]
async fn lists_have_ten_entries_unless_asked_and_at_most_a_thousand() {
    let w = world().await;
    for number in 0..12 {
        w.contact(&format!("P{number}")).await;
    }
    assert_eq!(w.get(&w.mine("contacts")).await.entries().len(), 10);
    assert_eq!(w.get(&w.mine("contacts?$top=5&$skip=10")).await.entries().len(), 2);
    assert_eq!(w.round(&w.mine("contacts?$top=5"), &[]).await.0.len(), 12);
    let preferred = w.send("GET", &w.mine("contacts"), &[("Prefer", "odata.maxpagesize=12")], None).await;
    assert_eq!((preferred.entries().len(), preferred.next()), (12, None));
    assert_eq!(w.get(&w.mine("contacts?$top=1001")).await.short(), "400 BadRequest");
    assert_eq!(w.get(&w.mine("contacts?$search=x")).await.short(), "400 Request_UnsupportedQuery");
}

#[tokio::test]
async fn a_selection_gives_id_and_etag_and_what_was_asked() {
    let w = world().await;
    w.contact("A").await;
    let entry = w.get(&w.mine("contacts?$select=givenName,changeKey")).await.entries()[0].clone();
    let names: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["@odata.etag", "changeKey", "givenName", "id"]);
    assert_eq!(w.get(&w.mine("contacts?$select=shoeSize")).await.short(), "400 RequestBroker--ParseUri");
}

#[tokio::test]
async fn unknown_properties_and_annotations_are_taken_and_the_former_counted() {
    let w = world().await;
    let body = json!({ "@odata.type": "#microsoft.graph.contact", "givenName": "A", "mobile_phone": null, "parentFolderId": "x" });
    create(&w, body).await;
    assert_eq!(w.sim.counts().unknown_properties, [("mobile_phone".to_owned(), 1)].into());
}

#[tokio::test]
async fn a_colleague_works_in_the_mailbox_without_the_client() {
    let w = world().await;
    w.sim.user_creates_folder(w.user, "Mine").unwrap();
    let id = w.sim.user_creates_contact(w.user, "Mine", json!({ "givenName": "Own" })).unwrap();
    w.sim.user_edits_contact(w.user, &id, json!({ "jobTitle": "Friend" })).unwrap();
    assert_eq!(w.get(&w.mine(&format!("contacts/{id}"))).await.ok(200).body["jobTitle"], "Friend");
    w.sim.user_deletes_contact(w.user, &id).unwrap();
    assert_eq!(w.get(&w.mine(&format!("contacts/{id}"))).await.status, 404);
    for _ in 0..2 {
        w.sim.user_deletes_folder(w.user, "Mine").unwrap();
        w.sim.user_creates_folder(w.user, "Mine").unwrap();
    }
    w.sim.user_deletes_folder(w.user, "Mine").unwrap();
    assert_eq!(w.sim.mailbox_contents(w.user)["folders"].as_array().unwrap().len(), 1);
    assert_eq!(w.sim.counts().attempts.total(), 0, "nothing of this is the client's");
    let why = w.sim.user_edits_contact(w.user, &id, json!({})).unwrap_err();
    assert_eq!(why.to_string(), "ErrorItemNotFound: The specified object was not found in the store.");
}
