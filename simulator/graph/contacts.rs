//! Contacts: list, read, create, change, delete.

use std::sync::Arc;

use super::answer::Answer;
use super::call::Call;
use super::filter::{Filter, expand};
use super::folders::{not_allowed, sized_post};
use super::page::paged;
use super::serve::Visit;
use crate::state::contact::{Contact, Select, View, json};
use crate::state::contact_write::{self, apply};
use crate::state::counters::Write;
use crate::state::ids::Ids;
use crate::state::lock;
use crate::state::mailbox::Mailbox;
use crate::state::refusal::Refusal;

pub(crate) fn collection(
    visit: &Visit<'_>,
    call: &mut Call,
    folder: Option<&str>,
) -> Result<Answer, Refusal> {
    match call.method.as_str() {
        "GET" => list(visit, call, folder),
        "POST" => visit.write(Write::ContactCreate, || create(visit, call, folder)),
        _ => Err(not_allowed()),
    }
}

pub(crate) fn one(
    visit: &Visit<'_>,
    call: &mut Call,
    folder: Option<&str>,
    id: &str,
) -> Result<Answer, Refusal> {
    match call.method.as_str() {
        "GET" => get(visit, call, folder, id),
        "PATCH" => visit.write(Write::ContactPatch, || patch(visit, call, folder, id)),
        "DELETE" => visit.write(Write::ContactDelete, || delete(visit, call, folder, id)),
        _ => Err(not_allowed()),
    }
}

pub(crate) fn destroy(
    visit: &Visit<'_>,
    call: &Call,
    folder: Option<&str>,
    id: &str,
) -> Result<Answer, Refusal> {
    sized_post(call)?;
    visit.write(Write::ContactDelete, || delete(visit, call, folder, id))
}

fn list(visit: &Visit<'_>, call: &Call, folder: Option<&str>) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$top", "$skip", "$filter", "$expand", "$count"])?;
    let view = view(call)?;
    let filter = options.get("$filter").map(Filter::read).transpose()?;
    let mut mailbox = lock(&visit.cell.contacts);
    let overlay = mailbox.overlay(visit.world.clock.millis());
    let mut found = mailbox.listed(mailbox.folder(folder.unwrap_or("contacts"))?, &overlay);
    found.retain(|contact| filter.as_ref().is_none_or(|wanted| wanted.matches_contact(contact)));
    paged(visit, call, &below(folder, "contacts"), &found, |contact, out| {
        contact.show(&mailbox.ids, &view, out)
    })
}

fn get(visit: &Visit<'_>, call: &Call, folder: Option<&str>, id: &str) -> Result<Answer, Refusal> {
    call.options().only(&["$select", "$expand"])?;
    let view = view(call)?;
    let mailbox = lock(&visit.cell.contacts);
    let contact = mailbox.item(folder, id)?;
    Ok(answer(visit, 200, folder, (contact, &mailbox.ids, &view)))
}

fn create(visit: &Visit<'_>, call: &mut Call, folder: Option<&str>) -> Result<Answer, Refusal> {
    let view =
        View { select: Select::ALL, immutable: call.headers.immutable_ids, expand: Vec::new(), typed: false };
    let body = call.object()?;
    let given_name_required = visit.world.quirks().given_name_required;
    let now = visit.world.clock.millis();
    let mut mailbox = lock(&visit.cell.contacts);
    let home = mailbox.folder(folder.unwrap_or("contacts"))?.serial;
    let mut contact = mailbox.draft(home, now);
    let unknown = apply(&mut contact, body, contact_write::Write::Create { given_name_required })?;
    let contact = mailbox.store(contact, now);
    visit.note_unknown(unknown);
    Ok(answer(visit, 201, folder, (&contact, &mailbox.ids, &view)))
}

fn patch(visit: &Visit<'_>, call: &mut Call, folder: Option<&str>, id: &str) -> Result<Answer, Refusal> {
    let view =
        View { select: Select::ALL, immutable: call.headers.immutable_ids, expand: Vec::new(), typed: false };
    let body = call.object()?;
    let mut mailbox = lock(&visit.cell.contacts);
    let held = Arc::clone(mailbox.item(folder, id)?);
    fresh(visit, call, &held, &mailbox)?;
    let mut changed = Contact::clone(&held);
    let unknown = apply(&mut changed, body, contact_write::Write::Patch)?;
    let contact = mailbox.store(changed, visit.world.clock.millis());
    visit.note_unknown(unknown);
    Ok(answer(visit, 200, folder, (&contact, &mailbox.ids, &view)))
}

fn delete(visit: &Visit<'_>, call: &Call, folder: Option<&str>, id: &str) -> Result<Answer, Refusal> {
    let mut mailbox = lock(&visit.cell.contacts);
    if visit.world.quirks().redelete_forbidden && mailbox.was_deleted(id) {
        let message = "The object could not be deleted.";
        return Err(Refusal::new(403, "ErrorCannotDeleteObject", message));
    }
    let held = Arc::clone(mailbox.item(folder, id)?);
    fresh(visit, call, &held, &mailbox)?;
    mailbox.remove(held.serial, visit.world.clock.millis());
    Ok(Answer::empty(204))
}

/// Refuses a write that was meant for another version.
fn fresh(visit: &Visit<'_>, call: &Call, held: &Contact, mailbox: &Mailbox<Contact>) -> Result<(), Refusal> {
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

fn view(call: &Call) -> Result<View, Refusal> {
    let options = call.options();
    let select = options.get("$select").map_or(Ok(Select::ALL), Select::read)?;
    let expand = options.get("$expand").map(expand).transpose()?.unwrap_or_default();
    Ok(View { select, immutable: call.headers.immutable_ids, expand, typed: false })
}

fn answer(
    visit: &Visit<'_>,
    status: u16,
    folder: Option<&str>,
    (contact, ids, view): (&Contact, &Ids, &View),
) -> Answer {
    let mut body = Vec::with_capacity(2048);
    body.extend_from_slice(b"{\"@odata.context\":");
    json(&visit.context(&below(folder, "contacts/$entity")), &mut body);
    body.push(b',');
    let start = body.len();
    contact.show(ids, view, &mut body);
    body.remove(start);
    Answer::json(status, body)
}

fn below(folder: Option<&str>, what: &str) -> String {
    folder.map_or_else(|| what.to_owned(), |folder| format!("contactFolders('{folder}')/{what}"))
}
