//! Calendars and events: what Exchange takes, what it makes of it, how it is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{IMMUTABLE, World, at, fridays, hour_on, without, world};
use serde_json::{Value, json};

const TAG: &str = "String {3f5c1f0a-1111-4222-8333-000000000001} Name whSourceId";

fn hour(subject: &str) -> Value {
    hour_on("2026-12-01", subject)
}

async fn create(w: &World, body: Value) -> Value {
    w.post(&w.mine("events"), body).await.ok(201).body
}

async fn refused(w: &World, change: Value) -> String {
    let mut body = hour("x");
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let reply = w.post(&w.mine("events"), body).await;
    format!("{}: {}", reply.short(), reply.message())
}

#[tokio::test]
async fn a_new_event_reads_back_whole_in_utc() {
    let w = world().await;
    let body = create(&w, hour("Town hall")).await;
    let moving = ["id", "changeKey", "createdDateTime", "lastModifiedDateTime", "iCalUId", "webLink"];
    let shown = without(&body, &moving);
    insta::assert_snapshot!(shown, @r#"{"allowNewTimeProposals":true,"attendees":[],"body":{"content":"","contentType":"html"},"bodyPreview":"","categories":[],"end":{"dateTime":"2026-12-01T09:00:00.0000000","timeZone":"UTC"},"hasAttachments":false,"hideAttendees":false,"importance":"normal","isAllDay":false,"isCancelled":false,"isDraft":false,"isOnlineMeeting":false,"isOrganizer":true,"isReminderOn":true,"location":{"address":{},"coordinates":{},"displayName":"","locationType":"default","uniqueIdType":"unknown"},"locations":[],"onlineMeeting":null,"onlineMeetingProvider":"unknown","onlineMeetingUrl":null,"organizer":{"emailAddress":{"address":"ana@contoso.example","name":"Ana Kos"}},"originalEndTimeZone":"Europe/Vienna","originalStart":null,"originalStartTimeZone":"Europe/Vienna","recurrence":null,"reminderMinutesBeforeStart":15,"responseRequested":true,"responseStatus":{"response":"organizer","time":"0001-01-01T00:00:00Z"},"sensitivity":"normal","seriesMasterId":null,"showAs":"busy","start":{"dateTime":"2026-12-01T08:00:00.0000000","timeZone":"UTC"},"subject":"Town hall","transactionId":null,"type":"singleInstance"}"#);
    assert_eq!(
        w.get(&w.mine(&format!("events/{}", body["id"].as_str().unwrap()))).await.ok(200).body["type"],
        "singleInstance"
    );
}

#[tokio::test]
async fn every_mailbox_has_a_calendar_and_takes_more() {
    let w = world().await;
    let tags = json!([{ "id": TAG, "value": "hub-1" }]);
    let made =
        json!({ "name": "Company events", "color": "lightTeal", "singleValueExtendedProperties": tags });
    let made = w.post(&w.mine("calendars"), made).await.ok(201);
    assert!(made.body.get("singleValueExtendedProperties").is_none(), "stored, not echoed");
    let default = w.get(&w.mine("calendar")).await.ok(200);
    assert_eq!(
        (&default.body["name"], &default.body["isDefaultCalendar"]),
        (&json!("Calendar"), &json!(true))
    );
    assert_eq!(default.body["owner"], json!({ "name": "Ana Kos", "address": "ana@contoso.example" }));
    let expand = format!("$expand=singleValueExtendedProperties($filter=id eq '{TAG}')").replace(' ', "%20");
    let all = w.get(&w.mine(&format!("calendars?$select=id,name,color&{expand}"))).await.ok(200);
    assert_eq!(all.entries()[0], json!({ "id": default.id(), "name": "Calendar", "color": "auto" }));
    assert_eq!(all.entries()[1]["singleValueExtendedProperties"], tags);
    let path = w.mine(&format!("calendars/{}", made.id()));
    let renamed = w.patch(&path, json!({ "name": "Events", "color": "lightRed" })).await.ok(200);
    assert_ne!(renamed.body["changeKey"], made.body["changeKey"]);
    assert_eq!(
        w.post(&w.mine("calendars"), json!({ "name": "events" })).await.short(),
        "409 ErrorFolderExists"
    );
    assert_eq!(
        w.post(&w.mine("calendars"), json!({ "name": "x", "color": "pink" })).await.short(),
        "400 RequestBodyRead"
    );
    assert_eq!(
        w.delete(&w.mine(&format!("calendars/{}", default.id()))).await.short(),
        "400 ErrorDeleteDistinguishedFolder"
    );
    w.delete(&path).await.ok(204);
    assert_eq!(w.get(&path).await.short(), "404 ErrorItemNotFound");
    assert_eq!(w.get(&w.mine("calendars/calendar")).await.short(), "400 ErrorInvalidIdMalformed");
    w.post(&w.mine("calendars"), json!({ "name": "Events" })).await.ok(201);
}

#[tokio::test]
async fn a_tag_finds_its_event() {
    let w = world().await;
    let calendar = w.post(&w.mine("calendars"), json!({ "name": "C" })).await.ok(201).id();
    let path = w.mine(&format!("calendars/{calendar}/events"));
    for number in 0..12 {
        let mut body = hour(&format!("E{number}"));
        body["singleValueExtendedProperties"] = json!([{ "id": TAG, "value": format!("k{number}") }]);
        w.post(&path, body).await.ok(201);
    }
    assert_eq!(w.get(&path).await.entries().len(), 10);
    assert_eq!(w.round(&format!("{path}?$top=5&$select=id"), &[IMMUTABLE]).await.0.len(), 12);
    let any = format!("singleValueExtendedProperties/Any(ep: ep/id eq '{TAG}' and ep/value eq 'K7')");
    let expand = format!("singleValueExtendedProperties($filter=id eq '{TAG}')");
    let found = w
        .get(&format!("{path}?$select=subject&$filter={any}&$expand={expand}").replace(' ', "%20"))
        .await
        .ok(200);
    assert_eq!(found.entries().len(), 1);
    assert_eq!(found.entries()[0]["subject"], "E7");
    assert_eq!(found.entries()[0]["singleValueExtendedProperties"][0]["value"], "k7");
    assert_eq!(w.get(&w.mine("events")).await.entries().len(), 0, "the default calendar");
}

#[tokio::test]
async fn wrong_times_are_refused() {
    let w = world().await;
    let vienna = "Europe/Vienna";
    insta::assert_snapshot!(refused(&w, json!({ "end": at("2026-12-01", "08:00:00", vienna) })).await, @"400 ErrorPropertyValidationFailure: At least one property failed validation. The end of an event must not be before its start.");
    insta::assert_snapshot!(refused(&w, json!({ "start": at("2026-12-01", "08:00:00", "Mars") })).await, @"400 TimeZoneNotSupportedException: A valid TimeZone value must be specified. The following TimeZone value is not supported: 'Mars'.");
    insta::assert_snapshot!(refused(&w, json!({ "isAllDay": true })).await, @"400 ErrorPropertyValidationFailure: The duration of an event marked as All day must be at least 24 hours: start and end must be set to midnight and be in the same time zone.");
    for change in [
        json!({ "start": null }),
        json!({ "start": { "dateTime": "2026-12-01T08:00:00" } }),
        json!({ "start": at("tomorrow", "08:00:00", vienna) }),
        json!({ "start": at("2026-12-01", "08:00:00+01:00", vienna) }),
        json!({ "isAllDay": true, "start": at("2026-12-01", "00:00:00", "UTC"), "end": at("2026-12-02", "00:00:00", vienna) }),
        json!({ "isAllDay": true, "start": at("2026-12-01", "00:00:00", vienna), "end": at("2026-12-01", "00:00:00", vienna) }),
        json!({ "showAs": "sleeping" }),
        json!({ "subject": 1 }),
        json!({ "location": { "name": "HQ" } }),
        json!({ "body": { "contentType": "rtf", "content": "" } }),
    ] {
        assert!(refused(&w, change.clone()).await.starts_with("400 "), "{change}");
    }
    assert_eq!(w.get(&w.mine("events")).await.entries().len(), 0);
}

#[tokio::test]
async fn times_come_in_the_zone_that_is_preferred() {
    let w = world().await;
    let id = create(&w, hour("x")).await["id"].as_str().unwrap().to_owned();
    let path = w.mine(&format!("events/{id}?$select=start,originalStartTimeZone"));
    let pacific =
        w.send("GET", &path, &[("Prefer", "outlook.timezone=\"Pacific Standard Time\"")], None).await.ok(200);
    assert_eq!(pacific.headers["preference-applied"], "outlook.timezone=\"Pacific Standard Time\"");
    assert_eq!(
        pacific.body["start"],
        json!({ "dateTime": "2026-12-01T00:00:00.0000000", "timeZone": "Pacific Standard Time" })
    );
    assert_eq!(pacific.body["originalStartTimeZone"], "Europe/Vienna");
    let unknown = w.send("GET", &path, &[("Prefer", "outlook.timezone=\"Mars\"")], None).await;
    assert_eq!(unknown.short(), "400 TimeZoneNotSupportedException");
}

#[tokio::test]
async fn an_all_day_event_stays_at_midnight() {
    let w = world().await;
    let zone = "W. Europe Standard Time";
    let body = json!({ "subject": "Fair", "isAllDay": true, "start": at("2026-12-01", "00:00:00", zone), "end": at("2026-12-03", "00:00:00", zone) });
    let made = create(&w, body).await;
    assert_eq!(made["end"], json!({ "dateTime": "2026-12-03T00:00:00.0000000", "timeZone": "UTC" }));
    assert_eq!(made["originalStartTimeZone"], zone);
}

#[tokio::test]
async fn bodies_come_back_as_exchange_keeps_them() {
    let w = world().await;
    let mut event = hour("x");
    event["body"] = json!({ "contentType": "HTML", "content": "<p>Hello</p>" });
    let made = create(&w, event).await;
    assert_eq!(made["bodyPreview"], "Hello");
    assert!(made["body"]["content"].as_str().unwrap().starts_with("<html><head>"), "{}", made["body"]);
    let path = w.mine(&format!("events/{}", made["id"].as_str().unwrap()));
    let text = w.send("GET", &path, &[("Prefer", "outlook.body-content-type=\"text\"")], None).await.ok(200);
    assert_eq!(text.body["body"], json!({ "contentType": "text", "content": "Hello\r\n" }));
    assert_eq!(text.headers["preference-applied"], "outlook.body-content-type=\"text\"");
    w.sim.set_quirks(|quirks| quirks.html_wrapped = false);
    assert_eq!(w.get(&path).await.body["body"], json!({ "contentType": "html", "content": "<p>Hello</p>" }));
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_moves_the_change_key() {
    let w = world().await;
    let mut event = hour("x");
    event["location"] = json!({ "displayName": "HQ" });
    let made = create(&w, event).await;
    assert_eq!(
        made["location"],
        json!({ "displayName": "HQ", "locationType": "default", "uniqueId": "HQ", "uniqueIdType": "private" })
    );
    assert_eq!(made["locations"], json!([made["location"]]));
    let path = w.mine(&format!("events/{}", made["id"].as_str().unwrap()));
    let stale = made["@odata.etag"].as_str().unwrap().to_owned();
    let changed =
        w.patch(&path, json!({ "subject": "y", "location": null, "showAs": "free" })).await.ok(200).body;
    assert_eq!((&changed["subject"], &changed["showAs"]), (&json!("y"), &json!("free")));
    assert_eq!((&changed["location"]["displayName"], &changed["locations"]), (&json!(""), &json!([])));
    assert_eq!(changed["start"], made["start"]);
    assert_ne!(changed["changeKey"], made["changeKey"]);
    let patch = |tag: String| {
        let (path, w) = (path.clone(), &w);
        async move { w.send("PATCH", &path, &[("If-Match", &tag)], Some(json!({ "subject": "z" }))).await.short() }
    };
    assert_eq!(patch(stale.clone()).await, "412 ErrorIrresolvableConflict");
    assert_eq!(w.send("DELETE", &path, &[("If-Match", &stale)], None).await.status, 412);
    assert_eq!(patch(changed["@odata.etag"].as_str().unwrap().to_owned()).await, "200");
    assert_eq!(w.patch(&path, json!({ "end": at("2026-11-30", "10:00:00", "UTC") })).await.status, 400);
    w.delete(&path).await.ok(204);
    assert_eq!(w.delete(&path).await.short(), "404 ErrorItemNotFound");
}

#[tokio::test]
async fn a_transaction_makes_one_event() {
    let w = world().await;
    let mut event = hour("x");
    event["transactionId"] = "7E163156-7762-4BEB-A1C6-729EA81755A7".into();
    let made = create(&w, event.clone()).await;
    assert_eq!(made["transactionId"], event["transactionId"]);
    assert_eq!(create(&w, event.clone()).await["id"], made["id"]);
    w.sim.set_quirks(|quirks| quirks.duplicate_transaction = simulator::Duplicate::Conflict);
    assert_eq!(w.post(&w.mine("events"), event.clone()).await.short(), "409 ErrorDuplicateTransactionId");
    w.sim.set_quirks(|quirks| quirks.duplicate_transaction = simulator::Duplicate::Second);
    assert_ne!(create(&w, event.clone()).await["id"], made["id"]);
}

#[tokio::test]
async fn calendars_need_a_permission_of_their_own() {
    let w = world().await;
    w.sim.set_roles(&["Contacts.ReadWrite", "Calendars.Read"]);
    let headers = [("Authorization", format!("Bearer {}", w.sim.token()))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    w.send("GET", &w.mine("events"), &headers, None).await.ok(200);
    let refused = w.send("POST", &w.mine("events"), &headers, Some(hour("x"))).await;
    assert_eq!(refused.short(), "403 ErrorAccessDenied");
}

#[tokio::test]
async fn a_batch_writes_events_and_everything_is_counted() {
    let w = world().await;
    let item = |number: usize| {
        json!({
            "id": number.to_string(), "method": "POST", "url": w.mine("calendar/events"),
            "headers": { "Content-Type": "application/json", "Prefer": "IdType=\"ImmutableId\", outlook.timezone=\"Asia/Tokyo\"" },
            "body": hour(&format!("E{number}")),
        })
    };
    let reply = w.batch((0..20).map(item).collect()).await.ok(200);
    let all = reply.body["responses"].as_array().unwrap();
    assert!(
        all.iter().all(|item| item["status"] == 201 && item["body"]["start"]["timeZone"] == "Asia/Tokyo")
    );
    let first = w.mine(&format!("events/{}", all[0]["body"]["id"].as_str().unwrap()));
    w.patch(&first, json!({ "subject": "y", "flavour": "sweet" })).await.ok(200);
    w.delete(&first).await.ok(204);
    w.delete(&first).await.ok(404);
    let counts = w.sim.counts();
    let writes = (counts.writes.event_creates, counts.writes.event_patches, counts.writes.event_deletes);
    assert_eq!((writes, counts.attempts.event_deletes), ((20, 1, 1), 2));
    assert_eq!(counts.unknown_properties["flavour"], 1);
}

#[tokio::test]
async fn two_writes_to_one_series_at_once_are_a_conflict() {
    let w = world().await;
    w.sim.set_latency(std::time::Duration::from_millis(100));
    let master = w.post(&w.mine("events"), fridays("2027-03-05", "x")).await.ok(201).id();
    let one = |day: &str| w.mine(&format!("events/OID.{master}.{day}"));
    let (first, second) = (one("2027-03-12"), one("2027-03-19"));
    let patch = |path| w.patch(path, json!({ "subject": "y" }));
    let (first, second) = tokio::join!(patch(&first), patch(&second));
    let mut both = [first.short(), second.short()];
    both.sort();
    assert_eq!(both, ["200", "409 ErrorIrresolvableConflict"]);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_took_effect_once() {
    let w = world().await;
    w.sim.add_fault(simulator::Fault::new(simulator::FaultKind::GatewayTimeout).path("*/events").times(1));
    let mut event = hour("x");
    event["transactionId"] = "t-1".into();
    assert_eq!(w.post(&w.mine("events"), event.clone()).await.status, 504);
    let made = create(&w, event).await;
    assert_eq!(w.get(&w.mine("events")).await.entries()[0]["changeKey"], made["changeKey"]);
    assert_eq!(w.get(&w.mine("events")).await.entries().len(), 1);
}
