//! Stories of calendars and single events.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::*;
use connectors::graph::{Folder, Kind, Managed, Place, Which};
use serde_json::{Value as Json, json};
use simulator::{Duplicate, Fault, FaultKind, Layer};
use sync::event::Timing;
use sync::{Body, Content, ContentType, Effect, Field, HubId, Op, Value};

fn calendar(hub: &HubId) -> Managed<'_> {
    Managed { kind: HubKind::Events, hub, name: "Company", color: Some("lightTeal") }
}

#[tokio::test]
async fn a_calendar_is_made_once_in_its_colour_and_found_again_under_any_name() {
    let world = World::new().await;
    let (ana, hub) = (world.colleague("Ana"), hub());
    let (reader, writer) = (world.reader(), world.writer());
    assert_eq!(reader.folder(&ana, calendar(&hub)).await.unwrap(), Folder::Absent);
    let made = writer.ensure_folder(&ana, calendar(&hub)).await.unwrap();
    assert!(made.fresh);
    let again = writer.ensure_folder(&ana, calendar(&hub)).await.unwrap();
    assert_eq!((again.id.as_str(), again.fresh), (made.id.as_str(), false));
    let renamed = Managed { name: "Other", ..calendar(&hub) };
    assert_eq!(reader.folder(&ana, renamed).await.unwrap(), Folder::Ours(made.id.clone()));
    let held = world.simulator.calendar_contents(user(&ana));
    let held =
        held["calendars"].as_array().unwrap().iter().find(|held| held["id"] == made.id.as_str()).unwrap();
    assert_eq!(held["color"], "lightTeal");
}

#[tokio::test]
async fn somebody_elses_calendar_of_the_name_is_left_alone() {
    let world = World::new().await;
    let (ana, hub) = (world.colleague("Ana"), hub());
    world.simulator.user_creates_calendar(user(&ana), "company").unwrap();
    assert_eq!(world.reader().folder(&ana, calendar(&hub)).await.unwrap(), Folder::Foreign);
    let refused = world.writer().ensure_folder(&ana, calendar(&hub)).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Refused);
}

#[tokio::test]
async fn a_calendar_goes_when_it_is_empty_and_only_then() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let ids = written(&world.write(&place, &[create_event(1)]).await);
    let error = world.writer().delete_folder(&place).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    world.write(&place, &[delete(1, &ids[0])]).await;
    for _ in 0..2 {
        world.writer().delete_folder(&place).await.unwrap();
    }
    assert_eq!(world.reader().folder(&place.mailbox, calendar(&hub())).await.unwrap(), Folder::Absent);
}

#[tokio::test]
async fn what_was_written_is_seen_with_its_tag_and_its_version_in_one_request() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let ops: Vec<Op> = (0..45).map(create_event).collect();
    world.simulator.reset_counts();
    let effects = world.write(&place, &ops).await;
    let ids = written(&effects);
    assert_eq!(world.simulator.counts().http_calls, 3, "batches of twenty");

    world.simulator.reset_counts();
    let read = world.reader().changes(vec![reading(&place, None)]).await.remove(0).unwrap();
    assert_eq!(world.simulator.counts().http_calls, 1);
    assert_eq!((read.link, read.items.len()), (None, 45));
    for item in &read.items {
        let at = ids.iter().position(|id| *id == item.id).unwrap();
        assert_eq!(item.change_key, version(&effects[at]), "our own echo");
        assert_eq!(item.tag, Some(key(at)), "the tag comes at once");
    }
    reads_back_as_written(&world, &place, &ids, &effects).await;
    let tags = world.reader().tags(&place, Which::All).await.unwrap();
    assert_eq!((tags.len(), &tags[&ids[7]]), (45, &key(7)));
    assert_eq!(world.reader().tags(&place, Which::These(&ids[3..5])).await.unwrap().len(), 2);
    let found = world.reader().find(&place, &[key(3), key(99)]).await.unwrap();
    assert_eq!(found.iter().map(|copy| (&copy.id, &copy.key)).collect::<Vec<_>>(), [(&ids[3], &key(3))]);
}

