//! What is deployed is right before it is deployed: functions, queues, routes, the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fake_host::elf::is_static;
use fake_host::front::Template;
use fake_host::package::{Package, Trigger, lint_program};
use serde_json::{Value, json};

fn ours() -> Package {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Package::read(&root.join("host.json"), &root.join("function-defs"))
}

#[test]
fn our_package_has_nothing_wrong() {
    assert_eq!(ours().lint(), Vec::<String>::new());
}

#[test]
fn our_functions_are_these() {
    let names: Vec<_> = ours().functions.into_iter().map(|function| function.name).collect();
    assert_eq!(
        names,
        [
            "api",
            "consent",
            "gather",
            "gather-poison",
            "health",
            "privacy",
            "privacy-poison",
            "purge",
            "rotate",
            "schedule",
            "sign-in",
            "sync-mailbox",
            "sync-mailbox-poison"
        ]
    );
}

#[test]
fn a_queue_is_named_like_its_function() {
    for function in ours().functions {
        if let Trigger::Queue { queue, .. } = &function.trigger {
            assert_eq!(*queue, function.name);
        }
    }
}

#[test]
fn folders_hold_their_definition_and_nothing_else() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("function-defs");
    for function in ours().functions {
        let files = fs::read_dir(functions.join(&function.name)).unwrap();
        let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["function.json"], "{}", function.name);
    }
}

/// A package of one function with these bindings, beside the settings given.
fn lint(name: &str, bindings: &Value, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut host = ours().host;
    change(&mut host);
    fs::create_dir_all(folder.path().join("functions").join(name)).unwrap();
    fs::write(folder.path().join("host.json"), host.to_string()).unwrap();
    let definition = json!({ "bindings": bindings }).to_string();
    fs::write(folder.path().join("functions").join(name).join("function.json"), definition).unwrap();
    Package::read(&folder.path().join("host.json"), &folder.path().join("functions")).lint()
}

fn queue(name: &str) -> Value {
    json!([{"type": "queueTrigger", "direction": "in", "name": "m", "queueName": name, "connection": "Data", "dataType": "binary"}])
}

fn http(route: &str) -> Value {
    json!([{"type": "httpTrigger", "direction": "in", "name": "r", "route": route, "methods": ["get"]},
        {"type": "http", "direction": "out", "name": "o"}])
}

fn has(wrong: &[String], what: &str) -> bool {
    wrong.iter().any(|one| one.contains(what))
}

#[test]
fn each_fault_of_a_definition_is_found() {
    let keep = |_: &mut Value| {};
    assert!(has(&lint("host", &queue("abc-poison"), keep), "not a name for a function"));
    assert!(has(&lint("7up", &queue("abc-poison"), keep), "not a name for a function"));
    assert!(has(&lint("f", &queue("Upper-poison"), keep), "not a name for a queue"));
    assert!(has(&lint("f", &queue(&"q".repeat(57)), keep), "leaves no room for -poison"));
    assert!(has(&lint("f", &queue("gather"), keep), "no function reads gather-poison"));
    assert!(has(&lint("f", &http("{name}"), keep), "begins with a parameter"));
    let mut text = queue("abc-poison");
    text[0]["dataType"] = json!("string");
    assert!(has(&lint("f", &text, keep), "forge its metadata"));
    let mut with_output = http("f");
    with_output.as_array_mut().unwrap().push(json!({"type": "queue", "direction": "out", "name": "q"}));
    assert!(has(&lint("f", &with_output, keep), "it would get envelopes"));
    let five = json!([{"type": "timerTrigger", "direction": "in", "name": "t", "schedule": "0 * * * *"}]);
    assert!(has(&lint("f", &five, keep), "has not six fields"));
}

type Fault = fn(&mut Value);

#[test]
fn each_fault_of_host_json_is_found() {
    let faults: [(Fault, &str); 7] = [
        (|host| host["customHandler"]["enableProxyingHttpRequest"] = json!(false), "proxying is off"),
        (|host| host["customHandler"]["enableForwardingHttpRequest"] = json!(false), "forwarding is off"),
        (|host| host["customHandler"]["http"] = json!({"routes": []}), "http.routes cannot stand beside"),
        (
            |host| host["extensions"]["queues"]["visibilityTimeout"] = json!("00:00:00"),
            "no visibilityTimeout",
        ),
        (
            |host| host["extensions"]["queues"]["messageEncoding"] = json!("none"),
            "messageEncoding is not base64",
        ),
        (|host| host["functionTimeout"] = Value::Null, "no functionTimeout"),
        (|host| host["extensionBundle"] = Value::Null, "no extensionBundle"),
    ];
    for (fault, what) in faults {
        assert!(has(&lint("health", &http("health"), fault), what), "{what}");
    }
}

#[test]
fn a_route_that_produces_a_functions_path_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bindings) in [("gather-poison", queue("gather-poison")), ("page", http("GATHER-poison/{x?}"))]
    {
        fs::create_dir(folder.path().join(name)).unwrap();
        let definition = json!({ "bindings": bindings }).to_string();
        fs::write(folder.path().join(name).join("function.json"), definition).unwrap();
    }
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("host.json");
    assert!(has(&Package::read(&host, folder.path()).lint(), "page: its route produces /gather-poison"));
}

#[test]
fn routes_match_as_the_host_matches() {
    let api = Template::new("", "api/{*rest}");
    for path in ["/api", "/api/", "/API/hubs/1", "/api//x"] {
        assert!(api.matches(path), "{path}");
    }
    for path in ["/apix", "/", "//api", "/x/api", "gather"] {
        assert!(!api.matches(path), "{path}");
    }
    assert!(Template::new("v1", "orders/{id?}").matches("/v1/orders"));
    assert!(!Template::new("", "orders/{id}").matches("/orders"));
}

#[test]
fn the_program_is_checked_by_name_permission_and_kind() {
    let folder = tempfile::tempdir().unwrap();
    let host = ours().host;
    let built = env!("CARGO_BIN_EXE_wheelhouse");
    let good = folder.path().join("wheelhouse");
    fs::copy(built, &good).unwrap();
    let wrong = lint_program(&host, &good);
    let dynamic = !is_static(&fs::read(built).unwrap()).unwrap();
    assert_eq!(
        wrong.len(),
        usize::from(dynamic),
        "a build for this machine may need its libraries: {wrong:?}"
    );

    let named = folder.path().join("handler");
    fs::write(&named, b"#!/bin/sh").unwrap();
    fs::set_permissions(&named, fs::Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(lint_program(&host, &named).join("\n"), @r#"
    the program is not named "wheelhouse", as host.json says
    the program may not be executed by all
    the program is not an ELF file of 64 bit
    "#);
}

#[test]
fn an_interpreter_makes_a_program_dynamic() {
    let mut program = vec![0; 64 + 2 * 56];
    program[..6].copy_from_slice(b"\x7fELF\x02\x01");
    program[32] = 64;
    program[54] = 56;
    program[56] = 2;
    program[64] = 1;
    assert_eq!(is_static(&program), Ok(true));
    program[64 + 56] = 3;
    assert_eq!(is_static(&program), Ok(false));
    assert_eq!(is_static(&program[..100]), Err("a truncated file"));
}
