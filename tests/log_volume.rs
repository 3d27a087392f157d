//! What the log weighs: at most a kilobyte for each visit to a mailbox, whatever happens there, measured.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use serde_json::{Value, json};
use simulator::{Fault, FaultKind, MailboxState};
use stage::World;

/// The most bytes of log that a visit to a mailbox may cost.
const MOST: usize = 1_024;

/// What was printed since, at the level that is the default.
struct Volume {
    visits: usize,
    lines: usize,
    bytes: usize,
}

impl World {
    /// Begins to measure.
    fn weigh(&self) {
        self.paper.clear();
        self.host.seen.lock().unwrap().clear();
    }

    fn volume(&self) -> Volume {
        let text = self.paper.text();
        let level = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["level"] != "DEBUG";
        let lines: Vec<_> = text.lines().filter(level).collect();
        let seen = self.host.seen.lock().unwrap();
        let messages = seen.iter().filter(|(queue, _)| queue == "sync-mailbox");
        let mailboxes =
            |bytes| serde_json::from_slice::<Value>(bytes).unwrap()["mailboxes"].as_array().unwrap().len();
        let visits = messages.map(|(_, bytes)| mailboxes(bytes)).sum();
        Volume { visits, lines: lines.len(), bytes: lines.iter().map(|line| line.len() + 1).sum() }
    }

    /// Runs the hub; what that printed.
    async fn weighed_run(&self, what: &str) {
        self.weigh();
        self.run().await;
        let Volume { visits, lines, bytes } = self.volume();
        println!("{what}: {visits} visits, {lines} lines, {bytes} bytes, {} bytes a visit", bytes / visits);
        assert!(visits >= self.cast.owners.len() && bytes <= MOST * visits, "{what}: {}", self.paper.text());
    }
}

#[tokio::test]
async fn a_visit_to_a_mailbox_costs_at_most_a_kilobyte_of_log() {
    let world = World::of(30, 20).await;
    world.configure(&world.config()).await;
    world.weighed_run("first fill").await;
    world.weighed_run("unchanged").await;
    for (nth, person) in world.cast.people[20..25].iter().enumerate() {
        world.simulator.update_user(*person, &json!({ "jobTitle": format!("Pilot {nth}") })).unwrap();
    }
    world.weighed_run("changes").await;
}

#[tokio::test]
async fn trouble_in_mailboxes_costs_no_more() {
    let world = World::of(12, 10).await;
    world.configure(&world.config()).await;
    let storm = Fault::new(FaultKind::ThrottleStorm).path("/users/*/contact*").retry_after(140);
    world.simulator.add_fault(storm);
    world.weighed_run("throttled").await;
    world.simulator.clear_faults();
    for owner in &world.cast.owners {
        world.simulator.set_mailbox_state(*owner, MailboxState::InvalidUser);
    }
    world.weighed_run("out of reach").await;
    for owner in &world.cast.owners {
        world.simulator.set_mailbox_state(*owner, MailboxState::Ok);
    }
    world.simulator.add_fault(Fault::new(FaultKind::ErrorInside).path("/users/*/contact*"));
    world.weighed_run("every answer an error").await;
    world.simulator.clear_faults();
    world.simulator.add_fault(
        Fault::new(FaultKind::GatewayTimeout).method("POST").path("/users/*/contact*").probability(0.3, 7),
    );
    world.weighed_run("lost answers").await;
}