fn full() -> Content {
    let mut content = event(1);
    content.set(Field::Body, Body { content_type: ContentType::Html, content: "<p>All come</p>".into() });
    content.set(Field::Location, "HQ, room 5");
    content.set(Field::ShowAs, "oof");
    content.set(Field::Sensitivity, "private");
    content.set(Field::Importance, "high");
    content.set(Field::Categories, vec!["Company".to_owned(), "Red".to_owned()]);
    content.set(Field::ReminderMinutesBeforeStart, "30");
    content
}

#[tokio::test]
async fn every_field_goes_out_comes_back_and_can_be_cleared() {
    let world = World::new().await;
    world.simulator.set_quirks(|quirks| quirks.html_wrapped = false);
    let place = world.calendar("Ana").await;
    let effects = world.write(&place, &[Op::Create { key: key(1), content: full().into() }]).await;
    let Some(Effect::Written { id, content, .. }) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!(content, &full());

    let day = Timing::all_day("2026-12-24".parse().unwrap(), "2026-12-27".parse().unwrap(), None).unwrap();
    let mut set: Vec<(Field, Option<Value>)> =
        full().iter().map(|(field, _)| (field, None)).filter(|(field, _)| *field != Field::Timing).collect();
    set.push((Field::Timing, Some(day.clone().into())));
    let effects = world.write(&place, &[update(1, id, &version(&effects[0]), &set)]).await;
    let Some(Effect::Written { content, .. }) = &effects[0] else { panic!("{effects:?}") };
    let mut bare = Content::from_iter([
        (Field::ShowAs, "busy"),
        (Field::Sensitivity, "normal"),
        (Field::Importance, "normal"),
    ]);
    bare.set(Field::Timing, day);
    assert_eq!(content, &bare);
}

#[tokio::test]
async fn a_whole_day_is_the_same_day_in_every_form_that_the_server_gives_it() {
    for is_converted in [false, true] {
        let world = World::new().await;
        world.simulator.set_quirks(|quirks| quirks.all_day_converted = is_converted);
        let place = world.calendar("Ana").await;
        let fields = json!({
            "subject": "Holiday", "isAllDay": true,
            "start": { "dateTime": "2026-12-25T00:00:00", "timeZone": "Europe/Vienna" },
            "end": { "dateTime": "2026-12-27T00:00:00", "timeZone": "Europe/Vienna" }
        });
        let id = world.simulator.user_creates_event(user(&place.mailbox), "Company", fields).unwrap();
        let found = world.reader().look_any(&place, &[sync::ItemId::new(id).unwrap()]).await.remove(0).1;
        let holiday = Timing::all_day("2026-12-25".parse().unwrap(), "2026-12-27".parse().unwrap(), None);
        let content = found.unwrap().unwrap().content;
        assert_eq!(content.get(Field::Timing), Some(&holiday.unwrap().into()), "{is_converted}");
    }
}

#[tokio::test]
async fn each_end_of_an_operation_has_its_effect() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let effects = world.write(&place, &(1..5).map(create_event).collect::<Vec<_>>()).await;
    let (ids, ana) = (written(&effects), user(&place.mailbox));
    world.simulator.user_deletes_event(ana, ids[0].as_str()).unwrap();
    world.simulator.user_edits_event(ana, ids[1].as_str(), json!({ "subject": "Mine" })).unwrap();
    world.simulator.user_deletes_event(ana, ids[3].as_str()).unwrap();
    let title = [(Field::Subject, Some(Value::from("Ours")))];
    let ops = [
        update(1, &ids[0], &version(&effects[0]), &title),
        update(2, &ids[1], &version(&effects[1]), &title),
        delete(3, &ids[2]),
        delete(4, &ids[3]),
    ];
    let effects = world.write(&place, &ops).await;
    let expected = [Effect::Missing, Effect::Conflict, Effect::Deleted, Effect::Deleted];
    assert_eq!(effects, expected.map(Some));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_by_its_tag_and_never_made_twice() {
    for duplicate in [Duplicate::Existing, Duplicate::Conflict, Duplicate::Second] {
        for kind in [FaultKind::GatewayTimeout, FaultKind::ResetAfter, FaultKind::Unavailable] {
            let world = World::new().await;
            world.simulator.set_quirks(|quirks| quirks.duplicate_transaction = duplicate);
            let place = world.calendar("Ana").await;
            world.simulator.add_fault(Fault::new(kind).path("/$batch").layer(Layer::Plain).times(1));
            let ops: Vec<Op> = (0..5).map(create_event).collect();
            let effects = world.write(&place, &ops).await;
            let again: Vec<Op> = ops
                .iter()
                .zip(&effects)
                .filter(|(_, effect)| **effect == Some(Effect::Unknown))
                .map(|(op, _)| op.clone())
                .collect();
            world.write(&place, &again).await;
            assert_eq!(world.events(&place).len(), 5, "{kind:?} {duplicate:?}");
        }
    }
}

