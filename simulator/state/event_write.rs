//! What Exchange accepts in an event, and what it makes of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::contact_write::mistyped;
use super::event::{Content, Event, Exception, Part, Series};
use super::event_fields::{Hand, Taken, take};
use super::extended;
use super::recurrence::{Recurrence, invalid};
use super::refusal::Refusal;
use super::zone::{Moment, Span};

/// How a write is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) hand: Hand,
    /// A series that changes shape keeps exceptions and cancellations on dates that remain.
    pub(crate) keep_exceptions: bool,
    /// An occurrence must not reach its neighbours.
    pub(crate) keep_order: bool,
    /// The moment of the write, in milliseconds.
    pub(crate) now: i64,
}

/// What a write did beside storing.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Properties that Graph does not know.
    pub(crate) unknown: Vec<String>,
    /// An online meeting was made.
    pub(crate) meeting: bool,
}

/// Makes a new event of a request body.
pub(crate) fn create(
    (serial, calendar): (u64, u64),
    mut body: Map<String, Value>,
    manner: Manner,
) -> Result<(Event, Written), Refusal> {
    let span = span(None, &mut body)?.ok_or_else(|| missing("start"))?;
    let rule = body.remove("recurrence");
    let mut content = Content { fields: Map::new(), span, extended: Vec::new() };
    let written = fill(&mut content, body, manner)?;
    content.fields.retain(|_, value| !value.is_null());
    let mut event = Event {
        serial,
        calendar,
        version: 0,
        created: manner.now,
        modified: manner.now,
        outlook_made: manner.hand == Hand::Colleague,
        content,
        series: None,
        covered: None,
    };
    reshape(&mut event, rule, manner)?;
    Ok((event, written))
}

/// Changes an event, or one date of a series.
pub(crate) fn patch(
    event: &mut Event,
    part: Part,
    body: Map<String, Value>,
    manner: Manner,
) -> Result<Written, Refusal> {
    match part {
        Part::Whole => patch_whole(event, body, manner),
        Part::Date(date) => patch_date(event, date, body, manner),
    }
}

fn patch_whole(event: &mut Event, mut body: Map<String, Value>, manner: Manner) -> Result<Written, Refusal> {
    let rule = body.remove("recurrence");
    body.remove("transactionId");
    let span = span(Some(&event.content.span), &mut body)?;
    let moved = span.is_some();
    event.content.span = span.unwrap_or_else(|| event.content.span.clone());
    let written = fill(&mut event.content, body, manner)?;
    event.content.fields.retain(|_, value| !value.is_null());
    if moved || rule.is_some() {
        reshape(event, rule, manner)?;
    }
    Ok(written)
}

fn patch_date(
    event: &mut Event,
    date: NaiveDate,
    mut body: Map<String, Value>,
    manner: Manner,
) -> Result<Written, Refusal> {
    if body.remove("recurrence").is_some_and(|rule| !rule.is_null()) {
        return Err(invalid("an occurrence has no recurrence of its own"));
    }
    body.remove("transactionId");
    let span = span(Some(&event.span_of(Part::Date(date))), &mut body)?;
    if let Some(span) = span.as_ref().filter(|_| manner.keep_order) {
        between_neighbours(event, date, span)?;
    }
    let mut changed = event.content_of(Part::Date(date)).into_owned();
    let names: Vec<String> = body.keys().cloned().collect();
    let written = fill(&mut changed, body, manner)?;
    let fresh = || Exception {
        fields: Map::new(),
        span: None,
        extended: Vec::new(),
        created: manner.now,
        modified: manner.now,
    };
    let Some(series) = &mut event.series else { return Err(Refusal::item_not_found()) };
    let exception = series.exceptions.entry(date).or_insert_with(fresh);
    let followers: &[&str] = &["location", "locations", "onlineMeeting", "onlineMeetingProvider"];
    for name in names.iter().map(String::as_str).chain(followers.iter().copied()) {
        if let Some(value) = changed.fields.remove(name) {
            exception.fields.insert(name.to_owned(), value);
        }
    }
    exception.span = span.or_else(|| exception.span.take());
    exception.extended = changed.extended;
    exception.modified = manner.now;
    Ok(written)
}

/// Takes one date out of a series.
pub(crate) fn cancel(event: &mut Event, date: NaiveDate) {
    if let Some(series) = &mut event.series {
        series.exceptions.remove(&date);
        series.cancelled.insert(date);
    }
}

// --- fields ----------------------------------------------------------------------------------------------------

/// Puts the properties of a body into a content; what is unset stays as `Null` for the caller to see.
fn fill(content: &mut Content, body: Map<String, Value>, manner: Manner) -> Result<Written, Refusal> {
    let mut written = Written::default();
    let was_online = content.fields.get("isOnlineMeeting") == Some(&Value::Bool(true));
    let (places, place) = (body.contains_key("locations"), body.contains_key("location"));
    for (name, value) in body {
        if name == "singleValueExtendedProperties" {
            extended::merge(&mut content.extended, &value)?;
            continue;
        }
        match take(&name, value, manner.hand)? {
            Taken::Stored(value) => {
                content.fields.insert(name, value);
            }
            Taken::Ignored => {}
            Taken::Unknown => written.unknown.push(name),
        }
    }
    align_places(&mut content.fields, places, place);
    written.meeting = meet_online(&mut content.fields, was_online);
    Ok(written)
}

