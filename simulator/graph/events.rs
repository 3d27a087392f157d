//! Events: list, read, create, change, delete.

use std::sync::Arc;

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::event_query::{plain_view, preferred, view};
use super::filter::Filter;
use super::folders::{not_allowed, sized_post};
use super::page::paged;
use super::serve::Visit;
use crate::state::contact::json;
use crate::state::counters::Write;
use crate::state::event::{Event, Part};
use crate::state::event_fields::Hand;
use crate::state::event_show::EventView;
use crate::state::event_write::{Manner, cancel, create, patch};
use crate::state::ids::Ids;
use crate::state::lock;
use crate::state::mailbox::{CALENDAR, Mailbox};
use crate::state::outbox::{Mail, MailKind, addresses};
use crate::state::refusal::Refusal;
use crate::state::world::Duplicate;

pub(crate) fn collection(
    visit: &Visit<'_>,
    call: &mut Call,
    calendar: Option<&str>,
) -> Result<Answer, Refusal> {
    let answer = match call.method.as_str() {
        "GET" => list(visit, call, calendar),
        "POST" => visit.write(Write::EventCreate, || post(visit, call, calendar)),
        _ => Err(not_allowed()),
    }?;
    Ok(preferred(answer, call))
}

pub(crate) fn one(
    visit: &Visit<'_>,
    call: &mut Call,
    calendar: Option<&str>,
    id: &str,
) -> Result<Answer, Refusal> {
    let answer = match call.method.as_str() {
        "GET" => get(visit, call, calendar, id),
        "PATCH" => visit.write(Write::EventPatch, || change(visit, call, calendar, id)),
        "DELETE" => visit.write(Write::EventDelete, || delete(visit, call, calendar, id)),
        _ => Err(not_allowed()),
    }?;
    Ok(preferred(answer, call))
}

pub(crate) fn destroy(
    visit: &Visit<'_>,
    call: &Call,
    calendar: Option<&str>,
    id: &str,
) -> Result<Answer, Refusal> {
    sized_post(call)?;
    visit.write(Write::EventDelete, || delete(visit, call, calendar, id))
}

// --- reading ---------------------------------------------------------------------------------------------------

fn list(visit: &Visit<'_>, call: &Call, calendar: Option<&str>) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$top", "$skip", "$filter", "$expand", "$count"])?;
    let view = view(visit, call, false)?;
    let filter = options.get("$filter").map(Filter::read).transpose()?;
    let mut mailbox = lock(&visit.cell.events);
    let overlay = mailbox.overlay(visit.world.clock.millis());
    let mut found = mailbox.listed(mailbox.folder(calendar.unwrap_or(CALENDAR))?, &overlay);
    found.retain(|event| filter.as_ref().is_none_or(|wanted| wanted.matches_tags(&event.content.extended)));
    let found: Vec<(&Event, Part)> = found.into_iter().map(|event| (&**event, Part::Whole)).collect();
    events_page(visit, call, &found, (&mailbox.ids, &view, &below(calendar, "events")))
}

/// One page of the events that were found.
pub(crate) fn events_page(
    visit: &Visit<'_>,
    call: &Call,
    found: &[(&Event, Part)],
    (ids, view, context): (&Ids, &EventView, &str),
) -> Result<Answer, Refusal> {
    paged(visit, call, context, found, |(event, part), out| json(&event.show(*part, ids, view), out))
}

fn get(visit: &Visit<'_>, call: &Call, calendar: Option<&str>, id: &str) -> Result<Answer, Refusal> {
    call.options().only(&["$select", "$expand"])?;
    let view = view(visit, call, true)?;
    let mailbox = lock(&visit.cell.events);
    let (event, part) = find(&mailbox, calendar, id)?;
    Ok(answer(visit, 200, calendar, event.show(part, &mailbox.ids, &view)))
}

/// The event or occurrence that an id names.
pub(crate) fn find(
    mailbox: &Mailbox<Event>,
    calendar: Option<&str>,
    id: &str,
) -> Result<(Arc<Event>, Part), Refusal> {
    let named = mailbox.ids.read_item(id).ok_or_else(Refusal::malformed_id)?;
    mailbox.find_event(calendar, named).map(|(event, part)| (Arc::clone(event), part))
}

