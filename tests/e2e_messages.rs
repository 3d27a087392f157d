//! Messages that nobody can do anything with: one clear line in the log, a dead letter with the reason, and no more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::time::Duration;

use platform::{Message, Queue};
use serde_json::{Value, json};
use stage::World;

/// Hands one message to a function; what it prints, and what is recorded.
async fn said(world: &World, queue: &str, bytes: &[u8]) -> String {
    let before = world.dead_letters().await.len();
    // Dead letters sort by the second.
    world.clock.advance(Duration::from_secs(1));
    world.paper.clear();
    let verdict = world.invoke(queue, bytes, 1).await;
    assert!(verdict.is_success(), "{verdict:?}: it would be handed out again");
    let printed = world.paper.warnings();
    assert_eq!(printed.len(), 1, "one line: {printed:?}");
    assert_eq!(world.waiting().await, 0, "nothing is sent on");
    let letters = world.dead_letters().await;
    let recorded = if letters.len() > before { letters[0].as_str() } else { "nothing" };
    format!("{}\n{recorded}", printed[0])
}

fn gather(world: &World, besides: Value) -> Value {
    let mut message = json!({ "v": 1, "tenant": world.simulator.tenant_id(), "hub": "company", "run": "r", "reason": "manual" });
    message.as_object_mut().unwrap().extend(besides.as_object().unwrap().clone());
    message
}

