//! Stories of folders and calendars that contribute.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::*;
use connectors::graph::{Kind, SourceRound};
use serde_json::{Value as Json, json};
use simulator::{Fault, FaultKind};
use sync::event::Occurrence;
use sync::{Content, Field, MailboxId, Reading, Value};

fn window() -> (DateTime<Utc>, DateTime<Utc>) {
    ("2026-11-01T00:00:00Z".parse().unwrap(), "2027-11-01T00:00:00Z".parse().unwrap())
}

fn meeting(subject: &str, day: &str) -> Json {
    json!({
        "subject": subject,
        "start": { "dateTime": format!("{day}T09:00:00"), "timeZone": "Europe/Vienna" },
        "end": { "dateTime": format!("{day}T10:00:00"), "timeZone": "Europe/Vienna" }
    })
}

fn weekly(subject: &str, day: &str) -> Json {
    let mut series = meeting(subject, day);
    series["recurrence"] = json!({
        "pattern": { "type": "daily", "interval": 7 },
        "range": { "type": "numbered", "startDate": day, "numberOfOccurrences": 10 }
    });
    series
}

/// What is there, by its title.
fn titled(round: &SourceRound) -> BTreeMap<&str, &Content> {
    let there = round.changes.iter().filter_map(|change| change.content.as_ref());
    there.map(|content| (content.text(Field::Subject).unwrap(), content)).collect()
}

fn gone(round: &SourceRound) -> Vec<&str> {
    round.changes.iter().filter(|change| change.content.is_none()).map(|change| change.id.as_str()).collect()
}

impl World {
    fn holds(&self, mailbox: &MailboxId, fields: Json) -> String {
        self.simulator.user_creates_event(user(mailbox), "Calendar", fields).unwrap()
    }

    async fn read_calendar(&self, mailbox: &MailboxId, link: Option<&str>) -> SourceRound {
        self.reader().calendar_source(mailbox, None, window(), link).await
    }
}

#[tokio::test]
async fn a_calendar_is_told_with_its_series_and_what_became_of_their_dates() {
    let world = World::new().await;
    let room = world.colleague("Room");
    world.holds(&room, meeting("Town hall", "2026-12-01"));
    let series = world.holds(&room, weekly("Stand-up", "2026-12-02"));
    world.simulator.user_deletes_event(user(&room), &format!("OID.{series}.2026-12-09")).unwrap();
    let edit = json!({ "subject": "Retrospective" });
    world.simulator.user_edits_event(user(&room), &format!("OID.{series}.2026-12-16"), edit).unwrap();

    let round = world.read_calendar(&room, None).await;
    round.end.as_ref().unwrap();
    assert_eq!(round.reading, Reading::Everything);
    let told = titled(&round);
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), ["Stand-up", "Town hall"]);
    let Some(Value::Occurrences(dates)) = told["Stand-up"].get(Field::Occurrences) else { panic!() };
    let days: Vec<_> = dates.keys().map(ToString::to_string).collect();
    assert_eq!(days, ["2026-12-09", "2026-12-16"]);
    assert_eq!(dates.values().next(), Some(&Occurrence::Cancelled));
    let Some(Occurrence::Changed(changed)) = dates.values().nth(1) else { panic!() };
    assert_eq!(changed.text(Field::Subject), Some("Retrospective"));
    assert_eq!(changed.iter().count(), 2, "the title and the timing");
    let Some(Value::Timing(timing)) = told["Stand-up"].get(Field::Timing) else { panic!() };
    assert_eq!(
        (timing.zone().name(), timing.start().to_string().as_str()),
        ("Europe/Vienna", "2026-12-02 09:00:00")
    );
}

