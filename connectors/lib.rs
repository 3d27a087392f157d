//! Whom Wheelhouse talks to: Microsoft Graph, and servers of iCalendar feeds.
//!
//! [`graph::Graph`] gives a [`graph::Reader`] and a [`graph::Writer`] for each tenant. What plans gets only the
//! reader; both share the lanes that keep Graph's limits per mailbox. [`file::Feed`] reads feeds.

pub mod clock;
pub mod file;
pub mod graph;
pub mod zone;

pub use clock::Clock;
