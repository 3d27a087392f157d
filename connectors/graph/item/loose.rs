//! A JSON value of any form: a wrong one spoils its own item and no other.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sync::{Address, Email, Value};

use super::shape::Shape;

/// What stands where a property is expected.
#[derive(Default)]
pub(in crate::graph) enum Loose {
    #[default]
    Nothing,
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<Loose>),
    Object(Members),
    Other,
}

/// The properties of an object.
#[derive(Default)]
pub(in crate::graph) struct Members(Vec<(String, Loose)>);

/// The value has not the form that Graph documents.
#[derive(Debug)]
pub(in crate::graph) struct WrongForm;

impl Members {
    pub(in crate::graph) fn push(&mut self, name: &str, value: Loose) {
        self.0.push((name.to_owned(), value));
    }

    /// Takes a property out, nothing if it is not there.
    pub(in crate::graph) fn take(&mut self, name: &str) -> Loose {
        let found = self.0.iter_mut().find(|(known, _)| known == name);
        found.map(|(_, value)| std::mem::take(value)).unwrap_or_default()
    }

    pub(in crate::graph) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Loose {
    /// The value of a field, `None` if it is empty in any of the server's ways.
    pub(in crate::graph) fn into_value(self, shape: Shape) -> Result<Option<Value>, WrongForm> {
        if matches!(self, Loose::Nothing) {
            return Ok(None);
        }
        let value = match shape {
            Shape::Text => Value::Text(self.text()?),
            Shape::Date => Value::Text(date(self.text()?)?),
            Shape::List => {
                Value::List(self.list(Loose::text)?.into_iter().filter(|t| !t.is_empty()).collect())
            }
            Shape::Emails => Value::Emails(emails(self)?),
            Shape::Address => Value::from(self.address()?),
        };
        Ok((!value.is_empty()).then_some(value))
    }

    /// A text; `null` is an empty one.
    pub(in crate::graph) fn text(self) -> Result<String, WrongForm> {
        match self {
            // Exchange ends lines with CR LF; they are compared with LF.
            Loose::Text(text) if text.contains('\r') => Ok(text.replace("\r\n", "\n")),
            Loose::Text(text) => Ok(text),
            Loose::Nothing => Ok(String::new()),
            _ => Err(WrongForm),
        }
    }

    /// A flag; `null` is off.
    pub(in crate::graph) fn flag(self) -> Result<bool, WrongForm> {
        match self {
            Loose::Flag(flag) => Ok(flag),
            Loose::Nothing => Ok(false),
            _ => Err(WrongForm),
        }
    }

    /// A whole number.
    pub(in crate::graph) fn number(self) -> Result<Option<i64>, WrongForm> {
        match self {
            Loose::Number(number) => Ok(Some(number)),
            Loose::Nothing => Ok(None),
            _ => Err(WrongForm),
        }
    }

    /// The properties of an object.
    pub(in crate::graph) fn members(self) -> Result<Option<Members>, WrongForm> {
        match self {
            Loose::Object(members) => Ok(Some(members)),
            Loose::Nothing => Ok(None),
            _ => Err(WrongForm),
        }
    }

    /// A list; `null` is an empty one.
    pub(in crate::graph) fn list<T>(
        self,
        each: impl FnMut(Loose) -> Result<T, WrongForm>,
    ) -> Result<Vec<T>, WrongForm> {
        match self {
            Loose::List(items) => items.into_iter().map(each).collect(),
            Loose::Nothing => Ok(Vec::new()),
            _ => Err(WrongForm),
        }
    }

    /// An e-mail address with its name.
    pub(in crate::graph) fn email(self) -> Result<Email, WrongForm> {
        let [address, name] = self.parts(["address", "name"])?;
        Ok(Email { address, name })
    }

    /// The named texts of an object, in the order of the names.
    fn parts<const N: usize>(self, names: [&str; N]) -> Result<[String; N], WrongForm> {
        let Loose::Object(members) = self else { return Err(WrongForm) };
        let mut parts = [const { String::new() }; N];
        for (name, value) in members.0 {
            if let Some((_, part)) = names.iter().zip(&mut parts).find(|(known, _)| **known == name) {
                *part = value.text()?;
            }
        }
        Ok(parts)
    }

    fn address(self) -> Result<Address, WrongForm> {
        let names = ["street", "city", "state", "postalCode", "countryOrRegion"];
        let [street, city, state, postal_code, country_or_region] = self.parts(names)?;
        Ok(Address { street, city, state, postal_code, country_or_region })
    }
}

fn emails(list: Loose) -> Result<Vec<Email>, WrongForm> {
    let mut emails = list.list(Loose::email)?;
    emails.retain(|email| !email.address.is_empty() || !email.name.is_empty());
    Ok(emails)
}

/// The day of a time: Graph gives the noon of a birthday.
fn date(mut text: String) -> Result<String, WrongForm> {
    if text.is_empty() {
        return Ok(text);
    }
    if text.get(..10).is_none_or(|day| day.parse::<chrono::NaiveDate>().is_err()) {
        return Err(WrongForm);
    }
    text.truncate(10);
    Ok(text)
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Loose, E> {
        Ok(Loose::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Loose, E> {
        Ok(Loose::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
        Ok(i64::try_from(number).map_or(Loose::Other, Loose::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Loose::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<String>()? {
            if name.starts_with('@') {
                map.next_value::<IgnoredAny>()?;
            } else {
                members.0.push((name, map.next_value()?));
            }
        }
        Ok(Loose::Object(members))
    }
}
