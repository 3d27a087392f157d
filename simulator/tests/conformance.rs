//! Every shape of answer against Microsoft's own metadata.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::path::Path;

use common::{IMMUTABLE, World, fridays, hour_on, world};
use serde_json::json;
use simulator::conformance::{Types, check_answer, check_exchange, check_request};
use simulator::{Company, Fault, FaultKind, fill_company};

const TAG: &str = "String {3f5c1f0a-1111-4222-8333-000000000001} Name whSourceId";

fn types() -> Option<Types> {
    let file = Path::new("../../shared/reference/graph-v1-types.json");
    if !file.exists() {
        eprintln!("SKIPPED: ../shared/reference/graph-v1-types.json is not here");
        return None;
    }
    Some(Types::load(file).unwrap())
}

/// Everything that the simulator can answer, once.
async fn tour(w: &World) {
    let company = Company { people: 60, guests: 2, org_contacts: 5, departments: true, ..Company::default() };
    let filled = fill_company(&w.sim, &company).unwrap();
    w.sim.add_user(json!({ "displayName": "Report", "manager": { "id": filled.people[0] } })).unwrap();
    let everything = "accountEnabled,businessPhones,city,companyName,country,createdDateTime,department,displayName,employeeId,\
                      employeeOrgData,faxNumber,givenName,id,jobTitle,mail,mobilePhone,officeLocation,otherMails,postalCode,\
                      onPremisesExtensionAttributes,proxyAddresses,showInAddressList,state,streetAddress,surname,userType";
    let (_, users) = w.round(&format!("/users/delta?$select={everything},manager"), &[]).await;
    let (_, groups) = w.round("/groups/delta", &[]).await;
    let (_, contacts) = w.round("/contacts/delta", &[]).await;
    w.sim.update_user(filled.people[0], &json!({ "jobTitle": null, "city": "Graz" })).unwrap();
    w.sim.remove_user(filled.people[1]).unwrap();
    w.sim.remove_org_contact(filled.org_contacts[0]).unwrap();
    for link in [users, groups, contacts] {
        w.round(&link, &[("Prefer", "return=minimal")]).await;
    }
    for path in [
        "/users".to_owned(),
        format!("/users?$select={everything}"),
        format!("/users/{}?$select={everything}", w.user),
        "/groups".to_owned(),
        format!("/groups/{}", filled.groups[0]),
        format!("/groups/{}/transitiveMembers", filled.groups[5]),
        format!("/groups/{}/members", filled.groups[5]),
        "/contacts".to_owned(),
        format!("/contacts/{}", filled.org_contacts[1]),
        format!("/users/{}/manager", w.user),
        "/users/nobody@x.example".to_owned(),
    ] {
        w.get(&path).await;
    }
    mailbox_tour(w).await;
    calendar_tour(w).await;
}

async fn mailbox_tour(w: &World) {
    let tags = json!([{ "id": TAG, "value": "87D3" }]);
    let expand = format!("$expand=singleValueExtendedProperties($filter=id eq '{TAG}')").replace(' ', "%20");
    let folder = w
        .post(&w.mine("contactFolders"), json!({ "displayName": "F", "singleValueExtendedProperties": tags }))
        .await
        .id();
    let path = w.mine(&format!("contactFolders/{folder}/contacts"));
    let full = json!({
        "givenName": "A", "surname": "B", "displayName": "A B", "fileAs": "B, A", "businessPhones": ["1"], "mobilePhone": "2",
        "emailAddresses": [{ "address": "a@b.example", "name": "A" }, { "address": "junk,", "name": "B" }],
        "businessAddress": { "city": "Graz" }, "birthday": "1815-12-10T00:00:00Z", "singleValueExtendedProperties": tags,
    });
    let contact = w.post(&path, full).await.id();
    let (_, link) = w.round(&format!("{path}/delta"), &[IMMUTABLE]).await;
    let one = w.mine(&format!("contacts/{contact}"));
    w.patch(&one, json!({ "jobTitle": null, "businessPhones": [] })).await.ok(200);
    w.sim.user_creates_contact(w.user, "F", json!({ "givenName": "Own" })).unwrap();
    for path in [
        format!("{path}?$top=5&{expand}"),
        one.clone(),
        w.mine(&format!("contactFolders?{expand}")),
        w.mine("contactFolders/Contacts"),
    ] {
        w.get(&path).await.ok(200);
    }
    let item = json!({ "id": "1", "method": "PATCH", "url": one, "headers": { "Content-Type": "application/json" }, "body": { "title": "x" } });
    w.batch(json!([item])).await.ok(200);
    w.delete(&one).await.ok(204);
    w.delete(&one).await;
    w.round(&link, &[IMMUTABLE]).await;
}

