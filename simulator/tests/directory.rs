//! Users and org contacts: lists, single reads, deltas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use common::{Uuid, World, world};
use serde_json::{Value, json};
use simulator::ErrorKind;

async fn crowd(count: usize) -> World {
    let w = world().await;
    for number in 1..count {
        w.sim
            .add_user(json!({ "displayName": format!("Person {number:03}"), "department": "Sales" }))
            .unwrap();
    }
    w
}

#[tokio::test]
async fn a_list_has_the_default_properties_and_pages_of_100() {
    let w = crowd(250).await;
    let first = w.get("/users").await.ok(200);
    assert_eq!(first.entries().len(), 100);
    let mut names: Vec<&str> = first.entries()[0].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    insta::assert_compact_json_snapshot!(names, @r#"
    [
      "businessPhones",
      "displayName",
      "givenName",
      "id",
      "jobTitle",
      "mail",
      "mobilePhone",
      "officeLocation",
      "preferredLanguage",
      "surname",
      "userPrincipalName"
    ]
    "#);
    assert_eq!(
        (&first.entries()[0]["businessPhones"], &first.entries()[0]["jobTitle"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(w.round("/users?$top=999&$select=id", &[]).await.0.len(), 250);
    assert_eq!(w.round("/users?$select=id&$top=7", &[]).await.0.len(), 250);
    assert_eq!(w.get("/users?$top=1000").await.status, 400);
}

#[tokio::test]
async fn properties_of_sharepoint_are_not_listed_and_unknown_ones_are_refused() {
    let w = world().await;
    assert_eq!(w.get("/users?$select=birthday").await.short(), "501 NotImplemented");
    assert_eq!(w.get("/users/delta?$select=skills").await.short(), "501 NotImplemented");
    let reply = w.get("/users?$select=shoeSize").await;
    assert_eq!(reply.message(), "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'.");
}

#[tokio::test]
async fn unset_properties_read_null_in_a_get_and_are_left_out_of_a_first_delta() {
    let w = world().await;
    let one = w.get(&format!("/users/{}?$select=jobTitle,otherMails", w.user)).await.ok(200).body;
    assert_eq!((&one["jobTitle"], &one["otherMails"]), (&Value::Null, &json!([])));
    let (entries, _) = w.round("/users/delta?$select=displayName,jobTitle", &[]).await;
    assert_eq!(entries, [json!({ "displayName": "Ana Kos", "id": w.user })]);
}

#[tokio::test]
async fn a_user_is_found_by_id_by_principal_name_and_in_key_form() {
    let w = world().await;
    let name = format!("{}@tenant.example", w.user);
    for path in [format!("/users/{}", w.user), format!("/users/{name}"), format!("/users('{}')", w.user)] {
        assert_eq!(w.get(&path).await.ok(200).id(), w.user.to_string());
    }
    assert_eq!(w.get("/users/nobody@tenant.example").await.short(), "404 Request_ResourceNotFound");
}

#[tokio::test]
async fn a_path_that_climbs_is_refused() {
    let w = world().await;
    assert_eq!(w.get("/users/..%2Fgroups").await.short(), "400 BadRequest");
    assert_eq!(w.get("/me").await.short(), "400 BadRequest");
    assert_eq!(w.get("/groups/not-a-guid").await.short(), "400 Request_BadRequest");
}

#[tokio::test]
async fn simple_filters_work_and_the_rest_is_refused() {
    let w = world().await;
    w.sim.add_user(json!({ "displayName": "Gus", "userType": "Guest" })).unwrap();
    assert_eq!(w.get("/users?$filter=userType%20eq%20'Guest'").await.entries().len(), 1);
    assert_eq!(w.get("/users?$filter=startswith(displayName,'an')").await.entries().len(), 1);
    for query in
        ["$filter=endswith(mail,'x')", "$search=\"displayName:a\"", "$orderby=displayName", "$count=true"]
    {
        assert_eq!(
            w.get(&format!("/users?{query}")).await.short(),
            "400 Request_UnsupportedQuery",
            "{query}"
        );
    }
    let counted =
        w.send("GET", "/users?$count=true", &[("ConsistencyLevel", "eventual")], None).await.ok(200);
    assert_eq!(counted.body["@odata.count"], 2);
}

#[tokio::test]
async fn the_directory_is_read_only() {
    let w = world().await;
    let reply = w.patch(&format!("/users/{}", w.user), json!({ "jobTitle": "x" })).await;
    assert_eq!(reply.short(), "403 Authorization_RequestDenied");
    assert_eq!(w.post("/contacts", json!({})).await.short(), "403 Authorization_RequestDenied");
}

#[tokio::test]
async fn a_delta_shows_changes_of_tracked_properties_only() {
    let w = world().await;
    let (_, link) = w.round("/users/delta?$select=displayName,jobTitle", &[]).await;
    w.sim.update_user(w.user, &json!({ "city": "Graz" })).unwrap();
    let (entries, link) = w.round(&link, &[]).await;
    assert_eq!(entries, Vec::<Value>::new());
    w.sim.update_user(w.user, &json!({ "jobTitle": "Buyer" })).unwrap();
    let (entries, link) = w.round(&link, &[]).await;
    assert_eq!(entries, [json!({ "displayName": "Ana Kos", "jobTitle": "Buyer", "id": w.user })]);
    w.sim.update_user(w.user, &json!({ "jobTitle": null })).unwrap();
    let (entries, _) = w.round(&link, &[("Prefer", "return=minimal")]).await;
    assert_eq!(entries, [json!({ "jobTitle": null, "id": w.user })]);
}

#[tokio::test]
async fn an_update_that_changes_nothing_shows_nowhere() {
    let w = world().await;
    let (_, link) = w.round("/users/delta", &[]).await;
    assert!(!w.sim.update_user(w.user, &json!({ "displayName": "Ana Kos", "jobTitle": null })).unwrap());
    assert_eq!(w.round(&link, &[]).await.0, Vec::<Value>::new());
}

#[tokio::test]
async fn removals_are_changed_when_restorable_and_deleted_when_not() {
    let w = world().await;
    let bo = w.sim.add_user(json!({ "displayName": "Bo" })).unwrap();
    let (_, link) = w.round("/users/delta?$select=displayName", &[]).await;
    w.sim.remove_user(bo).unwrap();
    let (entries, link) = w.round(&link, &[]).await;
    assert_eq!(entries, [json!({ "id": bo, "@removed": { "reason": "changed" } })]);
    w.sim.restore_user(bo).unwrap();
    let (entries, link) = w.round(&link, &[]).await;
    assert_eq!(entries, [json!({ "id": bo, "displayName": "Bo" })]);
    w.sim.purge_user(bo).unwrap();
    let (entries, _) = w.round(&link, &[]).await;
    assert_eq!(entries, [json!({ "id": bo, "@removed": { "reason": "deleted" } })]);
    assert_eq!(w.round("/users/delta", &[]).await.0.len(), 1, "a first round does not mention the gone");
}

#[tokio::test]
async fn pages_follow_the_preference_and_a_change_in_between_is_not_lost() {
    let w = crowd(25).await;
    let first =
        w.send("GET", "/users/delta?$select=displayName", &[("Prefer", "odata.maxpagesize=10")], None).await;
    assert_eq!(first.entries().len(), 10);
    w.sim.update_user(w.user, &json!({ "displayName": "Ana Lang" })).unwrap();
    let (rest, link) = w.round(&first.next().unwrap(), &[("Prefer", "odata.maxpagesize=10")]).await;
    assert_eq!(rest.len(), 16);
    assert_eq!(rest.last().unwrap()["displayName"], "Ana Lang");
    assert_eq!(w.round(&link, &[]).await.0.len(), 0);
}

#[tokio::test]
async fn latest_skips_to_now_and_a_filter_takes_ids() {
    let w = crowd(5).await;
    let now = w.get("/users/delta?$deltatoken=latest").await.ok(200);
    assert_eq!(now.entries().len(), 0);
    w.sim.update_user(w.user, &json!({ "displayName": "Ana Lang" })).unwrap();
    assert_eq!(w.round(&now.delta(), &[]).await.0.len(), 1);
    let one = format!("/users/delta?$filter=id%20eq%20'{}'", w.user);
    assert_eq!(w.round(&one, &[]).await.0.len(), 1);
}

#[tokio::test]
async fn options_that_deltas_do_not_know_are_refused() {
    let w = world().await;
    for query in
        ["$top=5", "$expand=manager", "$orderby=displayName", "$search=x", "$filter=displayName%20eq%20'x'"]
    {
        assert_eq!(
            w.get(&format!("/users/delta?{query}")).await.short(),
            "400 Request_UnsupportedQuery",
            "{query}"
        );
    }
    assert_eq!(w.get("/users/delta?$deltatoken=nonsense").await.short(), "400 BadRequest");
}

#[tokio::test]
async fn a_token_of_a_week_ago_is_gone_and_says_where_to_begin() {
    let w = world().await;
    let (_, link) = w.round("/users/delta", &[]).await;
    w.sim.clock().advance(Duration::from_secs(7 * 24 * 3600));
    let token = w.sim.token();
    let reply = w.send("GET", &link, &[("Authorization", &format!("Bearer {token}"))], None).await;
    assert_eq!(reply.status, 410);
    let fresh = reply.headers["location"].to_str().unwrap().to_owned();
    assert!(fresh.ends_with("/users/delta?$deltatoken="));
    let again = w.send("GET", &fresh, &[("Authorization", &format!("Bearer {token}"))], None).await.ok(200);
    assert_eq!(again.entries().len(), 1);
}

#[tokio::test]
async fn replays_come_when_asked_for_and_the_last_entry_is_the_true_one() {
    let w = crowd(20).await;
    let (_, link) = w.round("/users/delta?$select=displayName", &[]).await;
    let everyone: Vec<Uuid> =
        w.sim.users().iter().map(|u| u["id"].as_str().unwrap().parse().unwrap()).collect();
    for id in &everyone {
        w.sim.update_user(*id, &json!({ "displayName": "New" })).unwrap();
    }
    w.sim.set_quirks(|quirks| quirks.directory_replays = 0.5);
    let (entries, _) = w.round(&link, &[]).await;
    assert!(entries.len() > 20);
    for id in everyone {
        let last = entries.iter().rfind(|entry| entry["id"] == id.to_string()).unwrap();
        assert_eq!(last["displayName"], "New");
    }
}

#[tokio::test]
async fn a_manager_shows_in_the_delta_and_at_its_own_path() {
    let w = world().await;
    let bo = w.sim.add_user(json!({ "displayName": "Bo", "manager": { "id": w.user } })).unwrap();
    let (entries, _) = w.round(&format!("/users/delta?$select=manager&$filter=id%20eq%20'{bo}'"), &[]).await;
    assert_eq!(entries[0]["manager@delta"][0]["id"], w.user.to_string());
    assert_eq!(w.get(&format!("/users/{bo}/manager")).await.ok(200).id(), w.user.to_string());
    assert_eq!(w.get(&format!("/users/{}/manager", w.user)).await.short(), "404 Request_ResourceNotFound");
}

#[tokio::test]
async fn org_contacts_are_read_at_contacts() {
    let w = world().await;
    let phones = json!([{ "type": "business", "number": "+49 30 1" }]);
    let id = w.sim.add_org_contact(json!({ "displayName": "Partner", "phones": phones })).unwrap();
    assert_eq!(w.get("/contacts").await.entries().len(), 1);
    assert_eq!(w.get(&format!("/contacts/{id}")).await.ok(200).body["phones"], phones);
    let (entries, link) = w.round("/contacts/delta?$select=displayName,phones", &[]).await;
    assert_eq!(entries, [json!({ "displayName": "Partner", "phones": phones, "id": id })]);
    w.sim.remove_org_contact(id).unwrap();
    assert_eq!(w.round(&link, &[]).await.0, [json!({ "id": id, "@removed": { "reason": "deleted" } })]);
}

#[tokio::test]
async fn the_directory_refuses_edits_that_graph_would_refuse() {
    let w = world().await;
    let refused = |user: Value| {
        let why = w.sim.add_user(user).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::Edit);
        why.to_string()
    };
    insta::assert_snapshot!(refused(json!({ "displayName": "x", "givenName": "y".repeat(65) })), @"givenName does not fit the directory: a string of at most 64 characters");
    insta::assert_snapshot!(refused(json!({ "displayName": "x", "businessPhones": ["1", "2"] })), @"businessPhones does not fit the directory: a list of strings (businessPhones takes one)");
    insta::assert_snapshot!(refused(json!({ "displayName": "x", "shoeSize": 9 })), @"shoeSize is not a property of microsoft.graph.user");
    insta::assert_snapshot!(refused(json!({})), @"a microsoft.graph.user needs a displayName");
}

#[tokio::test]
async fn resource_units_run_out_and_come_back() {
    let clock =
        simulator::Clock::virtual_at(chrono::DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let w = common::world_with(simulator::Options { clock, ..Default::default() }).await;
    assert_eq!(w.get("/users?$select=id").await.headers["x-ms-resource-unit"], "1");
    let group = w.sim.add_group(json!({ "displayName": "G" })).unwrap();
    let path = format!("/groups/{group}/transitiveMembers");
    let mut last = w.get(&path).await.ok(200);
    for _ in 0..800 {
        last = w.get(&path).await;
        if last.status != 200 {
            break;
        }
    }
    assert_eq!(last.short(), "429 TooManyRequests");
    assert_eq!(last.headers["retry-after"], "10");
    assert!(last.headers["x-ms-throttle-scope"].to_str().unwrap().ends_with(&w.sim.tenant_id()));
    w.sim.clock().advance(Duration::from_secs(10));
    w.get(&path).await.ok(200);
}