// --- writing ---------------------------------------------------------------------------------------------------

fn manner(visit: &Visit<'_>) -> Manner {
    let quirks = visit.world.quirks();
    Manner {
        hand: Hand::Client,
        keep_exceptions: quirks.exceptions_kept,
        keep_order: quirks.occurrences_keep_order,
        now: visit.world.clock.millis(),
    }
}

fn post(visit: &Visit<'_>, call: &mut Call, calendar: Option<&str>) -> Result<Answer, Refusal> {
    let view = plain_view(visit, call)?;
    let body = call.object()?;
    let manner = manner(visit);
    let transaction = body.get("transactionId").and_then(Value::as_str).map(str::to_owned);
    let mut mailbox = lock(&visit.cell.events);
    let home = mailbox.folder(calendar.unwrap_or(CALENDAR))?.serial;
    if let Some(held) = transaction.as_ref().and_then(|id| mailbox.transaction(id)) {
        match visit.world.quirks().duplicate_transaction {
            Duplicate::Existing => {
                return Ok(answer(visit, 201, calendar, held.show(Part::Whole, &mailbox.ids, &view)));
            }
            Duplicate::Conflict => return Err(duplicate()),
            Duplicate::Second => {}
        }
    }
    let (event, written) = create((mailbox.next_serial(), home), body, manner)?;
    let event = mailbox.store(event, manner.now);
    if let Some(id) = transaction {
        mailbox.transactions.insert(id, event.serial);
    }
    visit.note_unknown(written.unknown);
    tell(visit, None, (&event, Part::Whole), (&mailbox.ids, written.meeting));
    Ok(answer(visit, 201, calendar, event.show(Part::Whole, &mailbox.ids, &view)))
}

fn duplicate() -> Refusal {
    let message = "An event with this transactionId already exists.";
    Refusal::new(409, "ErrorDuplicateTransactionId", message)
}

fn change(visit: &Visit<'_>, call: &mut Call, calendar: Option<&str>, id: &str) -> Result<Answer, Refusal> {
    let view = plain_view(visit, call)?;
    let body = call.object()?;
    let told = body.keys().any(|name| !PERSONAL.contains(&name.as_str()));
    let manner = manner(visit);
    let mut mailbox = lock(&visit.cell.events);
    let (held, part) = find(&mailbox, calendar, id)?;
    fresh(visit, call, &held, &mailbox)?;
    let mut changed = Event::clone(&held);
    let written = patch(&mut changed, part, body, manner)?;
    let event = mailbox.store(changed, manner.now);
    visit.note_unknown(written.unknown);
    if told {
        tell(visit, Some(&held), (&event, part), (&mailbox.ids, written.meeting));
    }
    Ok(answer(visit, 200, calendar, event.show(part, &mailbox.ids, &view)))
}

fn delete(visit: &Visit<'_>, call: &Call, calendar: Option<&str>, id: &str) -> Result<Answer, Refusal> {
    let mut mailbox = lock(&visit.cell.events);
    let (held, part) = find(&mailbox, calendar, id)?;
    fresh(visit, call, &held, &mailbox)?;
    remove(visit, &mut mailbox, &held, part);
    Ok(Answer::empty(204))
}

/// The organizer calls a meeting off: it goes, and the attendees hear of it.
pub(crate) fn call_off(
    visit: &Visit<'_>,
    call: &mut Call,
    calendar: Option<&str>,
    id: &str,
) -> Result<Answer, Refusal> {
    sized_post(call)?;
    visit.write(Write::EventDelete, || {
        let mut mailbox = lock(&visit.cell.events);
        let (held, part) = find(&mailbox, calendar, id)?;
        if invited(&held, part).is_empty() {
            let message = "Your request can't be completed. You need to be an organizer to cancel a meeting.";
            return Err(Refusal::new(400, "ErrorInvalidRequest", message));
        }
        remove(visit, &mut mailbox, &held, part);
        Ok(Answer::empty(202))
    })
}

