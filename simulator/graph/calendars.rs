//! Calendars, and the way to what is in them.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::calendar_view;
use super::call::Call;
use super::events;
use super::filter::{Filter, expand};
use super::folders::{not_allowed, sized_post};
use super::page::paged;
use super::route::CalendarPlace;
use super::serve::Visit;
use super::view_delta;
use crate::state::contact::{extended_entry, json as write_json};
use crate::state::counters::Write;
use crate::state::event::Event;
use crate::state::extended::{self, Extended, ExtendedId};
use crate::state::folder::Folder;
use crate::state::ids::Ids;
use crate::state::lock;
use crate::state::mailbox::{CALENDAR, DEFAULT, Mailbox};
use crate::state::refusal::Refusal;

const COLORS: [&str; 11] = [
    "auto",
    "lightBlue",
    "lightGreen",
    "lightOrange",
    "lightGray",
    "lightYellow",
    "lightTeal",
    "lightPink",
    "lightBrown",
    "lightRed",
    "maxColor",
];
const PROPERTIES: [&str; 14] = [
    "id",
    "name",
    "color",
    "hexColor",
    "changeKey",
    "owner",
    "canEdit",
    "canShare",
    "canViewPrivateItems",
    "isDefaultCalendar",
    "isRemovable",
    "isTallyingResponses",
    "allowedOnlineMeetingProviders",
    "defaultOnlineMeetingProvider",
];

pub(crate) fn serve(visit: &Visit<'_>, call: &mut Call, place: &CalendarPlace) -> Result<Answer, Refusal> {
    match place {
        CalendarPlace::All => collection(visit, call),
        CalendarPlace::One(id) => one(visit, call, id.as_deref()),
        CalendarPlace::Destroy(id) => {
            sized_post(call)?;
            visit.write(Write::CalendarDelete, || delete(visit, id))
        }
        CalendarPlace::Events(calendar) => events::collection(visit, call, calendar.as_deref()),
        CalendarPlace::Event(calendar, id) => events::one(visit, call, calendar.as_deref(), id),
        CalendarPlace::DestroyEvent(calendar, id) => events::destroy(visit, call, calendar.as_deref(), id),
        CalendarPlace::CancelEvent(calendar, id) => events::call_off(visit, call, calendar.as_deref(), id),
        CalendarPlace::Instances(calendar, id) => {
            calendar_view::instances(visit, call, calendar.as_deref(), id)
        }
        CalendarPlace::View(calendar) => calendar_view::list(visit, call, calendar.as_deref()),
        CalendarPlace::ViewDelta(calendar) => view_delta::delta(visit, call, calendar.as_deref()),
    }
}

fn collection(visit: &Visit<'_>, call: &mut Call) -> Result<Answer, Refusal> {
    match call.method.as_str() {
        "GET" => list(visit, call),
        "POST" => visit.write(Write::CalendarCreate, || create(visit, call)),
        _ => Err(not_allowed()),
    }
}

fn one(visit: &Visit<'_>, call: &mut Call, id: Option<&str>) -> Result<Answer, Refusal> {
    match (call.method.as_str(), id) {
        ("GET", id) => get(visit, call, id.unwrap_or(CALENDAR)),
        ("PATCH", id) => visit.write(Write::CalendarPatch, || patch(visit, call, id.unwrap_or(CALENDAR))),
        ("DELETE", Some(id)) => visit.write(Write::CalendarDelete, || delete(visit, id)),
        _ => Err(not_allowed()),
    }
}

fn list(visit: &Visit<'_>, call: &Call) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$top", "$skip", "$filter", "$expand", "$count"])?;
    let shown = Shown::read(visit, call)?;
    let filter = options.get("$filter").map(Filter::read).transpose()?;
    let mailbox = lock(&visit.cell.events);
    let found: Vec<&Folder> = mailbox
        .folders
        .values()
        .filter(|calendar| filter.as_ref().is_none_or(|wanted| wanted.matches_tags(&calendar.extended)))
        .collect();
    paged(visit, call, "calendars", &found, |calendar, out| {
        write_json(&shown.show(calendar, &mailbox.ids), out)
    })
}

fn get(visit: &Visit<'_>, call: &Call, id: &str) -> Result<Answer, Refusal> {
    call.options().only(&["$select", "$expand"])?;
    let shown = Shown::read(visit, call)?;
    let mailbox = lock(&visit.cell.events);
    Ok(answer(visit, 200, mailbox.folder(id)?, &mailbox.ids, &shown))
}

fn create(visit: &Visit<'_>, call: &mut Call) -> Result<Answer, Refusal> {
    let shown = Shown::all(visit);
    let sent = Sent::read(&call.object()?, &[])?;
    let name = sent.name.ok_or_else(|| Refusal::bad_request("A calendar needs a name."))?;
    let mut mailbox = lock(&visit.cell.events);
    let ids = mailbox.ids.clone();
    let calendar = mailbox.create_folder(&name)?;
    calendar.extended = sent.extended;
    calendar.color = sent.color.unwrap_or("auto").to_owned();
    Ok(answer(visit, 201, calendar, &ids, &shown))
}

