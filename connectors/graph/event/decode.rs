//! What comes back of an event.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use sync::event::{Recurrence, Timing};
use sync::{Body, Content, ContentType, Email, Field};

use super::{FIELDS, encode, occurrences, recurrence};
use crate::graph::item::{Loose, Members, Shape, WrongForm};
use crate::zone::zone;

/// What is known of an event beyond what it holds.
#[derive(Default)]
pub(in crate::graph) struct About {
    /// The fields that tell about a source only.
    pub source: Content,
    /// It is a series.
    pub is_series: bool,
    /// The series of which it is an occurrence.
    pub part_of: Option<String>,
    /// It belongs to whoever owns the calendar.
    is_organizer: bool,
}

impl About {
    /// Whether the server would mail others if it were changed or deleted.
    pub(in crate::graph) fn invites(&self) -> bool {
        self.is_organizer && self.source.get(Field::Attendees).is_some()
    }
}

/// The properties of an event that are not one field each.
pub(in crate::graph) const PARTS: &[&str] = &[
    "type",
    "start",
    "end",
    "isAllDay",
    "recurrence",
    "originalStartTimeZone",
    "body",
    "location",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "cancelledOccurrences",
    "exceptionOccurrences",
    "seriesMasterId",
    "attendees",
    "organizer",
    "isOrganizer",
    "onlineMeeting",
    "onlineMeetingUrl",
    "responseStatus",
    "isCancelled",
];

/// Reads an event's properties; those that are one field each may stand in `content` already.
pub(in crate::graph) fn decode(mut from: Members, content: Content) -> Result<(Content, About), WrongForm> {
    let (cancelled, exceptions) = (from.take("cancelledOccurrences"), from.take("exceptionOccurrences"));
    let about = about(&mut from)?;
    let mut content = fields(&mut from, content)?;
    if content.get(Field::Timing).is_some() {
        let occurrences = occurrences::read(&content, cancelled, exceptions)?;
        content.set(Field::Occurrences, occurrences);
    }
    Ok((content, about))
}

/// Reads what an event or an occurrence holds.
pub(super) fn fields(from: &mut Members, mut content: Content) -> Result<Content, WrongForm> {
    for &field in FIELDS {
        let shape = Shape::of(field);
        if let Some(value) =
            shape.map(|shape| from.take(field.name()).into_value(shape)).transpose()?.flatten()
        {
            content.set(field, value);
        }
    }
    let Some(timing) = timing(from)? else { return Ok(content) };
    content.set(Field::Timing, timing);
    if let Some(body) = body(from.take("body"))? {
        content.set(Field::Body, body);
    }
    content.set(Field::Location, member(from, "location", "displayName")?);
    content.set(Field::ReminderMinutesBeforeStart, reminder(from)?);
    for &field in FIELDS {
        if let Some(usual) = encode::usual(field).filter(|_| content.get(field).is_none()) {
            content.set(field, usual);
        }
    }
    Ok(content)
}

fn body(body: Loose) -> Result<Option<Body>, WrongForm> {
    let Some(mut body) = body.members()? else { return Ok(None) };
    let content_type = match body.take("contentType").text()?.to_ascii_lowercase().as_str() {
        "text" => ContentType::Text,
        "html" => ContentType::Html,
        _ => return Err(WrongForm),
    };
    Ok(Some(Body { content_type, content: body.take("content").text()? }))
}

fn reminder(from: &mut Members) -> Result<String, WrongForm> {
    let minutes = from.take("reminderMinutesBeforeStart").number()?.unwrap_or_default();
    Ok(if from.take("isReminderOn").flag()? { minutes.to_string() } else { String::new() })
}

/// A text of an object; empty if either is not there.
fn member(from: &mut Members, object: &str, name: &str) -> Result<String, WrongForm> {
    match from.take(object).members()? {
        Some(mut members) => members.take(name).text(),
        None => Ok(String::new()),
    }
}