#[tokio::test]
async fn a_message_that_names_no_tenant_is_logged_and_dropped() {
    let world = World::of(3, 1).await;
    let junk = vec![0xA5_u8; 64 * 1024];
    let long = format!("\"{}\"", "x".repeat(64 * 1024));
    for queue in ["gather", "sync-mailbox"] {
        for bytes in
            [b"".as_slice(), b" \n\t", b"Ana Kos, +43 1 5550100", b"[1,2]", b"null", &junk, long.as_bytes()]
        {
            let said = said(&world, queue, bytes).await;
            assert!(said.ends_with("\nnothing"), "{said}");
            assert!(!said.contains("Ana"), "{said}");
        }
    }
    insta::assert_snapshot!(said(&world, "gather", b"").await, @r"
    recorded as a dead letter: gather: the message is empty; whoever sent it must send the JSON of a gather message
    nothing
    ");
    insta::assert_snapshot!(said(&world, "sync-mailbox", &junk).await, @r"
    recorded as a dead letter: sync-mailbox: the message is not the JSON of a sync-mailbox message (line 1, column 1); look for who sent it
    nothing
    ");
    insta::assert_snapshot!(said(&world, "gather", br#"{"v":1,"tenant":"00000000-0000-4000-8000-000000000000"}"#).await, @r"
    recorded as a dead letter: gather: the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it
    nothing
    ");
}

#[tokio::test]
async fn a_message_that_names_a_tenant_leaves_it_a_dead_letter() {
    let world = World::of(3, 1).await;
    let bytes = |value: Value| value.to_string().into_bytes();
    let future =
        said(&world, "gather", &bytes(gather(&world, json!({ "v": 4711, "new": { "a": [1] } })))).await;
    insta::assert_snapshot!(future, @r"
    recorded as a dead letter: gather: the message has version 4711 and this program reads version 1; finish the upgrade, then send it again
    gather: the message has version 4711 and this program reads version 1; finish the upgrade, then send it again
    ");
    insta::assert_snapshot!(said(&world, "gather", &bytes(gather(&world, json!({ "hub": "../../other" })))).await, @r"
    recorded as a dead letter: gather: the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it
    gather: the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it
    ");
    insta::assert_snapshot!(said(&world, "gather", &bytes(gather(&world, json!({ "hub": "gone" })))).await, @r"
    recorded as a dead letter: gather: there is no hub gone; it was deleted after the message was sent
    gather: there is no hub gone; it was deleted after the message was sent
    ");
    insta::assert_snapshot!(said(&world, "gather", &bytes(gather(&world, json!({ "new": true })))).await, @r"
    recorded as a dead letter: gather: the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it
    gather: the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it
    ");
    let crowd: Vec<_> = (0..21).map(|n| format!("00000000-0000-4000-8000-{n:012}")).collect();
    let sync = json!({ "v": 1, "tenant": world.simulator.tenant_id(), "hub": "company", "run": "r", "part": "p",
        "goal": "mirror", "spoke": "mailboxes", "serves": 1, "mailboxes": crowd });
    insta::assert_snapshot!(said(&world, "sync-mailbox", &bytes(sync.clone())).await, @r"
    recorded as a dead letter: sync-mailbox: the message names 21 mailboxes and must name 1 to 20
    sync-mailbox: the message names 21 mailboxes and must name 1 to 20
    ");
    let mut one = sync;
    one["mailboxes"] = json!([world.cast.owners[0]]);
    insta::assert_snapshot!(said(&world, "sync-mailbox", &bytes(one.clone())).await, @r"
    recorded as a dead letter: sync-mailbox: there is no hub company; it was deleted after the message was sent
    sync-mailbox: there is no hub company; it was deleted after the message was sent
    ");
    world.configure(&world.config()).await;
    world.simulator.reset_counts();
    insta::assert_snapshot!(said(&world, "sync-mailbox", &bytes(one.clone())).await, @r"
    recorded as a dead letter: sync-mailbox: the hub has no snapshot yet; run it, which reads its sources first
    sync-mailbox: the hub has no snapshot yet; run it, which reads its sources first
    ");
    one["spoke"] = json!("somewhere");
    insta::assert_snapshot!(said(&world, "sync-mailbox", &bytes(one)).await, @r#"
    recorded as a dead letter: sync-mailbox: the hub has no receiving spoke "somewhere" any more; the next run visits its mailboxes
    sync-mailbox: the hub has no receiving spoke "somewhere" any more; the next run visits its mailboxes
    "#);
    assert_eq!(world.simulator.counts().http_calls, 0, "nobody's mailbox was asked for");
}

#[tokio::test]
async fn what_the_message_says_of_its_own_delivery_is_not_believed() {
    let world = World::of(3, 1).await;
    world.configure(&world.config()).await;
    let forged = gather(&world, json!({ "dequeueCount": 99, "DequeueCount": "99", "Id": "x" }));
    let said = said(&world, "gather", forged.to_string().as_bytes()).await;
    insta::assert_snapshot!(said, @r"
    recorded as a dead letter: gather: the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it
    gather: the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it
    ");
    let verdict =
        world.invoke("gather", gather(&world, json!({})).to_string().as_bytes(), 4_000_000_000).await;
    assert!(verdict.is_success(), "a count that was really high is no reason to refuse: {verdict:?}");
    world.settle().await;
    world.assert_right();
}

#[tokio::test]
async fn what_fails_at_every_attempt_ends_as_a_dead_letter() {
    let world = World::of(3, 1).await;
    world.configure(&world.config()).await;
    let message = gather(&world, json!({})).to_string();
    for queue in ["gather", "sync-mailbox"] {
        let said = said(&world, &format!("{queue}-poison"), message.as_bytes()).await;
        let reason = "it failed at every attempt; the log of its invocations says why";
        assert_eq!(said, format!("recorded as a dead letter: {queue}: {reason}\n{queue}: {reason}"));
    }
}

/// A run of two messages to mailboxes; its id, and they.
async fn two_messages(world: &World) -> (Value, Vec<Message>) {
    world.configure(&world.config()).await;
    let started = world.post(&format!("{}/run", world.hub())).await;
    world.round().await;
    let second = Duration::from_secs(1);
    let messages = world.queue.receive("sync-mailbox", 8, second).await.unwrap();
    world.clock.advance(second);
    assert_eq!(messages.len(), 2, "twenty mailboxes each at most");
    (started["run"].clone(), messages)
}

#[tokio::test]
async fn a_run_ends_without_the_messages_that_failed_at_every_attempt() {
    let world = World::of(24, 24).await;
    let (run, mut messages) = two_messages(&world).await;
    let lost = messages.remove(0);
    world.queue.delete(lost.clone()).await.unwrap();
    world.settle().await;
    assert_eq!(world.progress(&run).await["ended"], Value::Null);
    // The host hands a poison message out again, too, if its answer is lost.
    for _ in 0..2 {
        let verdict = world.invoke("sync-mailbox-poison", &lost.bytes, 1).await;
        assert!(verdict.is_success(), "{verdict:?}");
    }
    let told = world.paper.said("run ended");
    assert_eq!((told.len(), &told[0]["failed"], &told[0]["changed"]), (1, &json!(20), &json!(4)));
    let run = world.progress(&run).await;
    assert!(run["ended"].is_string(), "{run}");
    let states = world.states(&run);
    assert_eq!(states.iter().filter(|state| *state == "failed").count(), 20, "{states:?}");
    let nth = states.iter().position(|state| state == "failed").unwrap();
    let reason = "it failed at every attempt; the log of its invocations says why";
    assert_eq!(world.outcome(&run, nth)["reason"], reason);
    for mailboxes in [20, 0] {
        let run = format!("20261121t11{mailboxes:02}00-00000000");
        let next = gather(&world, json!({ "run": run, "reason": "schedule" })).to_string();
        world.queue.send("gather", next.into(), Duration::ZERO).await.unwrap();
        world.settle().await;
        assert_eq!(
            world.progress(&json!(run)).await["mailboxes"],
            mailboxes,
            "those that were not visited, once"
        );
        world.assert_right();
    }
}

#[tokio::test]
async fn what_a_message_recorded_stays_though_it_was_given_up_afterwards() {
    let world = World::of(24, 24).await;
    let (run, messages) = two_messages(&world).await;
    world.settle().await;
    let before = world.progress(&run).await;
    assert!(before["ended"].is_string(), "{before}");
    for message in messages {
        assert!(world.invoke("sync-mailbox-poison", &message.bytes, 1).await.is_success());
    }
    assert_eq!(world.progress(&run).await, before);
}

#[tokio::test]
async fn a_run_whose_gathering_failed_ends_and_says_so() {
    let world = World::of(24, 24).await;
    let problem = "it failed at every attempt; the log of its invocations says why";
    let poison = async |run: &Value| {
        let message = gather(&world, json!({ "run": run })).to_string();
        assert!(world.invoke("gather-poison", message.as_bytes(), 1).await.is_success());
        let run = world.progress(run).await;
        assert_eq!(run["problems"], json!([problem]), "{run}");
        assert!(run["ended"].is_string(), "{run}");
        run
    };
    // Some of its messages were sent, and one was not.
    let (run, messages) = two_messages(&world).await;
    world.queue.delete(messages[1].clone()).await.unwrap();
    let ended = poison(&run).await["ended"].clone();
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let after = world.progress(&run).await;
    assert_eq!((&after["ended"], after["outcomes"].as_array().unwrap().len()), (&ended, 20), "{after}");
    assert_eq!(world.paper.said("run ended").len(), 1);
    // Nothing of it was ever done.
    poison(&json!("20261121t100000-00000000")).await;
    world.run().await;
    world.assert_right();
}
