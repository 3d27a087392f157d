//! Somebody is erased while the process is killed, or does everything twice: it ends as if nothing had happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{join, join_all};
use platform::{Queue, Random, SeededRandom};
use serde_json::{Value, json};
use stage::calendar::with_guests;
use stage::{FOLDER, World};
use uuid::Uuid;

/// A week: the next reading of every source is a full one.
const LONG: Duration = Duration::from_secs(8 * 24 * 3600);

/// How many steps lie between two moments at which a story is killed; one takes some 100 to 700, few on a quiet machine.
const STRIDE: usize = 25;

/// What a story ends with, whatever happened on its way.
#[derive(Debug, PartialEq)]
struct End {
    request: Value,
    named: Vec<String>,
    copies: Vec<usize>,
    /// The names of all contacts of all mailboxes.
    contacts: Vec<BTreeSet<String>>,
    /// Everything that is kept, by table, but for what tells of runs and of what was logged.
    kept: Vec<String>,
}

/// A person of a two-way hub, whom one colleague changed before, and another just now.
struct Story {
    world: World,
    person: Uuid,
    name: String,
    names: Vec<String>,
}

impl Story {
    async fn begin() -> Self {
        let world = World::of(5, 2).await;
        let mut config = world.config();
        config["spokes"][1]["twoWay"] = json!(true);
        world.configure(&config).await;
        world.run().await;
        let person = world.cast.people[3];
        let (name, names) = (world.person(person, "displayName"), world.names(person));
        let story = Self { world, person, name, names };
        story.edit(0, json!({ "spouseName": "Kim" }));
        story.world.run().await;
        story.edit(1, json!({ "nickName": "Boss" }));
        story
    }

    fn edit(&self, nth: usize, fields: Value) {
        let (world, owner) = (&self.world, self.world.cast.owners[nth]);
        world.simulator.user_edits_contact(owner, &world.contact(nth, FOLDER, &self.name), fields).unwrap();
    }

    /// Begins the erasure and a run at the same time; the answer is the request.
    async fn erase(&self, mailboxes: bool) -> Value {
        let body = json!({ "person": self.person, "mailboxes": mailboxes });
        let id = self.world.begin("erase", body).await;
        self.world.post(&format!("{}/run", self.world.hub())).await;
        id
    }

    async fn end(&self, id: &Value) -> End {
        let world = &self.world;
        world.settle().await;
        world.run().await;
        let request = world.request(id).await;
        let progress = &request["progress"];
        let contacts = |nth| {
            let all = world.contacts(nth, FOLDER);
            all.iter().map(|one| one["displayName"].as_str().unwrap().to_owned()).collect()
        };
        let table =
            |key: String| key.trim_start_matches("hubs/company/").split('/').next().unwrap().to_owned();
        let mut kept: Vec<_> = world.values().await.into_iter().map(|(key, _)| table(key)).collect();
        kept.retain(|table| {
            !["audit", "audit-people", "runs", "outcomes", "rulings"].contains(&table.as_str())
        });
        End {
            request: json!([
                request["state"],
                request["trouble"],
                progress["mailboxes"],
                progress["cleaned"]
            ]),
            named: world.still_named(&self.names).await,
            copies: world.copies(&self.name),
            contacts: (0..world.cast.owners.len()).map(contacts).collect(),
            kept,
        }
    }

    /// Nobody is brought back by a full reading, and nothing is left to do.
    async fn stays_so(&self, end: &End) {
        self.world.clock.advance(LONG);
        self.world.run().await;
        self.world.run().await;
        assert_eq!(self.world.simulator.counts().writes.total(), 0);
        assert_eq!(self.world.copies(&self.name), end.copies);
        assert_eq!(self.world.still_named(&self.names).await, Vec::<String>::new());
        let whole = self.world.get(&format!("{}/audit/verify", self.world.tenant())).await;
        assert_eq!(whole["whole"], true, "{whole}");
    }
}

/// How it ends when nothing goes wrong.
async fn undisturbed(mailboxes: bool) -> End {
    let story = Story::begin().await;
    let id = story.erase(mailboxes).await;
    let end = story.end(&id).await;
    assert_eq!(end.named, Vec::<String>::new());
    assert_eq!(end.copies, if mailboxes { [0, 0] } else { [1, 1] });
    assert_eq!(end.request[0], "done", "{end:?}");
    story.stays_so(&end).await;
    end
}

#[tokio::test]
async fn of_a_two_way_hub_somebody_is_erased_with_what_colleagues_changed() {
    undisturbed(true).await;
    undisturbed(false).await;
}

