//! What each request to Graph needs: without the permission it is refused, with it alone it is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{World, world};
use serde_json::{Value, json};

const ALL: [&str; 13] = [
    "User.Read.All",
    "User.ReadBasic.All",
    "OrgContact.Read.All",
    "Group.Read.All",
    "Group.ReadBasic.All",
    "GroupMember.Read.All",
    "GroupMember.ReadBasic.All",
    "Contacts.Read",
    "Contacts.ReadWrite",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Mail.ReadWrite",
    "MailboxSettings.ReadWrite",
];

struct Case {
    method: &'static str,
    path: String,
    body: Option<Value>,
    enough: &'static [&'static str],
}

/// Every kind of request that Wheelhouse sends, and the permissions of which one will do.
fn cases(w: &World, group: &str) -> Vec<Case> {
    let dates = "startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z";
    let group_names: &[&str] = &["Group.Read.All", "Group.ReadBasic.All", "GroupMember.Read.All"];
    let members: &[&str] = &["Group.Read.All", "GroupMember.Read.All", "GroupMember.ReadBasic.All"];
    let get = |path: String, enough| Case { method: "GET", path, body: None, enough };
    let write = |method, path: String, body, enough| Case { method, path, body: Some(body), enough };
    let contact_reads: &[&str] = &["Contacts.Read", "Contacts.ReadWrite"];
    let event_reads: &[&str] = &["Calendars.Read", "Calendars.ReadWrite"];
    vec![
        get("/users".into(), &["User.Read.All", "User.ReadBasic.All"]),
        get("/users/delta".into(), &["User.Read.All"]),
        get(format!("/users/{}", w.user), &["User.Read.All"]),
        get(format!("/users/{}/manager", w.user), &["User.Read.All"]),
        get("/contacts".into(), &["OrgContact.Read.All"]),
        get("/contacts/delta".into(), &["OrgContact.Read.All"]),
        get("/groups".into(), group_names),
        get("/groups/delta".into(), group_names),
        get(format!("/groups/{group}"), group_names),
        get(format!("/groups/{group}/members"), members),
        get(format!("/groups/{group}/transitiveMembers"), members),
        get(w.mine("contactFolders"), contact_reads),
        get(w.mine("contacts"), contact_reads),
        get(w.mine("contacts/delta"), contact_reads),
        write("POST", w.mine("contacts"), json!({ "givenName": "Bo" }), &["Contacts.ReadWrite"]),
        write("POST", w.mine("contactFolders"), json!({ "displayName": "F" }), &["Contacts.ReadWrite"]),
        write("PATCH", w.mine("contacts/none"), json!({ "jobTitle": "x" }), &["Contacts.ReadWrite"]),
        Case { method: "DELETE", path: w.mine("contacts/none"), body: None, enough: &["Contacts.ReadWrite"] },
        get(w.mine("calendars"), event_reads),
        get(w.mine("events"), event_reads),
        get(w.mine(&format!("calendarView?{dates}")), event_reads),
        get(w.mine(&format!("calendarView/delta?{dates}")), event_reads),
        write("POST", w.mine("calendars"), json!({ "name": "C" }), &["Calendars.ReadWrite"]),
        write("POST", w.mine("events"), common::hour_on("2027-03-05", "x"), &["Calendars.ReadWrite"]),
        write("PATCH", w.mine("events/none"), json!({ "subject": "x" }), &["Calendars.ReadWrite"]),
        Case { method: "DELETE", path: w.mine("events/none"), body: None, enough: &["Calendars.ReadWrite"] },
    ]
}

async fn refused(w: &mut World, case: &Case, roles: &[&str]) -> bool {
    w.sim.set_roles(roles);
    w.token = w.sim.token();
    let reply = w.send(case.method, &case.path, &[common::IMMUTABLE], case.body.clone()).await;
    let denied = matches!(reply.code(), "Authorization_RequestDenied" | "ErrorAccessDenied");
    assert_eq!(reply.status == 403, denied, "{} {}: {}", case.method, case.path, reply.text);
    denied
}

#[tokio::test]
async fn each_request_needs_one_of_its_permissions_and_no_other() {
    let mut w = world().await;
    let group = w.sim.add_group(json!({ "displayName": "G", "members": [w.user] })).unwrap().to_string();
    for case in cases(&w, &group) {
        let named = format!("{} {}", case.method, case.path);
        let others: Vec<&str> = ALL.into_iter().filter(|role| !case.enough.contains(role)).collect();
        assert!(refused(&mut w, &case, &others).await, "{named} without {:?}", case.enough);
        for role in case.enough {
            assert!(!refused(&mut w, &case, &[role]).await, "{named} with {role}");
        }
    }
}

#[tokio::test]
async fn a_token_keeps_the_permissions_it_was_issued_with_until_it_expires() {
    let mut w = world().await;
    w.sim.set_roles(&["User.Read.All"]);
    w.get(&w.mine("contacts")).await.ok(200);
    w.token = w.sim.token();
    assert_eq!(w.get(&w.mine("contacts")).await.short(), "403 ErrorAccessDenied");
    w.sim.set_roles(&[]);
    w.get("/users").await.ok(200);
}

#[tokio::test]
async fn a_persons_token_is_no_token_of_the_app() {
    let mut w = world().await;
    w.sim.assign_role(w.user, "Contacts.ReadWrite");
    w.token = w.sim.person_token(w.user).unwrap();
    assert_eq!(w.get("/users").await.message(), "Access token validation failure. Invalid audience.");
}