/// Takes an event or one date of it away, and tells the attendees.
fn remove(visit: &Visit<'_>, mailbox: &mut Mailbox<Event>, held: &Event, part: Part) {
    let now = visit.world.clock.millis();
    let to = invited(held, part);
    match part {
        Part::Whole => {
            mailbox.remove(held.serial, now);
        }
        Part::Date(date) => {
            let mut changed = held.clone();
            cancel(&mut changed, date);
            mailbox.store(changed, now);
        }
    }
    mail(visit, MailKind::Cancellation, (held, part), &mailbox.ids, to);
}

/// Refuses a write that was meant for another version.
fn fresh(visit: &Visit<'_>, call: &Call, held: &Event, mailbox: &Mailbox<Event>) -> Result<(), Refusal> {
    let Some(wanted) = call.headers.if_match.as_ref().filter(|_| visit.world.quirks().if_match_honoured)
    else {
        return Ok(());
    };
    let key = mailbox.ids.change_key(held.version);
    if wanted == "*" || *wanted == format!("W/\"{key}\"") {
        return Ok(());
    }
    let message = "The change key passed in the request does not match the current change key for the item.";
    Err(Refusal::new(412, "ErrorIrresolvableConflict", message))
}

fn answer(visit: &Visit<'_>, status: u16, calendar: Option<&str>, mut shown: Value) -> Answer {
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("@odata.context".into(), visit.context(&below(calendar, "events/$entity")).into());
    }
    Answer::value(status, &shown)
}

pub(crate) fn below(calendar: Option<&str>, what: &str) -> String {
    calendar.map_or_else(|| what.to_owned(), |calendar| format!("calendars('{calendar}')/{what}"))
}

// --- mail ------------------------------------------------------------------------------------------------------

/// What concerns the mailbox's owner alone: a change of it is mailed to nobody.
const PERSONAL: [&str; 5] =
    ["categories", "isReminderOn", "reminderMinutesBeforeStart", "showAs", "singleValueExtendedProperties"];

/// Mails what Exchange mails after a create (without `before`) or a change.
fn tell(
    visit: &Visit<'_>,
    before: Option<&Event>,
    (event, part): (&Event, Part),
    (ids, meeting): (&Ids, bool),
) {
    let old = before.map(|before| invited(before, part)).unwrap_or_default();
    let all = invited(event, part);
    let without = |list: &[String], others: &[String]| -> Vec<String> {
        list.iter().filter(|address| !others.contains(address)).cloned().collect()
    };
    let (new, gone) = (without(&all, &old), without(&old, &all));
    let kept = without(&all, &new);
    mail(visit, MailKind::Invitation, (event, part), ids, new);
    mail(visit, MailKind::Update, (event, part), ids, kept);
    mail(visit, MailKind::Cancellation, (event, part), ids, gone);
    if meeting {
        post_mail(visit, MailKind::OnlineMeeting, (event, part), ids, Vec::new());
    }
}

/// Whom the organizer's Exchange would mail about an event.
fn invited(event: &Event, part: Part) -> Vec<String> {
    let content = event.content_of(part);
    let fields = &content.fields;
    let organizer = fields.get("isOrganizer") != Some(&Value::Bool(false));
    if organizer { addresses(fields.get("attendees")) } else { Vec::new() }
}

fn mail(visit: &Visit<'_>, kind: MailKind, what: (&Event, Part), ids: &Ids, to: Vec<String>) {
    if !to.is_empty() {
        post_mail(visit, kind, what, ids, to);
    }
}

fn post_mail(visit: &Visit<'_>, kind: MailKind, (event, part): (&Event, Part), ids: &Ids, to: Vec<String>) {
    let content = event.content_of(part);
    let fields = &content.fields;
    let subject = fields.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
    let event = event.id(part, ids, true);
    lock(&visit.tenant.outbox).push(Mail { user: visit.cell.user, kind, event, subject, to });
}
