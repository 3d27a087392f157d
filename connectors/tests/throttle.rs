//! Stories of limits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use common::*;
use connectors::Clock;
use connectors::graph::Kind;
use simulator::{Fault, FaultKind, Layer};
use sync::{Effect, Op};

#[tokio::test]
async fn a_throttled_item_waits_and_only_it_is_sent_again() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let storm =
        Fault::new(FaultKind::ThrottleStorm).method("POST").layer(Layer::Item).times(5).retry_after(30);
    world.simulator.add_fault(storm);
    world.simulator.reset_counts();
    let before = world.clock.now();
    let effects = world.write(&place, &(0..20).map(create).collect::<Vec<_>>()).await;
    written(&effects);
    let counts = world.simulator.counts();
    assert_eq!((counts.http_calls, counts.graph_requests, counts.throttled), (2, 25, 5));
    assert_eq!((world.clock.now() - before).num_seconds(), 30);
}

#[tokio::test]
async fn a_throttled_batch_keeps_the_whole_tenant_away() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let storm =
        Fault::new(FaultKind::ThrottleStorm).path("/$batch").layer(Layer::Plain).times(1).retry_after(40);
    world.simulator.add_fault(storm);
    let before = world.clock.now();
    let effects = world.write(&place, &[create(1)]).await;
    written(&effects);
    assert_eq!((world.clock.now() - before).num_seconds(), 40);
    assert_eq!(world.held(&place).len(), 1);
}

#[tokio::test]
async fn a_storm_without_end_is_given_up_and_nothing_is_lost() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    world.simulator.add_fault(Fault::new(FaultKind::ThrottleStorm).layer(Layer::Item).retry_after(100));
    let (effects, end) = world.try_write(&place, &(0..30).map(create).collect::<Vec<_>>()).await;
    assert!(matches!(end.unwrap_err().kind(), Kind::Throttled { after: Some(_) }));
    assert!(effects.iter().all(|effect| *effect == Some(Effect::NotSent)));
    assert!(world.clock.now() <= start() + Duration::from_secs(3600));
}

#[tokio::test]
async fn a_mailbox_that_is_throttled_beyond_the_deadline_says_for_how_long() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    world.simulator.add_fault(Fault::new(FaultKind::ThrottleStorm).layer(Layer::Item).retry_after(100));
    let mut effects = Vec::new();
    let mut settled = |_, effect| effects.push(effect);
    let soon = world.clock.now() + Duration::from_secs(250);
    let end = world.writer().write(&place, &[create(1)], &Transactions::new(), soon, &mut settled).await;
    assert_eq!(end.unwrap_err().after(), Some(Duration::from_secs(100)));
    assert_eq!(effects, [Effect::NotSent]);
    assert!(world.clock.now() < soon);
}

#[tokio::test]
async fn what_the_deadline_leaves_is_not_sent() {
    let world = World::new().await;
    let place = world.place("Ana").await;
    let mut effects = Vec::new();
    let mut settled = |_, effect| effects.push(effect);
    let past = world.clock.now() - Duration::from_secs(1);
    world.simulator.reset_counts();
    world
        .writer()
        .write(&place, &[create(1), create(2)], &Transactions::new(), past, &mut settled)
        .await
        .unwrap();
    assert_eq!(effects, [Effect::NotSent, Effect::NotSent]);
    assert_eq!(world.simulator.counts().http_calls, 0);
}

#[tokio::test]
async fn a_mailbox_never_sees_more_than_four_at_once_whoever_asks() {
    let world = World::new().await;
    let (place, other) = (world.place("Ana").await, world.place("Ben").await);
    let more = |from: usize| (from..from + 100).map(create).collect::<Vec<Op>>();
    let sales = connectors::graph::Place { hub: sync::HubId::new("sales").unwrap(), ..place.clone() };
    let (first, second) = (more(0), more(100));
    let reader = world.reader();
    let (one, two, read, seen) = tokio::join!(
        world.write(&place, &first),
        world.write(&sales, &second),
        reader.changes(vec![reading(&other, None), reading(&place, None)]),
        reader.tags(&place, connectors::graph::Which::All),
    );
    written(&one);
    written(&two);
    assert!(read.iter().all(Result::is_ok) && seen.is_ok());
    let counts = world.simulator.counts();
    assert_eq!(counts.throttled, 0);
    assert!(counts.peak_mailbox_concurrency <= 4, "{}", counts.peak_mailbox_concurrency);
}

#[tokio::test]
async fn the_quota_of_ten_minutes_is_kept_without_being_told() {
    let world = World::with(|options| options.pace.requests = 100).await;
    let place = world.place("Ana").await;
    let before = world.clock.now();
    let effects = world.write(&place, &(0..150).map(create).collect::<Vec<_>>()).await;
    written(&effects);
    assert_eq!(world.simulator.counts().throttled, 0);
    let took = world.clock.now() - before;
    assert!(took >= chrono::TimeDelta::seconds(600) && took < chrono::TimeDelta::seconds(610), "{took}");
}

#[tokio::test]
async fn a_reading_does_not_wait_long_for_one_throttled_mailbox() {
    let world = World::new().await;
    let (ana, ben) = (world.place("Ana").await, world.place("Ben").await);
    let storm = Fault::new(FaultKind::ThrottleStorm).mailbox(&ana.mailbox).layer(Layer::Item).retry_after(90);
    world.simulator.add_fault(storm);
    let mut read = world.reader().changes(vec![reading(&ana, None), reading(&ben, None)]).await;
    assert!(read.pop().unwrap().is_ok());
    let error = read.pop().unwrap().unwrap_err();
    assert_eq!(error.after(), Some(Duration::from_secs(90)));
    assert!(world.clock.now() < start() + Duration::from_secs(60));
}
