//! Whatever Graph answers: bounded, retried or recorded for the one mailbox, while the others go on; and a quiet run afterwards
//! ends right, with nothing twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Layer, MailboxState, Standing};
use stage::World;
use stage::calendar::{events as events_of, hour, titles};

/// Changes of every kind for the next run.
fn change(world: &World) {
    let people = &world.cast.people;
    world.simulator.update_user(people[10], &json!({ "jobTitle": "Pilot" })).unwrap();
    world
        .simulator
        .update_user(people[9], &json!({ "mobilePhone": null, "officeLocation": "Tower 9" }))
        .unwrap();
    world.simulator.purge_user(people[11]).unwrap();
    let newcomer = json!({ "displayName": "Joy New", "givenName": "Joy", "surname": "New" });
    world.simulator.add_user(newcomer).unwrap();
}

/// After the trouble: one run mends everything, the next one has nothing to do.
async fn ends_right(world: &World, what: &str) {
    world.simulator.clear_faults();
    let run = world.run().await;
    let expected = world.expected();
    let wrong: Vec<_> = (0..world.cast.owners.len()).map(|nth| world.mismatches(nth, &expected)).collect();
    assert_eq!(wrong, vec![0; wrong.len()], "{what}: {run}");
    let quiet = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{what}: {quiet}");
    assert_eq!(world.host.failures.lock().unwrap().len(), 0, "{what}: no invocation fails");
}

/// A run from nothing, and a run of changes, with the same trouble in one mailbox.
async fn trouble_in_one_mailbox(kind: FaultKind, method: &str, path: &str) -> [String; 2] {
    let world = World::of(12, 3).await;
    let what = format!("{kind:?} {method} {path}");
    let fault = || Fault::new(kind).method(method).path(path).mailbox(world.cast.owners[1]);
    world.configure(&world.config()).await;
    world.simulator.add_fault(fault());
    let first = world.run().await;
    assert_bounded(&world, &what);
    let right = |nth| world.mismatches(nth, &world.expected());
    assert_eq!((right(0), right(2)), (0, 0), "{what}: the others go on: {first}");
    ends_right(&world, &what).await;
    change(&world);
    if path.ends_with("contactFolders") {
        world.simulator.user_deletes_folder(world.cast.owners[1], stage::FOLDER).unwrap();
    }
    world.simulator.add_fault(fault());
    let second = world.run().await;
    assert_bounded(&world, &what);
    assert_eq!((right(0), right(2)), (0, 0), "{what}: the others go on: {second}");
    ends_right(&world, &what).await;
    [first, second].map(|run| world.states(&run).join(" "))
}

/// A mailbox in trouble costs some hundred requests at most, over all attempts of a run.
#[track_caller]
fn assert_bounded(world: &World, what: &str) {
    let counts = world.simulator.counts();
    assert!(counts.faults > 0, "{what}: never happened");
    assert!(counts.graph_requests < 900, "{what}: {counts:?}");
}

const KINDS: [FaultKind; 8] = [
    FaultKind::Unavailable,
    FaultKind::ServerError,
    FaultKind::GatewayTimeout,
    FaultKind::Html,
    FaultKind::TruncatedJson,
    FaultKind::ErrorInside,
    FaultKind::ControlCharacters,
    FaultKind::UnknownValues,
];

#[tokio::test]
async fn a_mailbox_whose_contacts_can_not_be_written_is_alone_in_its_trouble() {
    for kind in KINDS {
        trouble_in_one_mailbox(kind, "POST", "*/contacts").await;
    }
}

