//! From an event of a contributing calendar to the event that is mirrored.

mod options;

pub use options::{EventOptions, Privacy, PrivateEvents, Reminders, ShowAs};
