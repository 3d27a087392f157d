//! What kind of value a field takes, and how much of it.

use crate::Field;

/// The kind of value that a contact's field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One text.
    Text,
    /// A date, `YYYY-MM-DD`.
    Date,
    /// Texts, at most so many.
    List(usize),
    /// E-mail addresses, at most so many.
    Emails(usize),
    /// A postal address.
    Address,
}

impl Shape {
    /// The shape of a field with Graph's limits: one entry more, and the whole write fails.
    pub const fn of(field: Field) -> Self {
        match field {
            Field::Birthday => Shape::Date,
            Field::BusinessPhones | Field::HomePhones => Shape::List(2),
            Field::ImAddresses => Shape::List(3),
            Field::Categories => Shape::List(usize::MAX),
            Field::EmailAddresses => Shape::Emails(3),
            Field::BusinessAddress | Field::HomeAddress | Field::OtherAddress => Shape::Address,
            _ => Shape::Text,
        }
    }
}
