//! The delta of a calendar view.

use serde_json::{Value, json};

use super::answer::Answer;
use super::calendar_view::window;
use super::call::{Call, Options};
use super::event_query::{plain_view, preferred};
use super::folders::not_allowed;
use super::page::Frame;
use super::serve::Visit;
use crate::state::contact::json as write_json;
use crate::state::event::Event;
use crate::state::event_show::EventView;
use crate::state::lock;
use crate::state::mailbox::{CALENDAR, Mailbox};
use crate::state::refusal::Refusal;
use crate::state::token;
use crate::state::view_delta::{Cursor, Manner, Shown};

const MOST: usize = 1000;

pub(crate) fn delta(visit: &Visit<'_>, call: &Call, calendar: Option<&str>) -> Result<Answer, Refusal> {
    let options = call.options();
    check(call, &options)?;
    let quirks = visit.world.quirks();
    let size = call.headers.page_size.unwrap_or(quirks.delta_page).min(MOST);
    if quirks.view_page_limit.is_some_and(|limit| size > limit) {
        return Ok(Answer::empty(503));
    }
    let view = EventView { typed: true, ..plain_view(visit, call)? };
    let mut mailbox = lock(&visit.cell.events);
    let cursor = cursor(&mailbox, call, &options, calendar.unwrap_or(CALENDAR))?;
    mailbox.check_generation(cursor.calendar, cursor.generation)?;
    let manner = Manner {
        size,
        now: visit.world.clock.millis(),
        every_poll: quirks.generation_every_poll,
        repeats: quirks.view_repeats,
        strays: quirks.view_strays,
        seed: visit.world.seed,
    };
    let page = mailbox.view_page(cursor, manner);
    let (next, member) =
        if page.more { ("$skiptoken", "@odata.nextLink") } else { ("$deltatoken", "@odata.deltaLink") };
    let base = visit.world.base();
    let link = format!("{base}/v1.0{}?{next}={}", call.path, token::seal(&page.next));
    let frame = Frame::new(&format!("{base}/v1.0/$metadata#Collection(event)")).member(member, Some(link));
    let calendar = page.next.calendar;
    let show = |entry: &Shown, out: &mut Vec<u8>| write_json(&shown(entry, &mailbox, calendar, &view), out);
    Ok(preferred(frame.entries(&page.entries, show), call))
}

fn check(call: &Call, options: &Options<'_>) -> Result<(), Refusal> {
    if call.method != "GET" {
        return Err(not_allowed());
    }
    let barred = ["$select", "$expand", "$filter", "$orderby", "$search"];
    if barred.iter().any(|name| options.get(name).is_some()) {
        let message = "The following parameters are not supported with change tracking over the 'CalendarView' \
                       resource: '$orderby, $filter, $select, $expand, $search'.";
        return Err(Refusal::new(400, "ErrorInvalidUrlQuery", message));
    }
    options.only(&["$skiptoken", "$deltatoken"])
}

fn cursor(
    mailbox: &Mailbox<Event>,
    call: &Call,
    options: &Options<'_>,
    calendar: &str,
) -> Result<Cursor, Refusal> {
    let serial = mailbox.folder(calendar)?.serial;
    if let Some(token) = options.get("$deltatoken").or_else(|| options.get("$skiptoken")) {
        let cursor: Cursor = token::open(token).ok_or_else(Refusal::bad_token)?;
        return if cursor.calendar == serial { Ok(cursor) } else { Err(Refusal::bad_token()) };
    }
    let window = window(call)?;
    Ok(Cursor { calendar: serial, window, after: 0, began: Some(0), half: None, generation: None })
}

fn shown(entry: &Shown, mailbox: &Mailbox<Event>, calendar: u64, view: &EventView) -> Value {
    let ids = &mailbox.ids;
    match entry {
        Shown::Whole(event, part) => event.show(*part, ids, view),
        Shown::Slim(event, part) => event.show_slim(*part, ids, view),
        Shown::Older(event, part) => {
            let mut older = Event::clone(event);
            older.version = older.version.saturating_sub(1);
            older.content.fields.insert("subject".into(), "An earlier subject".into());
            older.show(*part, ids, view)
        }
        Shown::Gone(serial) => json!({
            "@odata.type": "#microsoft.graph.event",
            "id": ids.item(*serial, calendar, view.immutable),
            "@removed": { "reason": "deleted" },
        }),
    }
}