#[tokio::test]
async fn the_server_knows_a_create_that_it_is_sent_twice() {
    for duplicate in [Duplicate::Existing, Duplicate::Conflict] {
        let world = World::new().await;
        world.simulator.set_quirks(|quirks| quirks.duplicate_transaction = duplicate);
        let place = world.calendar("Ana").await;
        let first = written(&world.write(&place, &[create_event(1)]).await);
        let second = written(&world.write(&place, &[create_event(1)]).await);
        assert_eq!((first, world.events(&place).len()), (second, 1), "{duplicate:?}");
    }
}

fn own(subject: &str) -> Json {
    json!({
        "subject": subject,
        "start": { "dateTime": "2026-12-01T09:00:00", "timeZone": "Europe/Vienna" },
        "end": { "dateTime": "2026-12-01T10:00:00", "timeZone": "Europe/Vienna" }
    })
}

#[tokio::test]
async fn what_a_user_put_into_the_calendar_is_seen_as_hers_and_can_become_the_hubs() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let id = world.simulator.user_creates_event(user(&place.mailbox), "Company", own("Lunch")).unwrap();
    let id = sync::ItemId::new(id).unwrap();
    let seen = world.seen(&place).await.remove(0);
    assert_eq!((&seen.id, &seen.tag), (&id, &None));
    assert_eq!(world.reader().look(&place, std::slice::from_ref(&id)).await.remove(0).1, Ok(None));
    let found =
        world.reader().look_any(&place, std::slice::from_ref(&id)).await.remove(0).1.unwrap().unwrap();
    assert_eq!(
        (found.tag.clone(), found.content.text(Field::Subject), found.invites),
        (None, Some("Lunch"), false)
    );

    let adopt = update(1, &id, &found.change_key, &[]);
    written(&world.write(&place, &[adopt]).await);
    let copy = world.reader().look(&place, std::slice::from_ref(&id)).await.remove(0).1.unwrap().unwrap();
    assert_eq!((copy.key, copy.content), (key(1), found.content), "marked, and otherwise as it was");
}

#[tokio::test]
async fn an_event_to_which_others_are_invited_is_known_as_such() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let mut fields = own("Lunch");
    fields["attendees"] = json!([{ "emailAddress": { "name": "Bo", "address": "bo@contoso.example" } }]);
    let id = world.simulator.user_creates_event(user(&place.mailbox), "Company", fields).unwrap();
    let found = world.reader().look_any(&place, &[sync::ItemId::new(id).unwrap()]).await.remove(0).1;
    let found = found.unwrap().unwrap();
    assert!(found.invites && found.content.get(Field::Attendees).is_none());
}

#[tokio::test]
async fn what_is_another_hubs_or_in_another_calendar_is_not_there() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let other = Place { hub: HubId::new("other").unwrap(), ..place.clone() };
    let theirs = written(&world.write(&other, &[create_event(1)]).await);
    let ours = written(&world.write(&place, &[create_event(2)]).await);
    assert_eq!(world.seen(&place).await.len(), 1);
    assert_eq!(world.reader().look_any(&place, &theirs).await.remove(0).1, Ok(None));
    world.simulator.user_moves_event(user(&place.mailbox), ours[0].as_str(), "Calendar").unwrap();
    assert!(world.seen(&place).await.is_empty());
    assert_eq!(world.reader().look(&place, &ours).await.remove(0).1, Ok(None));
}

#[tokio::test]
async fn a_calendar_that_went_away_is_missing() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    world.simulator.user_deletes_calendar(user(&place.mailbox), "Company").unwrap();
    let error = world.reader().changes(vec![reading(&place, None)]).await.remove(0).unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
    let (effects, end) = world.try_write(&place, &(0..30).map(create_event).collect::<Vec<_>>()).await;
    assert_eq!(end.unwrap_err().kind(), Kind::Missing);
    assert!(effects.iter().all(|effect| *effect == Some(Effect::NotSent)));
}
