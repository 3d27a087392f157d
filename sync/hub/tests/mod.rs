mod audience;
mod reading;
mod refusals;
mod ring;

use serde_json::{Value, json};

use super::HubConfig;

/// A configuration that can be run.
fn good() -> Value {
    json!({
        "name": "Company contacts",
        "kind": "contacts",
        "schedule": "0 * * * *",
        "spokes": [
            {"id": "company", "connector": "directory", "contributes": {}},
            {
                "id": "phones",
                "connector": "mailbox",
                "receives": {"folder": "Company contacts", "audience": {"allMailboxes": true}},
            },
        ],
    })
}

/// The good configuration with this put in its place, by JSON pointer.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut config = good();
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = config.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(list) => list.insert(name.parse().unwrap(), value.clone()),
            parent => parent[name] = value.clone(),
        }
    }
    config
}

fn config(changes: &[(&str, Value)]) -> HubConfig {
    super::parse(with(changes).to_string().as_bytes()).unwrap()
}
