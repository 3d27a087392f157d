//! Which form each field has on the wire.

use sync::Field;

/// The form of a field that is one property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) enum Shape {
    Text,
    Date,
    List,
    Emails,
    Address,
}

impl Shape {
    /// The field's form; `None` if it is told by several properties, or is no property of an item.
    pub(in crate::graph) const fn of(field: Field) -> Option<Shape> {
        match field {
            Field::Birthday => Some(Shape::Date),
            Field::BusinessPhones | Field::HomePhones | Field::ImAddresses | Field::Categories => {
                Some(Shape::List)
            }
            Field::EmailAddresses => Some(Shape::Emails),
            Field::BusinessAddress | Field::HomeAddress | Field::OtherAddress => Some(Shape::Address),
            Field::Body
            | Field::Location
            | Field::Occurrences
            | Field::ReminderMinutesBeforeStart
            | Field::Timing => None,
            field if field.is_source_only() => None,
            _ => Some(Shape::Text),
        }
    }
}
