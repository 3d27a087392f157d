//! The ports on this machine alone: one SQLite file and a folder of keys.
//!
//! Several processes may open the same file at once. It must lie on a local disk: SQLite's write-ahead log does not
//! work over network shares, so never on the `/home` of a Functions app.

mod database;
pub mod host;
mod keys;
mod queue;
mod store;

pub use database::Database;
pub use keys::FileKeys;
pub use queue::SqliteQueue;
pub use store::SqliteStore;