#[tokio::test]
async fn killed_at_any_moment_an_erasure_ends_the_same() {
    for (mailboxes, first) in [(true, 0), (false, STRIDE / 2)] {
        let right = undisturbed(mailboxes).await;
        let mut cuts = 0;
        for steps in (first..).step_by(STRIDE) {
            let story = Story::begin().await;
            let id = story.erase(mailboxes).await;
            let is_over = stage::killed::after(steps as u64, story.world.settle()).await.is_some();
            // What was on its way is handed out again, and leases have ended.
            story.world.clock.advance(Duration::from_secs(700));
            assert_eq!(story.end(&id).await, right, "killed after {steps} steps");
            if is_over {
                break;
            }
            cuts += 1;
        }
        assert!(cuts > 3, "only {cuts} cuts");
    }
}

#[tokio::test]
async fn killed_again_and_again_an_erasure_ends_the_same() {
    let right = undisturbed(true).await;
    let mut killed = 0;
    for seed in 0..4 {
        let (story, random) = (Story::begin().await, SeededRandom::new(seed));
        let id = story.erase(true).await;
        for _ in 0..6 {
            let steps = random.uuid().as_u64_pair().0 % 120;
            killed += usize::from(stage::killed::after(steps, story.world.settle()).await.is_none());
            story.world.clock.advance(Duration::from_secs(700));
        }
        assert_eq!(story.end(&id).await, right, "seed {seed}");
    }
    assert!(killed > 12, "only {killed} were killed");
}

/// Hands out whatever is due, each message twice and all of them at the same time.
async fn twins(world: &World) {
    let mut due = Vec::new();
    for queue in stage::host::QUEUES {
        due.extend(world.queue.receive(queue, 8, Duration::from_secs(60)).await.unwrap());
    }
    let calls = due.iter().map(|message| {
        let call = || world.invoke(&message.queue, &message.bytes, message.dequeue_count);
        async move { join(call(), call()).await }
    });
    for ((one, other), mut message) in join_all(calls).await.into_iter().zip(due) {
        match one.is_success() || other.is_success() {
            true => world.queue.delete(message).await.unwrap(),
            false => world.queue.extend(&mut message, Duration::from_secs(30)).await.unwrap(),
        }
    }
    world.clock.advance(Duration::from_secs(61));
}

#[tokio::test]
async fn an_erasure_that_is_done_twice_at_once_ends_the_same() {
    for mailboxes in [true, false] {
        let right = undisturbed(mailboxes).await;
        let story = Story::begin().await;
        let id = story.erase(mailboxes).await;
        for _ in 0..4 {
            twins(&story.world).await;
        }
        assert_eq!(story.end(&id).await, right);
        story.stays_so(&right).await;
    }
}

async fn keeps_nothing(world: &World) {
    let path = format!("{}/retention", world.tenant());
    world.call("PUT", &path, &json!("afterEveryRun")).await.1.unwrap();
}

#[tokio::test]
async fn somebody_is_erased_where_nothing_is_kept_between_runs() {
    for (mailboxes, copies) in [(true, [0, 0]), (false, [1, 1])] {
        let world = World::of(6, 2).await;
        keeps_nothing(&world).await;
        world.configure(&world.config()).await;
        world.run().await;
        let person = world.cast.people[3];
        let (name, names) = (world.person(person, "displayName"), world.names(person));
        assert_eq!(world.copies(&name), [1, 1]);
        let request = world.ask("erase", json!({ "person": person, "mailboxes": mailboxes })).await;
        assert_eq!(
            (&request["state"], &request["progress"]["mailboxes"]),
            (&json!("done"), &json!(2)),
            "{request}"
        );
        for _ in 0..2 {
            let run = world.run().await;
            assert_eq!((run["items"].clone(), world.copies(&name)), (json!(5), copies.to_vec()), "{run}");
            assert_eq!(world.still_named(&names).await, Vec::<String>::new());
            world.clock.advance(LONG);
        }
        assert_eq!(world.simulator.counts().writes.total(), 0);
    }
}

#[tokio::test]
async fn of_an_event_only_what_names_them_goes_where_nothing_is_kept_between_runs() {
    let (world, room) = World::with_room(2, vec![with_guests()]).await;
    keeps_nothing(&world).await;
    world.configure(&world.calendar_config(room, json!({}))).await;
    world.run().await;
    assert!(world.event(1, "Planning").to_string().contains("Gaston Gast"));
    let request = world.ask("erase", json!({ "person": "gaston@elsewhere.example" })).await;
    assert_eq!(request["state"], "done", "{request}");
    world.run().await;
    for nth in 0..2 {
        let event = world.event(nth, "Planning").to_string();
        assert!(event.contains("Olga Other") && !event.contains("Gaston"), "{event}");
    }
    let names = ["gaston@elsewhere.example", "Gaston Gast"].map(str::to_owned);
    assert_eq!(world.still_named(&names).await, Vec::<String>::new());
}
