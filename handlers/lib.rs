//! The functions of Wheelhouse.

pub mod access;
pub mod api;
pub mod app;
pub mod audit;
pub mod config;
pub mod consent;
pub mod gather;
mod grants;
pub mod health;
pub mod host;
pub mod lease;
pub mod logging;
pub mod messages;
pub mod poison;
pub mod privacy;
pub mod purge;
pub mod retention;
pub mod rotate;
mod router;
mod run_end;
pub mod schedule;
mod seats;
pub mod sign_in;
pub mod standing;
pub mod sync_mailbox;
pub mod tables;
mod troubles;

pub use app::App;

pub use router::router;
