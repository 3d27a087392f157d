use std::path::Path;

use serde_json::{Map, Value};

use super::round;
use crate::Reading::{Changes, Everything};
use crate::directory::{Change, Directory, Feed};
use crate::{Field, Mapping};

/// Ten years of a real directory, told as deltas, end where a full reading of the last day ends.
#[test]
fn ten_real_years_of_deltas_end_where_a_full_reading_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/congress");
    if !folder.is_dir() {
        eprintln!("SKIPPED: the history in ../shared/data/congress is absent");
        return;
    }
    let mut told = Directory::default();
    for version in lines(&folder.join("history-2012-2022.jsonl")) {
        let changes = version["changes"].as_array().unwrap().iter().map(change);
        told.apply(Feed::Users, round(Changes, changes));
    }
    let mut read = Directory::default();
    let everybody = lines(&folder.join("directory-2022-12-31.jsonl"));
    let users = everybody.iter().map(|user| entry(&user["id"], user.as_object().unwrap().clone()));
    read.apply(Feed::Users, round(Everything, users));
    assert!(told == read);
    assert_eq!(told.count(Feed::Users), 538);
    for person in told.people() {
        let (content, left_out) = Mapping::default().contact(&person);
        assert_eq!(
            (content.text(Field::DisplayName), left_out.len()),
            (person.display_name, 0),
            "{}",
            person.id
        );
    }
}

fn lines(file: &Path) -> Vec<Value> {
    std::fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn change(change: &Value) -> Change {
    match change["op"].as_str().unwrap() {
        "add" => entry(&change["user"]["id"], change["user"].as_object().unwrap().clone()),
        "update" => entry(&change["id"], change["set"].as_object().unwrap().clone()),
        _ => Change { removed: true, ..entry(&change["id"], Map::new()) },
    }
}

fn entry(id: &Value, properties: Map<String, Value>) -> Change {
    Change { id: id.as_str().unwrap().to_owned(), removed: false, properties, members: Vec::new() }
}
