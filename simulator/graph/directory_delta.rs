//! Deltas of users, groups and org contacts.

use uuid::Uuid;

use super::answer::Answer;
use super::call::{Call, Options, unsupported};
use super::directory::context;
use super::page::Frame;
use super::session::Session;
use crate::state::chance::{Dice, mix};
use crate::state::contact::json;
use crate::state::directory::Directory;
use crate::state::directory_delta::{Cursor, Manner, TOKEN_SECONDS};
use crate::state::lock;
use crate::state::refusal::Refusal;
use crate::state::schema::Kind;
use crate::state::token;
use crate::state::world::World;

const MOST_IDS: usize = 50;
const MOST: usize = 1000;

pub(crate) fn delta(world: &World, session: &Session, call: &Call, kind: Kind) -> Result<Answer, Refusal> {
    let options = call.options();
    options.only(&["$select", "$filter", "$skiptoken", "$deltatoken"])?;
    let now = world.clock.seconds();
    let directory = lock(&session.tenant.directory);
    let cursor = cursor(world, &directory, &options, kind, now)?;
    let quirks = world.quirks();
    let manner = Manner {
        size: call.headers.page_size.unwrap_or(quirks.directory_page).min(MOST),
        minimal: call.headers.minimal,
        replays: quirks.directory_replays,
        dice: Dice::new(mix(&[world.seed, cursor.after, directory.version])),
    };
    let select = cursor.select.as_ref().map(|names| names.join(","));
    let page = directory.delta_page(kind, cursor, manner);
    let next = Cursor { issued: now, ..page.next };
    let (option, member) =
        if page.more { ("$skiptoken", "@odata.nextLink") } else { ("$deltatoken", "@odata.deltaLink") };
    let link = format!("{}/v1.0/{}/delta?{option}={}", world.base(), kind.collection(), token::seal(&next));
    let frame = Frame::new(&context(world, kind, select.as_deref(), "/$delta")).member(member, Some(link));
    Ok(frame.entries(&page.entries, json))
}

fn cursor(
    world: &World,
    directory: &Directory,
    options: &Options<'_>,
    kind: Kind,
    now: i64,
) -> Result<Cursor, Refusal> {
    let token = options.get("$deltatoken").or_else(|| options.get("$skiptoken")).unwrap_or_default();
    if !matches!(token, "" | "latest") {
        return resumed(world, kind, token, now);
    }
    let select = options.get("$select").map(|list| kind.select(list)).transpose()?;
    if let Some(select) = &select {
        kind.only_listable(select)?;
    }
    let (after, began) =
        if token == "latest" { (directory.version, None) } else { (0, Some(directory.version)) };
    Ok(Cursor {
        kind: kind.collection().to_owned(),
        after,
        part: (0, 0),
        since: after,
        began,
        complete: false,
        select: select.map(|names| names.into_iter().map(str::to_owned).collect()),
        ids: options.get("$filter").map(only_ids).transpose()?.unwrap_or_default(),
        issued: now,
    })
}

fn resumed(world: &World, kind: Kind, token: &str, now: i64) -> Result<Cursor, Refusal> {
    let cursor: Cursor = token::open(token).ok_or_else(Refusal::bad_token)?;
    if cursor.kind != kind.collection() {
        return Err(Refusal::bad_token());
    }
    if now - cursor.issued < TOKEN_SECONDS {
        return Ok(cursor);
    }
    let fresh = format!("{}/v1.0/{}/delta?$deltatoken=", world.base(), kind.collection());
    let message =
        "The delta token has expired. Start a full synchronization with the URL in the Location header.";
    Err(Refusal::new(410, "syncStateNotFound", message).header("location", fresh))
}

/// The only filter of a directory delta: up to 50 ids.
fn only_ids(filter: &str) -> Result<Vec<Uuid>, Refusal> {
    let id = |term: &str| {
        let quoted = term.trim().strip_prefix("id eq ")?.trim();
        Uuid::parse_str(quoted.strip_prefix('\'')?.strip_suffix('\'')?).ok()
    };
    let ids: Option<Vec<Uuid>> = filter.split(" or ").map(id).collect();
    ids.filter(|ids| ids.len() <= MOST_IDS).ok_or_else(|| unsupported("$filter"))
}