#[tokio::test]
async fn a_calendar_tells_only_what_changed_since_its_link() {
    let world = World::new().await;
    let room = world.colleague("Room");
    let hall = world.holds(&room, meeting("Town hall", "2026-12-01"));
    let lunch = world.holds(&room, meeting("Lunch", "2026-12-01"));
    let series = world.holds(&room, weekly("Stand-up", "2026-12-02"));
    let link = world.read_calendar(&room, None).await.end.unwrap();
    world.simulator.reset_counts();
    let quiet = world.read_calendar(&room, Some(&link)).await;
    assert!(quiet.changes.is_empty() && quiet.reading == Reading::Changes);
    assert_eq!(world.simulator.counts().http_calls, 1, "a quiet round is one request");

    let link = quiet.end.unwrap();
    world.simulator.user_deletes_event(user(&room), &lunch).unwrap();
    world.simulator.user_edits_event(user(&room), &hall, json!({ "subject": "All hands" })).unwrap();
    let date = format!("OID.{series}.2026-12-16");
    world.simulator.user_edits_event(user(&room), &date, json!({ "subject": "Retrospective" })).unwrap();
    let round = world.read_calendar(&room, Some(&link)).await;
    assert_eq!(titled(&round).keys().copied().collect::<Vec<_>>(), ["All hands", "Stand-up"]);
    assert!(titled(&round)["Stand-up"].get(Field::Occurrences).is_some());
    assert_eq!(gone(&round), [lunch]);

    world.simulator.user_deletes_event(user(&room), &series).unwrap();
    let round = world.read_calendar(&room, Some(&round.end.unwrap())).await;
    assert!(gone(&round).contains(&series.as_str()), "{:?} {:?}", gone(&round), series);
}

#[tokio::test]
async fn people_links_and_answers_come_along_as_what_they_are() {
    let world = World::new().await;
    let room = world.colleague("Room");
    let mut fields = meeting("Town hall", "2026-12-01");
    let person = |name: &str| json!({ "emailAddress": { "name": name, "address": "x@contoso.example" } });
    fields["attendees"] = json!([person("Ana")]);
    fields["organizer"] = person("Bo");
    fields["onlineMeeting"] = json!({ "joinUrl": "https://meet.example/1" });
    fields["sensitivity"] = "private".into();
    world.holds(&room, fields);
    let round = world.read_calendar(&room, None).await;
    let told = titled(&round)["Town hall"];
    assert!(told.get(Field::Attendees).is_some() && told.get(Field::Organizer).is_some());
    assert_eq!(told.text(Field::JoinUrl), Some("https://meet.example/1"));
    assert_eq!(told.text(Field::Sensitivity), Some("private"));
    assert_eq!(told.text(Field::ResponseStatus), Some("notResponded"));
}

#[tokio::test]
async fn what_a_hub_wrote_is_no_news_wherever_it_lies() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let effects = world.write(&place, &[create_event(1), create_event(2)]).await;
    let ids = written(&effects);
    let ana = &place.mailbox;
    world.simulator.user_moves_event(user(ana), ids[0].as_str(), "Calendar").unwrap();
    world.holds(ana, meeting("Own", "2026-12-01"));
    let round = world.read_calendar(ana, None).await;
    assert_eq!(titled(&round).keys().copied().collect::<Vec<_>>(), ["Own"]);
    let error = world.reader().calendar_source(ana, Some("Company"), window(), None).await.end.unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert_eq!(
        error.to_string(),
        "calendars: a hub's own folder can't contribute; name another one: the server will not do this"
    );
    let error = world.reader().calendar_source(ana, Some("Nowhere"), window(), None).await.end.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
}

#[tokio::test]
async fn a_calendar_of_many_events_is_read_by_name_in_pages_it_can_make() {
    let world = World::new().await;
    world.simulator.set_quirks(|quirks| quirks.view_page_limit = Some(20));
    let room = world.colleague("Room");
    world.simulator.user_creates_calendar(user(&room), "Bookings").unwrap();
    for number in 0..130 {
        let fields = meeting(&format!("Booking {number}"), "2026-12-01");
        world.simulator.user_creates_event(user(&room), "Bookings", fields).unwrap();
    }
    world.simulator.reset_counts();
    let round = world.reader().calendar_source(&room, Some("bookings"), window(), None).await;
    round.end.as_ref().unwrap();
    assert_eq!(round.changes.len(), 130);
    // Thirteen pages of ten, the calendar by its name, the tags, and two sizes that it can't make.
    let calls = world.simulator.counts().http_calls;
    assert!(calls <= 13 + 5, "{calls}");
}

