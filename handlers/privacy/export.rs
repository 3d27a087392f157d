//! Collects everything that is kept about a person.

use futures::future::try_join_all;
use platform::When;
use serde_json::{Value, json};

use super::Work;
use super::find::find;
use super::stores::{Keys, Opened, open, place};
use crate::audit::Actor;
use crate::host::Failure;
use crate::tables::{Document, Found, Mention, Step, Tables};

/// How many values are opened at a time.
pub(super) const AT_ONCE: usize = 16;
/// How many values are looked at between two notes of how far it is.
const PORTION: usize = 2000;

/// What one value said.
enum Said {
    Nothing,
    Found(Found),
    Unreadable,
}

impl Work<'_> {
    /// Looks at the next portion of all values.
    pub(super) async fn collect(&mut self) -> Result<(), Failure> {
        let key = Tables::document_key(self.tenant, self.id);
        let document = self.app.tables.documents.get(&key).await?;
        let mut document = document.map(|row| row.record).unwrap_or_default();
        let mut keys = Keys::of(self.app, self.tenant, self.request.after.as_deref());
        let mut looked = 0;
        let is_last = loop {
            let some = keys.some(AT_ONCE).await?;
            let Some(last) = some.last().cloned() else { break true };
            for said in try_join_all(some.iter().map(|key| self.look(key))).await? {
                self.note(said, &mut document);
            }
            self.request.after = Some(last);
            looked += some.len();
            if looked >= PORTION || self.cx.remaining().is_zero() {
                break false;
            }
        };
        if is_last {
            document.made = Some(self.app.now());
        }
        self.app.tables.documents.put(&key, &document, When::Any).await?;
        if is_last {
            let details = json!({ "request": self.id, "found": self.request.progress.found });
            self.app.audit(self.tenant, Actor::Wheelhouse, "exportMade", details).await?;
            self.go_on(Step::Done);
        }
        Ok(())
    }

    async fn look(&self, key: &str) -> Result<Said, Failure> {
        let place = place(key);
        // What an export found would be found again in the next one.
        if place.table == "documents" {
            return Ok(Said::Nothing);
        }
        let record = match open(self.app, key).await? {
            Opened::Record(record) => record,
            Opened::Gone => return Ok(Said::Nothing),
            Opened::Unreadable => return Ok(Said::Unreadable),
        };
        let who = &self.request.who;
        let is_named = who.is_in(&String::from_utf8_lossy(&record.json));
        let is_theirs = who.is(place.name.rsplit('/').next().unwrap_or_default());
        // Who asked for something for somebody is part of what is known of them.
        let whole = is_theirs || (is_named && place.table == "requests");
        if !whole && !is_named {
            return Ok(Said::Nothing);
        }
        let value: Value = serde_json::from_slice(&record.json).unwrap_or_default();
        let entries =
            if whole { vec![Mention { place: String::new(), holds: value }] } else { find(who, &value) };
        let (table, hub) = (place.table.to_owned(), place.hub.map(str::to_owned));
        Ok(Said::Found(Found { table, hub, name: place.name.to_owned(), entries }))
    }

    fn note(&mut self, said: Said, document: &mut Document) {
        let progress = &mut self.request.progress;
        progress.looked += 1;
        match said {
            Said::Nothing => {}
            Said::Unreadable => progress.unreadable += 1,
            Said::Found(found) => {
                progress.found += 1;
                let is_same = |known: &Found| {
                    (&known.table, &known.hub, &known.name) == (&found.table, &found.hub, &found.name)
                };
                // A portion that broke off is gone through again.
                document.found.retain(|known| !is_same(known));
                document.found.push(found);
            }
        }
    }
}
