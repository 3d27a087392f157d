//! A contact in the making: every value goes through here.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::clean::{clean, is_date, is_email};
use super::{Mapping, Shape};
use crate::directory::Person;
use crate::{Content, Email, Field, Value};

/// Something that a contact could not take: where, and why, never the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The contact's field, or the directory's property where that could not be read.
    pub field: String,
    /// What was left out and why.
    pub why: String,
}

/// Collects the values of a contact under the options of a mapping.
pub struct Draft<'o> {
    options: &'o Mapping,
    content: Content,
    /// The lists in full, as long as they grow.
    lists: BTreeMap<Field, Vec<String>>,
    left_out: Vec<LeftOut>,
}

impl<'o> Draft<'o> {
    pub fn new(options: &'o Mapping, unreadable: &[&str]) -> Self {
        let mut draft =
            Draft { options, content: Content::default(), lists: BTreeMap::new(), left_out: Vec::new() };
        unreadable
            .iter()
            .for_each(|name| draft.leave_out(name, "the directory's value is of a wrong type".into()));
        draft
    }

    /// Puts a text of the directory into a field: it fills a text and joins a list.
    pub fn put(&mut self, field: Field, text: &str) {
        let text = clean(text);
        if text.is_empty() || self.is_closed(field) {
            return;
        }
        match Shape::of(field) {
            Shape::Text => self.content.set(field, text),
            Shape::Date if is_date(&text) => self.content.set(field, text),
            Shape::Date => self.leave_out(field.name(), "not a date of the form YYYY-MM-DD".into()),
            Shape::Emails(_) if !is_email(&text) => {
                self.leave_out(field.name(), "not an e-mail address".into())
            }
            Shape::List(_) | Shape::Emails(_) => self.join(field, text),
            Shape::Address => self.leave_out(field.name(), "one text is no postal address".into()),
        }
    }

    pub fn put_some(&mut self, field: Field, text: Option<&str>) {
        if let Some(text) = text {
            self.put(field, text);
        }
    }

    /// Sets a field to a value that is known to fit.
    pub fn set(&mut self, field: Field, value: impl Into<Value>) {
        if !self.is_closed(field) {
            self.content.set(field, value);
        }
    }

    /// Sets a field to what it holds for everybody.
    pub fn fix(&mut self, field: Field, text: &str) {
        match Shape::of(field) {
            Shape::Text => self.content.set(field, clean(text)),
            Shape::List(_) => self.content.set(field, vec![clean(text)]),
            _ => self.leave_out(field.name(), "it can't be the same for everybody".into()),
        }
    }

    /// The contact, with a given name whatever happens: Graph may refuse one without.
    pub fn finish(mut self, person: &Person<'_>) -> (Content, Vec<LeftOut>) {
        for (field, texts) in std::mem::take(&mut self.lists) {
            self.close(field, texts);
        }
        if self.content.text(Field::GivenName).is_none() {
            self.content.set(Field::GivenName, some_name(person));
        }
        (self.content, self.left_out)
    }

    fn is_closed(&self, field: Field) -> bool {
        self.options.exclude.contains(&field) || self.options.fixed.contains_key(&field)
    }

    fn join(&mut self, field: Field, text: String) {
        let list = self.lists.entry(field).or_default();
        if !list.iter().any(|other| other.eq_ignore_ascii_case(&text)) {
            list.push(text);
        }
    }

    /// Writes a list into the content, as far as the field takes it.
    fn close(&mut self, field: Field, mut texts: Vec<String>) {
        let (Shape::List(most) | Shape::Emails(most)) = Shape::of(field) else { return };
        let all = texts.len();
        if all > most {
            texts.truncate(most);
            self.leave_out(field.name(), format!("{} of {all} left out: a contact takes {most}", all - most));
        }
        match Shape::of(field) {
            Shape::Emails(_) => {
                let name = self.content.text(Field::DisplayName).unwrap_or_default().to_owned();
                let email = |address| Email { address, name: name.clone() };
                self.content.set(field, texts.into_iter().map(email).collect::<Vec<_>>());
            }
            _ => self.content.set(field, texts),
        }
    }

    fn leave_out(&mut self, field: &str, why: String) {
        self.left_out.push(LeftOut { field: field.to_owned(), why });
    }
}

/// What a person without a given name is called: the nearest thing to a name, and at last the id.
fn some_name(person: &Person<'_>) -> String {
    let local = |address: Option<&str>| address.and_then(|text| text.split('@').next()).map(clean);
    let names = [
        person.display_name.map(clean),
        person.company_name.map(clean),
        local(person.mail),
        local(person.user_principal_name),
    ];
    names.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_else(|| person.id.to_owned())
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.why)
    }
}
