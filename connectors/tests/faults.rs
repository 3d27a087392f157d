//! Stories of mailboxes on a bad day.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::*;
use connectors::Clock;
use connectors::graph::{Endpoints, Graph, Kind};
use simulator::{Fault, FaultKind, Layer, MailboxState};
use sync::{Effect, Field, Op, Value};

const BATCH: &str = "/$batch";

/// Faults after which an answer is lost although the write may have happened.
const LOST: [FaultKind; 7] = [
    FaultKind::GatewayTimeout,
    FaultKind::ResetAfter,
    FaultKind::ResetMidBody,
    FaultKind::Html,
    FaultKind::TruncatedJson,
    FaultKind::Unavailable,
    FaultKind::ServerError,
];

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_by_its_tag_and_never_sent_twice() {
    for kind in LOST {
        let world = World::new().await;
        let place = world.place("Ana").await;
        world.simulator.add_fault(Fault::new(kind).path(BATCH).layer(Layer::Plain).times(1));
        let ops: Vec<Op> = (0..30).map(create).collect();
        let effects = world.write(&place, &ops).await;
        let held = world.held(&place).len();
        let sure = effects.iter().filter(|effect| matches!(effect, Some(Effect::Written { .. }))).count();
        assert_eq!(sure, held, "{kind:?}");
        assert!(
            effects.iter().all(|effect| matches!(effect, Some(Effect::Written { .. } | Effect::Unknown)))
        );
        assert_eq!(held, if has_effect(kind) { 30 } else { 10 }, "{kind:?}");
    }
}

#[tokio::test]
async fn an_item_of_a_batch_may_be_lost_alone() {
    for kind in LOST {
        let world = World::new().await;
        let place = world.place("Ana").await;
        let fault = Fault::new(kind).method("POST").layer(Layer::Item).nth(3);
        world.simulator.add_fault(fault);
        let ops: Vec<Op> = (0..10).map(create).collect();
        let effects = world.write(&place, &ops).await;
        let sure = effects.iter().filter(|effect| matches!(effect, Some(Effect::Written { .. }))).count();
        assert_eq!(sure, world.held(&place).len(), "{kind:?}: {effects:?}");
        assert!(sure >= 9 || matches!(kind, FaultKind::ResetMidBody), "{kind:?}");
    }
}

fn has_effect(kind: FaultKind) -> bool {
    !matches!(kind, FaultKind::Unavailable | FaultKind::ServerError)
}

#[tokio::test]
async fn updates_and_deletes_whose_answer_is_lost_are_sent_once_more() {
    for kind in LOST {
        let world = World::new().await;
        let place = world.place("Ana").await;
        let effects = world.write(&place, &[create(1), create(2)]).await;
        let ids = written(&effects);
        let title = [(Field::JobTitle, Some(Value::from("Clerk")))];
        let ops = [update(1, &ids[0], &version(&effects[0]), &title), delete(2, &ids[1])];
        world.simulator.add_fault(Fault::new(kind).path(BATCH).layer(Layer::Plain).times(1));
        let effects = world.write(&place, &ops).await;
        assert_eq!(effects[1], Some(Effect::Deleted), "{kind:?}");
        // The version moved by our own first attempt: whose change it was can't be told.
        match has_effect(kind) {
            true => assert_eq!(effects[0], Some(Effect::Unknown), "{kind:?}"),
            false => assert!(matches!(effects[0], Some(Effect::Written { .. })), "{kind:?}"),
        }
        assert_eq!(world.held(&place).len(), 1);
        assert_eq!(world.held(&place)[0]["jobTitle"], "Clerk");
    }
}

#[tokio::test]
async fn a_connection_that_never_was_sends_nothing() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut options = options(&world.simulator, world.clock.clone());
    options.endpoints = Endpoints::new(&world.simulator.login_url(), &format!("http://{free}")).unwrap();
    let mut effects = Vec::new();
    let mut settled = |_, effect| effects.push(effect);
    let writer = Graph::new(options).unwrap().writer(&world.tenant);
    let end = writer.write(&place, &[create(1)], &Transactions::new(), world.deadline(), &mut settled).await;
    assert_eq!(effects, [Effect::NotSent]);
    assert_eq!(end.unwrap_err().to_string(), "contacts (write): no connection: try again later");
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_reached_is_named_and_the_others_go_on() {
    let world = World::new().await;
    let (ana, ben) = (world.place("Ana").await, world.place("Ben").await);
    for (state, kind) in [
        (MailboxState::NotEnabled, Kind::SkipMailbox),
        (MailboxState::InvalidUser, Kind::SkipMailbox),
        (MailboxState::AccessDenied, Kind::Permission),
    ] {
        world.simulator.set_mailbox_state(user(&ana.mailbox), state);
        let mut read = world.reader().changes(vec![reading(&ana, None), reading(&ben, None)]).await;
        assert!(read.pop().unwrap().is_ok());
        assert_eq!(read.pop().unwrap().unwrap_err().kind(), kind);
        let refused = world.ensure(&ana.mailbox, HubKind::Contacts, "Company").await.unwrap_err();
        assert_eq!(refused.kind(), kind, "{refused}");

        let ops: Vec<Op> = (0..45).map(create).collect();
        world.simulator.reset_counts();
        let (effects, end) = world.try_write(&ana, &ops).await;
        assert_eq!(end.unwrap_err().kind(), kind);
        assert!(effects.iter().all(Option::is_some));
        assert_eq!(effects[44], Some(Effect::NotSent));
        assert_eq!(world.simulator.counts().http_calls, 1, "the first batch says it all");
    }
}