#[tokio::test]
async fn what_a_delta_says_twice_counts_as_it_comes_last() {
    let world = World::new().await;
    let room = world.colleague("Room");
    for number in 0..20 {
        let id = world.holds(&room, meeting(&format!("Booking {number}"), "2026-12-01"));
        world.simulator.user_edits_event(user(&room), &id, json!({ "showAs": "free" })).unwrap();
    }
    world.holds(&room, weekly("Stand-up", "2026-12-02"));
    let plain = world.read_calendar(&room, None).await;
    world.simulator.set_quirks(|quirks| (quirks.view_repeats, quirks.view_strays) = (0.9, 0.9));
    let noisy = world.read_calendar(&room, None).await;
    assert_eq!((noisy.changes, plain.changes.len()), (plain.changes.clone(), 21));
}

#[tokio::test]
async fn half_a_reading_is_no_reading_of_everything() {
    for (kind, path, least) in
        [(FaultKind::NextLinkLoop, "*delta*", 50), (FaultKind::ServerError, "*/events/*", 80)]
    {
        let world = World::new().await;
        let room = world.colleague("Room");
        for number in 0..80 {
            world.holds(&room, meeting(&format!("Booking {number}"), "2026-12-01"));
        }
        world.holds(&room, weekly("Stand-up", "2026-12-02"));
        world.simulator.add_fault(Fault::new(kind).path(path));
        let round = world.read_calendar(&room, None).await;
        assert!(round.changes.len() >= least, "{path} {}", round.changes.len());
        assert!(gone(&round).is_empty());
        let error = round.end.unwrap_err();
        assert!(matches!(error.kind(), Kind::Retry { .. } | Kind::Protocol), "{path} {error}");
    }
}

#[tokio::test]
async fn a_contact_folder_contributes_what_its_owner_wrote() {
    let world = World::new().await;
    let place = world.place("Sales").await;
    let sales = &place.mailbox;
    world.write(&place, &[create(1)]).await;
    world.simulator.user_creates_folder(user(sales), "Customers").unwrap();
    let named = |name: &str| json!({ "givenName": name, "mobilePhone": "+1 555" });
    let cleo = world.simulator.user_creates_contact(user(sales), "Customers", named("Cleo")).unwrap();
    world.simulator.user_creates_contact(user(sales), "Contacts", named("Dora")).unwrap();
    let reader = world.reader();
    let round = reader.contact_source(sales, Some("Customers"), None).await;
    assert_eq!(round.changes.len(), 1);
    assert_eq!(round.changes[0].id, cleo);
    let content = round.changes[0].content.as_ref().unwrap();
    assert_eq!(content.text(Field::GivenName), Some("Cleo"));

    let link = round.end.unwrap();
    world.simulator.user_edits_contact(user(sales), &cleo, json!({ "jobTitle": "Buyer" })).unwrap();
    let round = reader.contact_source(sales, Some("Customers"), Some(&link)).await;
    let content = round.changes[0].content.as_ref().unwrap();
    assert_eq!(content.text(Field::JobTitle), Some("Buyer"));
    assert_eq!(content.text(Field::GivenName), Some("Cleo"), "a changed contact is told whole");
    world.simulator.user_deletes_contact(user(sales), &cleo).unwrap();
    let round = reader.contact_source(sales, Some("Customers"), Some(&round.end.unwrap())).await;
    assert_eq!(gone(&round), [cleo]);

    let round = reader.contact_source(sales, None, None).await;
    assert_eq!(round.changes.len(), 1, "the default folder");
    let error = reader.contact_source(sales, Some("Company"), None).await.end.unwrap_err();
    assert_eq!(error.kind(), Kind::Refused, "a hub's own folder");
}

#[tokio::test]
async fn a_link_that_a_source_no_longer_knows_asks_for_a_full_reading() {
    let world = World::new().await;
    let room = world.colleague("Room");
    let first = world.read_calendar(&room, None).await.end.unwrap();
    let mut link = first.clone();
    for number in 0..6 {
        world.holds(&room, meeting(&format!("Booking {number}"), "2026-12-01"));
        link = world.read_calendar(&room, Some(&link)).await.end.unwrap();
    }
    let error = world.read_calendar(&room, Some(&first)).await.end.unwrap_err();
    assert_eq!(error.kind(), Kind::Resync, "{error}");
}
