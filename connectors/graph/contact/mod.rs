//! A contact on the wire: what is absent is untouched, what is `null` is cleared.
//!
//! <https://learn.microsoft.com/graph/api/resources/contact>

mod decode;
mod encode;
mod loose;
mod shape;

pub(super) use decode::Item;
pub(super) use encode::Body;

use std::sync::LazyLock;

use sync::Field;

/// The properties that are read of each contact.
pub(super) static SELECT: LazyLock<String> = LazyLock::new(|| {
    let mut select = String::from("id,changeKey,createdDateTime,parentFolderId");
    for field in Field::ALL {
        select.push(',');
        select.push_str(field.name());
    }
    select
});

#[cfg(test)]
mod tests;
