//! The way of one request: fault, permission, throttle, latency, effect, fault.

use std::sync::Arc;

use super::answer::{Answer, Stamp};
use super::calendars;
use super::call::Call;
use super::contacts;
use super::contacts_delta;
use super::directory;
use super::directory_delta;
use super::faulty;
use super::folders;
use super::members;
use super::route::{CalendarPlace, Place, Route};
use super::session::Session;
use crate::recording::Exchange;
use crate::state::ids::Named;
use crate::state::lock;
use crate::state::refusal::Refusal;
use crate::state::tenant::{Cell, TenantState};
use crate::state::throttle::Load;
use crate::state::world::World;

/// Serves a plain request or an item of a batch; `begin` is the microsecond at which its latency starts.
pub(crate) async fn serve(world: &World, session: &Session, mut call: Call, begin: i64) -> Answer {
    let noted = world.recorder.is_on().then(|| recorded(&call));
    let fault = world.faults.draw(&call.method, &call.path, call.item);
    let request_id = world.request_id();
    let client_request_id = call.headers.client_request_id.clone();
    let stamp = Stamp { clock: &world.clock, request_id, client_request_id: client_request_id.as_deref() };
    let mut answer = match fault.as_ref().and_then(|fault| faulty::before(fault, &stamp)) {
        Some(answer) => answer,
        None => {
            attempt(world, session, &mut call, begin).await.unwrap_or_else(|why| Answer::refusal(why, &stamp))
        }
    };
    if let Some(fault) = &fault {
        world.counters.note(|counts| counts.faults += 1);
        answer = faulty::after(fault, answer, &call, world);
    }
    world.counters.note(|counts| {
        counts.graph_requests += 1;
        counts.throttled += u64::from(answer.status == 429);
    });
    if let Some(exchange) = noted {
        world.recorder.note(finished(exchange, &answer));
    }
    answer.header("request-id", request_id.to_string())
}

async fn attempt(world: &World, session: &Session, call: &mut Call, begin: i64) -> Result<Answer, Refusal> {
    let route = Route::read(&call.segments()?)?;
    match route {
        Route::Mailbox(user, place) => in_mailbox(world, session, call, begin, (&user, &place)).await,
        route => in_directory(world, session, call, begin, &route).await,
    }
}

async fn in_mailbox(
    world: &World,
    session: &Session,
    call: &mut Call,
    begin: i64,
    (user, place): (&str, &Place),
) -> Result<Answer, Refusal> {
    let write = call.method != "GET";
    session.mailbox(place, write, user, world.clock.seconds())?;
    let cell = session.tenant.mailbox(user)?;
    let mut permit = Permit::take(world, &cell, call)?;
    permit.claim(call, place)?;
    world.clock.wait_until(begin + world.latency()).await;
    let visit = Visit { world, tenant: &session.tenant, cell: &cell };
    match place {
        Place::Folders => folders::collection(&visit, call),
        Place::Folder(folder) => folders::one(&visit, call, folder),
        Place::DestroyFolder(folder) => folders::destroy(&visit, call, folder),
        Place::Contacts(folder) => contacts::collection(&visit, call, folder.as_deref()),
        Place::ContactsDelta(folder) => contacts_delta::delta(&visit, call, folder.as_deref()),
        Place::Contact(folder, contact) => contacts::one(&visit, call, folder.as_deref(), contact),
        Place::DestroyContact(folder, contact) => contacts::destroy(&visit, call, folder.as_deref(), contact),
        Place::Calendars(place) => calendars::serve(&visit, call, place),
    }
}

async fn in_directory(
    world: &World,
    session: &Session,
    call: &Call,
    begin: i64,
    route: &Route,
) -> Result<Answer, Refusal> {
    directory::permitted(session, route)?;
    let load = if world.quirks().throttling { Some(pay(world, session, call, route)?) } else { None };
    world.clock.wait_until(begin + world.latency()).await;
    directory::readable(call)?;
    let answer = match route {
        Route::List(kind) => directory::list(world, session, call, *kind),
        Route::Delta(kind) => directory_delta::delta(world, session, call, *kind),
        Route::One(kind, id) => directory::one(world, session, call, *kind, id),
        Route::Members { group, transitive, cast } => {
            members::list(world, session, call, (group, *transitive, *cast))
        }
        Route::Manager(user) | Route::Mailbox(user, _) => directory::manager(world, session, call, user),
    }?;
    Ok(load.into_iter().fold(answer, priced))
}

