//! The outbox: what Exchange would have mailed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{World, fridays, hour_on, world};
use serde_json::{Value, json};

/// "kind to,to" per entry; the outbox is empty afterwards.
fn mailed(w: &World) -> Vec<String> {
    let line = |mail: &simulator::Mail| format!("{:?} {}", mail.kind, mail.to.join(",")).trim().to_owned();
    let all = w.sim.outbox().iter().map(line).collect();
    w.sim.clear_outbox();
    all
}

fn attendees(names: &[&str]) -> Value {
    let one = |name: &&str| json!({ "emailAddress": { "address": format!("{name}@contoso.example") }, "type": "required" });
    names.iter().map(one).collect()
}

async fn meeting(w: &World, names: &[&str]) -> String {
    let mut body = hour_on("2027-03-05", "Review");
    body["attendees"] = attendees(names);
    let id = w.post(&w.mine("events"), body).await.ok(201).id();
    w.mine(&format!("events/{id}"))
}

#[tokio::test]
async fn events_without_attendees_mail_nobody() {
    let w = world().await;
    let id = w.post(&w.mine("events"), hour_on("2027-03-05", "x")).await.ok(201).id();
    let path = w.mine(&format!("events/{id}"));
    w.patch(&path, json!({ "subject": "y", "attendees": [] })).await.ok(200);
    w.delete(&path).await.ok(204);
    assert_eq!(mailed(&w), [""; 0]);
}

#[tokio::test]
async fn invitations_updates_and_cancellations_leave() {
    let w = world().await;
    let path = meeting(&w, &["bo", "cy"]).await;
    let first = w.sim.outbox().remove(0);
    assert_eq!((first.user, first.subject.as_str()), (w.user, "Review"));
    assert_eq!(mailed(&w), ["Invitation bo@contoso.example,cy@contoso.example"]);
    w.patch(&path, json!({ "subject": "Review 2" })).await.ok(200);
    assert_eq!(mailed(&w), ["Update bo@contoso.example,cy@contoso.example"]);
    w.patch(&path, json!({ "categories": ["Red"], "isReminderOn": false })).await.ok(200);
    assert_eq!(mailed(&w), [""; 0], "nobody else's business");
    w.patch(&path, json!({ "attendees": attendees(&["cy", "di"]) })).await.ok(200);
    assert_eq!(
        mailed(&w),
        ["Invitation di@contoso.example", "Update cy@contoso.example", "Cancellation bo@contoso.example"]
    );
    w.delete(&path).await.ok(204);
    assert_eq!(mailed(&w), ["Cancellation cy@contoso.example,di@contoso.example"]);
}

#[tokio::test]
async fn one_date_of_a_meeting_mails_too() {
    let w = world().await;
    let mut body = fridays("2027-03-05", "Stand-up");
    body["attendees"] = attendees(&["bo"]);
    let id = w.post(&w.mine("events"), body).await.ok(201).id();
    w.patch(&w.mine(&format!("events/OID.{id}.2027-03-12")), json!({ "subject": "Retro" })).await.ok(200);
    w.delete(&w.mine(&format!("events/OID.{id}.2027-03-19"))).await.ok(204);
    assert_eq!(
        mailed(&w),
        ["Invitation bo@contoso.example", "Update bo@contoso.example", "Cancellation bo@contoso.example"]
    );
}

#[tokio::test]
async fn a_meeting_is_called_off_by_its_organizer() {
    let w = world().await;
    let path = meeting(&w, &["bo"]).await;
    mailed(&w);
    w.post(&format!("{path}/cancel"), json!({ "comment": "sorry" })).await.ok(202);
    assert_eq!(mailed(&w), ["Cancellation bo@contoso.example"]);
    assert_eq!(w.get(&path).await.status, 404);
    let id = w.post(&w.mine("events"), hour_on("2027-03-05", "x")).await.ok(201).id();
    assert_eq!(
        w.post(&w.mine(&format!("events/{id}/cancel")), json!({})).await.short(),
        "400 ErrorInvalidRequest"
    );
}

#[tokio::test]
async fn an_online_meeting_is_made_for_good() {
    let w = world().await;
    let mut body = hour_on("2027-03-05", "Call");
    body["isOnlineMeeting"] = true.into();
    let made = w.post(&w.mine("events"), body).await.ok(201);
    assert!(made.body["onlineMeeting"]["joinUrl"].is_string(), "{}", made.text);
    let path = w.mine(&format!("events/{}", made.id()));
    assert_eq!(
        w.patch(&path, json!({ "isOnlineMeeting": false })).await.ok(200).body["isOnlineMeeting"],
        true
    );
    assert_eq!(mailed(&w), ["OnlineMeeting"]);
}

#[tokio::test]
async fn what_colleagues_do_themselves_is_not_in_the_outbox() {
    let w = world().await;
    let mut body = fridays("2027-03-05", "Review");
    body["attendees"] = attendees(&["bo"]);
    body["isOnlineMeeting"] = true.into();
    body["onlineMeeting"] = json!({ "joinUrl": "https://teams.example/1" });
    body["sensitivity"] = "private".into();
    let own = w.sim.user_creates_event(w.user, "Calendar", body.clone()).unwrap();
    w.sim.user_edits_event(w.user, &format!("OID.{own}.2027-03-12"), json!({ "subject": "Retro" })).unwrap();
    w.sim.user_deletes_event(w.user, &format!("OID.{own}.2027-03-19")).unwrap();
    body["organizer"] = json!({ "emailAddress": { "address": "bo@contoso.example", "name": "Bo" } });
    body["responseStatus"] = json!({ "response": "accepted", "time": "2027-01-01T00:00:00Z" });
    let foreign = w.sim.user_creates_event(w.user, "Calendar", body).unwrap();
    let read = w.get(&w.mine(&format!("events/{foreign}"))).await.ok(200).body;
    assert_eq!(
        (&read["isOrganizer"], &read["responseStatus"]["response"]),
        (&json!(false), &json!("accepted"))
    );
    assert_eq!(read["organizer"]["emailAddress"]["name"], "Bo");
    let contents = w.sim.calendar_contents(w.user);
    let events = &contents["calendars"][0]["events"];
    assert_eq!(events[0]["cancelled"], json!(["2027-03-19"]));
    assert_eq!(
        (&events[0]["exceptions"][0]["date"], &events[0]["exceptions"][0]["subject"]),
        (&json!("2027-03-12"), &json!("Retro"))
    );
    assert_eq!(events[0]["onlineMeeting"]["joinUrl"], "https://teams.example/1");
    w.sim.user_deletes_event(w.user, &own).unwrap();
    assert!(w.sim.user_edits_event(w.user, &own, json!({ "subject": "x" })).is_err());
    assert_eq!(mailed(&w), [""; 0]);
    w.delete(&w.mine(&format!("events/{foreign}"))).await.ok(204);
    assert_eq!(mailed(&w), [""; 0], "an attendee's deletion tells nobody");
}