fn patch(visit: &Visit<'_>, call: &mut Call, id: &str) -> Result<Answer, Refusal> {
    let shown = Shown::all(visit);
    let body = call.object()?;
    let mut mailbox = lock(&visit.cell.events);
    let sent = Sent::read(&body, &mailbox.folder(id)?.extended)?;
    if let Some(name) = &sent.name {
        free_name(&mailbox, id, name)?;
    }
    let ids = mailbox.ids.clone();
    let calendar = mailbox.folder_mut(id)?;
    calendar.edits += 1;
    calendar.extended = sent.extended;
    if let Some(name) = sent.name {
        calendar.name = name;
    }
    if let Some(color) = sent.color {
        calendar.color = color.to_owned();
    }
    Ok(answer(visit, 200, calendar, &ids, &shown))
}

fn free_name(mailbox: &Mailbox<Event>, id: &str, name: &str) -> Result<(), Refusal> {
    let held = mailbox.folder(id)?;
    if held.name.eq_ignore_ascii_case(name) { Ok(()) } else { mailbox.free_name(name) }
}

/// Deletes a calendar with its events. Nobody is told: Exchange mails nothing when a folder goes.
fn delete(visit: &Visit<'_>, id: &str) -> Result<Answer, Refusal> {
    lock(&visit.cell.events).delete_folder(id, true, visit.world.clock.millis())?;
    Ok(Answer::empty(204))
}

/// What a request body says about a calendar.
struct Sent {
    name: Option<String>,
    color: Option<&'static str>,
    /// The tags it then has.
    extended: Vec<Extended>,
}

impl Sent {
    fn read(body: &Map<String, Value>, held: &[Extended]) -> Result<Self, Refusal> {
        let mut extended = held.to_vec();
        if let Some(sent) = body.get("singleValueExtendedProperties") {
            extended::merge(&mut extended, sent)?;
        }
        Ok(Self { name: name_of(body)?, color: color_of(body)?, extended })
    }
}

fn name_of(body: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    match body.get("name") {
        None => Ok(None),
        Some(Value::String(name)) if !name.trim().is_empty() => Ok(Some(name.clone())),
        Some(_) => Err(Refusal::bad_request("The name of a calendar must be a string with content.")),
    }
}

fn color_of(body: &Map<String, Value>) -> Result<Option<&'static str>, Refusal> {
    let Some(sent) = body.get("color") else { return Ok(None) };
    let sent = sent.as_str().unwrap_or_default();
    let known = COLORS.iter().find(|color| color.eq_ignore_ascii_case(sent));
    let unknown = || {
        let message = format!("Requested value '{sent}' was not found in 'microsoft.graph.calendarColor'.");
        Refusal::new(400, "RequestBodyRead", message)
    };
    known.copied().map(Some).ok_or_else(unknown)
}

/// Which properties of a calendar are shown.
struct Shown {
    select: Option<Vec<String>>,
    expand: Vec<ExtendedId>,
    owner: Value,
}

impl Shown {
    fn all(visit: &Visit<'_>) -> Self {
        Self { select: None, expand: Vec::new(), owner: visit.owner() }
    }

    fn read(visit: &Visit<'_>, call: &Call) -> Result<Self, Refusal> {
        let options = call.options();
        let select = options.get("$select").map(select).transpose()?;
        let expand = options.get("$expand").map(expand).transpose()?.unwrap_or_default();
        Ok(Self { select, expand, owner: visit.owner() })
    }

    fn show(&self, calendar: &Folder, ids: &Ids) -> Value {
        let default = calendar.serial == DEFAULT;
        let mut all = json!({
            "name": calendar.name,
            "color": calendar.color,
            "hexColor": "",
            "changeKey": ids.change_key(calendar.edits + (calendar.serial << 16)),
            "owner": self.owner,
            "canEdit": true,
            "canShare": true,
            "canViewPrivateItems": true,
            "isDefaultCalendar": default,
            "isRemovable": !default,
            "isTallyingResponses": default,
            "allowedOnlineMeetingProviders": ["teamsForBusiness"],
            "defaultOnlineMeetingProvider": "teamsForBusiness",
        });
        let Some(members) = all.as_object_mut() else { return all };
        if let Some(select) = &self.select {
            members.retain(|name, _| select.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
        }
        members.insert("id".into(), ids.folder(calendar.serial).into());
        let asked =
            self.expand.iter().filter_map(|id| calendar.extended.iter().find(|held| held.id.same(id)));
        let asked: Vec<Value> = asked.map(extended_entry).collect();
        if !asked.is_empty() {
            members.insert("singleValueExtendedProperties".into(), asked.into());
        }
        all
    }
}

fn select(list: &str) -> Result<Vec<String>, Refusal> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let known = |name: &str| PROPERTIES.iter().any(|property| property.eq_ignore_ascii_case(name));
    let checked = names.map(|name| match known(name) {
        true => Ok(name.to_owned()),
        false => Err(Refusal::new(
            400,
            "RequestBroker--ParseUri",
            format!("Could not find a property named '{name}' on type 'microsoft.graph.calendar'."),
        )),
    });
    checked.collect()
}

fn answer(visit: &Visit<'_>, status: u16, calendar: &Folder, ids: &Ids, shown: &Shown) -> Answer {
    let mut body = shown.show(calendar, ids);
    if let Some(body) = body.as_object_mut() {
        body.insert("@odata.context".into(), visit.context("calendars/$entity").into());
    }
    Answer::value(status, &body)
}
