//! People in the log: each by a pseudonym that chance made, so that whoever is forgotten can't be told from anybody.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use platform::{Kind, Row, When};
use serde_json::Value;
use sync::TenantId;
use uuid::Uuid;

use crate::App;
use crate::host::Failure;
use crate::tables::{Log, People, Tables, change_existing};

/// How often a record of people is read anew when somebody else was quicker.
const MOST_TRIES: usize = 20;
/// How many records of people are read at a time.
const READS_AT_ONCE: usize = 16;
/// The length of a GUID as text.
const GUID: usize = 36;

/// The pseudonyms of people by object id.
pub(super) type Pseudonyms = BTreeMap<Uuid, String>;

/// Forgets who a person of a tenant's log is: their entries stay, and nobody can tell any more whose they are.
///
/// Whatever is logged of them later stands under a new pseudonym. Forgetting somebody who is not there is success.
pub async fn forget_person(app: &App, tenant: &TenantId, person: Uuid) -> Result<(), Failure> {
    let key = Tables::people_key(&tenant.into(), &person);
    Ok(change_existing(&app.tables.people, &key, |people| drop(people.0.remove(&person))).await?)
}

/// The pseudonym of a person in a tenant's log, if they stand in it.
pub async fn pseudonym(app: &App, tenant: &TenantId, person: Uuid) -> Result<Option<String>, Failure> {
    let row = app.tables.people.get(&Tables::people_key(&tenant.into(), &person)).await?;
    Ok(row.and_then(|row| row.record.0.get(&person).cloned()))
}

/// Who is behind each pseudonym of a log; those who were forgotten are not in it.
pub async fn people(app: &App, log: &Log) -> Result<BTreeMap<String, Uuid>, Failure> {
    let prefix = Tables::people_prefix(log);
    let names = app.tables.names(&prefix).await?;
    let mut all = BTreeMap::new();
    for name in names {
        let row = app.tables.people.get(&format!("{prefix}{name}")).await?;
        all.extend(
            row.into_iter().flat_map(|row| row.record.0).map(|(person, pseudonym)| (pseudonym, person)),
        );
    }
    Ok(all)
}

/// The pseudonyms of these people; those who have none get one.
pub(super) async fn pseudonyms(app: &App, log: &Log, people: &BTreeSet<Uuid>) -> Result<Pseudonyms, Failure> {
    let mut by_key: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for person in people {
        by_key.entry(Tables::people_key(log, person)).or_default().push(*person);
    }
    let found = by_key.into_iter().map(|(key, people)| of_one_record(app, key, people));
    stream::iter(found).buffer_unordered(READS_AT_ONCE).try_concat().await
}

/// The pseudonyms of people who share a record.
async fn of_one_record(app: &App, key: String, wanted: Vec<Uuid>) -> Result<Pseudonyms, Failure> {
    for _ in 0..MOST_TRIES {
        let row = app.tables.people.get(&key).await?;
        let (mut people, when) =
            row.map_or((People::default(), When::Absent), |Row { record, etag }| (record, When::Match(etag)));
        let known = people.0.len();
        for person in &wanted {
            people.0.entry(*person).or_insert_with(|| made_up(app));
        }
        if people.0.len() > known {
            match app.tables.people.put(&key, &people, when).await {
                Err(error) if error.kind() == Kind::Conflict => continue,
                done => done?,
            };
        }
        return Ok(wanted
            .iter()
            .filter_map(|person| Some((*person, people.0.get(person)?.clone())))
            .collect());
    }
    Err(Failure::retry(format!("{key}: others keep changing it; try again")))
}

fn made_up(app: &App) -> String {
    let chance = app.random.uuid().simple().to_string();
    format!("p-{}", chance.get(..16).unwrap_or_default())
}

/// Every object id in what an entry tells.
pub(super) fn ids(details: &Value) -> BTreeSet<Uuid> {
    match details {
        Value::String(text) => guids(text).map(|(_, id)| id).collect(),
        Value::Array(list) => list.iter().flat_map(ids).collect(),
        Value::Object(fields) => {
            let names = fields.keys().flat_map(|name| guids(name)).map(|(_, id)| id);
            names.chain(fields.values().flat_map(ids)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The same with pseudonyms in place of object ids.
pub(super) fn masked(details: Value, people: &Pseudonyms) -> Value {
    match details {
        Value::String(text) => Value::String(masked_text(&text, people)),
        Value::Array(list) => list.into_iter().map(|value| masked(value, people)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (masked_text(&name, people), masked(value, people)))
            .collect(),
        other => other,
    }
}

fn masked_text(text: &str, people: &Pseudonyms) -> String {
    let (mut masked, mut from) = (String::new(), 0);
    for (at, id) in guids(text) {
        if let Some(pseudonym) = people.get(&id) {
            masked.push_str(text.get(from..at).unwrap_or_default());
            masked.push_str(pseudonym);
            from = at + GUID;
        }
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    masked
}

/// Where GUIDs stand in a text.
fn guids(text: &str) -> impl Iterator<Item = (usize, Uuid)> {
    let mut next = 0;
    text.match_indices('-').filter_map(move |(hyphen, _)| {
        let at = hyphen.checked_sub(8).filter(|at| *at >= next)?;
        let id = Uuid::try_parse(text.get(at..at + GUID)?).ok()?;
        next = at + GUID;
        Some((at, id))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let upper = ID.to_uppercase();
        let all =
            json!({ "a": ID, "b": [format!("directory:{ID}"), { ID: 1 }], "c": format!("é-{upper}/{ID}-") });
        let id: Uuid = ID.parse().unwrap();
        assert_eq!(ids(&all), [id].into());
        let masked = masked(all, &[(id, "p-1".to_owned())].into());
        assert_eq!(masked, json!({ "a": "p-1", "b": ["directory:p-1", { "p-1": 1 }], "c": "é-p-1/p-1-" }));
    }

    #[test]
    fn what_is_no_id_stays() {
        let other = json!(["20261121t100000-00000000", "phone", "é-é-é-é", 7, "-", &ID[1..], "a-b"]);
        assert!(ids(&other).is_empty());
        assert_eq!(masked(other.clone(), &Pseudonyms::new()), other);
    }
}
