//! Which fields an item of a hub can have.

use super::Kind;
use crate::Field;

/// Whether items of this kind have the field, those that only a source knows included.
pub const fn is_of(kind: Kind, field: Field) -> bool {
    match field {
        Field::Categories => true,
        Field::Body
        | Field::Importance
        | Field::Location
        | Field::Occurrences
        | Field::ReminderMinutesBeforeStart
        | Field::Sensitivity
        | Field::ShowAs
        | Field::Subject
        | Field::Timing
        | Field::Attendees
        | Field::IsCancelled
        | Field::JoinUrl
        | Field::Organizer
        | Field::ResponseStatus => matches!(kind, Kind::Events),
        _ => matches!(kind, Kind::Contacts),
    }
}
