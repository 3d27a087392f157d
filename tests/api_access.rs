//! Who may call the API, and whether its document says what it does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod api_world;
mod common;

use std::collections::BTreeSet;

use api_world::World;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

const PATH: &str = "/api/version";

async fn asked(world: &World, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = Request::builder().uri(PATH);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    (answer.status.as_u16(), answer.text())
}

#[tokio::test]
async fn without_a_public_address_only_this_machine_may_call() {
    let world = World::unconnected(0).await;
    for host in ["127.0.0.1:7071", "localhost:7071", "[::1]:7071"] {
        assert_eq!(asked(&world, &[("host", host)]).await.0, 200, "{host}");
    }
    let (status, text) = asked(&world, &[("host", "wheelhouse.example")]).await;
    assert_eq!(status, 401);
    insta::assert_snapshot!(text, @r#"{"error":"without a public address this API answers its own machine only","fix":"set WHEELHOUSE_PUBLIC_URL, and sign in"}"#);
    assert_eq!(asked(&world, &[("host", "127.0.0.1"), ("x-forwarded-for", "203.0.113.9")]).await.0, 401);
    assert_eq!(asked(&world, &[]).await.0, 401);
}

#[tokio::test]
async fn a_web_page_on_this_machine_is_kept_out() {
    let world = World::unconnected(0).await;
    let host = ("host", "127.0.0.1:7071");
    let (status, text) = asked(&world, &[host, ("origin", "https://page.example")]).await;
    assert_eq!(status, 403);
    insta::assert_snapshot!(text, @r#"{"error":"a web page of another address may not call this API","fix":"call it from a program or a command line"}"#);
    for page in [("origin", "null"), ("origin", "http://127.0.0.1:9999"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(asked(&world, &[host, page]).await.0, 403, "{page:?}");
    }
    for own in
        [("origin", "http://127.0.0.1:7071"), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")]
    {
        assert_eq!(asked(&world, &[host, own]).await.0, 200, "{own:?}");
    }
}

#[tokio::test]
async fn a_tenant_is_connected_once() {
    let world = World::unconnected(0).await;
    assert_eq!(world.get("/api/tenants").await.good(), json!([]));
    let first = world.put(&world.tenant(), &json!({})).await.good();
    let second = world
        .put(&world.tenant().to_uppercase().replace("/API/TENANTS", "/api/tenants"), &json!({}))
        .await
        .good();
    assert_eq!(first, second);
    assert_eq!(world.get("/api/tenants").await.good(), json!([first]));
}

/// Method and path of every operation of the document.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

#[tokio::test]
async fn the_document_lists_every_route_and_every_route_is_there() {
    let world = World::unconnected(0).await;
    let document = world.get("/api/openapi.json").await.good();
    assert_eq!(document, serde_json::to_value(wheelhouse::api::openapi()).unwrap());
    let operations = operations(&document);
    let listed: Vec<_> = operations.iter().map(|(method, path)| format!("{method} {path}")).collect();
    insta::assert_snapshot!(listed.join("\n"), @"
    DELETE /tenants/{tenant}
    DELETE /tenants/{tenant}/hubs/{hub}
    DELETE /tenants/{tenant}/privacy/erased/{request}
    GET /me
    GET /openapi.json
    GET /tenants
    GET /tenants/{tenant}
    GET /tenants/{tenant}/audit
    GET /tenants/{tenant}/audit/people
    GET /tenants/{tenant}/audit/verify
    GET /tenants/{tenant}/dead-letters
    GET /tenants/{tenant}/forgotten
    GET /tenants/{tenant}/hubs
    GET /tenants/{tenant}/hubs/{hub}
    GET /tenants/{tenant}/hubs/{hub}/held
    GET /tenants/{tenant}/hubs/{hub}/items/{key}
    GET /tenants/{tenant}/hubs/{hub}/preview
    GET /tenants/{tenant}/hubs/{hub}/rulings
    GET /tenants/{tenant}/hubs/{hub}/runs
    GET /tenants/{tenant}/hubs/{hub}/runs/{run}
    GET /tenants/{tenant}/licence
    GET /tenants/{tenant}/privacy/erased
    GET /tenants/{tenant}/privacy/requests
    GET /tenants/{tenant}/privacy/requests/{request}
    GET /tenants/{tenant}/privacy/requests/{request}/document
    GET /tenants/{tenant}/privacy/requests/{request}/report
    GET /version
    POST /tenants/{tenant}/hubs/validate
    POST /tenants/{tenant}/hubs/{hub}/cleanup
    POST /tenants/{tenant}/hubs/{hub}/filter-preview
    POST /tenants/{tenant}/hubs/{hub}/held/{hash}/approve
    POST /tenants/{tenant}/hubs/{hub}/held/{hash}/reject
    POST /tenants/{tenant}/hubs/{hub}/rulings/{run}/{n}/restore
    POST /tenants/{tenant}/hubs/{hub}/run
    POST /tenants/{tenant}/privacy/correct
    POST /tenants/{tenant}/privacy/erase
    POST /tenants/{tenant}/privacy/export
    POST /tenants/{tenant}/reach
    PUT /tenants/{tenant}
    PUT /tenants/{tenant}/hubs/{hub}
    PUT /tenants/{tenant}/hubs/{hub}/spokes/{spoke}/file
    PUT /tenants/{tenant}/plan
    PUT /tenants/{tenant}/retention
    ");
    let paths: BTreeSet<_> = operations.iter().map(|(_, path)| path).collect();
    for path in paths {
        let real =
            path.replace("{tenant}", "x").replace("{hub}", "x").replace("{run}", "_").replace("{hash}", "x");
        let real = real.replace("{request}", "_");
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH"] {
            let status = world.call(method, &format!("/api{real}"), &[], Body::empty()).await.status.as_u16();
            let is_there = status != 405 && status != 404;
            assert_eq!(
                is_there,
                operations.contains(&(method.to_owned(), path.clone())),
                "{method} {path}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn every_operation_is_described_and_every_reference_leads_somewhere() {
    let document = serde_json::to_value(wheelhouse::api::openapi()).unwrap();
    let mut ids = BTreeSet::new();
    for (method, path) in operations(&document) {
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{method} {path}");
        assert!(operation["responses"]["default"].is_object(), "{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{method} {path}: its id is not its own"
        );
        let named = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let described: BTreeSet<_> = parameters
            .iter()
            .filter(|one| one["in"] == "path")
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(named.collect::<BTreeSet<_>>(), described, "{method} {path}");
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// A configuration in which every field stands.
fn full() -> Value {
    let id = "00000000-0000-4000-8000-000000000000";
    json!({
        "name": "N", "kind": "contacts", "schedule": "0 * * * *", "enabled": true,
        "spokes": [{
            "id": "a", "connector": "directory", "twoWay": false, "deletesToHub": true,
            "contributes": {
                "rules": {"groups": [id], "excludeGroups": [id], "guests": true, "disabled": true, "hidden": true,
                    "withoutPhone": true, "orgContacts": true},
                "mapping": {"fileAs": "displayName", "aliases": true, "otherMails": true,
                    "extensionAttributes": {"extensionAttribute1": "birthday"}, "exclude": ["manager"],
                    "fixed": {"companyName": "C"}, "categories": ["c"], "notes": "n"},
                "mailbox": id, "folder": "F", "file": {"url": "https://feed.example"}, "signIn": {"user": "u", "secret": "s"}, "filter": "surname present",
                "events": {"monthsBack": 1, "monthsAhead": 1, "privacy": "busyOnly", "privateEvents": "busyOnly",
                    "titlePrefix": "p", "replaceTitle": "t", "tentative": true, "declined": true, "allDay": true,
                    "reminders": "keep", "category": "c", "showAs": "oof", "unroll": true, "timeZone": "Europe/Vienna"},
            },
            "receives": {"folder": "F", "color": "lightTeal", "filter": "surname present", "fields": {"mobilePhone": "overwrite"}, "usersMayHide": true, "onLeave": "keep",
                "audience": {"allMailboxes": false, "groups": [id], "users": [id], "excludeGroups": [id], "excludeUsers": [id]}},
        }],
        "limits": {"deletesPerMailbox": 1, "deletesPercent": 1, "shrinkPercent": 1, "deletesPerRun": 1},
        "match": {"by": "employeeId"}, "conflicts": "priority", "driftCheckHours": 1, "readLagSeconds": 1,
    })
}

/// Every field of the value stands in the schema, with its type, and the other way round.
fn fits(schema: &Value, value: &Value, place: &str) {
    match value {
        Value::Object(fields) if schema["properties"].is_object() => {
            let described: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().collect();
            assert_eq!(fields.keys().collect::<BTreeSet<_>>(), described, "{place}");
            assert_eq!(schema["additionalProperties"], false, "{place}");
            fields.iter().for_each(|(name, value)| {
                fits(&schema["properties"][name], value, &format!("{place}.{name}"))
            });
        }
        Value::Object(fields) => {
            fields.values().for_each(|value| fits(&schema["additionalProperties"], value, place))
        }
        Value::Array(values) => values.iter().for_each(|value| fits(&schema["items"], value, place)),
        Value::String(text) => {
            assert_eq!(schema["type"], "string", "{place}");
            let choices = schema["enum"].as_array();
            assert!(choices.is_none_or(|choices| choices.contains(&json!(text))), "{place}");
        }
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{place}"),
        _ => assert_eq!(schema["type"], "integer", "{place}"),
    }
}

#[test]
fn the_schema_of_a_configuration_is_that_of_the_core() {
    let full = full();
    let parsed = sync::hub::parse(full.to_string().as_bytes()).unwrap();
    let stored = serde_json::to_value(&parsed).unwrap();
    assert_eq!(stored, full, "the example leaves no field out");
    let document = serde_json::to_value(wheelhouse::api::openapi()).unwrap();
    let schema = &document["components"]["schemas"]["HubConfig"];
    fits(schema, &full, "hub");
    let written: Value = serde_json::from_str(include_str!("../handlers/api/hub_config.json")).unwrap();
    assert_eq!(schema, &written, "nothing is lost on the way into the document");
}
