//! The remote control: everything the handle can do, as JSON over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{Reply, World, fridays, read, world};
use serde_json::{Value, json};

async fn send(w: &World, command: Value) -> Reply {
    read(w.http.post(w.sim.control_url()).json(&command).send().await.unwrap()).await.unwrap()
}

async fn run(w: &World, command: Value) -> Value {
    send(w, command).await.ok(200).body
}

#[tokio::test]
async fn the_directory_is_edited_from_afar() {
    let w = world().await;
    let bo = run(&w, json!({ "do": "add-user", "user": { "displayName": "Bo" } })).await;
    let group = run(&w, json!({ "do": "add-group", "group": { "displayName": "G", "members": [bo] } })).await;
    assert_eq!(run(&w, json!({ "do": "update-user", "id": bo, "set": { "city": "Graz" } })).await, true);
    assert_eq!(run(&w, json!({ "do": "add-member", "group": group, "member": w.user })).await, Value::Null);
    assert_eq!(run(&w, json!({ "do": "groups" })).await[0]["members"].as_array().unwrap().len(), 2);
    run(&w, json!({ "do": "remove-user", "id": bo })).await;
    assert_eq!(run(&w, json!({ "do": "users" })).await.as_array().unwrap().len(), 1);
    run(&w, json!({ "do": "restore-user", "id": bo })).await;
    run(&w, json!({ "do": "remove-group", "id": group })).await;
    let contact = run(&w, json!({ "do": "add-org-contact", "contact": { "displayName": "P" } })).await;
    run(&w, json!({ "do": "update-org-contact", "id": contact, "set": { "mail": "p@x.example" } })).await;
    assert_eq!(run(&w, json!({ "do": "org-contacts" })).await[0]["mail"], "p@x.example");
    run(&w, json!({ "do": "remove-org-contact", "id": contact })).await;
    run(&w, json!({ "do": "purge-user", "id": bo })).await;
}

#[tokio::test]
async fn a_colleague_is_played_from_afar() {
    let w = world().await;
    let mine = json!({ "user": w.user });
    let with = |mut command: Value| {
        command.as_object_mut().unwrap().extend(mine.as_object().unwrap().clone());
        command
    };
    run(&w, with(json!({ "do": "user-creates-folder", "name": "Mine" }))).await;
    let fields = json!({ "givenName": "Own" });
    let id = run(&w, with(json!({ "do": "user-creates-contact", "folder": "Mine", "fields": fields }))).await;
    run(&w, with(json!({ "do": "user-edits-contact", "contact": id, "fields": { "jobTitle": "x" } }))).await;
    run(&w, with(json!({ "do": "user-moves-contact", "contact": id, "folder": "Contacts" }))).await;
    let contents = run(&w, with(json!({ "do": "mailbox-contents" }))).await;
    assert_eq!(contents["folders"][0]["contacts"][0]["jobTitle"], "x");
    run(&w, with(json!({ "do": "user-deletes-contact", "contact": id }))).await;
    run(&w, with(json!({ "do": "user-deletes-folder", "folder": "Mine" }))).await;
    run(&w, with(json!({ "do": "set-lag", "lag": { "writes": 3 } }))).await;
    run(&w, with(json!({ "do": "set-mailbox-state", "state": "not-enabled" }))).await;
    assert_eq!(w.get(&w.mine("contacts")).await.short(), "404 MailboxNotEnabledForRESTAPI");
}

#[tokio::test]
async fn a_colleagues_calendar_is_kept_from_afar() {
    let w = world().await;
    let with = |mut command: Value| {
        command["user"] = json!(w.user);
        command
    };
    run(&w, with(json!({ "do": "user-creates-calendar", "name": "Mine" }))).await;
    let fields = fridays("2027-03-05", "Stand-up");
    let id = run(&w, with(json!({ "do": "user-creates-event", "calendar": "Mine", "fields": fields }))).await;
    let one = |day: &str| format!("OID.{}.{day}", id.as_str().unwrap());
    run(
        &w,
        with(json!({ "do": "user-edits-event", "event": one("2027-03-12"), "fields": { "subject": "x" } })),
    )
    .await;
    run(&w, with(json!({ "do": "user-deletes-event", "event": one("2027-03-19") }))).await;
    run(&w, with(json!({ "do": "user-moves-event", "event": id, "calendar": "Calendar" }))).await;
    let contents = run(&w, with(json!({ "do": "calendar-contents" }))).await;
    assert_eq!(contents["calendars"][0]["events"][0]["exceptions"][0]["subject"], "x");
    run(&w, with(json!({ "do": "user-deletes-calendar", "calendar": "Mine" }))).await;
    assert_eq!(run(&w, json!({ "do": "outbox-count" })).await, 0);
    let mut meeting = fridays("2027-03-05", "Stand-up");
    meeting["attendees"] = json!([{ "emailAddress": { "address": "bo@contoso.example" } }]);
    w.post(&w.mine("events"), meeting).await.ok(201);
    assert_eq!(run(&w, json!({ "do": "outbox" })).await[0]["kind"], "invitation");
    run(&w, json!({ "do": "clear-outbox" })).await;
    assert_eq!(run(&w, json!({ "do": "outbox-count" })).await, 0);
    let room = run(&w, json!({ "do": "add-room", "name": "Room 1" })).await;
    w.get(&format!("/users/{}/calendar", room.as_str().unwrap())).await.ok(200);
}