#[tokio::test]
async fn a_mailbox_whose_contacts_can_not_be_read_is_alone_in_its_trouble() {
    for kind in KINDS {
        for path in ["*/contacts/delta*", "*/contactFolders"] {
            let world = World::filled(12, 3).await;
            change(&world);
            let what = format!("{kind:?} {path}");
            world.simulator.user_deletes_folder(world.cast.owners[1], stage::FOLDER).unwrap();
            world
                .simulator
                .add_fault(Fault::new(kind).method("GET").path(path).mailbox(world.cast.owners[1]));
            let run = world.run().await;
            let right = |nth| world.mismatches(nth, &world.expected());
            assert_eq!((right(0), right(2)), (0, 0), "{what}: the others go on: {run}");
            assert!(world.simulator.counts().graph_requests < 900, "{what}");
            ends_right(&world, &what).await;
        }
    }
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_made_later() {
    for kind in KINDS {
        trouble_in_one_mailbox(kind, "POST", "*/contactFolders").await;
    }
}

#[tokio::test]
async fn links_that_lead_round_and_round_are_followed_to_an_end() {
    for (path, is_source) in [("/users/delta*", true), ("/users/*/contacts/delta*", false)] {
        let world = World::filled(12, 3).await;
        world.run().await;
        change(&world);
        world.simulator.add_fault(Fault::new(FaultKind::NextLinkLoop).path(path));
        let run = world.run().await;
        assert!(world.simulator.counts().graph_requests < 200, "{path}: {:?}", world.simulator.counts());
        assert_eq!(run["complete"] == json!(false), is_source, "{run}");
        let words =
            if is_source { run["problems"][0].clone() } else { world.outcome(&run, 0)["reason"].clone() };
        assert!(words.as_str().unwrap().contains("the next page is one that was read before"), "{words}");
        ends_right(&world, path).await;
    }
}

#[tokio::test]
async fn a_batch_that_is_lost_as_a_whole_does_nothing_twice() {
    let kinds = [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::ResetMidBody,
        FaultKind::Html,
        FaultKind::TruncatedJson,
        FaultKind::GatewayTimeout,
        FaultKind::Unavailable,
        FaultKind::ThrottleStorm,
    ];
    for kind in kinds {
        for probability in [0.15, 0.5] {
            let world = World::of(30, 3).await;
            world.configure(&world.config()).await;
            let fault = || Fault::new(kind).path("/$batch").layer(Layer::Plain).probability(probability, 7);
            world.simulator.add_fault(fault().times(40));
            world.run().await;
            change(&world);
            world.run().await;
            ends_right(&world, &format!("{kind:?} {probability}")).await;
        }
    }
}

#[tokio::test]
async fn everything_at_once_ends_right_too() {
    for seed in 0..4 {
        let world = World::of(30, 4).await;
        world.configure(&world.config()).await;
        let kinds = [
            FaultKind::GatewayTimeout,
            FaultKind::Conflict,
            FaultKind::ThrottleStorm,
            FaultKind::ServerError,
            FaultKind::ResetAfter,
            FaultKind::ErrorInside,
            FaultKind::Html,
        ];
        for (nth, kind) in kinds.into_iter().enumerate() {
            let seed = seed * 100 + nth as u64;
            world
                .simulator
                .add_fault(Fault::new(kind).path("/users/*/contact*").probability(0.08, seed).times(60));
        }
        world.run().await;
        change(&world);
        world.run().await;
        ends_right(&world, &format!("seed {seed}")).await;
    }
}

#[tokio::test]
async fn a_mailbox_that_can_not_be_reached_is_left_alone_for_a_day_and_says_why() {
    let states = [MailboxState::NotEnabled, MailboxState::InvalidUser, MailboxState::AccessDenied];
    let mut said = Vec::new();
    for state in states {
        let world = World::of(12, 3).await;
        world.configure(&world.config()).await;
        world.simulator.set_mailbox_state(world.cast.owners[1], state);
        let run = world.run().await;
        assert_eq!(world.states(&run), ["done", "quarantined", "done"], "{run}");
        said.push(reason(&world, &run, 1));
        assert_eq!(world.mismatches(0, &world.expected()) + world.mismatches(2, &world.expected()), 0);

        // Runs of the schedule leave it alone, until a day has passed.
        world.simulator.set_mailbox_state(world.cast.owners[1], MailboxState::Ok);
        change(&world);
        let schedule = async |hours: u64| {
            world.clock.advance(std::time::Duration::from_secs(hours * 3600));
            world.fire("schedule").await;
            world.settle().await;
            world.contacts(1, stage::FOLDER).len()
        };
        assert_eq!(schedule(1).await, 0);
        assert_eq!(world.mismatches(0, &world.expected()), 0);
        assert_eq!(schedule(23).await, 12);
        world.assert_right();
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    contactFolders: 404 MailboxNotEnabledForRESTAPI: the mailbox can't be reached; check its licence and whether it is in the cloud
    contactFolders: 404 ErrorInvalidUser: the mailbox can't be reached; check its licence and whether it is in the cloud
    contactFolders: 403 ErrorAccessDenied: check the granted permissions and the scope of mailboxes
    ");
}

fn reason(world: &World, run: &Value, nth: usize) -> String {
    let reason = world.outcome(run, nth)["reason"].as_str().unwrap_or_default().to_owned();
    let start = reason.find(" (request ").unwrap_or(reason.len());
    let end = reason.find("): ").map_or(reason.len(), |at| at + 1);
    format!("{}{}", &reason[..start], &reason[end..])
}

#[tokio::test]
async fn a_throttle_storm_is_waited_out() {
    let world = World::of(30, 4).await;
    world.configure(&world.config()).await;
    world
        .simulator
        .add_fault(Fault::new(FaultKind::ThrottleStorm).path("/users/*/contact*").times(40).retry_after(20));
    let run = world.run().await;
    assert_eq!(world.states(&run).iter().filter(|state| *state == "failed").count(), 0, "{run}");
    assert!(world.simulator.counts().graph_requests < 900, "{:?}", world.simulator.counts());
    ends_right(&world, "storm").await;
}

#[tokio::test]
async fn without_consent_the_tenant_rests_until_it_is_connected_again() {
    let world = World::filled(12, 2).await;
    world.simulator.set_standing(Standing::Missing);
    world.clock.advance(std::time::Duration::from_secs(7200));
    change(&world);
    let run = world.run().await;
    let problem = run["problems"][0].as_str().unwrap().replace(&world.simulator.login_url(), "{login}");
    insta::assert_snapshot!(problem, @"the tenant is suspended: AADSTS7000229: the tenant has no enterprise application of this service: consent anew at {login}/76b62d24-503c-4031-9d4e-53651a969d00/adminconsent?client_id=d986aa07-4379-433c-b64c-400df103e538, and connect the tenant again (PUT /api/tenants/76b62d24-503c-4031-9d4e-53651a969d00)");
    assert_eq!(world.simulator.counts().writes.total(), 0);
    let calls = world.simulator.counts().token_calls;
    world.clock.advance(std::time::Duration::from_secs(7200));
    world.fire("schedule").await;
    assert_eq!((world.waiting().await, world.simulator.counts().token_calls), (0, calls), "nothing is tried");
    world.simulator.set_standing(Standing::Consented);
    world.call("PUT", &world.tenant(), &json!({})).await.1.unwrap();
    world.fire("schedule").await;
    world.settle().await;
    world.assert_right();
}

/// A room's events in the mailboxes of three, one of which is in trouble.
#[tokio::test]
async fn calendars_in_trouble_are_alone_in_it_too() {
    let places =
        [("POST", "*/events"), ("GET", "*/events*"), ("POST", "*/calendars"), ("PATCH", "*/events/*")];
    let kinds =
        [FaultKind::Unavailable, FaultKind::GatewayTimeout, FaultKind::TruncatedJson, FaultKind::ErrorInside];
    for kind in kinds {
        for (method, path) in places {
            let events: Vec<_> =
                (1..=7).map(|day| hour(&format!("Event {day}"), &format!("2026-12-0{day}"), 9)).collect();
            let (world, room) = World::with_room(3, events).await;
            let what = format!("{kind:?} {method} {path}");
            let fault = || Fault::new(kind).method(method).path(path).mailbox(world.cast.owners[1]);
            world.configure(&world.calendar_config(room, json!({}))).await;
            world.simulator.add_fault(fault());
            world.run().await;
            assert_eq!((world.events(0).len(), world.events(2).len()), (7, 7), "{what}: the others go on");
            world.simulator.clear_faults();
            world.run().await;
            let source = events_of(&world.simulator, room, "Calendar");
            let id = source[2]["id"].as_str().unwrap();
            world.simulator.user_edits_event(room, id, json!({ "subject": "Edited" })).unwrap();
            world.simulator.user_deletes_event(room, source[4]["id"].as_str().unwrap()).unwrap();
            world.simulator.add_fault(fault());
            world.run().await;
            assert!(world.simulator.counts().graph_requests < 900, "{what}");
            world.simulator.clear_faults();
            world.run().await;
            let expected = titles(&events_of(&world.simulator, room, "Calendar"));
            assert_eq!([0, 1, 2].map(|nth| world.titles(nth)), [0; 3].map(|_| expected.clone()), "{what}");
            world.run().await;
            assert_eq!(world.simulator.counts().writes.total(), 0, "{what}");
            world.assert_quiet();
        }
    }
}
