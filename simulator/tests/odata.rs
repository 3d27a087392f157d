//! Spellings, headers and error shapes that every client meets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::world;
use serde_json::json;

#[tokio::test]
async fn deltas_and_keys_have_several_spellings() {
    let w = world().await;
    let folder = w.folder("Company").await;
    let user = w.user;
    for path in [
        "/users/delta".to_owned(),
        "/users/delta()".to_owned(),
        "/users/microsoft.graph.delta()".to_owned(),
        "/Users/Delta".to_owned(),
        format!("/users/{user}/contactFolders/{folder}/contacts/delta"),
        format!("/users/{user}/contactFolders/{folder}/contacts/delta()"),
        format!("/users('{user}')/contactFolders('{folder}')/contacts/microsoft.graph.delta()"),
        format!("/USERS/{user}/contactfolders/{folder}/Contacts/delta"),
        format!("/users/{user}/contacts/delta?%24select=id"),
    ] {
        w.get(&path).await.ok(200);
    }
}

#[tokio::test]
async fn preferences_come_in_any_order_joined_or_apart() {
    let w = world().await;
    w.contact("A").await;
    w.contact("B").await;
    for prefer in
        ["odata.maxpagesize=1, IdType=\"ImmutableId\"", "IdType=\"ImmutableId\", odata.maxpagesize=1"]
    {
        let page = w.send("GET", &w.mine("contacts/delta"), &[("Prefer", prefer)], None).await.ok(200);
        assert_eq!(page.entries().len(), 1);
        assert!(page.entries()[0]["id"].as_str().unwrap().starts_with("AAkALg"));
    }
    let apart = [("Prefer", "odata.maxpagesize=1"), ("Prefer", "IdType=\"ImmutableId\"")];
    let page = w.send("GET", &w.mine("contacts/delta"), &apart, None).await.ok(200);
    assert!(page.entries().len() == 1 && page.entries()[0]["id"].as_str().unwrap().starts_with("AAkALg"));
}

#[tokio::test]
async fn every_answer_carries_its_request_ids_and_date() {
    let w = world().await;
    let reply = w.send("GET", "/users/nobody@x.example", &[("client-request-id", "mine")], None).await;
    assert_eq!(reply.headers["client-request-id"], "mine");
    let inner = &reply.body["error"]["innerError"];
    assert_eq!(
        (&inner["request-id"], &inner["client-request-id"]),
        (&json!(reply.headers["request-id"].to_str().unwrap()), &json!("mine"))
    );
    assert!(inner["date"].is_string() && reply.headers.contains_key("date"));
    let unauthorized = w.send("GET", "/users", &[("Authorization", "")], None).await;
    assert!(unauthorized.headers.contains_key("request-id"));
}

#[tokio::test]
async fn bodies_must_be_json_and_paths_must_exist() {
    let w = world().await;
    let url = format!("{}/v1.0{}", w.sim.graph_url(), w.mine("contacts"));
    let send = async |kind: &str, body: &'static str| {
        let request = w.http.post(&url).bearer_auth(&w.token).header("content-type", kind).body(body);
        common::read(request.send().await.unwrap()).await.unwrap().short()
    };
    assert_eq!(send("application/json", "{\"givenName\":").await, "400 BadRequest");
    assert_eq!(send("application/json", "[]").await, "400 BadRequest");
    assert_eq!(send("text/plain", "{}").await, "415 UnsupportedMediaType");
    assert_eq!(w.get("/planets").await.message(), "Resource not found for the segment 'planets'.");
    assert_eq!(w.get(&w.mine("photos")).await.short(), "400 BadRequest");
    assert_eq!(w.send("PUT", &w.mine("contacts"), &[], None).await.short(), "405 MethodNotAllowed");
}
