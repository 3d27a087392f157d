//! Conditions on the fields of an item, as an admin writes them.
//!
//! `department = "Sales" and not (jobTitle starts with "Intern" or mobilePhone present)`

mod parse;
mod show;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Content, Field, Value};
pub use parse::Unreadable;

/// A condition that an item fulfils or not; written and stored as text.
///
/// `not` binds strongest, then `and`, then `or`. Texts are compared without regard to case; a list, an address or
/// e-mail addresses fulfil a test if one of them does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Filter {
    /// One of these holds.
    Or(Vec<Filter>),
    /// All of these hold.
    And(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// A field passes a test.
    Where(Field, Test),
}

/// What a field has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// This text.
    Equals(String),
    /// One of these texts.
    OneOf(Vec<String>),
    /// A text that begins so.
    StartsWith(String),
    /// Filled, with whatever.
    Present,
}

/// Who fulfils a filter, and who does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides<K> {
    /// Those who do.
    pub inside: BTreeSet<K>,
    /// Those who do not.
    pub outside: BTreeSet<K>,
}

impl Filter {
    /// Reads a filter, or says in which column it can't be read and what may stand there.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        parse::parse(text)
    }

    /// Whether an item fulfils it.
    pub fn matches(&self, content: &Content) -> bool {
        match self {
            Filter::Or(some) => some.iter().any(|filter| filter.matches(content)),
            Filter::And(all) => all.iter().all(|filter| filter.matches(content)),
            Filter::Not(filter) => !filter.matches(content),
            Filter::Where(field, test) => content.get(*field).is_some_and(|value| test.passes(value)),
        }
    }

    /// Who falls in and who falls out.
    pub fn sides<'a, K: Ord + Clone + 'a>(
        &self,
        items: impl IntoIterator<Item = (&'a K, &'a Content)>,
    ) -> Sides<K> {
        let mut sides = Sides { inside: BTreeSet::new(), outside: BTreeSet::new() };
        for (key, content) in items {
            let side = if self.matches(content) { &mut sides.inside } else { &mut sides.outside };
            side.insert(key.clone());
        }
        sides
    }

    /// The fields that it asks for.
    pub fn fields(&self) -> BTreeSet<Field> {
        match self {
            Filter::Or(parts) | Filter::And(parts) => parts.iter().flat_map(Filter::fields).collect(),
            Filter::Not(filter) => filter.fields(),
            Filter::Where(field, _) => BTreeSet::from([*field]),
        }
    }
}

impl Test {
    fn passes(&self, value: &Value) -> bool {
        let any = |fits: &dyn Fn(&str) -> bool| texts(value).any(|text| fits(&text.to_lowercase()));
        match self {
            Test::Equals(wanted) => any(&|text| text == wanted.to_lowercase()),
            Test::OneOf(wanted) => any(&|text| wanted.iter().any(|wanted| text == wanted.to_lowercase())),
            Test::StartsWith(start) => any(&|text| text.starts_with(&start.to_lowercase())),
            Test::Present => true,
        }
    }
}

/// The texts of a value that can be compared; times have none.
fn texts(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::Text(text) => Box::new(std::iter::once(text.as_str())),
        Value::List(texts) => Box::new(texts.iter().map(String::as_str)),
        Value::Emails(emails) => Box::new(emails.iter().map(|email| email.address.as_str())),
        Value::Address(address) => Box::new(address.parts().into_iter().filter(|part| !part.is_empty())),
        Value::Body(body) => Box::new(std::iter::once(body.content.as_str())),
        Value::Timing(_) | Value::Occurrences(_) => Box::new(std::iter::empty()),
    }
}

impl TryFrom<String> for Filter {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Self, Unreadable> {
        Filter::parse(&text)
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.to_string()
    }
}