#[tokio::test]
async fn faults_counters_clock_and_tenants_are_reached_from_afar() {
    let w = world().await;
    run(&w, json!({ "do": "add-fault", "fault": { "kind": "unavailable", "path": "/users*", "times": 1 } }))
        .await;
    assert_eq!((w.get("/users").await.status, w.get("/users").await.status), (503, 200));
    run(&w, json!({ "do": "clear-faults" })).await;
    assert_eq!(run(&w, json!({ "do": "counts" })).await["http_calls"], 2);
    run(&w, json!({ "do": "reset-counts" })).await;
    assert_eq!(run(&w, json!({ "do": "counts" })).await["http_calls"], 0);
    run(&w, json!({ "do": "record", "on": true })).await;
    w.get("/users").await.ok(200);
    assert_eq!(run(&w, json!({ "do": "recorded" })).await[0]["path"], "/users");
    run(&w, json!({ "do": "set-quirks", "quirks": { "directory_page": 1 } })).await;
    run(&w, json!({ "do": "set-latency", "milliseconds": 1 })).await;
    run(&w, json!({ "do": "set-token-seconds", "seconds": 5 })).await;
    run(&w, json!({ "do": "advance", "seconds": 10 })).await;
    let other = run(&w, json!({ "do": "add-tenant" })).await;
    run(&w, json!({ "do": "set-roles", "tenant": other, "roles": ["User.Read.All"] })).await;
    run(&w, json!({ "do": "set-standing", "tenant": other, "standing": "missing" })).await;
    let info = run(&w, json!({ "do": "info", "tenant": other })).await;
    assert_eq!(info["tenant_id"], other);
    assert!(run(&w, json!({ "do": "token" })).await.is_string());
}

#[tokio::test]
async fn what_the_tenant_granted_is_changed_from_afar() {
    let w = world().await;
    run(&w, json!({ "do": "register-redirect", "url": "https://app.example/back" })).await;
    run(&w, json!({ "do": "set-admin", "person": w.user })).await;
    run(&w, json!({ "do": "assign-role", "person": w.user, "role": "Reader" })).await;
    let token = run(&w, json!({ "do": "person-token", "person": w.user })).await;
    let claims = simulator::Simulator::claims(token.as_str().unwrap());
    assert_eq!(claims["roles"], json!(["Reader"]));
    run(&w, json!({ "do": "unassign-role", "person": w.user, "role": "Reader" })).await;
    let forged = json!({ "do": "forge", "claims": claims, "forgery": "alg-none" });
    assert!(run(&w, forged).await.as_str().unwrap().ends_with('.'));
    let script = run(&w, json!({ "do": "add-script", "roles": ["Operator"] })).await;
    assert_eq!(script["tenant_id"], w.sim.tenant_id());
    run(&w, json!({ "do": "unconsent" })).await;
    assert_eq!(run(&w, json!({ "do": "grant-of" })).await, json!(["missing", []]));
    run(&w, json!({ "do": "set-standing", "app": "scoped", "standing": "consented" })).await;
    run(&w, json!({ "do": "set-roles", "app": "scoped", "roles": ["User.Read.All"] })).await;
    let grant = run(&w, json!({ "do": "grant-of", "app": "scoped" })).await;
    assert_eq!(grant, json!(["consented", ["User.Read.All"]]));
    let principal = run(&w, json!({ "do": "service-principal-id", "app": "scoped" })).await;
    assert_eq!(principal, w.sim.service_principal_id(simulator::App::Scoped));
    run(&w, json!({ "do": "scope", "mailboxes": [w.user] })).await;
    run(&w, json!({ "do": "scope-by", "roles": ["Application Contacts.Read"], "mailboxes": [w.user] })).await;
    let mine = w.mine("contacts");
    let scoped = run(&w, json!({ "do": "token", "app": "scoped" })).await;
    let scoped = World { token: scoped.as_str().unwrap().to_owned(), ..w };
    scoped.get(&mine).await.ok(200);
    let w = scoped;
    run(&w, json!({ "do": "answer-with-tokens-of", "other": w.user })).await;
    let token = run(&w, json!({ "do": "token" })).await;
    assert_eq!(simulator::Simulator::claims(token.as_str().unwrap())["tid"], json!(w.user));
    run(&w, json!({ "do": "refuse-tokens", "code": 90033 })).await;
    run(&w, json!({ "do": "rotate-signing-key" })).await;
    run(&w, json!({ "do": "withdraw-old-signing-keys" })).await;
    assert_eq!(w.get("/users").await.status, 401);
    run(&w, json!({ "do": "set-gone", "gone": true })).await;
}

#[tokio::test]
async fn bad_commands_say_what_is_wrong() {
    let w = world().await;
    let bad =
        async |command: Value| send(&w, command).await.ok(400).body["error"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(bad(json!({ "do": "remove-user", "id": w.sim.tenant_id() })).await.replace(&w.sim.tenant_id(), "…"), @"no microsoft.graph.user … in the directory");
    insta::assert_snapshot!(bad(json!({ "do": "counts", "tenant": "nonsense" })).await, @"no such tenant");
    insta::assert_snapshot!(bad(json!({ "do": "add-fault", "fault": { "kind": "unavailable", "shoe": 1 } })).await, @"not a command: unknown field `shoe`, expected one of `kind`, `method`, `path`, `mailbox`, `layer`, `nth`, `probability`, `times`, `seed`, `retry_after`, `milliseconds`");
    assert!(bad(json!({ "do": "dance" })).await.starts_with("not a command: unknown variant `dance`"));
    assert_eq!(read(w.http.get(w.sim.control_url()).send().await.unwrap()).await.unwrap().status, 404);
}
