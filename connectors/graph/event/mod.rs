//! An event on the wire.
//!
//! <https://learn.microsoft.com/graph/api/resources/event>

mod decode;
mod encode;
mod occurrences;
mod recurrence;

pub(super) use decode::{About, PARTS, decode};
pub(super) use encode::{put, put_all, put_of_occurrence};
pub(super) use occurrences::{Step, steps};

use sync::Field;

/// The fields of an event; those that tell about a source only are none of ours.
pub(super) const FIELDS: &[Field] = &[
    Field::Subject,
    Field::Body,
    Field::Timing,
    Field::Location,
    Field::ShowAs,
    Field::Sensitivity,
    Field::Importance,
    Field::Categories,
    Field::ReminderMinutesBeforeStart,
    Field::Occurrences,
];

/// The properties that a listing tells of each event.
pub(super) fn select() -> String {
    "id,changeKey,createdDateTime,subject,body,start,end,isAllDay,type,recurrence,originalStartTimeZone,location,\
     showAs,sensitivity,importance,categories,isReminderOn,reminderMinutesBeforeStart,attendees,isOrganizer"
        .to_owned()
}

/// What only a point read tells: the occurrences that differ from their series.
///
/// <https://learn.microsoft.com/graph/api/event-get>
pub(super) const ONLY_LOOKED: &str = "cancelledOccurrences,exceptionOccurrences";

/// What a source tells beyond that.
pub(super) const ONLY_SOURCE: &str =
    "organizer,isCancelled,onlineMeeting,onlineMeetingUrl,responseStatus,seriesMasterId";

#[cfg(test)]
mod tests;
