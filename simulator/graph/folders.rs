//! Contact folders.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::Call;
use super::filter::{Filter, expand};
use super::page::paged;
use super::serve::Visit;
use crate::state::contact::{json, show_extended};
use crate::state::counters::Write;
use crate::state::extended::{self, ExtendedId};
use crate::state::folder::Folder;
use crate::state::ids::Ids;
use crate::state::lock;
use crate::state::mailbox::DEFAULT;
use crate::state::refusal::Refusal;

pub(crate) fn collection(visit: &Visit<'_>, call: &mut Call) -> Result<Answer, Refusal> {
    match call.method.as_str() {
        "GET" => list(visit, call),
        "POST" => visit.write(Write::FolderCreate, || create(visit, call)),
        _ => Err(not_allowed()),
    }
}

pub(crate) fn one(visit: &Visit<'_>, call: &mut Call, id: &str) -> Result<Answer, Refusal> {
    match call.method.as_str() {
        "GET" => get(visit, call, id),
        "PATCH" => visit.write(Write::FolderPatch, || patch(visit, call, id)),
        "DELETE" => visit.write(Write::FolderDelete, || delete(visit, id, false)),
        _ => Err(not_allowed()),
    }
}

pub(crate) fn destroy(visit: &Visit<'_>, call: &Call, id: &str) -> Result<Answer, Refusal> {
    sized_post(call)?;
    visit.write(Write::FolderDelete, || delete(visit, id, true))
}

fn list(visit: &Visit<'_>, call: &Call) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$top", "$skip", "$filter", "$expand", "$count"])?;
    check_select(options.get("$select"))?;
    let filter = options.get("$filter").map(Filter::read).transpose()?;
    let shown = options.get("$expand").map(expand).transpose()?.unwrap_or_default();
    let mailbox = lock(&visit.cell.contacts);
    let visible = mailbox.folders.values().filter(|folder| !folder.deleted && folder.serial != DEFAULT);
    let found: Vec<&Folder> = visible
        .filter(|folder| filter.as_ref().is_none_or(|wanted| wanted.matches_tags(&folder.extended)))
        .collect();
    paged(visit, call, "contactFolders", &found, |folder, out| show(folder, &mailbox.ids, &shown, None, out))
}

fn get(visit: &Visit<'_>, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$expand"])?;
    check_select(options.get("$select"))?;
    let shown = options.get("$expand").map(expand).transpose()?.unwrap_or_default();
    let mailbox = lock(&visit.cell.contacts);
    let folder = mailbox.folder(id)?;
    Ok(answer(visit, 200, folder, &mailbox.ids, &shown))
}

fn create(visit: &Visit<'_>, call: &mut Call) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let name =
        name_of(&body)?.ok_or_else(|| Refusal::bad_request("A contact folder needs a displayName."))?;
    let mut tags = Vec::new();
    if let Some(sent) = body.get("singleValueExtendedProperties") {
        extended::merge(&mut tags, sent)?;
    }
    let mut mailbox = lock(&visit.cell.contacts);
    let ids = mailbox.ids.clone();
    let folder = mailbox.create_folder(&name)?;
    folder.extended = tags;
    Ok(answer(visit, 201, folder, &ids, &[]))
}

fn patch(visit: &Visit<'_>, call: &mut Call, id: &str) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let name = name_of(&body)?;
    let mut mailbox = lock(&visit.cell.contacts);
    let held = mailbox.folder(id).map(|folder| folder.name.clone())?;
    if let Some(name) = name.as_ref().filter(|name| !name.eq_ignore_ascii_case(&held)) {
        mailbox.free_name(name)?;
    }
    let ids = mailbox.ids.clone();
    let folder = mailbox.folder_mut(id)?;
    if let Some(sent) = body.get("singleValueExtendedProperties") {
        extended::merge(&mut folder.extended, sent)?;
    }
    if let Some(name) = name {
        folder.name = name;
    }
    Ok(answer(visit, 200, folder, &ids, &[]))
}

fn delete(visit: &Visit<'_>, id: &str, for_good: bool) -> Result<Answer, Refusal> {
    lock(&visit.cell.contacts).delete_folder(id, for_good, visit.world.clock.millis())?;
    Ok(Answer::empty(204))
}

fn name_of(body: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    match body.get("displayName") {
        None => Ok(None),
        Some(Value::String(name)) if !name.trim().is_empty() => Ok(Some(name.clone())),
        Some(_) => {
            Err(Refusal::bad_request("The displayName of a contact folder must be a string with content."))
        }
    }
}

fn check_select(list: Option<&str>) -> Result<(), Refusal> {
    let names = list.into_iter().flat_map(|list| list.split(',')).map(str::trim);
    match names.into_iter().find(|name| !matches!(*name, "" | "id" | "displayName" | "parentFolderId")) {
        None => Ok(()),
        Some(name) => Err(Refusal::new(
            400,
            "RequestBroker--ParseUri",
            format!("Could not find a property named '{name}' on type 'microsoft.graph.contactFolder'."),
        )),
    }
}

fn answer(visit: &Visit<'_>, status: u16, folder: &Folder, ids: &Ids, shown: &[ExtendedId]) -> Answer {
    let mut body = Vec::with_capacity(512);
    let context = visit.context("contactFolders/$entity");
    show(folder, ids, shown, Some(&context), &mut body);
    Answer::json(status, body)
}

fn show(folder: &Folder, ids: &Ids, shown: &[ExtendedId], context: Option<&str>, out: &mut Vec<u8>) {
    out.push(b'{');
    if let Some(context) = context {
        out.extend_from_slice(b"\"@odata.context\":");
        json(context, out);
        out.push(b',');
    }
    let (id, parent) = (ids.folder(folder.serial), ids.folder(folder.parent));
    out.extend_from_slice(
        format!("\"id\":\"{id}\",\"parentFolderId\":\"{parent}\",\"displayName\":").as_bytes(),
    );
    json(&folder.name, out);
    show_extended(shown.iter().filter_map(|id| folder.extended.iter().find(|held| held.id.same(id))), out);
    out.push(b'}');
}

pub(crate) fn not_allowed() -> Refusal {
    Refusal::new(405, "MethodNotAllowed", "The HTTP method is not allowed for this resource.")
}

/// An action without a body still needs its length.
pub(crate) fn sized_post(call: &Call) -> Result<(), Refusal> {
    match (call.method.as_str(), call.headers.sized) {
        ("POST", true) => Ok(()),
        ("POST", false) => {
            Err(Refusal::new(411, "LengthRequired", "The request must have a Content-Length header."))
        }
        _ => Err(not_allowed()),
    }
}
