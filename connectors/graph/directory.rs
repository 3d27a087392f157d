//! The delta rounds over a tenant's directory.

use serde_json::{Map, Value};

use super::client::{Call, Session};
use super::error::Error;
use super::json::Page;
use super::walk::{Walk, path};

/// The properties that are read of each user; a link remembers those it was made with.
///
/// <https://learn.microsoft.com/graph/api/resources/user#properties>
pub const USER_PROPERTIES: &str = "id,displayName,givenName,surname,mail,userPrincipalName,businessPhones,\
    mobilePhone,jobTitle,department,companyName,officeLocation,streetAddress,city,state,postalCode,\
    country,userType,accountEnabled,showInAddressList,proxyAddresses,otherMails,\
    employeeId,onPremisesExtensionAttributes";

/// Page size and form of the answers: only what changed.
const PREFER: &str = "return=minimal, odata.maxpagesize=999, IdType=\"ImmutableId\"";

/// What one round over a collection brought.
#[derive(Debug)]
pub struct Round {
    /// The changes in order; an object that comes twice counts as it comes last.
    pub changes: Vec<Change>,
    /// The link of the next round; or why this one broke off: what came before is good for creates and updates,
    /// and nothing may be concluded from what is missing.
    pub end: Result<String, Error>,
}

/// One object that was made, changed or removed.
#[derive(Clone, PartialEq)]
pub struct Change {
    /// The object's id.
    pub id: String,
    /// Whether and how it left the directory.
    pub removed: Option<Removed>,
    /// Its properties: all that are filled in the first round, later only those that changed (`null` = cleared).
    pub properties: Map<String, Value>,
    /// The members of a group that came or went; a large group comes in several changes.
    pub members: Vec<Member>,
}

/// How an object left the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It may be restored.
    Changed,
    /// For good.
    Deleted,
}

/// A member of a group that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member's id.
    pub id: String,
    /// What it is: `#microsoft.graph.user`, `#microsoft.graph.group`, …; empty if the server did not say.
    pub kind: String,
    /// Whether it went.
    pub removed: bool,
}

impl std::fmt::Debug for Change {
    /// The properties are somebody's: only their number is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Change { id, removed, properties, members } = self;
        write!(f, "Change({id}, {removed:?}, {} properties, {} members)", properties.len(), members.len())
    }
}

/// Goes through all pages of a round, from a link or from the beginning.
pub(super) async fn round(session: &Session, place: &str, first: &str, link: Option<&str>) -> Round {
    let mut changes = Vec::new();
    let end = pages(session, place, first, link, &mut changes).await;
    Round { changes, end }
}

async fn pages(
    session: &Session,
    place: &str,
    first: &str,
    link: Option<&str>,
    changes: &mut Vec<Change>,
) -> Result<String, Error> {
    let endpoints = &session.shared.options.endpoints;
    let mut walk = Walk::default();
    let mut at = match link {
        Some(link) => path(endpoints, place, link)?,
        None => first.to_owned(),
    };
    loop {
        let call = Call { prefer: PREFER, ..Call::get(place, &at) };
        let page = session.repeat(call, |body| read(place, &body)).await?;
        changes.extend(page.items);
        at = match (page.next, page.delta) {
            (Some(next), _) => walk.step(endpoints, place, &next)?,
            (None, Some(delta)) => return path(endpoints, place, &delta).map(|_| delta),
            (None, None) => return Err(Error::nonsense(place, "a page that leads nowhere")),
        };
    }
}

fn read(place: &str, body: &[u8]) -> Result<Page<Change>, Error> {
    let Page { items, next, delta } = Page::read(place, body)?;
    let changes: Option<Vec<Change>> = items.into_iter().map(change).collect();
    let items = changes.ok_or_else(|| Error::nonsense(place, "an object without an id"))?;
    Ok(Page { items, next, delta })
}

fn change(mut object: Map<String, Value>) -> Option<Change> {
    let Some(Value::String(id)) = object.remove("id") else { return None };
    let removed =
        object.remove("@removed").map(|removed| match removed.get("reason").and_then(Value::as_str) {
            Some("changed") => Removed::Changed,
            _ => Removed::Deleted,
        });
    let members = match object.remove("members@delta") {
        Some(Value::Array(members)) => members.iter().map(member).collect::<Option<_>>()?,
        _ => Vec::new(),
    };
    object.retain(|name, _| !name.contains('@'));
    Some(Change { id, removed, properties: object, members })
}

fn member(object: &Value) -> Option<Member> {
    let text = |name| object.get(name).and_then(Value::as_str);
    let kind = text("@odata.type").unwrap_or_default().to_owned();
    Some(Member { id: text("id")?.to_owned(), kind, removed: object.get("@removed").is_some() })
}
