//! Hubs over the API: saved, versioned, checked against the tenant, deleted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod api_world;
mod common;

use api_world::{BODY_BYTES, World};
use axum::body::Body;
use serde_json::{Value, json};

/// The configuration with this put in its place, by JSON pointer.
fn with(mut config: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    config.pointer_mut(parent).unwrap()[name] = value;
    config
}

#[tokio::test]
async fn a_hub_is_created_read_updated_listed_and_deleted() {
    let world = World::of(3).await;
    let (path, config) = (world.hub("company"), world.config(2));
    insta::assert_snapshot!(world.get(&path).await.refusal(), @"404 there is no hub company; GET /api/tenants/{tenant}/hubs lists the hubs; PUT makes one");

    let created = world.put(&path, &config).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.good().get("warnings"), None);
    let read = world.get(&path).await;
    assert_eq!(read.headers["etag"], created.headers["etag"]);
    assert_eq!(
        read.good()["config"]["spokes"][1]["receives"]["audience"]["users"],
        config["spokes"][1]["receives"]["audience"]["users"]
    );
    assert_eq!(read.good()["config"]["limits"]["deletesPerRun"], 500, "defaults are shown");

    let same = world.put(&path, &config).await;
    assert_eq!(
        (same.status.as_u16(), &same.headers["etag"]),
        (200, &read.headers["etag"]),
        "nothing is written"
    );
    let renamed = world.put(&path, &with(config, "/name", json!("Everybody"))).await;
    assert_eq!(renamed.status, 200);
    assert_ne!(renamed.headers["etag"], read.headers["etag"]);
    assert_eq!(renamed.good()["created"], created.good()["created"]);

    let listed = world.get(&format!("{}/hubs", world.tenant())).await.good();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["config"]["name"]), (1, &json!("Everybody")));
    assert_eq!(world.delete(&path).await.good(), json!({"records": 1}));
    assert_eq!(world.delete(&path).await.status, 404);
}

#[tokio::test]
async fn two_people_do_not_overwrite_each_other() {
    let world = World::of(3).await;
    let (path, config) = (world.hub("company"), world.config(2));
    let put = async |header: &str, value: &str, name: &str| {
        let body = with(config.clone(), "/name", json!(name)).to_string();
        world.call("PUT", &path, &[(header, value)], body).await
    };
    assert_eq!(put("if-match", "\"1\"", "A").await.status, 412, "there is none to match");
    let first = put("if-none-match", "*", "A").await;
    assert_eq!(first.status, 201);
    assert_eq!(put("if-none-match", "*", "B").await.status, 412);
    let seen = first.headers["etag"].to_str().unwrap();
    assert_eq!(put("if-match", seen, "B").await.status, 200);
    insta::assert_snapshot!(put("if-match", seen, "C").await.refusal(), @"412 the hub is not as the call expects it: somebody else changed, made or deleted it; GET it, look at what changed, and send it again with the new ETag in If-Match");
    assert_eq!(world.get(&path).await.good()["config"]["name"], "B");
}

