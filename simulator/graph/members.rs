//! Members of a group, direct or nested.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::answer::Answer;
use super::call::{Call, unsupported};
use super::directory::{MOST, continued, marked, next_link, show};
use super::page::Frame;
use super::session::Session;
use crate::state::contact::json;
use crate::state::directory::{Directory, Object};
use crate::state::lock;
use crate::state::refusal::Refusal;
use crate::state::schema::Kind;
use crate::state::world::World;

pub(crate) fn list(
    world: &World,
    session: &Session,
    call: &Call,
    (group, transitive, cast): (&str, bool, Option<Kind>),
) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$top", "$count", "$skiptoken"])?;
    if cast.is_some() && !(call.headers.eventual && options.get("$count") == Some("true")) {
        return Err(unsupported("an OData cast without ConsistencyLevel: eventual and $count=true"));
    }
    let size = options.number("$top", MOST)?.unwrap_or(world.quirks().directory_page);
    let select = options.get("$select");
    checked(select)?;
    let after = continued(&options, group)?;
    let directory = lock(&session.tenant.directory);
    let mut ids = members(&directory, group, transitive)?;
    ids.retain(|id| cast.is_none_or(|kind| directory.kind_of(*id) == Some(kind)));
    let total = ids.len();
    let rest: Vec<Uuid> = ids.into_iter().filter(|id| after.is_none_or(|after| *id > after)).collect();
    let page: Vec<Uuid> = rest.iter().take(size).copied().collect();
    let next = page.last().filter(|_| rest.len() > page.len());
    let frame = Frame::new(&format!("{}/v1.0/$metadata#directoryObjects", world.base()))
        .member("@odata.count", (options.get("$count") == Some("true")).then_some(total))
        .member("@odata.nextLink", next.map(|id| next_link(world, call, group, *id)));
    Ok(frame.entries(&page, |id, out| json(&entry(&directory, session, *id, select), out)))
}

/// A mixed list takes every name that one of the kinds knows.
fn checked(select: Option<&str>) -> Result<(), Refusal> {
    let kinds = [Kind::User, Kind::Group, Kind::OrgContact];
    let strange = select
        .into_iter()
        .flat_map(|list| list.split(','))
        .find(|name| kinds.iter().all(|k| k.select(name).is_err()));
    match strange {
        None => Ok(()),
        Some(name) => Kind::User.select(name).map(|_| ()),
    }
}

fn members(directory: &Directory, group: &str, transitive: bool) -> Result<BTreeSet<Uuid>, Refusal> {
    let id = Uuid::parse_str(group)
        .map_err(|_| Refusal::new(400, "Request_BadRequest", "Invalid object identifier."))?;
    let object = directory.groups.present(&id).ok_or_else(|| Refusal::no_such_resource(group))?;
    Ok(if transitive { directory.transitive_members(id) } else { object.member_ids().collect() })
}

fn entry(directory: &Directory, session: &Session, id: Uuid, select: Option<&str>) -> Value {
    let kind = directory.kind_of(id).unwrap_or(Kind::User);
    let names = select.map_or_else(|| kind.defaults(), |list| known(kind, list));
    let object = directory.of(kind).items.get(&id);
    let mut body = object.map(|object: &Object| show(kind, object, &names)).unwrap_or_default();
    if kind == Kind::User && !session.may_read_users() {
        body.iter_mut().filter(|(name, _)| *name != "id").for_each(|(_, value)| *value = Value::Null);
    }
    marked(kind, body)
}

/// What a kind knows of a selection that is made for several kinds.
fn known(kind: Kind, list: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> =
        list.split(',').filter_map(|name| kind.select(name).ok()).flatten().collect();
    names.sort_unstable();
    names.dedup();
    names
}
