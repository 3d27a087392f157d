//! Microsoft Graph, v1.0: the part that Wheelhouse talks to.

pub(crate) mod answer;
pub(crate) mod batch;
pub(crate) mod calendar_view;
pub(crate) mod calendars;
pub(crate) mod call;
pub(crate) mod contacts;
pub(crate) mod contacts_delta;
pub(crate) mod directory;
pub(crate) mod directory_delta;
pub(crate) mod event_query;
pub(crate) mod events;
pub(crate) mod faulty;
pub(crate) mod filter;
pub(crate) mod folders;
pub(crate) mod members;
pub(crate) mod page;
pub(crate) mod route;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod view_delta;
pub(crate) mod visit;
