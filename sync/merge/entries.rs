//! The entries of one contributing spoke, as the hub takes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Source;
use crate::directory::{Directory, GroupError, Person};
use crate::hub::{Contributes, Kind, MatchBy, Spoke};
use crate::mapping::{LeftOut, Skipped};
use crate::{Content, Field, SourceKey, Value, notes};

/// One contact or event of a contributing spoke.
pub struct Entry {
    pub key: SourceKey,
    pub content: Arc<Content>,
    /// What an entry of another spoke must have in common with it to be the same person.
    pub marks: Vec<String>,
}

/// The entries of one contributing spoke.
pub struct Entries<'a> {
    spoke: &'a Spoke,
    what: &'a Contributes,
    kind: Kind,
    by: Option<MatchBy>,
    /// In the order of their keys.
    pub entries: Vec<Entry>,
    pub left_out: BTreeMap<SourceKey, Vec<LeftOut>>,
    pub skipped: BTreeMap<SourceKey, Skipped>,
}

impl<'a> Entries<'a> {
    /// None yet.
    pub fn of(kind: Kind, by: Option<MatchBy>, spoke: &'a Spoke, what: &'a Contributes) -> Self {
        Entries {
            spoke,
            what,
            kind,
            by,
            entries: Vec::new(),
            left_out: BTreeMap::new(),
            skipped: BTreeMap::new(),
        }
    }

    /// Takes what the source holds.
    pub fn read(&mut self, source: &Source, now: DateTime<Utc>) -> Result<(), GroupError> {
        match (source, self.kind) {
            (Source::Directory(directory), _) => self.directory(directory)?,
            (Source::Items(items), Kind::Contacts) => {
                items.iter().for_each(|(id, raw)| self.contact(id, raw))
            }
            (Source::Items(items), Kind::Events) => {
                let window = self.what.events.window(now);
                items.iter().for_each(|(id, raw)| self.event(id, raw, window));
            }
        }
        self.entries.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(())
    }

    /// Whether the source has this entry, in or not.
    pub fn has(&self, key: &SourceKey) -> bool {
        self.entries.binary_search_by(|entry| entry.key.cmp(key)).is_ok() || self.skipped.contains_key(key)
    }

    fn directory(&mut self, directory: &Directory) -> Result<(), GroupError> {
        for person in self.what.rules.people(directory)? {
            let (content, left_out) = self.what.mapping.contact(&person);
            let key = self.key(person.id);
            if self.is_kept_out(|| with_employee_id(&content, &person)) {
                self.skipped.insert(key, Skipped::Filtered);
            } else {
                let marks = marks(self.by, &content, person.employee_id);
                self.take(key, content, marks, left_out);
            }
        }
        Ok(())
    }

    fn contact(&mut self, id: &str, raw: &Content) {
        let key = self.key(id);
        if self.is_kept_out(|| raw.clone()) {
            self.skipped.insert(key, Skipped::Filtered);
            return;
        }
        let marks = marks(self.by, raw, raw.text(Field::EmployeeId));
        let shared = raw.iter().filter(|(field, _)| !field.is_source_only());
        let content = shared.map(|(field, value)| (field, beside(field, value))).collect();
        self.take(key, content, marks, Vec::new());
    }

    fn event(&mut self, id: &str, raw: &Content, window: (DateTime<Utc>, DateTime<Utc>)) {
        let key = self.key(id);
        let mapped = match self.is_kept_out(|| raw.clone()) {
            true => Err(Skipped::Filtered),
            false => self.what.events.event(raw, window),
        };
        match mapped {
            Ok((content, left_out)) => self.take(key, content, Vec::new(), left_out),
            Err(why) => drop(self.skipped.insert(key, why)),
        }
    }

    fn key(&self, id: &str) -> SourceKey {
        SourceKey::of(&self.spoke.id, id)
    }

    /// Whether the filter keeps it out; without a filter nothing is built to be judged.
    fn is_kept_out(&self, raw: impl Fn() -> Content) -> bool {
        self.what.filter.as_ref().is_some_and(|filter| !filter.matches(&raw()))
    }

    fn take(&mut self, key: SourceKey, content: Content, marks: Vec<String>, left_out: Vec<LeftOut>) {
        if !left_out.is_empty() {
            self.left_out.insert(key.clone(), left_out);
        }
        self.entries.push(Entry { key, content: Arc::new(content), marks });
    }
}

/// What makes another entry the same person, compared without regard to case.
pub fn marks(by: Option<MatchBy>, content: &Content, employee_id: Option<&str>) -> Vec<String> {
    let folded = |text: &str| text.trim().to_lowercase();
    let marks: Vec<String> = match (by, content.get(Field::EmailAddresses)) {
        (Some(MatchBy::EmployeeId), _) => employee_id.map(folded).into_iter().collect(),
        (Some(MatchBy::EmailAddresses), Some(Value::Emails(emails))) => {
            emails.iter().map(|email| folded(&email.address)).collect()
        }
        _ => Vec::new(),
    };
    marks.into_iter().filter(|mark| !mark.is_empty()).collect()
}

fn with_employee_id(content: &Content, person: &Person<'_>) -> Content {
    let mut content = content.clone();
    content.put(Field::EmployeeId, person.employee_id.map(Value::from));
    content
}

/// Notes stand beside the user's own; any other field is taken as it is.
fn beside(field: Field, value: &Value) -> Value {
    match value {
        Value::Text(text) if field == Field::PersonalNotes => notes::block(text.trim()).into(),
        value => value.clone(),
    }
}
