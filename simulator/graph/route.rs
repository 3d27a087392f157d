//! Which resource a path names.

use super::call::unknown_segment;
use crate::state::refusal::Refusal;
use crate::state::schema::Kind;

/// The resources of this simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    List(Kind),
    Delta(Kind),
    One(Kind, String),
    /// Members of a group, nested ones too or not, with an OData cast or not.
    Members {
        group: String,
        transitive: bool,
        cast: Option<Kind>,
    },
    Manager(String),
    /// Something in a user's mailbox.
    Mailbox(String, Place),
}

/// A place in a mailbox; contacts may be addressed below a folder or directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Folders,
    Folder(String),
    DestroyFolder(String),
    Contacts(Option<String>),
    ContactsDelta(Option<String>),
    Contact(Option<String>, String),
    DestroyContact(Option<String>, String),
    Calendars(CalendarPlace),
}

/// A place among calendars; `None` stands for the default calendar, or for all of them where an id names an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CalendarPlace {
    All,
    One(Option<String>),
    Destroy(String),
    Events(Option<String>),
    Event(Option<String>, String),
    DestroyEvent(Option<String>, String),
    CancelEvent(Option<String>, String),
    Instances(Option<String>, String),
    View(Option<String>),
    /// `calendarView/delta`, and `events/delta`, which wants the same dates.
    ViewDelta(Option<String>),
}

impl Route {
    pub(crate) fn read(segments: &[String]) -> Result<Self, Refusal> {
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (first, rest) = parts.split_first().ok_or_else(|| unknown_segment(""))?;
        let route = match word(first).as_str() {
            "users" => users(rest),
            "groups" => groups(rest),
            "contacts" => collection(Kind::OrgContact, rest),
            "me" => {
                return Err(Refusal::bad_request(
                    "/me request is only valid with delegated authentication flow.",
                ));
            }
            _ => return Err(unknown_segment(first)),
        };
        route.ok_or_else(|| unknown_segment(parts.last().unwrap_or(&"")))
    }
}

/// A segment in lower case, without namespace and call brackets.
fn word(segment: &str) -> String {
    let lower = segment.to_ascii_lowercase();
    let bare = lower.strip_suffix("()").unwrap_or(&lower);
    bare.strip_prefix("microsoft.graph.").unwrap_or(bare).to_owned()
}

fn collection(kind: Kind, rest: &[&str]) -> Option<Route> {
    match rest {
        [] => Some(Route::List(kind)),
        [last] if word(last) == "delta" => Some(Route::Delta(kind)),
        [id] => Some(Route::One(kind, (*id).to_owned())),
        _ => None,
    }
}

fn users(rest: &[&str]) -> Option<Route> {
    match rest {
        [user, "manager"] => Some(Route::Manager((*user).to_owned())),
        [user, first, below @ ..] => {
            place(&word(first), below).map(|place| Route::Mailbox((*user).to_owned(), place))
        }
        _ => collection(Kind::User, rest),
    }
}

fn groups(rest: &[&str]) -> Option<Route> {
    let [group, members, cast @ ..] = rest else { return collection(Kind::Group, rest) };
    let transitive = match word(members).as_str() {
        "members" => false,
        "transitivemembers" => true,
        _ => return None,
    };
    let cast = match cast {
        [] => None,
        [only] => Some(cast_kind(&word(only))?),
        _ => return None,
    };
    Some(Route::Members { group: (*group).to_owned(), transitive, cast })
}

fn cast_kind(word: &str) -> Option<Kind> {
    match word {
        "user" => Some(Kind::User),
        "group" => Some(Kind::Group),
        "orgcontact" => Some(Kind::OrgContact),
        _ => None,
    }
}

fn place(first: &str, below: &[&str]) -> Option<Place> {
    match (first, below) {
        ("contactfolders", []) => Some(Place::Folders),
        ("contactfolders", [folder]) => Some(Place::Folder((*folder).to_owned())),
        ("contactfolders", [folder, action]) if word(action) == "permanentdelete" => {
            Some(Place::DestroyFolder((*folder).to_owned()))
        }
        ("contactfolders", [folder, contacts, rest @ ..]) if word(contacts) == "contacts" => {
            contacts_below(Some((*folder).to_owned()), rest)
        }
        ("contacts", rest) => contacts_below(None, rest),
        ("calendars", []) => Some(Place::Calendars(CalendarPlace::All)),
        ("calendars", [calendar, rest @ ..]) => calendar_below(Some(calendar), rest).map(Place::Calendars),
        ("calendar", rest) => calendar_below(None, rest).map(Place::Calendars),
        ("events" | "calendarview", rest) => in_calendar(None, first, rest).map(Place::Calendars),
        _ => None,
    }
}

fn calendar_below(calendar: Option<&str>, rest: &[&str]) -> Option<CalendarPlace> {
    let owned = calendar.map(str::to_owned);
    match rest {
        [] => Some(CalendarPlace::One(owned)),
        [action] if word(action) == "permanentdelete" => owned.map(CalendarPlace::Destroy),
        [first, rest @ ..] => in_calendar(owned, &word(first), rest),
    }
}

fn in_calendar(calendar: Option<String>, first: &str, rest: &[&str]) -> Option<CalendarPlace> {
    match (first, rest) {
        ("events", []) => Some(CalendarPlace::Events(calendar)),
        ("calendarview", []) => Some(CalendarPlace::View(calendar)),
        ("events" | "calendarview", [last]) if word(last) == "delta" => {
            Some(CalendarPlace::ViewDelta(calendar))
        }
        ("events", [event]) => Some(CalendarPlace::Event(calendar, (*event).to_owned())),
        ("events", [event, action]) => {
            let event = (*event).to_owned();
            match word(action).as_str() {
                "permanentdelete" => Some(CalendarPlace::DestroyEvent(calendar, event)),
                "cancel" => Some(CalendarPlace::CancelEvent(calendar, event)),
                "instances" => Some(CalendarPlace::Instances(calendar, event)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn contacts_below(folder: Option<String>, rest: &[&str]) -> Option<Place> {
    match rest {
        [] => Some(Place::Contacts(folder)),
        [last] if word(last) == "delta" => Some(Place::ContactsDelta(folder)),
        [contact] => Some(Place::Contact(folder, (*contact).to_owned())),
        [contact, action] if word(action) == "permanentdelete" => {
            Some(Place::DestroyContact(folder, (*contact).to_owned()))
        }
        _ => None,
    }
}
