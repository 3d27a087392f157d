//! What a colleague does in calendars by hand: nothing of it fills the outbox.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::Error;
use crate::state::event::{Event, Part};
use crate::state::event_fields::Hand;
use crate::state::event_write::{Manner, Written, cancel, create, patch};
use crate::state::ids::Named;
use crate::state::lock;
use crate::state::mailbox::Mailbox;
use crate::state::outbox::Mail;
use crate::state::refusal::Refusal;
use crate::tenant::Tenant;

/// Calendars are named by id or name ("Calendar" is the default one), events by either form of their id, one date of a
/// series by `OID.{id}.{YYYY-MM-DD}` or the id of the occurrence.
impl Tenant {
    /// A colleague makes a calendar; the answer is its id.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn user_creates_calendar(&self, user: Uuid, name: &str) -> Result<String, Error> {
        self.in_calendars(user, |mailbox, _| {
            let serial = mailbox.create_folder(name)?.serial;
            Ok(mailbox.ids.folder(serial))
        })
    }

    /// A colleague deletes a calendar with all its events.
    ///
    /// # Errors
    /// When there is no such calendar, or it is the default one.
    pub fn user_deletes_calendar(&self, user: Uuid, calendar: &str) -> Result<(), Error> {
        self.in_calendars(user, |mailbox, manner| {
            let id = mailbox.ids.folder(serial_of(mailbox, calendar)?);
            mailbox.delete_folder(&id, true, manner.now)
        })
    }

    /// A colleague creates an event in Outlook, or receives one; the answer is its immutable id.
    ///
    /// Beside what a client of Graph may write, `organizer`, `isOrganizer`, `responseStatus`, `isCancelled`,
    /// `onlineMeeting`, `onlineMeetingUrl` and `originalStartTimeZone` can be set. An `organizer` other than the
    /// mailbox's owner makes it somebody else's meeting.
    ///
    /// # Errors
    /// When the calendar is unknown or a field does not fit.
    pub fn user_creates_event(&self, user: Uuid, calendar: &str, fields: Value) -> Result<String, Error> {
        let fields = self.as_attendee(user, object(fields)?);
        self.in_calendars(user, |mailbox, manner| {
            let calendar = serial_of(mailbox, calendar)?;
            let (event, written) = create((mailbox.next_serial(), calendar), fields, manner)?;
            known(written)?;
            let event = mailbox.store(event, manner.now);
            Ok(event.id(Part::Whole, &mailbox.ids, true))
        })
    }

    /// A colleague edits an event, or one date of a series; only the given fields change.
    ///
    /// # Errors
    /// When the event is unknown or a field does not fit.
    pub fn user_edits_event(&self, user: Uuid, event: &str, fields: Value) -> Result<(), Error> {
        let fields = object(fields)?;
        self.in_calendars(user, |mailbox, manner| {
            let (mut changed, part) = find(mailbox, event)?;
            known(patch(&mut changed, part, fields, manner)?)?;
            mailbox.store(changed, manner.now);
            Ok(())
        })
    }

    /// A colleague deletes an event, or one date of a series.
    ///
    /// # Errors
    /// When the event is unknown, or does not take place on that date.
    pub fn user_deletes_event(&self, user: Uuid, event: &str) -> Result<(), Error> {
        self.in_calendars(user, |mailbox, manner| {
            let (mut held, part) = find(mailbox, event)?;
            match part {
                Part::Whole => {
                    mailbox.remove(held.serial, manner.now);
                }
                Part::Date(date) => {
                    cancel(&mut held, date);
                    mailbox.store(held, manner.now);
                }
            }
            Ok(())
        })
    }

    /// A colleague moves an event or a whole series to another calendar.
    ///
    /// # Errors
    /// When the event or the calendar is unknown.
    pub fn user_moves_event(&self, user: Uuid, event: &str, calendar: &str) -> Result<(), Error> {
        self.in_calendars(user, |mailbox, manner| {
            let target = serial_of(mailbox, calendar)?;
            let (mut moved, _) = find(mailbox, event)?;
            moved.calendar = target;
            mailbox.store(moved, manner.now);
            Ok(())
        })
    }

    /// All calendars of a user: `{"calendars":[{"id","name","color","isDefaultCalendar","singleValueExtendedProperties","events"}]}`.
    ///
    /// Events carry every set field as it was written (bodies unwrapped), `start` and `end` in their own zones, `id`
    /// (immutable), `changeKey`, `type`, all extended properties; a series also `recurrence`, `exceptions` (each whole, with the `date` it
    /// stands for) and `cancelled` (dates).
    #[must_use]
    pub fn calendar_contents(&self, user: Uuid) -> Value {
        lock(&self.state.cell(user).events).calendar_contents()
    }

    /// What Exchange would have mailed because of clients' writes, and online meetings that they made.
    #[must_use]
    pub fn outbox(&self) -> Vec<Mail> {
        lock(&self.state.outbox).clone()
    }

    /// How many entries the outbox has.
    #[must_use]
    pub fn outbox_count(&self) -> usize {
        lock(&self.state.outbox).len()
    }

    /// Forgets what is in the outbox.
    pub fn clear_outbox(&self) {
        lock(&self.state.outbox).clear();
    }

    fn in_calendars<T>(
        &self,
        user: Uuid,
        change: impl FnOnce(&mut Mailbox<Event>, Manner) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let quirks = self.world.quirks();
        let manner = Manner {
            hand: Hand::Colleague,
            keep_exceptions: quirks.exceptions_kept,
            keep_order: quirks.occurrences_keep_order,
            now: self.world.clock.millis(),
        };
        let cell = self.state.cell(user);
        let mut mailbox = lock(&cell.events);
        change(&mut mailbox, manner)
            .map_err(|refusal| Error::edit(format!("{}: {}", refusal.code, refusal.message)))
    }

    /// Somebody else's meeting is not the owner's own.
    fn as_attendee(&self, user: Uuid, mut fields: Map<String, Value>) -> Map<String, Value> {
        let organizer = fields.get("organizer").and_then(|who| who.pointer("/emailAddress/address")).cloned();
        let own =
            organizer.as_ref().is_none_or(|address| Some(address) == self.state.owner(user).get("address"));
        if !own {
            fields.entry("isOrganizer").or_insert(Value::Bool(false));
            let waiting = || json!({ "response": "notResponded", "time": "0001-01-01T00:00:00Z" });
            fields.entry("responseStatus").or_insert_with(waiting);
        }
        fields
    }
}

fn object(fields: Value) -> Result<Map<String, Value>, Error> {
    match fields {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::edit("fields must be a JSON object")),
    }
}

fn known(written: Written) -> Result<(), Refusal> {
    match written.unknown.first() {
        None => Ok(()),
        Some(name) => Err(Refusal::bad_request(format!("an event has no field '{name}'"))),
    }
}

fn serial_of(mailbox: &Mailbox<Event>, calendar: &str) -> Result<u64, Refusal> {
    match mailbox.named(calendar) {
        Some(calendar) => Ok(calendar.serial),
        None => mailbox.folder(calendar).map(|calendar| calendar.serial),
    }
}

/// A copy of the event that an id names, and which part of it.
fn find(mailbox: &Mailbox<Event>, id: &str) -> Result<(Event, Part), Refusal> {
    let (event, part) = mailbox.find_event(None, mailbox.ids.read_item(id).unwrap_or(Named::Stale))?;
    Ok((Event::clone(event), part))
}
