//! Calendar views: what takes place in a window, and the instances of one series.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::answer::Answer;
use super::call::Call;
use super::event_query::{preferred, view};
use super::events::{below, events_page, find};
use super::folders::not_allowed;
use super::serve::Visit;
use crate::state::event::{Event, Part};
use crate::state::lock;
use crate::state::mailbox::CALENDAR;
use crate::state::refusal::Refusal;
use crate::state::zone::Window;

const MOST_DAYS: i64 = 1825;

pub(crate) fn list(visit: &Visit<'_>, call: &Call, calendar: Option<&str>) -> Result<Answer, Refusal> {
    let (view, window) = asked(visit, call)?;
    let mut mailbox = lock(&visit.cell.events);
    let overlay = mailbox.overlay(visit.world.clock.millis());
    let all = mailbox.listed(mailbox.folder(calendar.unwrap_or(CALENDAR))?, &overlay);
    let mut found: Vec<(&Event, Part)> =
        all.into_iter().flat_map(|event| parts(event, event.within(window))).collect();
    found.sort_by_key(|(event, part)| event.span_of(*part).start.instant());
    let answer = events_page(visit, call, &found, (&mailbox.ids, &view, &below(calendar, "calendarView")))?;
    Ok(preferred(answer, call))
}

pub(crate) fn instances(
    visit: &Visit<'_>,
    call: &Call,
    calendar: Option<&str>,
    id: &str,
) -> Result<Answer, Refusal> {
    let (view, window) = asked(visit, call)?;
    let mailbox = lock(&visit.cell.events);
    let (event, part) = find(&mailbox, calendar, id)?;
    if event.series.is_none() || part != Part::Whole {
        let message = "The event is not the master of a series.";
        return Err(Refusal::new(400, "ErrorInvalidRequest", message));
    }
    let found: Vec<(&Event, Part)> = parts(&event, event.within(window)).collect();
    let context = below(calendar, &format!("events('{id}')/instances"));
    let answer = events_page(visit, call, &found, (&mailbox.ids, &view, &context))?;
    Ok(preferred(answer, call))
}

fn asked(visit: &Visit<'_>, call: &Call) -> Result<(crate::state::event_show::EventView, Window), Refusal> {
    if call.method != "GET" {
        return Err(not_allowed());
    }
    call.options().only(&["$select", "$top", "$skip", "$expand", "$count"])?;
    Ok((view(visit, call, false)?, window(call)?))
}

fn parts(event: &Event, parts: Vec<Part>) -> impl Iterator<Item = (&Event, Part)> {
    parts.into_iter().map(move |part| (event, part))
}

/// Reads `startDateTime` and `endDateTime`.
pub(crate) fn window(call: &Call) -> Result<Window, Refusal> {
    let window = Window { start: bound(call, "StartDateTime")?, end: bound(call, "EndDateTime")? };
    if window.end < window.start {
        let message = "The end of the calendar view must not be before its start.";
        return Err(Refusal::new(400, "ErrorCalendarEndDateIsEarlierThanStartDate", message));
    }
    if (window.end - window.start).num_days() > MOST_DAYS {
        let message = format!("The requested time window is too long: at most {MOST_DAYS} days.");
        return Err(Refusal::new(400, "ErrorCalendarViewRangeTooBig", message));
    }
    Ok(window)
}

fn bound(call: &Call, name: &str) -> Result<DateTime<Utc>, Refusal> {
    let sent = call.parameter(name).unwrap_or_default();
    let zoned = DateTime::parse_from_rfc3339(&sent).ok().map(|moment| moment.to_utc());
    let plain = || NaiveDateTime::parse_from_str(&sent, "%Y-%m-%dT%H:%M:%S%.f").ok();
    let date = || NaiveDate::parse_from_str(&sent, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN));
    zoned.or_else(|| plain().or_else(date).map(|local| local.and_utc())).ok_or_else(|| {
        let message = format!("The value '{sent}' of parameter '{name}' is invalid.");
        Refusal::new(400, "ErrorInvalidParameter", message)
    })
}
