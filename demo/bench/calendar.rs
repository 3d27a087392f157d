//! `bench calendar`: one calendar in one mailbox.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Duration, Utc};
use clap::Args;
use platform::{Clock, RealClock};
use serde_json::{Value, json};
use simulator::{Command, Fault, FaultKind};
use uuid::Uuid;

use crate::rounds::{Round, least};
use crate::world::{Handler, World};

/// The hub of this measurement.
const HUB: &str = "calendar";
/// Requests to Graph that an unchanged calendar may cost.
const MOST_UNCHANGED: u64 = 2;

/// How full the calendar is, and how slow Graph.
#[derive(Args, Debug)]
pub struct Options {
    /// How many events the calendar has.
    #[arg(long, default_value_t = 500)]
    events: usize,
    /// How long Graph takes for one request, in milliseconds.
    #[arg(long, default_value_t = 20)]
    latency_ms: u64,
    /// Chooses all ids.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    handler: Handler,
}

/// Plays all rounds, prints the figures of each, and fails if one wrote something else than it should.
pub async fn run(options: &Options) -> Result<()> {
    let Options { events, latency_ms, seed, .. } = *options;
    println!("bench=calendar events={events} latency_ms={latency_ms}");
    let tenant =
        simulator::Settings { company: 1, mailboxes: 1, latency_ms, seed, ..simulator::Settings::default() };
    let world = World::open(&options.handler, &tenant).await?;
    let (room, colleague) = people(&world).await?;
    fill(&world, room, events).await?;
    let api = world.api(HUB);
    api.configure(&config(room, colleague)).await?;
    let first = Round { creates: events, limit: least(events, latency_ms), ..Round::of("first") };
    world.play(&api, first).await?;
    let unchanged = world.play(&api, Round::of("unchanged")).await?;
    world.control.run::<Value>(&Command::AddFault { fault: broken_source(room) }).await?;
    world.play(&api, Round::of("source-503")).await?;
    let invitations: u64 = world.control.run(&Command::OutboxCount).await?;
    println!("invitations={invitations}");
    ensure!(invitations == 0, "{invitations} invitations were mailed");
    let asked = unchanged.graph_requests;
    ensure!(asked <= MOST_UNCHANGED, "an unchanged calendar cost {asked} requests, not {MOST_UNCHANGED}");
    Ok(())
}

/// The room whose calendar it is, and the only colleague.
async fn people(world: &World) -> Result<(Uuid, Uuid)> {
    let users: Vec<Value> = world.control.run(&Command::Users).await?;
    let colleague =
        users.iter().find_map(|user| user.get("id")?.as_str()).context("the tenant has no users")?;
    let room = world.control.run(&Command::AddRoom { name: "Board room".to_owned() }).await?;
    Ok((room, colleague.parse()?))
}

/// Half an hour each, one after the other, from tomorrow on.
async fn fill(world: &World, user: Uuid, events: usize) -> Result<()> {
    let mut start = RealClock::new().now() + Duration::days(1);
    for nth in 0..events {
        let end = start + Duration::minutes(30);
        let fields = json!({ "subject": format!("Meeting {nth}"), "start": time(start), "end": time(end) });
        let command = Command::UserCreatesEvent { user, calendar: "Calendar".to_owned(), fields };
        world.control.run::<String>(&command).await?;
        start = end;
    }
    Ok(())
}

fn time(at: DateTime<Utc>) -> Value {
    json!({ "dateTime": at.format("%Y-%m-%dT%H:%M:00").to_string(), "timeZone": "UTC" })
}

fn config(room: Uuid, colleague: Uuid) -> Value {
    json!({
        "name": "Board room", "kind": "events", "schedule": "0 * * * *",
        "spokes": [
            { "id": "room", "connector": "mailbox", "contributes": { "mailbox": room } },
            { "id": "colleague", "connector": "mailbox", "receives": {
                "folder": "Board room", "audience": { "users": [colleague] } } }
        ]
    })
}

fn broken_source(room: Uuid) -> Fault {
    Fault { path: Some(format!("/users/{room}/*")), ..Fault::new(FaultKind::Unavailable) }
}
