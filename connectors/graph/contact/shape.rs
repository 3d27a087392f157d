//! Which form each field has on the wire.

use sync::Field;

/// The form of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Date,
    List,
    Emails,
    Address,
}

impl Shape {
    pub(super) const fn of(field: Field) -> Shape {
        match field {
            Field::Birthday => Shape::Date,
            Field::BusinessPhones | Field::HomePhones | Field::ImAddresses | Field::Categories => Shape::List,
            Field::EmailAddresses => Shape::Emails,
            Field::BusinessAddress | Field::HomeAddress | Field::OtherAddress => Shape::Address,
            _ => Shape::Text,
        }
    }
}
