//! Contact folders, and mailboxes that cannot be reached.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::world;
use serde_json::json;
use simulator::MailboxState;

const TAG: &str = "String {3f5c1f0a-1111-4222-8333-000000000001} Name whHub";

#[tokio::test]
async fn a_mailbox_that_cannot_be_reached_says_why() {
    let w = world().await;
    let path = w.mine("contactFolders");
    w.sim.set_mailbox_state(w.user, MailboxState::NotEnabled);
    let reply = w.get(&path).await;
    assert_eq!(reply.short(), "404 MailboxNotEnabledForRESTAPI");
    assert_eq!(reply.message(), "The mailbox is either inactive, soft-deleted, or is hosted on-premise.");
    w.sim.set_mailbox_state(w.user, MailboxState::InvalidUser);
    assert_eq!(w.get(&path).await.short(), "404 ErrorInvalidUser");
    w.sim.set_mailbox_state(w.user, MailboxState::AccessDenied);
    assert_eq!(w.get(&path).await.short(), "403 ErrorAccessDenied");
    w.sim.set_mailbox_state(w.user, MailboxState::Ok);
    w.get(&path).await.ok(200);
    w.sim.remove_user(w.user).unwrap();
    assert_eq!(w.get(&path).await.short(), "404 ErrorInvalidUser");
}

#[tokio::test]
async fn the_default_folder_is_not_listed_but_has_a_name() {
    let w = world().await;
    assert_eq!(w.get(&w.mine("contactFolders")).await.entries().len(), 0);
    let default = w.get(&w.mine("contactFolders/Contacts")).await.ok(200);
    assert_eq!(default.body["displayName"], "Contacts");
    w.get(&w.mine(&format!("contactFolders/{}", default.id()))).await.ok(200);
    assert_eq!(
        w.delete(&w.mine("contactFolders/Contacts")).await.short(),
        "400 ErrorDeleteDistinguishedFolder"
    );
}

#[tokio::test]
async fn folders_are_created_listed_renamed_and_deleted() {
    let w = world().await;
    let id = w.folder("Company").await;
    let path = w.mine(&format!("contactFolders/{id}"));
    assert_eq!(w.get(&w.mine("contactFolders?$top=250&$select=id")).await.entries().len(), 1);
    assert_eq!(w.patch(&path, json!({ "displayName": "Firm" })).await.ok(200).body["displayName"], "Firm");
    w.delete(&path).await.ok(204);
    assert_eq!(w.get(&path).await.short(), "404 ErrorItemNotFound");
    assert_eq!(w.get(&w.mine("contactFolders")).await.entries().len(), 0);
}

#[tokio::test]
async fn two_folders_of_one_name_are_refused_also_by_renaming() {
    let w = world().await;
    w.folder("Company").await;
    let other = w.folder("Other").await;
    let again = w.post(&w.mine("contactFolders"), json!({ "displayName": "company" })).await;
    assert_eq!(again.short(), "409 ErrorFolderExists");
    let renamed =
        w.patch(&w.mine(&format!("contactFolders/{other}")), json!({ "displayName": "Company" })).await;
    assert_eq!(renamed.short(), "409 ErrorFolderExists");
    assert_eq!(w.post(&w.mine("contactFolders"), json!({})).await.short(), "400 BadRequest");
}

#[tokio::test]
async fn a_folder_carries_tags_that_expand_and_filter() {
    let w = world().await;
    let body = json!({ "displayName": "Company", "singleValueExtendedProperties": [{ "id": TAG, "value": "hub-1" }] });
    let made = w.post(&w.mine("contactFolders"), body).await.ok(201);
    assert!(made.body.get("singleValueExtendedProperties").is_none(), "stored, not echoed");
    w.folder("Other").await;
    let expand = format!("$expand=singleValueExtendedProperties($filter=id eq '{TAG}')").replace(' ', "%20");
    let all = w.get(&w.mine(&format!("contactFolders?{expand}"))).await.ok(200);
    assert_eq!(all.entries()[0]["singleValueExtendedProperties"], json!([{ "id": TAG, "value": "hub-1" }]));
    assert!(all.entries()[1].get("singleValueExtendedProperties").is_none());
    let filter = |value: &str| {
        let any =
            format!("singleValueExtendedProperties/Any(ep: ep/id eq '{TAG}' and ep/value eq '{value}')");
        w.mine(&format!("contactFolders?$filter={}", any.replace(' ', "%20")))
    };
    assert_eq!(w.get(&filter("HUB-1")).await.entries().len(), 1, "values compare without regard to case");
    assert_eq!(w.get(&filter("hub-2")).await.entries().len(), 0);
}

#[tokio::test]
async fn a_second_deletion_of_the_same_name_fails_until_it_is_permanent() {
    let w = world().await;
    let first = w.folder("Company").await;
    w.delete(&w.mine(&format!("contactFolders/{first}"))).await.ok(204);
    let second = w.folder("Company").await;
    assert_eq!(w.delete(&w.mine(&format!("contactFolders/{second}"))).await.short(), "409 ErrorFolderExists");
    let path = w.mine(&format!("contactFolders/{second}/permanentDelete"));
    w.send("POST", &path, &[("Content-Length", "0")], None).await.ok(204);
}

#[tokio::test]
async fn contacts_go_with_their_folder() {
    let w = world().await;
    let folder = w.folder("Company").await;
    let path = w.mine(&format!("contactFolders/{folder}/contacts"));
    let contact = w.post(&path, json!({ "givenName": "Bo" })).await.ok(201).id();
    w.delete(&w.mine(&format!("contactFolders/{folder}"))).await.ok(204);
    assert_eq!(w.get(&w.mine(&format!("contacts/{contact}"))).await.short(), "404 ErrorItemNotFound");
    assert_eq!(w.get(&path).await.short(), "404 ErrorItemNotFound");
    assert_eq!(w.post(&path, json!({ "givenName": "Bo" })).await.short(), "404 ErrorItemNotFound");
}

#[tokio::test]
async fn folder_lists_have_pages_and_ids_have_a_form() {
    let w = world().await;
    for number in 0..12 {
        w.folder(&format!("F{number}")).await;
    }
    assert_eq!(w.get(&w.mine("contactFolders")).await.entries().len(), 10);
    assert_eq!(w.round(&w.mine("contactFolders"), &[]).await.0.len(), 12);
    assert_eq!(w.get(&w.mine("contactFolders/short")).await.short(), "400 ErrorInvalidIdMalformed");
    assert_eq!(w.get(&w.mine("contactFolders?$filter=displayName%20eq%20'F1'")).await.status, 400);
    assert_eq!(w.get(&w.mine("contactFolders?$orderby=displayName")).await.status, 400);
}