/// Takes the resource units of a directory request.
fn pay(world: &World, session: &Session, call: &Call, route: &Route) -> Result<Load, Refusal> {
    let cost = directory::cost(call, route);
    let users = lock(&session.tenant.directory).users.items.len();
    let paid = lock(&session.tenant.bucket).take(cost, users, world.clock.millis());
    let app = world.ids.client_id(session.app.unwrap_or_default());
    let scope = || format!("Tenant_Application/ReadWrite/{app}/{}", session.tenant.id);
    paid.map_err(|refusal| refusal.header("x-ms-throttle-scope", scope()))
}

fn priced(answer: Answer, load: Load) -> Answer {
    let answer = answer.header("x-ms-resource-unit", load.cost.to_string());
    if load.share < 0.8 {
        return answer;
    }
    answer.header("x-ms-throttle-limit-percentage", format!("{:.1}", load.share))
}

/// A request at work in a mailbox.
pub(crate) struct Visit<'a> {
    pub(crate) world: &'a World,
    pub(crate) tenant: &'a TenantState,
    pub(crate) cell: &'a Cell,
}

/// A place at a mailbox's gate; given back when the request is done.
struct Permit {
    cell: Arc<Cell>,
    item: Option<u64>,
}

impl Permit {
    fn take(world: &World, cell: &Arc<Cell>, call: &Call) -> Result<Self, Refusal> {
        let upload = if matches!(call.method.as_str(), "POST" | "PATCH" | "PUT") { call.bytes } else { 0 };
        let mut gate = lock(&cell.gate);
        let at_work =
            if world.quirks().throttling { gate.admit(world.clock.millis(), upload)? } else { gate.enter() };
        drop(gate);
        world.counters.note(|counts| {
            counts.peak_mailbox_concurrency = counts.peak_mailbox_concurrency.max(at_work);
        });
        Ok(Self { cell: Arc::clone(cell), item: None })
    }

    /// Reserves the item that a write names; a name that is none is refused later.
    fn claim(&mut self, call: &Call, place: &Place) -> Result<(), Refusal> {
        if !matches!(call.method.as_str(), "PATCH" | "DELETE") {
            return Ok(());
        }
        if let Some(item) = self.named(place) {
            lock(&self.cell.gate).claim(item)?;
            self.item = Some(item);
        }
        Ok(())
    }

    /// The number of the contact or event that a place names; an occurrence counts as its series.
    fn named(&self, place: &Place) -> Option<u64> {
        match place {
            Place::Contact(_, id) => match lock(&self.cell.contacts).ids.read_item(id)? {
                Named::Serial(serial, _) => Some(serial),
                _ => None,
            },
            Place::Calendars(CalendarPlace::Event(_, id)) => {
                match lock(&self.cell.events).ids.read_item(id)? {
                    Named::Serial(serial, _) | Named::Occurrence(serial, ..) => Some(EVENTS | serial),
                    Named::Stale => None,
                }
            }
            _ => None,
        }
    }
}

/// Tells the numbers of events from those of contacts.
const EVENTS: u64 = 1 << 63;

impl Drop for Permit {
    fn drop(&mut self) {
        let mut gate = lock(&self.cell.gate);
        gate.leave();
        if let Some(item) = self.item {
            gate.release(item);
        }
    }
}

fn recorded(call: &Call) -> Exchange {
    let question = if call.query.is_empty() { "" } else { "?" };
    Exchange {
        method: call.method.clone(),
        path: format!("{}{question}{}", call.path, call.query),
        item: call.item,
        request: call.body.as_ref().map(ToString::to_string).unwrap_or_default(),
        status: 0,
        answer: String::new(),
    }
}

fn finished(mut exchange: Exchange, answer: &Answer) -> Exchange {
    exchange.status = answer.status;
    exchange.answer = String::from_utf8_lossy(&answer.body).into_owned();
    exchange
}
