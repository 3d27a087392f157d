//! Stories of folders and contacts on a good day.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::*;
use connectors::graph::{Folder, Kind, Place, Which};
use serde_json::json;
use sync::{Effect, Field, Op, Value};

#[tokio::test]
async fn a_folder_is_made_once_and_found_again_under_any_name() {
    let world = World::new().await;
    let ana = world.colleague("Ana");
    assert_eq!(world.reader().folder(&ana, managed(&hub(), "Company")).await.unwrap(), Folder::Absent);
    let made = world.ensure(&ana, HubKind::Contacts, "Company").await.unwrap();
    assert!(made.fresh);
    let again = world.ensure(&ana, HubKind::Contacts, "Company").await.unwrap();
    assert_eq!((again.id.as_str(), again.fresh), (made.id.as_str(), false));
    assert_eq!(world.reader().folder(&ana, managed(&hub(), "Other")).await.unwrap(), Folder::Ours(made.id));
}

#[tokio::test]
async fn somebody_elses_folder_of_the_name_is_left_alone() {
    let world = World::new().await;
    let ana = world.colleague("Ana");
    world.simulator.user_creates_folder(user(&ana), "Company").unwrap();
    assert_eq!(world.reader().folder(&ana, managed(&hub(), "company")).await.unwrap(), Folder::Foreign);
    let refused = world.ensure(&ana, HubKind::Contacts, "Company").await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Refused);
    let text = refused.to_string().replace(ana.as_str(), "{ana}");
    insta::assert_snapshot!(text, @"mailbox {ana}: folder: one of that name exists and is not ours; choose another name, or rename that one: the server will not do this");
}

#[tokio::test]
async fn what_was_written_is_seen_with_its_tag_and_its_version() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let ops: Vec<Op> = (0..45).map(create).collect();
    world.simulator.reset_counts();
    let effects = world.write(&place, &ops).await;
    let ids = written(&effects);
    assert_eq!(world.simulator.counts().http_calls, 3, "batches of twenty");
    assert_eq!(world.held(&place).len(), 45);

    let seen = world.seen(&place).await;
    assert_eq!(seen.len(), 45);
    for item in &seen {
        let at = ids.iter().position(|id| *id == item.id).unwrap();
        let Some(Effect::Written { change_key, content, .. }) = &effects[at] else { panic!() };
        assert_eq!(change_key, &item.change_key, "our own echo");
        assert_eq!(content.text(Field::MobilePhone), person(at).text(Field::MobilePhone));
    }

    reads_back_as_written(&world, &place, &ids, &effects).await;

    let tags = world.reader().tags(&place, Which::All).await.unwrap();
    assert_eq!(tags.len(), 45);
    assert_eq!(tags[&ids[7]], key(7));
    let some = world.reader().tags(&place, Which::These(&ids[3..5])).await.unwrap();
    assert_eq!(some.into_values().collect::<Vec<_>>().len(), 2);
    let found = world.reader().find(&place, &[key(3), key(99)]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].id, &found[0].key), (&ids[3], &key(3)));
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_clears_what_it_empties() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let mut content = person(1);
    content.set(Field::BusinessPhones, vec!["+1".to_owned(), "+2".to_owned()]);
    content.set(Field::Birthday, "1815-12-10");
    content.set(Field::BusinessAddress, sync::Address { city: "London".into(), ..Default::default() });
    content.set(Field::JobTitle, "Analyst");
    let effects = world.write(&place, &[Op::Create { key: key(1), content: content.clone().into() }]).await;
    let Some(Effect::Written { id, change_key, content: returned }) = &effects[0] else { panic!() };
    assert_eq!(returned.text(Field::Birthday), Some("1815-12-10"), "the noon that Graph adds is not ours");

    let set = [
        (Field::BusinessPhones, None),
        (Field::Birthday, None),
        (Field::BusinessAddress, None),
        (Field::JobTitle, Some(Value::from("Countess"))),
    ];
    let effects = world.write(&place, &[update(1, id, change_key, &set)]).await;
    let Some(Effect::Written { content: after, .. }) = &effects[0] else { panic!("{effects:?}") };
    for field in [Field::BusinessPhones, Field::Birthday, Field::BusinessAddress] {
        assert_eq!(after.get(field), None, "{field}");
    }
    assert_eq!(after.text(Field::JobTitle), Some("Countess"));
    assert_eq!(after.text(Field::MobilePhone), person(1).text(Field::MobilePhone), "untouched");
}

