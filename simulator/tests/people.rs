//! People from files, and the made up company.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::path::{Path, PathBuf};

use common::{world, world_with};
use serde_json::{Value, json};
use simulator::{
    Company, ErrorKind, GROUP, Options, Settings, Simulator, changes, fill_company, import_people, person,
    person_id, serve_cli,
};

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

async fn refusal(name: &str, text: &str) -> String {
    let sim = Simulator::start(Options::default()).await.unwrap();
    let (folder, path) = file(name, text);
    let why = import_people(&sim, &path).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::File);
    assert!(sim.users().is_empty(), "nothing is imported");
    why.to_string().replace(&folder.path().display().to_string(), "…")
}

#[tokio::test]
async fn a_line_becomes_a_user() {
    let w = world().await;
    let line = json!({
        "id": "A1", "displayName": "Ada B. Low", "givenName": "Ada", "surname": "Low", "middleName": "B.", "district": 4,
        "birthday": "1965-07-22", "businessPhones": ["202-555-0100"], "state": "AL", "faxNumber": "202-555-0101",
        "nickName": "Addie", "generation": "Jr.", "businessHomePage": "https://low.example",
    });
    let (_folder, path) = file("people.jsonl", &format!("{line}\n\n"));
    assert_eq!(import_people(&w.sim, &path).unwrap(), [person_id("A1")]);
    let select =
        "displayName,mail,userPrincipalName,state,faxNumber,businessPhones,onPremisesExtensionAttributes";
    let user = w.get(&format!("/users/{}?$select={select}", person_id("A1"))).await.ok(200).body;
    insta::assert_snapshot!(serde_json::to_string_pretty(&without(user, &["id", "@odata.context"])).unwrap(), @r#"
    {
      "businessPhones": [
        "202-555-0100"
      ],
      "displayName": "Ada B. Low",
      "faxNumber": "202-555-0101",
      "mail": "a1@congress.example",
      "onPremisesExtensionAttributes": {
        "extensionAttribute1": "B.",
        "extensionAttribute15": "A1",
        "extensionAttribute2": "Addie",
        "extensionAttribute3": "Jr.",
        "extensionAttribute4": "https://low.example",
        "extensionAttribute5": "1965-07-22",
        "extensionAttribute6": "4"
      },
      "state": "AL",
      "userPrincipalName": "a1@congress.example"
    }
    "#);
}

fn without(mut body: Value, names: &[&str]) -> Value {
    body.as_object_mut().unwrap().retain(|name, _| !names.contains(&name.as_str()));
    body
}

#[tokio::test]
async fn csv_reads_the_same() {
    let w = world().await;
    let (_folder, path) = file(
        "people.csv",
        "id,displayName,businessPhones,district\nA1,\"Low, Ada\",202-555-0100,\nA2,Bo Li,,7\n",
    );
    import_people(&w.sim, &path).unwrap();
    let users = w.sim.users();
    let ada = users.iter().find(|user| user["displayName"] == "Low, Ada").unwrap();
    assert_eq!(ada["businessPhones"], json!(["202-555-0100"]));
    assert_eq!(ada["onPremisesExtensionAttributes"], json!({ "extensionAttribute15": "A1" }));
}

#[tokio::test]
async fn a_broken_line_is_named_and_nothing_is_imported() {
    let good = r#"{"id":"A1","displayName":"Ada"}"#;
    insta::assert_snapshot!(refusal("p.jsonl", &format!("{good}\n{{\"id\":\n")).await, @"…/p.jsonl:2: not JSON (EOF while parsing a value at line 1 column 6); one object a line");
    insta::assert_snapshot!(refusal("p.jsonl", &format!("{good}\n\n{{\"id\":\"A2\"}}")).await, @"…/p.jsonl:3: no displayName; give each person one");
    insta::assert_snapshot!(refusal("p.jsonl", r#"{"id":"A1","displayName":"A","shoe":9}"#).await, @"…/p.jsonl:1: field shoe: shoe is not a property of microsoft.graph.user");
    insta::assert_snapshot!(refusal("p.jsonl", r#"{"id":"A1","displayName":"A","givenName":9}"#).await, @"…/p.jsonl:1: field givenName: givenName does not fit the directory: a string of at most 64 characters");
    insta::assert_snapshot!(refusal("p.jsonl", &format!("{good}\n{good}")).await, @"…/p.jsonl:2: the id occurs twice; give each person one of their own");
    insta::assert_snapshot!(refusal("p.csv", "id,displayName\nA1,Ada\nA2\n").await, @"…/p.csv:3: not CSV: CSV error: record 2 (line: 3, byte: 22): found record with 1 fields, but the previous record has 2 fields");
    insta::assert_snapshot!(refusal("p.jsonl", "[1]").await, @"…/p.jsonl:1: not a JSON object");
    let sim = Simulator::start(Options::default()).await.unwrap();
    assert!(
        import_people(&sim, Path::new("nowhere.jsonl"))
            .unwrap_err()
            .to_string()
            .starts_with("nowhere.jsonl: ")
    );
}

#[tokio::test]
async fn a_real_directory_and_its_history_fit() {
    let data = Path::new("../../shared/data/congress");
    if !data.exists() {
        eprintln!("SKIPPED: ../shared/data/congress is not here");
        return;
    }
    let sim = Simulator::start(Options::default()).await.unwrap();
    assert_eq!(import_people(&sim, &data.join("directory-2026-06-15.jsonl")).unwrap().len(), 537);
    let history = std::fs::read_to_string(data.join("history-2012-2022.jsonl")).unwrap();
    let sim = Simulator::start(Options::default()).await.unwrap();
    for version in history.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        for change in version["changes"].as_array().unwrap() {
            let id = person_id(change["id"].as_str().or(change["user"]["id"].as_str()).unwrap());
            match change["op"].as_str().unwrap() {
                "add" => sim.add_user(person(&change["user"]).unwrap()).map(|_| ()).unwrap(),
                "update" => {
                    let set = changes(change["set"].as_object().unwrap()).unwrap();
                    assert!(sim.update_user(id, &set.into()).unwrap());
                }
                _ => sim.remove_user(id).unwrap(),
            }
        }
    }
    assert_eq!(sim.users().len(), 538);
}

#[tokio::test]
async fn the_company_is_the_same_for_a_seed_and_exactly_as_large_as_asked() {
    let company = Company {
        guests: 3,
        disabled: 2,
        hidden: 4,
        org_contacts: 5,
        departments: true,
        ..Company::default()
    };
    let (first, second) = (world_with(Options::default()).await, world_with(Options::default()).await);
    let filled = fill_company(&first.sim, &company).unwrap();
    assert_eq!(filled, fill_company(&second.sim, &company).unwrap());
    assert_eq!(first.sim.users()[1..].len(), second.sim.users()[1..].len());
    let sizes = (filled.people.len(), filled.guests.len(), filled.disabled.len(), filled.hidden.len());
    assert_eq!((sizes, filled.org_contacts.len(), filled.groups.len()), ((200, 3, 2, 4), 5, 6));
    let everyone = filled.groups.last().unwrap();
    let nested =
        first.round(&format!("/groups/{everyone}/transitiveMembers?$select=id&$top=999"), &[]).await.0;
    assert_eq!(nested.len(), 205);
}

#[tokio::test]
async fn a_simulator_of_its_own_has_people_mailboxes_and_a_group() {
    let (sim, info) =
        serve_cli(0, &Settings { company: 10, mailboxes: 3, ..Settings::default() }).await.unwrap();
    let groups = sim.groups();
    assert_eq!(groups[0]["displayName"], GROUP);
    assert_eq!(groups[0]["members"].as_array().unwrap().len(), 3);
    assert_eq!(info.group_id.as_deref(), groups[0]["id"].as_str());
    assert!(info.to_string().contains(&sim.tenant_id()));
}