fn about(from: &mut Members) -> Result<About, WrongForm> {
    let mut source = Content::default();
    let attendees: Vec<Email> = from.take("attendees").list(recipient)?.into_iter().flatten().collect();
    source.set(Field::Attendees, attendees);
    source.set(Field::Organizer, Vec::from_iter(recipient(from.take("organizer"))?));
    let link = member(from, "onlineMeeting", "joinUrl")?;
    let old_link = from.take("onlineMeetingUrl").text()?;
    source.set(Field::JoinUrl, if link.is_empty() { old_link } else { link });
    source.set(Field::ResponseStatus, member(from, "responseStatus", "response")?);
    source.set(Field::IsCancelled, if from.take("isCancelled").flag()? { "true" } else { "" });
    let is_series = from.take("type").text()? == "seriesMaster";
    let part_of = Some(from.take("seriesMasterId").text()?).filter(|id| !id.is_empty());
    Ok(About { source, is_series, part_of, is_organizer: from.take("isOrganizer").flag()? })
}

/// Whom a recipient names; nobody if neither address nor name is there.
fn recipient(from: Loose) -> Result<Option<Email>, WrongForm> {
    let Some(mut from) = from.members()? else { return Ok(None) };
    match from.take("emailAddress") {
        Loose::Nothing => Ok(None),
        email => Ok(Some(email.email()?).filter(|email| !email.address.is_empty() || !email.name.is_empty())),
    }
}

/// When an event is, in the one form that each has; `None` if that was not asked for.
fn timing(from: &mut Members) -> Result<Option<Timing>, WrongForm> {
    let (Some(start), Some(end)) = (time(from.take("start"))?, time(from.take("end"))?) else {
        return Ok(None);
    };
    let own = from.take("originalStartTimeZone").text()?;
    let (rule, named) = recurrence::decode(from.take("recurrence"))?.unzip();
    let timing = if from.take("isAllDay").flag()? {
        Timing::all_day(day(start, &own), day(end, &own), rule)
    } else if let Some(rule) = rule {
        series(start, end, series_zone(&named.unwrap_or_default(), &own, start.1)?, rule)
    } else {
        Timing::single(moment(start), moment(end))
    };
    timing.map(Some).map_err(|_| WrongForm)
}

type Time = (NaiveDateTime, Tz);

fn time(from: Loose) -> Result<Option<Time>, WrongForm> {
    let Some(mut from) = from.members()? else { return Ok(None) };
    let time = from.take("dateTime").text()?;
    let time = time.trim_end_matches('Z').parse().map_err(|_| WrongForm)?;
    let name = from.take("timeZone").text()?;
    Ok(Some((time, known(&name).or(name.is_empty().then_some(Tz::UTC)).ok_or(WrongForm)?)))
}

/// The zone of a name, in any of the ways that Exchange writes it.
fn known(name: &str) -> Option<Tz> {
    if name == "tzone://Microsoft/Utc" { Some(Tz::UTC) } else { zone(name) }
}

fn moment((time, zone): Time) -> chrono::DateTime<chrono::Utc> {
    sync::event::moment(time, zone)
}

/// The day of an all-day event's edge: a midnight that was told in another zone than its own is none there.
fn day(edge: Time, own: &str) -> NaiveDate {
    match known(own).filter(|_| edge.0.time() != NaiveTime::MIN) {
        Some(own) => moment(edge).with_timezone(&own).date_naive(),
        None => edge.0.date(),
    }
}

fn series(start: Time, end: Time, zone: Tz, rule: Recurrence) -> Result<Timing, sync::event::TimingError> {
    let wall = |time| moment(time).with_timezone(&zone).naive_local();
    Timing::series(wall(start), wall(end), zone, rule)
}

/// The zone in which a series repeats: its rule's, else the one it was made in, else the one it is told in.
fn series_zone(of_rule: &str, of_event: &str, told: Tz) -> Result<Tz, WrongForm> {
    let is_named = !of_rule.is_empty() || !of_event.is_empty();
    known(of_rule).or_else(|| known(of_event)).or((!is_named).then_some(told)).ok_or(WrongForm)
}
