//! Appending: one entry after the other, whoever else appends.

use std::time::Duration;

use platform::{Kind, Row, When};
use serde_json::Value;

use super::Actor;
use super::chain::{NOTHING, hash};
use super::people::{ids, masked, pseudonyms};
use crate::App;
use crate::host::Failure;
use crate::tables::{Entry, Head, Log, Tables, change};

/// How often an entry looks for the end of its log when others are quicker.
const MOST_TRIES: u32 = 100;
/// How much longer a pause may be after each try, in milliseconds.
const PAUSE: u32 = 10;
/// The longest pause after somebody else was quicker, in milliseconds.
const LONGEST_PAUSE: u32 = 200;

/// Appends an entry to a log; people stand in it by pseudonyms.
///
/// One at a time within this process: only other processes can be quicker.
pub(super) async fn append(
    app: &App,
    log: &Log,
    actor: Actor,
    action: &str,
    details: Value,
) -> Result<(), Failure> {
    // The semaphore is never closed; were it, appending without a turn would be right.
    let _turn = app.auditing.acquire().await.ok();
    let (actor, details) = without_people(app, log, actor, details).await?;
    let mut end = tip(app, log).await?;
    for tries in 1..=MOST_TRIES {
        let entry = after(app, log, &end, (&actor, action, &details));
        let key = Tables::entry_key(log, entry.number);
        match app.tables.entries.put(&key, &entry, When::Absent).await {
            Ok(_) => return done(app, log, entry).await,
            Err(error) if error.kind() != Kind::Conflict => return Err(error.into()),
            // An answer that was lost on the way makes a conflict with our own entry.
            Err(_) if app.tables.entries.get(&key).await?.is_some_and(|row| row.record == entry) => {
                return done(app, log, entry).await;
            }
            Err(_) => pause(app, tries).await,
        }
        end = newest(app, log, end).await?;
    }
    Err(Failure::retry(format!("the audit log of {log}: others keep appending; try again")))
}

async fn without_people(
    app: &App,
    log: &Log,
    actor: Actor,
    details: Value,
) -> Result<(String, Value), Failure> {
    // What the deployment's log tells of are tenants.
    let mut people = if log.is_deployment() { [].into() } else { ids(&details) };
    if let Actor::Person(person) = actor {
        people.insert(person);
    }
    people.retain(|id| id.to_string() != log.name());
    let people = pseudonyms(app, log, &people).await?;
    let actor = match actor {
        Actor::Wheelhouse => "wheelhouse".to_owned(),
        Actor::Machine => "machine".to_owned(),
        Actor::Person(person) => people.get(&person).cloned().unwrap_or_default(),
    };
    let details = if log.is_deployment() { details } else { masked(details, &people) };
    Ok((actor, details))
}

/// Where the log ended last, as far as anybody wrote it down.
async fn tip(app: &App, log: &Log) -> Result<Head, Failure> {
    let head = app.tables.heads.get(&Tables::head_key(log)).await?;
    Ok(head.map_or_else(|| Head { number: 0, hash: NOTHING.to_owned() }, |Row { record, .. }| record))
}

/// Where the log ends now, in steps that grow while entries are found.
async fn newest(app: &App, log: &Log, mut end: Head) -> Result<Head, Failure> {
    let mut step = 1;
    loop {
        match app.tables.entries.get(&Tables::entry_key(log, end.number + step)).await? {
            Some(Row { record: Entry { number, hash, .. }, .. }) => {
                end = Head { number, hash };
                step *= 2;
            }
            None if step == 1 => return Ok(end),
            None => step = 1,
        }
    }
}

fn after(app: &App, log: &Log, end: &Head, (actor, action, details): (&str, &str, &Value)) -> Entry {
    let mut entry = Entry {
        log: log.name().to_owned(),
        number: end.number + 1,
        at: app.now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        details: details.clone(),
        previous: end.hash.clone(),
        hash: String::new(),
    };
    entry.hash = hash(&entry);
    entry
}

/// Writes down where the log ends; the line in the program's log is a witness that no writer of the store can change.
async fn done(app: &App, log: &Log, entry: Entry) -> Result<(), Failure> {
    let Entry { number, hash, action, .. } = entry;
    tracing::info!(tenant = %log, number, action, hash, "audit");
    let end = Head { number, hash };
    let further = |head: &mut Head| {
        if head.number < end.number {
            head.clone_from(&end);
        }
    };
    Ok(change(&app.tables.heads, &Tables::head_key(log), further).await?)
}

/// Waits by chance, the longer the more often others were quicker.
async fn pause(app: &App, tries: u32) {
    let mut chance = [0; 4];
    app.random.fill(&mut chance);
    let millis = u32::from_be_bytes(chance) % LONGEST_PAUSE.min(tries * PAUSE);
    app.clock.sleep(Duration::from_millis(millis.into())).await;
}
