//! A contact on the wire: what is absent is untouched, what is `null` is cleared.
//!
//! <https://learn.microsoft.com/graph/api/resources/contact>

mod encode;

pub(super) use encode::put;

use sync::Field;

use super::event;

/// The fields of a contact.
pub(super) fn fields() -> impl Iterator<Item = Field> {
    let others = |field: &Field| field.is_source_only() || event::FIELDS.contains(field);
    Field::ALL.iter().copied().filter(move |field| *field == Field::Categories || !others(field))
}

/// The properties that are read of each contact.
pub(super) fn select() -> String {
    let mut select = String::from("id,changeKey,createdDateTime,parentFolderId");
    for field in fields() {
        select.push(',');
        select.push_str(field.name());
    }
    select
}

#[cfg(test)]
mod tests;