#[tokio::test]
async fn a_folder_that_went_away_stops_the_writing() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    world.simulator.user_deletes_folder(user(&place.mailbox), &place.folder).unwrap();
    let (effects, end) = world.try_write(&place, &(0..30).map(create).collect::<Vec<_>>()).await;
    assert_eq!(end.unwrap_err().kind(), Kind::Missing);
    assert!(effects.iter().all(|effect| *effect == Some(Effect::NotSent)));
}

#[tokio::test]
async fn readings_survive_what_passes() {
    for kind in LOST.into_iter().chain([
        FaultKind::ErrorInside,
        FaultKind::ResetBefore,
        FaultKind::ControlCharacters,
        FaultKind::UnknownValues,
    ]) {
        for layer in [Layer::Plain, Layer::Item] {
            let world = World::new().await;
            let (ana, ben) = (world.place("Ana").await, world.place("Ben").await);
            for place in [&ana, &ben] {
                world.write(place, &[create(1)]).await;
            }
            let path = if layer == Layer::Plain { BATCH } else { "*delta*" };
            world.simulator.add_fault(Fault::new(kind).path(path).layer(layer).times(2));
            let read = world.reader().changes(vec![reading(&ana, None), reading(&ben, None)]).await;
            for changes in read {
                assert_eq!(
                    changes.unwrap_or_else(|error| panic!("{kind:?} {layer:?}: {error}")).items.len(),
                    1
                );
            }
        }
    }
}

#[tokio::test]
async fn a_contacts_delta_without_end_is_noticed() {
    let world = World::new().await;
    let (ana, ben) = (world.place("Ana").await, world.place("Ben").await);
    let fault = Fault::new(FaultKind::NextLinkLoop).mailbox(&ana.mailbox).path("*delta*");
    world.simulator.add_fault(fault);
    let mut read = world.reader().changes(vec![reading(&ana, None), reading(&ben, None)]).await;
    assert!(read.pop().unwrap().is_ok());
    let error = read.pop().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "folder (changes): the next page is one that was read before: this is no answer of Graph; check the base URL and any proxy between"
    );
}

#[tokio::test]
async fn a_link_that_nobody_knows_asks_for_a_full_reading() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let mut link = world.reader().changes(vec![reading(&place, None)]).await.remove(0).unwrap().link.unwrap();
    let first = link.clone();
    for number in 0..6 {
        world.write(&place, &[create(number)]).await;
        link =
            world.reader().changes(vec![reading(&place, Some(link))]).await.remove(0).unwrap().link.unwrap();
    }
    let bad = format!("{}x", link.rsplit_once('=').unwrap().0.to_owned() + "=");
    for link in [first, bad] {
        let error = world.reader().changes(vec![reading(&place, Some(link))]).await.remove(0).unwrap_err();
        assert_eq!(error.kind(), Kind::Resync, "{error}");
    }
}

#[tokio::test]
async fn a_folder_whose_answer_was_lost_is_found_again() {
    for kind in LOST {
        let world = World::new().await;
        let ana = world.colleague("Ana");
        let fault = Fault::new(kind).method("POST").path("*contactFolders").times(1);
        world.simulator.add_fault(fault);
        let made = world.ensure(&ana, HubKind::Contacts, "Company").await.unwrap();
        assert_eq!(made.fresh, !has_effect(kind), "{kind:?}");
        assert_eq!(world.simulator.counts().writes.folder_creates, 1);
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_counts_as_lost() {
    let world = World::with(|options| options.pace.timeout = std::time::Duration::from_millis(300)).await;
    let place = world.place("Ana").await;
    let slow = Fault::new(FaultKind::SlowBody).path(BATCH).layer(Layer::Plain).milliseconds(3000).times(1);
    world.simulator.add_fault(slow);
    let effects = world.write(&place, &[create(1), create(2)]).await;
    assert_eq!(written(&effects).len(), 2, "found by their tags");
    assert_eq!(world.held(&place).len(), 2);
}

#[tokio::test]
async fn a_lookup_that_lags_or_fails_leaves_a_create_unknown_and_does_not_repeat_it() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let lost = Fault::new(FaultKind::ResetAfter).path(BATCH).layer(Layer::Plain).times(1);
    world.simulator.add_fault(lost);
    let lag = simulator::Lag { writes: Some(10), milliseconds: None, always: true };
    world.simulator.set_lag(user(&place.mailbox), Some(lag));
    let effects = world.write(&place, &[create(1)]).await;
    assert_eq!(effects, [Some(Effect::Unknown)]);
    assert_eq!(world.held(&place).len(), 1);
}

#[tokio::test]
async fn what_was_lost_and_cannot_be_sent_again_in_time_is_unknown() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let id = written(&world.write(&place, &[create(1)]).await).remove(0);
    world.simulator.add_fault(Fault::new(FaultKind::ResetAfter).path(BATCH).layer(Layer::Plain).times(1));
    let mut effects = Vec::new();
    let mut settled = |_, effect| effects.push(effect);
    let soon = world.clock.now() + std::time::Duration::from_millis(500);
    let end = world.writer().write(&place, &[delete(1, &id)], &Transactions::new(), soon, &mut settled).await;
    assert!(matches!(end.unwrap_err().kind(), Kind::Throttled { .. }));
    assert_eq!(effects, [Effect::Unknown]);
    assert!(world.held(&place).is_empty(), "and here it did happen");
}
