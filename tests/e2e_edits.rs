//! The process killed at any moment while users' changes are on their way: none is lost, none is done twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::time::Duration;

use platform::{Queue, Random, SeededRandom};
use serde_json::{Value, json};
use stage::World;
use stage::calendar::{CALENDAR, events, hour, titles, weekly};

/// In how many rounds of a story invocations are killed.
const KILLS: usize = 16;
/// How far an invocation gets at most before it is killed.
const MOST_STEPS: u64 = 16;

/// A room's calendar that three colleagues share and may change.
async fn shared() -> World {
    let mut all: Vec<_> =
        (1..=9).map(|day| hour(&format!("Event {day}"), &format!("2026-12-0{day}"), 9)).collect();
    all.push(weekly("Stand-up", "2026-12-04", "friday", 10));
    let (world, room) = World::with_room(3, all).await;
    let mut config = world.calendar_config(room, json!({}));
    config["spokes"][1]["twoWay"] = json!(true);
    config["spokes"][1]["deletesToHub"] = json!(true);
    world.configure(&config).await;
    world.run().await;
    world
}

/// Everybody changes something of their own.
fn change(world: &World) {
    let id = |nth: usize, subject: &str| world.event(nth, subject)["id"].as_str().unwrap().to_owned();
    let owner = |nth: usize| world.cast.owners[nth];
    let simulator = &world.simulator;
    simulator.user_edits_event(owner(0), &id(0, "Event 1"), json!({ "subject": "Edited 1" })).unwrap();
    simulator.user_deletes_event(owner(0), &id(0, "Event 2")).unwrap();
    simulator.user_creates_event(owner(1), CALENDAR, hour("Born", "2026-12-20", 9)).unwrap();
    let moved = json!({ "location": { "displayName": "Attic" } });
    simulator.user_edits_event(owner(1), &id(1, "Event 3"), moved).unwrap();
    simulator.user_deletes_event(owner(2), &format!("OID.{}.2026-12-18", id(2, "Stand-up"))).unwrap();
}

/// Hands out what is due; each invocation is given up after some of its steps, unless it ends before. How many were.
async fn killed_round(world: &World, random: &SeededRandom) -> usize {
    let mut killed = 0;
    for queue in stage::host::QUEUES {
        for mut message in world.queue.receive(queue, 8, Duration::from_secs(60)).await.unwrap() {
            let steps = random.uuid().as_u64_pair().0 % MOST_STEPS;
            let (queue, bytes) = (message.queue.clone(), message.bytes.clone());
            let call = world.invoke(&queue, &bytes, message.dequeue_count);
            match stage::killed::after(steps, call).await {
                Some(verdict) if verdict.is_success() => world.queue.delete(message).await.unwrap(),
                end => {
                    killed += usize::from(end.is_none());
                    world.queue.extend(&mut message, Duration::from_secs(30)).await.unwrap();
                }
            }
        }
    }
    world.clock.advance(Duration::from_secs(120));
    killed
}

#[tokio::test]
async fn killed_at_any_moment_nothing_evaporates() {
    let mut killed = 0;
    for seed in 0..6 {
        let (world, random) = (shared().await, SeededRandom::new(seed));
        change(&world);
        world.post(&format!("{}/run", world.hub())).await;
        for _ in 0..KILLS {
            killed += killed_round(&world, &random).await;
        }
        world.settle().await;
        world.run().await;
        world.run().await;
        let expected = world.titles(0);
        for nth in 0..3 {
            let all = events(&world.simulator, world.cast.owners[nth], CALENDAR);
            assert_eq!(titles(&all), expected, "seed {seed}");
            let one = |subject: &str| world.event(nth, subject);
            assert_eq!(one("Event 3")["location"]["displayName"], "Attic", "seed {seed}");
            assert_eq!(one("Stand-up")["cancelled"], json!(["2026-12-18"]), "seed {seed}");
        }
        assert!(
            expected.contains(&"Edited 1".to_owned()) && expected.contains(&"Born".to_owned()),
            "{expected:?}"
        );
        assert!(!expected.contains(&"Event 2".to_owned()) && expected.len() == 10, "{expected:?}");
        assert_eq!(world.simulator.outbox(), [], "seed {seed}");
        let page = world.get(&format!("{}/rulings", world.hub())).await;
        let taken = page["rulings"].as_array().unwrap().iter().filter(|ruling| ruling["ruling"] == "taken");
        assert!(taken.count() >= 5, "every change has its ruling: {page}");
        quiet(&world).await;
    }
    assert!(killed > 12, "only {killed} were killed");
}

async fn quiet(world: &World) {
    let run: Value = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{run}");
    assert_eq!(run["tally"]["proposed"], Value::Null, "{run}");
}