#[tokio::test]
async fn each_end_of_an_operation_has_its_effect() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let effects = world.write(&place, &[create(1), create(2), create(3), create(4)]).await;
    let ids = written(&effects);
    let Some(Effect::Written { change_key, .. }) = effects[1].clone() else { panic!() };
    let ana = user(&place.mailbox);
    world.simulator.user_deletes_contact(ana, ids[0].as_str()).unwrap();
    world.simulator.user_edits_contact(ana, ids[1].as_str(), json!({ "jobTitle": "Boss" })).unwrap();

    let title = [(Field::JobTitle, Some(Value::from("Clerk")))];
    let too_many = [(Field::BusinessPhones, Some(Value::List(vec!["1".into(), "2".into(), "3".into()])))];
    let ops = [
        update(1, &ids[0], &change_key, &title),
        update(2, &ids[1], &change_key, &title),
        delete(3, &ids[2]),
        Op::Forget { key: key(9) },
        update(4, &ids[3], &version(&effects[3]), &too_many),
    ];
    let effects = world.write(&place, &ops).await;
    assert_eq!(effects[..2], [Some(Effect::Missing), Some(Effect::Conflict)]);
    assert_eq!(effects[2..4], [Some(Effect::Deleted), None]);
    assert!(matches!(&effects[4], Some(Effect::Refused(code)) if !code.is_empty()), "{:?}", effects[4]);

    for forbidden in [false, true] {
        world.simulator.set_quirks(|quirks| quirks.redelete_forbidden = forbidden);
        let again = world.write(&place, &[delete(1, &ids[0]), delete(3, &ids[2])]).await;
        assert_eq!(again, [Some(Effect::Deleted), Some(Effect::Deleted)], "gone is gone");
    }
    assert_eq!(world.held(&place).len(), 2);
}

#[tokio::test]
async fn without_if_match_our_update_wins_over_an_edit_of_the_last_moment() {
    let world = World::with(|options| options.if_match = false).await;
    let place = world.place("Ana").await;
    let effects = world.write(&place, &[create(1)]).await;
    let id = written(&effects).remove(0);
    world
        .simulator
        .user_edits_contact(user(&place.mailbox), id.as_str(), json!({ "jobTitle": "Boss" }))
        .unwrap();
    let title = [(Field::JobTitle, Some(Value::from("Clerk")))];
    let effects = world.write(&place, &[update(1, &id, &version(&effects[0]), &title)]).await;
    assert_eq!(written(&effects), [id]);
}

#[tokio::test]
async fn a_delta_tells_what_changed_and_what_left_in_many_mailboxes_at_once() {
    let world = World::new().await;
    let mut places = Vec::new();
    for name in ["Ana", "Ben", "Eva"] {
        let place = world.place(name).await;
        world.write(&place, &[create(1), create(2), create(3)]).await;
        places.push(place);
    }
    let links: Vec<String> = {
        let readings = places.iter().map(|place| reading(place, None)).collect();
        world.reader().changes(readings).await.into_iter().map(|read| read.unwrap().link.unwrap()).collect()
    };
    let seen = world.seen(&places[0]).await;
    let ana = user(&places[0].mailbox);
    world.simulator.user_edits_contact(ana, seen[0].id.as_str(), json!({ "jobTitle": "Boss" })).unwrap();
    world.simulator.user_deletes_contact(ana, seen[1].id.as_str()).unwrap();
    world.simulator.user_moves_contact(ana, seen[2].id.as_str(), "Contacts").unwrap();

    world.simulator.reset_counts();
    let readings = places.iter().zip(links).map(|(place, link)| reading(place, Some(link))).collect();
    let read: Vec<_> = world.reader().changes(readings).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(world.simulator.counts().http_calls, 1, "one batch for all");
    assert_eq!(read[0].items.len(), 1);
    assert_eq!(read[0].items[0].id, seen[0].id);
    assert_ne!(read[0].items[0].change_key, seen[0].change_key);
    assert_eq!(read[0].gone.len(), 2);
    assert!(read[1].items.is_empty() && read[1].gone.is_empty());
}

