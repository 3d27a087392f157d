//! How Wheelhouse decides: pure, synchronous, without a clock, chance, network or disk.
//!
//! The way through: a [`directory::Directory`] is mapped to [`Content`]s, these are merged into a [`Snapshot`];
//! [`plan()`] compares it with what one mailbox holds and answers with a [`Plan`]; after each operation
//! [`settle()`] moves the [`Base`] to what is then known.

pub mod base;
pub mod content;
pub mod directory;
pub mod effect;
pub mod erased;
pub mod event;
pub mod field;
pub mod filter;
pub mod hub;
mod husk;
pub mod ids;
pub mod intents;
pub mod mailbox;
pub mod mapping;
pub mod merge;
pub mod notes;
pub mod plan;
pub mod policy;
pub mod prints;
pub mod settle;
pub mod snapshot;
pub mod two_way;
pub mod value;
pub mod who;

pub use base::{Base, Difference, Entry};
pub use content::Content;
pub use effect::Effect;
pub use erased::{Erased, Fate};
pub use field::Field;
pub use filter::Filter;
pub use hub::{HubConfig, Problem};
pub use husk::Husk;
pub use ids::{ChangeKey, HubId, ItemId, MailboxId, SourceKey, TenantId};
pub use intents::{Intent, Intents};
pub use mailbox::{Copy, Listed, Mailbox, Reading};
pub use mapping::{LeftOut, Mapping};
pub use merge::{Contribution, Merged, Source, contributions};
pub use plan::{Goal, Held, Op, Plan, PlanHash, Removal, Situation, TwoWay, Why, Work, plan};
pub use policy::{Limits, Mode, Policy, Winner};
pub use prints::{Print, Prints};
pub use settle::{Outcome, begin, needs_reading, settle};
pub use snapshot::Snapshot;
pub use two_way::{Overlay, Proposal};
pub use value::{Address, Body, ContentType, Email, Value};
pub use who::Who;
