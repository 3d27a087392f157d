//! The functions of Wheelhouse.

pub mod app;
pub mod config;
pub mod health;
pub mod host;
pub mod logging;
mod router;
pub mod messages;
pub mod tables;

pub use app::App;

pub use router::router;
