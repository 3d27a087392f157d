//! Where Wheelhouse keeps things: store, queue, keys, clock, chance.
//!
//! Each port is a trait in a file of its own; [`embedded`] and [`azure`] implement them, and one conformance suite
//! per port holds both to the same behaviour. Nothing here knows what is kept.

pub mod azure;
mod cipher;
pub mod clock;
pub mod embedded;
pub mod error;
pub mod keys;
pub mod queue;
pub mod random;
pub mod sealed;
pub mod store;

pub use clock::{Clock, ManualClock, RealClock};
pub use error::{Error, Kind, Result};
pub use keys::{Keys, Secret, Wrapped};
pub use queue::{Message, Queue};
pub use random::{Random, RealRandom, SeededRandom};
pub use sealed::{AnyRecord, Record, Row, Sealed, Table};
pub use store::{Entry, Etag, Lease, Listing, Page, Store, When};
