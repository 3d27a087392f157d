//! A JSON value of any form: a wrong one spoils its own item and no other.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sync::{Address, Email, Value};

use super::shape::Shape;

/// What stands where a property is expected.
pub(super) enum Loose {
    Nothing,
    Text(String),
    List(Vec<Loose>),
    Object(Vec<(String, Loose)>),
    Other,
}

/// The value has not the form that Graph documents.
pub(super) struct WrongForm;

impl Loose {
    /// The value of a field, `None` if it is empty in any of the server's ways.
    pub(super) fn into_value(self, shape: Shape) -> Result<Option<Value>, WrongForm> {
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
    pub(super) fn text(self) -> Result<String, WrongForm> {
        match self {
            // Exchange ends lines with CR LF; they are compared with LF.
            Loose::Text(text) if text.contains('\r') => Ok(text.replace("\r\n", "\n")),
            Loose::Text(text) => Ok(text),
            Loose::Nothing => Ok(String::new()),
            _ => Err(WrongForm),
        }
    }

    fn list<T>(self, each: impl FnMut(Loose) -> Result<T, WrongForm>) -> Result<Vec<T>, WrongForm> {
        match self {
            Loose::List(items) => items.into_iter().map(each).collect(),
            _ => Err(WrongForm),
        }
    }

    /// The named texts of an object, in the order of the names.
    fn parts<const N: usize>(self, names: [&str; N]) -> Result<[String; N], WrongForm> {
        let Loose::Object(members) = self else { return Err(WrongForm) };
        let mut parts = [const { String::new() }; N];
        for (name, value) in members {
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
    let mut emails = list.list(|email| {
        let [address, name] = email.parts(["address", "name"])?;
        Ok(Email { address, name })
    })?;
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

    fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Loose, E> {
        Ok(Loose::Other)
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
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name.starts_with('@') {
                map.next_value::<IgnoredAny>()?;
            } else {
                members.push((name, map.next_value()?));
            }
        }
        Ok(Loose::Object(members))
    }
}
