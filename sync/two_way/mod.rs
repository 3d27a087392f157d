//! Two-way: what users change in their mailboxes, told to the hub, judged there, and laid over what its sources hold.
//!
//! A plan proposes ([`Proposal`]), the hub rules ([`Ruling`]), and what it took lies in the [`Overlay`]: the hub is the
//! merge of its sources with the overlay on top. The rules in plain words are in `docs/TWO-WAY.md`.

mod judge;
mod lay;
mod overlay;
mod proposal;
mod ruling;
#[cfg(test)]
mod tests;

pub use lay::{Laid, Told, lay};
pub use overlay::{Added, Author, Edit, Judged, Overlay, Removed};
pub use proposal::{Edited, Proposal, Proposed};
pub use ruling::{Reason, Refusal, Refusals, Ruling, Verdict};
