//! Stories of keys and secrets: a whole Wheelhouse lives through rotation, and a feed's secret is known by name only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use stage::World;
use stage::calendar::CALENDAR;
use sync::TenantId;
use wheelhouse::tables::Log;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn private(path: &std::path::Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The numbers of the tenant's data keys, and the versions that wrapped them.
async fn ring(world: &World) -> Vec<(u64, String)> {
    let key = format!("tenants/{}/key", world.simulator.tenant_id());
    let ring = world.app.store.get(&key).await.unwrap().unwrap();
    let ring: Value = serde_json::from_slice(&ring.bytes).unwrap();
    let keys = ring["keys"].as_array().unwrap().iter();
    keys.map(|key| (key["number"].as_u64().unwrap(), key["wrapped"]["version"].as_str().unwrap().to_owned()))
        .collect()
}

/// Which data keys the tenant's values name.
async fn in_use(world: &World) -> Vec<u32> {
    let all = format!("tenants/{}/", world.simulator.tenant_id());
    let keys = world.app.store.list(&all, None).await.unwrap().keys;
    let mut numbers = Vec::new();
    for key in keys.iter().filter(|key| !key.ends_with("/key")) {
        let value = world.app.store.get(key).await.unwrap().unwrap().bytes;
        numbers.push(u32::from_be_bytes(value[5..9].try_into().unwrap()));
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[tokio::test]
async fn keys_are_rotated_while_the_work_goes_on() {
    let world = World::filled(12, 2).await;
    world.fire("rotate").await;
    assert_eq!(ring(&world).await, [(1, "1".to_owned())]);

    private(&world.folder.path().join("key-2"), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    world.clock.advance(DAY * 90);
    world.fire("rotate").await;
    assert_eq!(ring(&world).await, [(1, "2".to_owned()), (2, "2".to_owned())]);
    fs::remove_file(world.folder.path().join("key")).unwrap();
    let run = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{run}");
    assert_eq!(in_use(&world).await, [1, 2], "what was written since names the new key");

    world.clock.advance(DAY);
    world.fire("rotate").await;
    assert_eq!(ring(&world).await, [(2, "2".to_owned())]);
    assert_eq!(in_use(&world).await, [2]);
    let run = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{run}");
    world.assert_right();

    let tenant = TenantId::new(world.simulator.tenant_id()).unwrap();
    let log = Log::from(&tenant);
    let entries = wheelhouse::audit::entries(&world.app, &log, 0).map(Result::unwrap);
    let entries: Vec<_> = entries.map(Result::unwrap).collect().await;
    let told: Vec<_> = entries.iter().filter(|entry| entry.action == "keysRotated").collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0].details["rewrapped"], &told[0].details["newDataKey"]), (&json!(1), &json!(true)));
    assert_eq!(told[1].details["droppedDataKeys"], 1);
}

#[tokio::test]
async fn a_feeds_secret_is_known_by_name_only() {
    let world = World::of(1, 1).await;
    let config = json!({ "name": "Team", "kind": "events", "schedule": "0 * * * *", "readLagSeconds": 1, "spokes": [
        { "id": "team", "connector": "file", "contributes": {
            "file": { "url": "https://127.0.0.1:9/team.ics" },
            "signIn": { "user": "team", "secret": "team-calendar" } } },
        { "id": "mailboxes", "connector": "mailbox", "receives": {
            "folder": CALENDAR, "audience": { "users": world.cast.owners } } } ] });
    world.configure(&config).await;
    let run = world.run().await;
    let tenant = world.simulator.tenant_id().to_string();
    assert_eq!(run["complete"], false, "{run}");
    assert_eq!(
        run["problems"][0].as_str().unwrap().replace(&tenant, "{tenant}"),
        "team: its secret `team-calendar` is missing; put it into the vault under the name {tenant}-team-calendar"
    );

    let secrets = world.folder.path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    private(&secrets.join("team-calendar"), "of somebody else\n");
    assert_eq!(world.run().await["problems"], run["problems"], "a secret belongs to one tenant");
    private(&secrets.join(format!("{tenant}-team-calendar")), "Geheimwort\n");
    let problem = world.run().await["problems"][0].clone();
    assert!(problem.as_str().unwrap().contains("can't be reached"), "{problem}");

    let shown = world.get(&world.hub()).await.to_string();
    assert!(shown.contains("team-calendar") && !shown.contains("Geheimwort"), "{shown}");
    assert!(!world.paper.text().contains("Geheimwort"));
}