async fn calendar_tour(w: &World) {
    let tags = json!([{ "id": TAG, "value": "87D3" }]);
    let expand = format!("$expand=singleValueExtendedProperties($filter=id eq '{TAG}')").replace(' ', "%20");
    let calendar = json!({ "name": "C", "color": "lightTeal", "singleValueExtendedProperties": tags });
    let calendar = w.post(&w.mine("calendars"), calendar).await.ok(201).id();
    let path = w.mine(&format!("calendars/{calendar}/events"));
    let mut full = fridays("2027-03-05", "Stand-up");
    for (name, value) in [
        ("body", json!({ "contentType": "html", "content": "<p>A</p>" })),
        ("location", json!({ "displayName": "HQ", "coordinates": { "latitude": 47.07, "longitude": 15 } })),
        (
            "attendees",
            json!([{ "emailAddress": { "address": "bo@contoso.example", "name": "Bo" }, "type": "optional" }]),
        ),
        ("categories", json!(["Red"])),
        ("isOnlineMeeting", json!(true)),
        ("reminderMinutesBeforeStart", json!(5)),
        ("transactionId", json!("t-1")),
        ("singleValueExtendedProperties", tags),
    ] {
        full[name] = value;
    }
    let master = w.post(&path, full).await.ok(201).id();
    let (_, link) = w.round(&w.mine(&format!("calendars/{calendar}/calendarView/delta?{SPRING}")), &[]).await;
    let one = |day: &str| w.mine(&format!("events/OID.{master}.{day}"));
    w.patch(&one("2027-03-12"), json!({ "subject": "Retro", "categories": [], "location": null }))
        .await
        .ok(200);
    w.delete(&one("2027-03-19")).await.ok(204);
    let single = w.post(&path, hour_on("2027-03-06", "x")).await.ok(201).id();
    let dates = "$select=subject,cancelledOccurrences,exceptionOccurrences&$expand=exceptionOccurrences";
    for path in [
        format!("{path}?{expand}"),
        w.mine(&format!("events/{master}?{dates}")),
        w.mine(&format!("events/{master}?{expand}")),
        w.mine(&format!("events/{master}/instances?{SPRING}")),
        w.mine(&format!("calendars/{calendar}/calendarView?{SPRING}")),
        w.mine(&format!("calendars?{expand}")),
        w.mine("calendar"),
        one("2027-03-26"),
    ] {
        w.get(&path).await.ok(200);
    }
    w.delete(&w.mine(&format!("events/{single}"))).await.ok(204);
    w.round(&link, &[IMMUTABLE]).await;
    w.post(&w.mine(&format!("events/{master}/cancel")), json!({ "comment": "x" })).await.ok(202);
    w.patch(&w.mine(&format!("calendars/{calendar}")), json!({ "name": "D" })).await.ok(200);
}

const SPRING: &str = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-05-01T00:00:00Z";

#[tokio::test]
async fn every_request_of_the_tour_and_every_answer_conform() {
    let Some(types) = types() else { return };
    let w = world().await;
    w.sim.record(true);
    tour(&w).await;
    let exchanges = w.sim.recorded();
    assert!(exchanges.len() > 25);
    let found: Vec<String> = exchanges.iter().flat_map(|exchange| check_exchange(exchange, &types)).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test]
async fn the_unknown_values_of_a_fault_are_noticed() {
    let Some(types) = types() else { return };
    let w = world().await;
    w.sim.record(true);
    w.sim.add_fault(Fault::new(FaultKind::UnknownValues));
    w.get("/users").await;
    let found: Vec<String> =
        w.sim.recorded().iter().flat_map(|exchange| check_exchange(exchange, &types)).collect();
    assert!(found.iter().any(|what| what.contains("whatIsThis: is no property of user")), "{found:?}");
}

#[test]
fn wrong_requests_and_answers_are_named() {
    let Some(types) = types() else { return };
    let path = "/users/u/contactFolders/f/contacts";
    let body = json!({ "givenName": 1, "businessPhones": "1", "mobile_phone": null, "id": "x", "homeAddress": { "zip": "1" } });
    let mut found = check_request("POST", path, Some(&body), &types);
    let batch =
        json!({ "requests": [{ "id": "1", "method": "POST", "url": path, "body": { "birthday": "soon" } }] });
    found.extend(check_request("POST", "/$batch", Some(&batch), &types));
    found.extend(check_answer(
        "GET",
        "/contacts",
        200,
        Some(&json!({ "value": [{ "id": "1", "phones": [{ "type": "shoe" }] }] })),
        &types,
    ));
    found.extend(check_answer(
        "GET",
        "/users/u",
        200,
        Some(&json!({ "displayName": "A", "proxyAddresses": null })),
        &types,
    ));
    found.extend(check_answer("GET", "/users/u", 404, Some(&json!({ "error": { "code": "x" } })), &types));
    insta::assert_snapshot!(found.join("\n"), @r"
    POST /users/u/contactFolders/f/contacts: .businessPhones: must be Collection(Edm.String)
    POST /users/u/contactFolders/f/contacts: .givenName: must be Edm.String
    POST /users/u/contactFolders/f/contacts: .homeAddress.zip: is no property of graph.physicalAddress
    POST /users/u/contactFolders/f/contacts: .mobile_phone: is no property of contact
    POST /users/u/contactFolders/f/contacts: .id: is read only
    POST /users/u/contactFolders/f/contacts: .birthday: must be Edm.DateTimeOffset
    GET /contacts → 200: value[0].phones[0].type: is no member of graph.phoneType
    GET /users/u → 200: needs an id
    GET /users/u → 200: .proxyAddresses: must be Collection(Edm.String)
    GET /users/u → 404: error: needs a message
    ");
}
