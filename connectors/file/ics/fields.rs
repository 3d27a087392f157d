//! What an event says, beside when it is.

use calcard::icalendar::{
    ICalendarClassification, ICalendarComponentType, ICalendarDuration, ICalendarEntry,
    ICalendarParameterName, ICalendarProperty as Property, ICalendarStatus, ICalendarTransparency,
    ICalendarValue,
};
use sync::{Body, Content, ContentType, Email, Field};

use super::entry::{self, Component};
use crate::file::limits;

/// What stands where a text was cut.
const CUT: &str = " […]";

/// The fields of an event, and whether its text had to be cut.
pub(super) fn read(event: Component<'_>) -> (Content, bool) {
    let mut content = Content::default();
    content.set(Field::Subject, event.text(&Property::Summary).map(one_line).unwrap_or_default());
    content.set(Field::Location, event.text(&Property::Location).map(one_line).unwrap_or_default());
    content.set(Field::ShowAs, show_as(event));
    content.set(Field::Sensitivity, sensitivity(event));
    content.set(Field::Importance, importance(event));
    content.set(Field::Categories, categories(event));
    content.set(Field::ReminderMinutesBeforeStart, reminder(event).unwrap_or_default());
    people(event, &mut content);
    content.set(Field::JoinUrl, join_url(event).unwrap_or_default());
    if is_cancelled(event) {
        content.set(Field::IsCancelled, "true");
    }
    let (body, cut) = body(event);
    content.set(Field::Body, body);
    (content, cut)
}

/// Whether the event was called off.
pub(super) fn is_cancelled(event: Component<'_>) -> bool {
    status(event) == Some(&ICalendarStatus::Cancelled)
}

fn status(event: Component<'_>) -> Option<&ICalendarStatus> {
    match event.entry(&Property::Status)?.values.first()? {
        ICalendarValue::Status(status) => Some(status),
        _ => None,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn show_as(event: Component<'_>) -> &'static str {
    let own = event.other("X-MICROSOFT-CDO-BUSYSTATUS").map(str::to_ascii_uppercase);
    match own.as_deref() {
        Some("FREE") => return "free",
        Some("TENTATIVE") => return "tentative",
        Some("OOF") => return "oof",
        Some("WORKINGELSEWHERE") => return "workingElsewhere",
        Some("BUSY") => return "busy",
        _ => {}
    }
    let transparency = event.entry(&Property::Transp).and_then(|entry| entry.values.first());
    if matches!(transparency, Some(ICalendarValue::Transparency(ICalendarTransparency::Transparent))) {
        "free"
    } else if status(event) == Some(&ICalendarStatus::Tentative) {
        "tentative"
    } else {
        "busy"
    }
}

/// A class that nobody knows is private, as the standard has it.
fn sensitivity(event: Component<'_>) -> &'static str {
    match event.entry(&Property::Class).and_then(|entry| entry.values.first()) {
        None | Some(ICalendarValue::Classification(ICalendarClassification::Public)) => "normal",
        Some(ICalendarValue::Classification(ICalendarClassification::Confidential)) => "confidential",
        Some(_) => "private",
    }
}

fn importance(event: Component<'_>) -> &'static str {
    match (event.other("X-MICROSOFT-CDO-IMPORTANCE"), event.integer(&Property::Priority)) {
        (Some("0"), _) => "low",
        (Some("1"), _) => "normal",
        (Some("2"), _) => "high",
        (_, Some(1..=4)) => "high",
        (_, Some(6..=9)) => "low",
        _ => "normal",
    }
}

fn categories(event: Component<'_>) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for category in event.entries(&Property::Categories).flat_map(entry::texts) {
        if !categories.iter().any(|known| known == category) {
            categories.push(category.to_owned());
        }
    }
    categories
}

fn people(event: Component<'_>, content: &mut Content) {
    let invited: Vec<Email> = event.entries(&Property::Attendee).filter_map(person).collect();
    content.set(Field::Attendees, invited);
    let organizer: Vec<Email> = event.entry(&Property::Organizer).and_then(person).into_iter().collect();
    content.set(Field::Organizer, organizer);
}

fn person(entry: &ICalendarEntry) -> Option<Email> {
    let address = entry::text(entry)?;
    let scheme = address.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let address = address.get(scheme.map_or(0, str::len)..)?.trim();
    let name = entry::parameter(entry, &ICalendarParameterName::Cn).unwrap_or_default().trim();
    Some(Email { address: address.to_owned(), name: name.to_owned() })
}

fn join_url(event: Component<'_>) -> Option<String> {
    let conference = event.text(&Property::Conference);
    let makers =
        ["X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGCONFLINK", "X-GOOGLE-CONFERENCE"];
    conference.or_else(|| makers.iter().find_map(|name| event.other(name))).map(str::to_owned)
}

/// The minutes before the start at which the first alarm rings that Outlook could ring too.
fn reminder(event: Component<'_>) -> Option<String> {
    let alarms = event.inner(&ICalendarComponentType::VAlarm);
    let mut minutes = alarms.filter_map(|alarm| minutes_before(alarm.entry(&Property::Trigger)?));
    minutes.next().map(|minutes| minutes.to_string())
}

fn minutes_before(trigger: &ICalendarEntry) -> Option<i64> {
    let end = entry::parameter(trigger, &ICalendarParameterName::Related);
    if end.is_some_and(|related| related.eq_ignore_ascii_case("END")) {
        return None;
    }
    let ICalendarValue::Duration(duration) = trigger.values.first()? else { return None };
    let minutes = seconds(duration).checked_div(-60)?;
    (minutes >= 0).then_some(minutes)
}

/// The seconds of a duration, a day being 24 hours.
pub(super) fn seconds(duration: &ICalendarDuration) -> i64 {
    let days = i64::from(duration.weeks) * 7 + i64::from(duration.days);
    let minutes = (days * 24 + i64::from(duration.hours)) * 60 + i64::from(duration.minutes);
    let seconds = minutes * 60 + i64::from(duration.seconds);
    if duration.neg { -seconds } else { seconds }
}

fn body(event: Component<'_>) -> (Body, bool) {
    let html = event.others("X-ALT-DESC").find(|entry| {
        let format = entry::parameter(entry, &ICalendarParameterName::Fmttype);
        format.is_some_and(|format| format.eq_ignore_ascii_case("text/html"))
    });
    let (content_type, text) = match html.and_then(entry::text) {
        Some(html) => (ContentType::Html, html),
        None => (ContentType::Text, event.text(&Property::Description).unwrap_or_default()),
    };
    let (content, cut) = bounded(text);
    (Body { content_type, content }, cut)
}

fn bounded(text: &str) -> (String, bool) {
    if text.len() <= limits::BODY_BYTES {
        return (text.to_owned(), false);
    }
    let kept = text.get(..text.floor_char_boundary(limits::BODY_BYTES)).unwrap_or_default();
    (format!("{kept}{CUT}"), true)
}
