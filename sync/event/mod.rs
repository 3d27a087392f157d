//! What an event holds beyond text: when it is, how it repeats, and what became of single occurrences.

mod occurrence;
mod recurrence;
mod timing;

pub use occurrence::{Occurrence, Occurrences};
pub use recurrence::{Bounds, Day, Pattern, Recurrence, Week};
pub use timing::{Timing, TimingError, moment};