/// One place and the list of places say the same.
fn align_places(fields: &mut Map<String, Value>, list_sent: bool, one_sent: bool) {
    if list_sent {
        let first = fields.get("locations").and_then(|list| list.get(0)).cloned().unwrap_or_default();
        fields.insert("location".into(), first);
    } else if one_sent {
        let one = fields.get("location").filter(|place| !place.is_null());
        let list = one.map_or(Value::Null, |place| json!([place]));
        fields.insert("locations".into(), list);
    }
}

/// Makes an online meeting when it is asked for; there is no way back.
fn meet_online(fields: &mut Map<String, Value>, before: bool) -> bool {
    let asked = fields.get("isOnlineMeeting") == Some(&Value::Bool(true));
    if before {
        fields.insert("isOnlineMeeting".into(), true.into());
    } else if asked && !fields.contains_key("onlineMeeting") {
        fields.insert(
            "onlineMeeting".into(),
            json!({ "joinUrl": "https://teams.example/l/meetup-join/19%3ameeting" }),
        );
        fields.insert("onlineMeetingProvider".into(), "teamsForBusiness".into());
    }
    asked && !before
}

// --- time ------------------------------------------------------------------------------------------------------

/// Takes the times out of a body; `None` when it has none.
fn span(held: Option<&Span>, body: &mut Map<String, Value>) -> Result<Option<Span>, Refusal> {
    let sent = ["start", "end", "isAllDay"].map(|name| body.remove(name));
    if held.is_some() && sent.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [start, end, all_day] = sent;
    let moment = |name: &str, sent: Option<Value>, held: Option<&Moment>| match sent {
        Some(value) => Moment::read(name, &value),
        None => held.cloned().ok_or_else(|| missing(name)),
    };
    let all_day = match all_day {
        None => held.is_some_and(|held| held.all_day),
        Some(Value::Null) => false,
        Some(flag) => flag.as_bool().ok_or_else(|| mistyped("isAllDay", "Edm.Boolean"))?,
    };
    let span = Span {
        start: moment("start", start, held.map(|held| &held.start))?,
        end: moment("end", end, held.map(|held| &held.end))?,
        all_day,
    };
    span.check()?;
    Ok(Some(span))
}

fn missing(name: &str) -> Refusal {
    let message = format!("At least one property failed validation. '{name}' is missing.");
    Refusal::new(400, "ErrorPropertyValidationFailure", message)
}

/// Gives an event the rule that was sent, or fits the one it has to its new times.
fn reshape(event: &mut Event, sent: Option<Value>, manner: Manner) -> Result<(), Refusal> {
    let rule = match sent {
        Some(Value::Null) => None,
        Some(value) => Some(Recurrence::read(&value)?),
        None => event.series.as_ref().map(|series| series.rule.clone()),
    };
    let Some(mut rule) = rule else {
        event.series = None;
        return Ok(());
    };
    settle(&mut event.content.span, &mut rule)?;
    let held = event.series.take().filter(|_| manner.keep_exceptions);
    let (exceptions, cancelled) = held.map(|held| (held.exceptions, held.cancelled)).unwrap_or_default();
    let remains = |date: &NaiveDate| rule.falls_on(*date);
    let exceptions: BTreeMap<_, _> = exceptions.into_iter().filter(|(date, _)| remains(date)).collect();
    let cancelled: BTreeSet<_> = cancelled.into_iter().filter(remains).collect();
    event.series = Some(Series { rule, exceptions, cancelled });
    Ok(())
}

/// Brings the first times into the zone of the rule, and both onto the first date of the series.
fn settle(span: &mut Span, rule: &mut Recurrence) -> Result<(), Refusal> {
    if let Some(zone) = rule.zone.clone().filter(|zone| !zone.same(&span.start.zone)) {
        let moved = |moment: &Moment| match span.all_day {
            true => Moment { local: moment.local, zone: zone.clone() },
            false => moment.moved_to(&zone),
        };
        (span.start, span.end) = (moved(&span.start), moved(&span.end));
    }
    if rule.start != span.date() {
        return Err(invalid("range.startDate must be the date of the event's start"));
    }
    let first = rule.dates().next().ok_or_else(|| invalid("the series has no occurrence"))?;
    *span = span.on(first);
    rule.start = first;
    Ok(())
}

/// Outlook's rule: an occurrence stays between its neighbours, on a day of its own.
fn between_neighbours(event: &Event, date: NaiveDate, span: &Span) -> Result<(), Refusal> {
    let Some(series) = &event.series else { return Ok(()) };
    let kept = |found: &NaiveDate| !series.cancelled.contains(found);
    let before = series.rule.dates().take_while(|found| *found < date).filter(kept).last();
    let after = series.rule.dates().filter(kept).find(|found| *found > date);
    let day = |span: &Span| span.start.moved_to(event.zone()).local.date();
    let reaches = |earlier: &Span, later: &Span| {
        day(earlier) >= day(later) || earlier.end.instant() > later.start.instant()
    };
    let crossed = before.is_some_and(|before| reaches(&event.span_of(Part::Date(before)), span))
        || after.is_some_and(|after| reaches(span, &event.span_of(Part::Date(after))));
    if crossed {
        let message = "Modified occurrence is crossing or overlapping adjacent occurrence.";
        return Err(Refusal::new(400, "ErrorOccurrenceCrossingBoundary", message));
    }
    Ok(())
}
