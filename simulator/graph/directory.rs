//! Directory objects: lists and single reads.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::Answer;
use super::call::{Call, Options, unsupported};
use super::filter::DirectoryFilter;
use super::page::Frame;
use super::route::Route;
use super::session::Session;
use crate::state::contact::json as json_entry;
use crate::state::directory::Object;
use crate::state::lock;
use crate::state::refusal::Refusal;
use crate::state::schema::Kind;
use crate::state::token;
use crate::state::world::World;

pub(crate) const MOST: usize = 999;

/// Checks the app's permission for a directory resource.
pub(crate) fn permitted(session: &Session, route: &Route) -> Result<(), Refusal> {
    let groups = ["Group.Read.All", "GroupMember.Read.All", "Group.ReadBasic.All"];
    match route {
        Route::List(Kind::User) => session.directory(&["User.Read.All", "User.ReadBasic.All"]),
        Route::List(Kind::Group) | Route::Delta(Kind::Group) | Route::One(Kind::Group, _) => {
            session.directory(&groups)
        }
        Route::Members { .. } => {
            session.directory(&["Group.Read.All", "GroupMember.Read.All", "GroupMember.ReadBasic.All"])
        }
        Route::List(_) | Route::Delta(Kind::OrgContact) | Route::One(Kind::OrgContact, _) => {
            session.directory(&["OrgContact.Read.All"])
        }
        _ => session.directory(&["User.Read.All"]),
    }
}

/// The directory is read only here, as it is for the permissions this app has.
pub(crate) fn readable(call: &Call) -> Result<(), Refusal> {
    if call.method == "GET" {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ))
}

/// The resource units of a request.
pub(crate) fn cost(call: &Call, route: &Route) -> u32 {
    let base = match route {
        Route::List(Kind::User) => 2,
        Route::Members { transitive: true, .. } => 5,
        Route::Members { .. } => 3,
        _ => 1,
    };
    let options = call.options();
    let few = options.get("$top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    let cheaper = u32::from(options.get("$select").is_some()) + u32::from(few);
    (base + u32::from(options.get("$expand").is_some())).saturating_sub(cheaper).max(1)
}

/// Where a list goes on.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct After {
    pub(crate) list: String,
    pub(crate) id: Uuid,
}

pub(crate) fn list(world: &World, session: &Session, call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$top", "$filter", "$count", "$skiptoken"])?;
    let select = selection(&options, kind)?;
    kind.only_listable(&select)?;
    let filter = options.get("$filter").map(|text| DirectoryFilter::read(text, kind)).transpose()?;
    let count = counted(call, &options)?;
    let size = options.number("$top", MOST)?.unwrap_or(world.quirks().directory_page);
    let after = continued(&options, kind.collection())?;
    let directory = lock(&session.tenant.directory);
    let mut found: Vec<(&Uuid, &Object)> = directory.of(kind).all_present().collect();
    found.retain(|(_, object)| filter.as_ref().is_none_or(|wanted| wanted.matches(&object.props)));
    let total = found.len();
    found.retain(|(id, _)| after.is_none_or(|after| **id > after));
    let next = if found.len() > size { found.get(size - 1).map(|(id, _)| **id) } else { None };
    found.truncate(size);
    let shown: Vec<Value> = found.iter().map(|(_, object)| show(kind, object, &select).into()).collect();
    let frame = Frame::new(&context(world, kind, options.get("$select"), ""))
        .member("@odata.count", count.then_some(total))
        .member("@odata.nextLink", next.map(|id| next_link(world, call, kind.collection(), id)));
    Ok(frame.entries(&shown, json_entry))
}

pub(crate) fn one(
    world: &World,
    session: &Session,
    call: &Call,
    kind: Kind,
    id: &str,
) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select"])?;
    let select = selection(&options, kind)?;
    let directory = lock(&session.tenant.directory);
    let found = match (kind, Uuid::parse_str(id)) {
        (Kind::User, _) => directory.user(id).map(|(_, object)| object),
        (_, Ok(guid)) => directory.of(kind).present(&guid),
        (_, Err(_)) => return Err(Refusal::new(400, "Request_BadRequest", "Invalid object identifier.")),
    };
    let object = found.ok_or_else(|| Refusal::no_such_resource(id))?;
    let mut body = show(kind, object, &select);
    body.insert("@odata.context".into(), context(world, kind, options.get("$select"), "/$entity").into());
    Ok(Answer::value(200, &body.into()))
}

pub(crate) fn manager(world: &World, session: &Session, call: &Call, user: &str) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select"])?;
    let select = selection(&options, Kind::User)?;
    let directory = lock(&session.tenant.directory);
    let held = directory.user(user).and_then(|(_, object)| object.props.get("manager")?.get("id")?.as_str());
    let chief = held.and_then(|id| directory.user(id)).ok_or_else(|| Refusal::no_such_resource("manager"))?;
    let mut body = show(Kind::User, chief.1, &select);
    let context = format!("{}/v1.0/$metadata#directoryObjects/$entity", world.base());
    body.insert("@odata.context".into(), context.into());
    body.insert("@odata.type".into(), "#microsoft.graph.user".into());
    Ok(Answer::value(200, &body.into()))
}

pub(crate) fn selection(options: &Options<'_>, kind: Kind) -> Result<Vec<&'static str>, Refusal> {
    options.get("$select").map_or_else(|| Ok(kind.defaults()), |list| kind.select(list))
}

/// The selected properties of an object, unset ones as `null` or `[]`.
pub(crate) fn show(kind: Kind, object: &Object, select: &[&str]) -> Map<String, Value> {
    let plain = select.iter().filter(|name| !matches!(**name, "members" | "manager"));
    plain
        .map(|name| {
            let held = object.props.get(*name).filter(|value| !value.is_null());
            ((*name).to_owned(), held.cloned().unwrap_or_else(|| kind.unset(name)))
        })
        .collect()
}

/// `$count` and casts are advanced queries.
fn counted(call: &Call, options: &Options<'_>) -> Result<bool, Refusal> {
    match options.get("$count") {
        Some("true") if call.headers.eventual => Ok(true),
        Some("true") => Err(unsupported("$count without ConsistencyLevel: eventual")),
        _ => Ok(false),
    }
}

/// The object after which a list goes on.
pub(crate) fn continued(options: &Options<'_>, list: &str) -> Result<Option<Uuid>, Refusal> {
    let Some(token) = options.get("$skiptoken") else { return Ok(None) };
    let after: After =
        token::open(token).filter(|after: &After| after.list == list).ok_or_else(Refusal::bad_token)?;
    Ok(Some(after.id))
}

pub(crate) fn next_link(world: &World, call: &Call, list: &str, id: Uuid) -> String {
    let others =
        call.query.split('&').filter(|part| !part.is_empty() && !part.to_lowercase().contains("skiptoken="));
    let token = token::seal(&After { list: list.to_owned(), id });
    let query: Vec<String> = others.map(str::to_owned).chain([format!("$skiptoken={token}")]).collect();
    format!("{}/v1.0{}?{}", world.base(), call.path, query.join("&"))
}

pub(crate) fn context(world: &World, kind: Kind, select: Option<&str>, tail: &str) -> String {
    let select = select.map(|list| format!("({list})")).unwrap_or_default();
    format!("{}/v1.0/$metadata#{}{select}{tail}", world.base(), kind.collection())
}

/// The marker of an object in a mixed list.
pub(crate) fn marked(kind: Kind, mut body: Map<String, Value>) -> Value {
    body.insert("@odata.type".into(), json!(format!("#{}", kind.type_name())));
    body.into()
}
