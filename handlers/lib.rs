//! The functions of Wheelhouse.

pub mod config;
pub mod health;
pub mod host;
pub mod logging;
mod router;

pub use router::router;
