//! Takes a person out of everything that is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use platform::{Kind, Row, When};
use serde_json::{Value, json};
use sync::{Erased, Fate, HubId, SourceKey, Who};
use uuid::Uuid;

use super::Work;
use super::calendar;
use super::export::AT_ONCE;
use super::find::{find, strike};
use super::stores::{Keys, Opened, Place, open, place};
use crate::audit::{self, Actor};
use crate::host::Failure;
use crate::lease::{Leased, leased};
use crate::tables::{
    ErasedPeople, ErasedPerson, Newest, Request, Step, Tables, Taken, change, change_existing,
};

/// What stands where a request named somebody.
const ERASED: &str = "[erased]";
/// How often a value is read anew when somebody else was quicker.
const MOST_TRIES: usize = 20;
/// How long a gathering is waited for that holds what has to be changed.
const GATHERING: Duration = Duration::from_secs(30);

impl Work<'_> {
    /// From now on nothing of the person enters anything; first of all, what is theirs is found out.
    pub(super) async fn keep_out(&mut self) -> Result<(), Failure> {
        let (now, who) = (self.app.now(), self.request.who.clone());
        let mut items = self.items(&Erased { who: who.clone(), ..Erased::default() }).await?;
        // Before the first visit may release or remove them: which mailboxes hold copies.
        self.note_holders(&mut items).await?;
        let fate = self.request.fate.unwrap_or(Fate::Released);
        let person = ErasedPerson { since: now, who, items, fate };
        let add = |all: &mut ErasedPeople| drop(all.0.insert(self.id.to_owned(), person.clone()));
        change(&self.app.tables.erased, &Tables::erased_key(self.tenant), add).await?;
        self.request.kept_out = Some(now);
        self.go_on(Step::Strike);
        Ok(())
    }

    /// The items of all hubs that are theirs, as far as their contents tell.
    async fn items(&self, erased: &Erased) -> Result<BTreeSet<SourceKey>, Failure> {
        let tables = &self.app.tables;
        let mut items = BTreeSet::new();
        for hub in tables.hub_ids(self.tenant).await? {
            let prefix = format!("{}sources/", Tables::hub_prefix(self.tenant, &hub));
            for spoke in tables.names(&prefix).await? {
                let Some(row) = tables.sources.get(&format!("{prefix}{spoke}")).await? else { continue };
                let mut source = row.record;
                items.extend(erased.strike_directory(&spoke, &mut source.directory).1);
                items.extend(erased.strike_items(&spoke, &mut source.items).1);
            }
            for key in [Tables::snapshot_key(self.tenant, &hub), Tables::merged_key(self.tenant, &hub)] {
                if let Some(Row { record: Newest(mut snapshot), .. }) = tables.snapshots.get(&key).await? {
                    items.extend(erased.strike_snapshot(&mut snapshot));
                }
            }
            if let Some(Row { record: Taken(overlay), .. }) =
                tables.overlays.get(&Tables::overlay_key(self.tenant, &hub)).await?
            {
                let added = overlay.added.iter().filter(|(key, added)| erased.keeps_out(key, &added.content));
                items.extend(added.map(|(key, _)| key.clone()));
            }
        }
        Ok(items)
    }

    /// Goes through the next portion of all values; how long to wait if somebody else is at one of them.
    pub(super) async fn strike(&mut self) -> Result<Option<Duration>, Failure> {
        let erased = self.app.tables.erased(self.tenant).await?;
        let mut keys = Keys::of(self.app, self.tenant, self.request.after.as_deref());
        loop {
            let some = keys.some(AT_ONCE).await?;
            if some.is_empty() {
                break;
            }
            let mut strikes = Vec::with_capacity(some.len());
            for key in &some {
                strikes.push(self.strike_one(key, &erased).boxed());
            }
            // Values under one lease would keep each other waiting.
            let at_once = if some.iter().any(|key| is_content(&place(key))) { 1 } else { AT_ONCE };
            let struck: Vec<_> = stream::iter(strikes).buffered(at_once).try_collect().await?;
            for (key, struck) in some.into_iter().zip(struck) {
                let Some(struck) = struck else { return Ok(Some(GATHERING)) };
                self.request.progress.looked += 1;
                self.request.progress.found += usize::from(struck > 0);
                self.request.after = Some(key);
            }
            if self.cx.remaining().is_zero() {
                return Ok(None);
            }
        }
        self.go_on(Step::Mailboxes);
        Ok(None)
    }

    /// How many entries went from one value; nothing if somebody else is at it.
    async fn strike_one(&self, key: &str, erased: &Erased) -> Result<Option<usize>, Failure> {
        let place = place(key);
        match (place.hub, place.table) {
            // The mailboxes have a step of their own, the log has pseudonyms, and this list keeps them out.
            (Some(_), "bases" | "open") | (None, "erased" | "audit" | "audit-head" | "audit-people") => {
                Ok(Some(0))
            }
            // This one forgets them at its end.
            (None, "requests") if place.name == self.id => Ok(Some(0)),
            (None, "requests") => self.strike_request(key).await.map(Some),
            (None, "configs") => self.note_remains(key, &place).await.map(Some),
            (Some(hub), _) if is_content(&place) => {
                let hub = HubId::new(hub).map_err(Failure::retry)?;
                let gathering = format!("{}gather", Tables::hub_prefix(self.tenant, &hub));
                match leased(self.app, &gathering, self.strike_content(key, &place, erased)).await? {
                    Leased::Done(struck) => Ok(Some(struck)),
                    Leased::Taken => Ok(None),
                }
            }
            // A mailbox of theirs that is still to be cleaned is found by this.
            (Some(_), "state") if self.request.fate == Some(Fate::Removed) && !self.request.checked => {
                Ok(Some(0))
            }
            _ => self.strike_any(key, &place).await.map(Some),
        }
    }

    /// What the hub's content is made of, while nobody gathers it.
    async fn strike_content(&self, key: &str, place: &Place<'_>, erased: &Erased) -> Result<usize, Failure> {
        let tables = &self.app.tables;
        match place.table {
            "sources" => {
                let Some(Row { mut record, etag }) = tables.sources.get(key).await? else { return Ok(0) };
                let directory = erased.strike_directory(place.name, &mut record.directory).0;
                let items = erased.strike_items(place.name, &mut record.items).0;
                if directory || items {
                    tables.sources.put(key, &record, When::Match(etag)).await?;
                }
                Ok(usize::from(directory || items))
            }
            "overlay" => {
                let Some(Row { record: Taken(mut overlay), etag }) = tables.overlays.get(key).await? else {
                    return Ok(0);
                };
                let before = overlay.clone();
                erased.strike_overlay(&mut overlay);
                if overlay != before {
                    tables.overlays.put(key, &Taken(overlay), When::Match(etag)).await?;
                    return Ok(1);
                }
                self.strike_any(key, place).await
            }
            _ => {
                let Some(Row { record: Newest(mut snapshot), etag }) = tables.snapshots.get(key).await?
                else {
                    return Ok(0);
                };
                let before = snapshot.clone();
                let gone = erased.strike_snapshot(&mut snapshot).len();
                if snapshot != before {
                    tables.snapshots.put(key, &Newest(snapshot), When::Match(etag)).await?;
                }
                Ok(gone)
            }
        }
    }

    /// A value of any other table: the person's own entries go, and of what is others' only what names them.
    async fn strike_any(&self, key: &str, place: &Place<'_>) -> Result<usize, Failure> {
        let who = &self.request.who;
        if who.is(place.name.rsplit('/').next().unwrap_or_default()) {
            self.app.store.delete(key, When::Any).await?;
            return Ok(1);
        }
        for _ in 0..MOST_TRIES {
            let Opened::Record(mut record) = open(self.app, key).await? else { return Ok(0) };
            if !who.is_in(&String::from_utf8_lossy(&record.json)) {
                return Ok(0);
            }
            let mut value: Value = serde_json::from_slice(&record.json).map_err(Failure::retry)?;
            let struck = match place.table {
                "files" => calendar::strike(who, &mut value),
                // What another export found of them is theirs as well.
                "documents" if place.name != self.id => {
                    self.app.store.delete(key, When::Match(record.etag)).await?;
                    return Ok(1);
                }
                _ => strike(who, &mut value),
            };
            if is_without_proposals(place, &value) {
                self.app.store.delete(key, When::Match(record.etag)).await?;
                return Ok(struck);
            }
            record.json = serde_json::to_vec(&value).map_err(Failure::retry)?;
            match self.app.sealed.put_any(key, record).await {
                Err(error) if error.kind() == Kind::Conflict => {}
                done => return done.map(|_| struck).map_err(Failure::from),
            }
        }
        Err(Failure::retry(format!("{key}: others keep changing it; try again")))
    }

    /// What was asked for them before is known by its id alone.
    async fn strike_request(&self, key: &str) -> Result<usize, Failure> {
        let who = &self.request.who;
        let is_asker = |by: &Option<Uuid>| by.is_some_and(|by| who.is(&by.to_string()));
        let mut struck = 0;
        let forget = |request: &mut Request| {
            let is_theirs = who.is(&request.person) || request.who.ids.iter().any(|id| who.is(id));
            if is_asker(&request.by) {
                request.by = None;
                struck = 1;
            }
            if is_theirs && request.step == Step::Done {
                ERASED.clone_into(&mut request.person);
                request.who = Who::default();
                struck = 1;
            }
        };
        change_existing(&self.app.tables.requests, key, forget).await?;
        Ok(struck)
    }

    /// The items of the person that this request is about.
    pub(super) async fn own_items(&self) -> Result<Vec<SourceKey>, Failure> {
        let row = self.app.tables.erased.get(&Tables::erased_key(self.tenant)).await?;
        let own = row.and_then(|row| row.record.0.get(self.id).map(|person| person.items.clone()));
        Ok(own.unwrap_or_default().into_iter().collect())
    }

    /// What an administrator wrote is theirs to change.
    async fn note_remains(&self, key: &str, place: &Place<'_>) -> Result<usize, Failure> {
        let Opened::Record(record) = open(self.app, key).await? else { return Ok(0) };
        let value: Value = serde_json::from_slice(&record.json).map_err(Failure::retry)?;
        let places: Vec<String> = find(&self.request.who, &value)
            .into_iter()
            .map(|mention| {
                format!(
                    "hub {}: {}",
                    place.name,
                    self.request.who.erased_from(&mention.place).unwrap_or(mention.place)
                )
            })
            .collect();
        if !places.is_empty() {
            let key = Tables::report_key(self.tenant, self.id);
            change(&self.app.tables.reports, &key, |report| report.remains.extend(places.clone())).await?;
        }
        Ok(0)
    }

    /// The request itself forgets whom it was about; what is left names nobody.
    pub(super) async fn conclude(&mut self) -> Result<(), Failure> {
        for id in self.request.who.ids.iter().filter_map(|id| id.parse::<Uuid>().ok()) {
            audit::forget_person(self.app, self.tenant, id).await?;
        }
        let key = Tables::report_key(self.tenant, self.id);
        self.strike_any(&key, &place(&key)).await?;
        let progress = &self.request.progress;
        let details = json!({
            "request": self.id, "found": progress.found, "mailboxes": progress.mailboxes, "cleaned": progress.cleaned
        });
        self.app.audit(self.tenant, Actor::Wheelhouse, "personErased", details).await?;
        let who = std::mem::take(&mut self.request.who);
        self.request.by = self.request.by.filter(|by| !who.is(&by.to_string()));
        ERASED.clone_into(&mut self.request.person);
        self.go_on(Step::Done);
        Ok(())
    }
}

/// Whether a value is of those that a gathering writes while it holds the hub's lease.
fn is_content(place: &Place<'_>) -> bool {
    place.hub.is_some() && matches!(place.table, "sources" | "snapshot" | "merged" | "overlay")
}

/// A record of proposals of which none is left says nothing any more.
fn is_without_proposals(place: &Place<'_>, value: &Value) -> bool {
    place.hub.is_some()
        && place.table == "edits"
        && value.get("proposals").is_none_or(|all| all.as_array().is_none_or(Vec::is_empty))
}
