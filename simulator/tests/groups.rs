//! Groups: lists, members direct and nested, deltas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeSet;

use common::{Uuid, World, world};
use serde_json::{Value, json};

fn people(w: &World, count: usize) -> Vec<Uuid> {
    (0..count).map(|n| w.sim.add_user(json!({ "displayName": format!("P{n}") })).unwrap()).collect()
}

#[tokio::test]
async fn nested_members_are_found_once_each_and_in_pages() {
    let w = world().await;
    let crowd = people(&w, 150);
    let inner = w.sim.add_group(json!({ "displayName": "Inner", "members": crowd })).unwrap();
    let outer = w.sim.add_group(json!({ "displayName": "Outer", "members": [inner, crowd[0]] })).unwrap();
    w.sim.add_member(inner, outer).unwrap(); // a circle
    let path = format!("/groups/{outer}/transitiveMembers?$select=id,displayName");
    let (all, _) = w.round(&path, &[]).await;
    assert_eq!(all.len(), 151);
    assert_eq!(all.iter().filter(|m| m["@odata.type"] == "#microsoft.graph.group").count(), 1);
    assert_eq!(w.get(&format!("/groups/{outer}/members")).await.entries().len(), 2);
}

#[tokio::test]
async fn a_cast_is_an_advanced_query() {
    let w = world().await;
    let crowd = people(&w, 2);
    let inner = w.sim.add_group(json!({ "displayName": "Inner", "members": crowd })).unwrap();
    let outer = w.sim.add_group(json!({ "displayName": "Outer", "members": [inner] })).unwrap();
    let path = format!("/groups/{outer}/transitiveMembers/microsoft.graph.user");
    assert_eq!(w.get(&path).await.short(), "400 Request_UnsupportedQuery");
    let eventual = [("ConsistencyLevel", "eventual")];
    let reply = w.send("GET", &format!("{path}?$count=true&$select=id"), &eventual, None).await.ok(200);
    assert_eq!((reply.entries().len(), &reply.body["@odata.count"]), (2, &json!(2)));
}

#[tokio::test]
async fn without_a_permission_on_users_only_their_ids_come() {
    let mut w = world().await;
    let group = w.sim.add_group(json!({ "displayName": "G", "members": [w.user] })).unwrap();
    w.sim.set_roles(&["GroupMember.Read.All"]);
    w.token = w.sim.token();
    let reply = w.get(&format!("/groups/{group}/transitiveMembers?$select=id,displayName")).await.ok(200);
    let expected = json!({ "@odata.type": "#microsoft.graph.user", "id": w.user, "displayName": null });
    assert_eq!(reply.entries()[0], expected);
}

#[tokio::test]
async fn a_delta_names_members_that_came_and_went() {
    let w = world().await;
    let crowd = people(&w, 2);
    let group = w.sim.add_group(json!({ "displayName": "G", "members": [crowd[0]] })).unwrap();
    let (first, link) = w.round("/groups/delta?$select=displayName,members", &[]).await;
    let member = |id: Uuid| json!({ "@odata.type": "#microsoft.graph.user", "id": id });
    assert_eq!(first, [json!({ "displayName": "G", "id": group, "members@delta": [member(crowd[0])] })]);
    w.sim.add_member(group, crowd[1]).unwrap();
    w.sim.remove_user(crowd[0]).unwrap();
    let (entries, _) = w.round(&link, &[]).await;
    let mut expected = vec![
        json!({ "@odata.type": "#microsoft.graph.user", "id": crowd[0], "@removed": { "reason": "deleted" } }),
        member(crowd[1]),
    ];
    expected.sort_by_key(|member| member["id"].as_str().unwrap().to_owned());
    assert_eq!(entries[0]["members@delta"], Value::from(expected));
}

#[tokio::test]
async fn a_large_group_is_spread_over_entries_and_pages() {
    let w = world().await;
    let crowd = people(&w, 100);
    let group = w.sim.add_group(json!({ "displayName": "Large", "members": crowd })).unwrap();
    let first = w.send("GET", "/groups/delta", &[("Prefer", "odata.maxpagesize=2")], None).await;
    assert!(first.next().is_some());
    let (entries, link) = w.round("/groups/delta", &[("Prefer", "odata.maxpagesize=2")]).await;
    assert_eq!(entries.len(), 3);
    assert!(entries.iter().all(|entry| entry["id"] == group.to_string()));
    let named = entries.iter().flat_map(|entry| entry["members@delta"].as_array().unwrap());
    assert_eq!(named.map(|member| member["id"].to_string()).collect::<BTreeSet<_>>().len(), 100);
    assert_eq!(w.round(&link, &[]).await.0.len(), 0);
}

#[tokio::test]
async fn a_group_without_members_in_the_selection_ignores_their_changes() {
    let w = world().await;
    let group = w.sim.add_group(json!({ "displayName": "G" })).unwrap();
    let (_, link) = w.round("/groups/delta?$select=displayName", &[]).await;
    w.sim.add_member(group, w.user).unwrap();
    assert_eq!(w.round(&link, &[]).await.0.len(), 0);
}

#[tokio::test]
async fn groups_are_listed_and_found_by_name() {
    let w = world().await;
    let group = w.sim.add_group(json!({ "displayName": "All staff" })).unwrap();
    assert_eq!(
        w.get("/groups?$filter=displayName%20eq%20'All%20staff'").await.entries()[0]["id"],
        group.to_string()
    );
    let named = w.sim.add_group(json!({ "displayName": "Research and Tom's or so" })).unwrap();
    let filter = "/groups?$filter=displayName%20eq%20'Research%20and%20Tom''s%20or%20so'";
    assert_eq!(w.get(filter).await.entries()[0]["id"], named.to_string());
    assert_eq!(w.get("/groups?$filter=shoe%20eq%20'x'").await.short(), "400 BadRequest");
    w.get(&format!("/groups/{group}")).await.ok(200);
    w.sim.remove_group(group).unwrap();
    assert_eq!(w.get(&format!("/groups/{group}")).await.short(), "404 Request_ResourceNotFound");
    assert_eq!(w.get(&format!("/groups/{group}/members")).await.short(), "404 Request_ResourceNotFound");
}

#[tokio::test]
async fn a_group_that_changes_between_pages_costs_nobody_an_entry() {
    let w = world().await;
    let crowd = people(&w, 100);
    let large = w.sim.add_group(json!({ "displayName": "Large", "members": crowd })).unwrap();
    let small = w.sim.add_group(json!({ "displayName": "Small" })).unwrap();
    let one = [("Prefer", "odata.maxpagesize=1")];
    let first = w.send("GET", "/groups/delta", &one, None).await.ok(200);
    let second = w.send("GET", &first.next().unwrap(), &one, None).await.ok(200);
    w.sim.remove_member(large, crowd[0]).unwrap();
    let (rest, _) = w.round(&second.next().unwrap(), &one).await;
    assert_eq!(rest[0]["id"], small.to_string());
    assert_eq!(
        rest.iter().filter(|entry| entry["id"] == large.to_string()).count(),
        3,
        "told again from the start"
    );
}