#[tokio::test]
async fn what_can_not_be_used_is_refused_with_place_and_fix() {
    let world = World::of(3).await;
    let good = world.config(2);
    let nobody = "00000000-0000-4000-8000-000000000000";
    world.simulator.user_creates_folder(world.people[1], "Sales").unwrap();
    let bad = [
        with(good.clone(), "/spokes/1/receives/flder", json!("x")),
        with(good.clone(), "/schedule", json!("every hour")),
        with(good.clone(), "/schedule", json!("0 0 30 2 *")),
        with(good.clone(), "/schedule", json!("0 99 * * *")),
        with(good.clone(), "/spokes/1/receives/audience", json!({})),
        with(good.clone(), "/spokes/0/contributes/rules", json!({"groups": [nobody]})),
        with(good.clone(), "/spokes/1/receives/audience", json!({"groups": [nobody]})),
        with(good.clone(), "/spokes/1/receives/folder", json!("Sales")),
        with(good.clone(), "/spokes/1/receives/folder", json!("Contacts")),
    ];
    let mut said = Vec::new();
    for config in &bad {
        let answer = world.put(&world.hub("company"), config).await;
        assert_eq!(answer.status, 422);
        let validated = world.call("POST", &world.hub("validate"), &[], config.to_string()).await;
        assert_eq!(validated.refusal(), answer.refusal());
        said.push(answer.refusal().replace(&world.people[1].to_string(), "<second person>"));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    422 spokes[1].receives.flder: unknown field `flder`, expected one of `folder`, `color`, `audience`, `filter`, `fields`, `usersMayHide`, `onLeave` at line 1 column 293; remove it or correct its spelling
    422 schedule: has not the five fields minute, hour, day, month, weekday; write a cron expression in UTC, such as `0 * * * *` for every full hour
    422 schedule: names a time that never comes; write a cron expression in UTC, such as `0 * * * *` for every full hour
    422 schedule: is no cron expression: a field holds what it can't; write a cron expression in UTC, such as `0 * * * *` for every full hour
    422 spokes[1].receives.audience: names no mailbox; name `groups` or `users`, or set `allMailboxes`
    422 spokes[0].contributes.rules: there is no group 00000000-0000-4000-8000-000000000000 in the directory; give the object id of a security, Microsoft 365 or distribution group of this tenant (dynamic distribution groups can't be read)
    422 spokes[1].receives.audience: there is no group 00000000-0000-4000-8000-000000000000 in the directory; give the object id of a security, Microsoft 365 or distribution group of this tenant (dynamic distribution groups can't be read)
    422 spokes[1].receives.folder: mailbox <second person> has a contact folder of this name that Wheelhouse did not make; choose another name, or rename that folder in the mailbox; what users made is never taken over
    422 spokes[1].receives.folder: is the name of a folder that every mailbox has of its own; choose a name of its own, such as `Company contacts`
    ");
    assert_eq!(world.get(&world.hub("company")).await.status, 404, "nothing was saved");
}

#[tokio::test]
async fn what_is_no_configuration_at_all_is_refused() {
    let world = World::of(1).await;
    let put = async |body: Vec<u8>| world.call("PUT", &world.hub("company"), &[], body).await.refusal();
    insta::assert_snapshot!(put(Vec::new()).await, @"422 : EOF while parsing a value at line 1 column 0; send one JSON object, complete and in UTF-8");
    insta::assert_snapshot!(put(b"{\"name\":".to_vec()).await, @"422 name: EOF while parsing a value at line 1 column 8; send one JSON object, complete and in UTF-8");
    insta::assert_snapshot!(put(vec![b' '; BODY_BYTES + 1]).await, @"413 the body is larger than this API takes; send less, or raise the setting WHEELHOUSE_HTTP_BODY_BYTES");
}

#[tokio::test]
async fn a_configuration_is_validated_without_being_stored() {
    let world = World::of(3).await;
    let answer = world.call("POST", &world.hub("validate"), &[], world.config(2).to_string()).await.good();
    assert_eq!(answer["warnings"], json!([]));
    assert_eq!(answer["config"]["enabled"], true);
    assert_eq!(world.get(&format!("{}/hubs", world.tenant())).await.good(), json!([]));
}

#[tokio::test]
async fn a_hubs_own_folder_is_no_problem_for_it_alone() {
    let world = World::with_hub(3, 2).await;
    let validate = async |hub: &str| {
        let path = format!("{}?hub={hub}", world.hub("validate"));
        world.call("POST", &path, &[], world.config(2).to_string()).await.status.as_u16()
    };
    assert_eq!((validate("company").await, validate("another").await), (200, 422));
}

#[tokio::test]
async fn a_tenant_that_does_not_answer_is_a_warning() {
    let world = World::of(3).await;
    world.simulator.set_standing(simulator::Standing::Missing);
    let saved = world.put(&world.hub("company"), &world.config(2)).await;
    assert_eq!(saved.status, 201);
    let warnings = saved.good()["warnings"].as_array().unwrap().clone();
    assert!(!warnings.is_empty());
    let all = warnings.iter().map(|warning| warning.as_str().unwrap()).collect::<Vec<_>>().join("\n");
    assert!(all.starts_with("not everything could be checked against the tenant: "), "{all}");
}

#[tokio::test]
async fn a_hub_is_not_deleted_while_mailboxes_hold_its_items() {
    let world = World::with_hub(4, 2).await;
    insta::assert_snapshot!(world.delete(&world.hub("company")).await.refusal(), @"409 2 mailboxes still hold items of hub company; POST …/cleanup and wait for its run, then delete; or delete with ?keepItems=true to leave them there for ever");
    assert_eq!(world.get(&world.hub("company")).await.status, 200);

    let kept = world.delete(&format!("{}?keepItems=true", world.hub("company"))).await.good();
    assert!(kept["records"].as_u64().unwrap() > 3, "{kept}");
    assert_eq!(world.contacts(0), 4, "the items stay");
    let left = world
        .app
        .tables
        .names(&format!("tenants/{}/hubs/company/", world.simulator.tenant_id()))
        .await
        .unwrap();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn paths_name_real_things_or_are_refused() {
    let world = World::of(1).await;
    let mut said = Vec::new();
    for path in [
        "/api/tenants/contoso/hubs".to_owned(),
        "/api/tenants/00000000-0000-4000-8000-000000000000/hubs".to_owned(),
        world.hub("Company"),
        world.hub("..%2f..%2fkey"),
        format!("{}/runs/..%2f..", world.hub("x")),
        format!("{}/runs/20260101t000000-00000000", world.hub("x")),
        "/api/nothing".to_owned(),
        "/api".to_owned(),
    ] {
        said.push(world.get(&path).await.refusal());
    }
    said.push(world.call("PATCH", &world.hub("company"), &[], Body::empty()).await.refusal());
    said.push(world.post(&format!("{}/held/xyz/approve", world.hub("x"))).await.refusal());
    insta::assert_snapshot!(said.join("\n"), @"
    400 TenantId: must be a GUID in lower case, like 00000000-0000-0000-0000-000000000000; write the tenant's id as the Entra portal shows it
    404 tenant 00000000-0000-4000-8000-000000000000 is not connected; PUT /api/tenants/{tenant} connects it
    400 HubId: must be 1 to 40 lower-case letters, digits or hyphens; write something like `company-contacts`
    400 HubId: must be 1 to 40 lower-case letters, digits or hyphens; write something like `company-contacts`
    400 this is no run's id; copy it from GET /api/tenants/{tenant}/hubs/{hub}/runs
    404 there is no run 20260101t000000-00000000; wait if it was started just now: it appears once the sources are read; GET …/runs lists all
    404 there is nothing here; GET /api/openapi.json lists all paths
    404 there is nothing here; GET /api/openapi.json lists all paths
    405 this path does not take this method; GET /api/openapi.json lists the methods of every path
    400 a plan hash has 32 hexadecimal digits, as the list of held plans shows; copy it from GET /api/tenants/{tenant}/hubs/{hub}/held
    ");
}