#[tokio::test]
async fn a_long_delta_comes_page_by_page() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let ops: Vec<Op> = (0..1100).map(create).collect();
    let effects = world.write(&place, &ops).await;
    assert_eq!(written(&effects).len(), 1100);
    world.simulator.reset_counts();
    assert_eq!(world.seen(&place).await.len(), 1100);
    assert_eq!(world.simulator.counts().http_calls, 2);
    assert_eq!(world.reader().tags(&place, Which::All).await.unwrap().len(), 1100);
}

#[tokio::test]
async fn a_point_read_sees_only_our_own_in_our_own_folder() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let effects = world.write(&place, &[create(1), create(2), create(3)]).await;
    let mut ids = written(&effects);
    let ana = user(&place.mailbox);
    world.simulator.user_deletes_contact(ana, ids[1].as_str()).unwrap();
    world.simulator.user_moves_contact(ana, ids[2].as_str(), "Contacts").unwrap();
    let foreign =
        world.simulator.user_creates_contact(ana, "Company", json!({ "givenName": "Mum" })).unwrap();
    ids.push(sync::ItemId::new(foreign).unwrap());

    let looked = world.reader().look(&place, &ids).await;
    let keys: Vec<_> = looked.into_iter().map(|(_, copy)| copy.unwrap().map(|copy| copy.key)).collect();
    assert_eq!(keys, [Some(key(1)), None, None, None]);
    let other = connectors::graph::Place { hub: sync::HubId::new("sales").unwrap(), ..place.clone() };
    assert_eq!(world.reader().look(&other, &ids[..1]).await[0].1.as_ref().unwrap(), &None, "another hub's");
    assert!(world.reader().tags(&other, Which::All).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_folder_goes_only_when_nothing_is_left_in_it() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let effects = world.write(&place, &[create(1)]).await;
    let kept = world.writer().delete_folder(&place).await.unwrap_err();
    assert_eq!(kept.kind(), Kind::Conflict);
    world.write(&place, &[delete(1, &written(&effects)[0])]).await;
    world.writer().delete_folder(&place).await.unwrap();
    world.writer().delete_folder(&place).await.unwrap();
    assert_eq!(
        world.reader().folder(&place.mailbox, managed(&hub(), "Company")).await.unwrap(),
        Folder::Absent
    );
    let gone = world.reader().changes(vec![reading(&place, None)]).await.remove(0).unwrap_err();
    assert_eq!(gone.kind(), Kind::Missing);
}

#[tokio::test]
async fn what_outlook_wrote_is_read_as_what_we_write() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let effects = world.write(&place, &[create(1)]).await;
    let ids = written(&effects);
    let edit = json!({ "jobTitle": "", "homePhones": ["+1"], "officeLocation": "Tower\r\nfloor 3" });
    world.simulator.user_edits_contact(user(&place.mailbox), ids[0].as_str(), edit).unwrap();
    let copy = world.reader().look(&place, &ids).await.remove(0).1.unwrap().unwrap();
    let filled: Vec<_> = copy.content.iter().map(|(field, _)| field).collect();
    assert!(filled.contains(&Field::GivenName) && filled.contains(&Field::HomePhones));
    assert!(!filled.contains(&Field::JobTitle) && !filled.contains(&Field::HomeAddress), "{filled:?}");
    assert_eq!(copy.content.text(Field::OfficeLocation), Some("Tower\nfloor 3"), "lines end with LF");
}

#[tokio::test]
async fn a_folder_goes_though_one_of_its_name_went_before() {
    let world = World::new().await;
    let ana = world.colleague("Ana");
    for _ in 0..3 {
        let made = world.ensure(&ana, HubKind::Contacts, "Company").await.unwrap();
        assert!(made.fresh);
        let place = Place { kind: HubKind::Contacts, mailbox: ana.clone(), folder: made.id, hub: hub() };
        world.writer().delete_folder(&place).await.unwrap();
    }
    assert_eq!(world.reader().folder(&ana, managed(&hub(), "Company")).await.unwrap(), Folder::Absent);
}
