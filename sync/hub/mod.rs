//! A hub's configuration: what an admin decides, checked before anything acts on it.

mod audience;
mod check;
mod config;
mod folder;
mod parse;
mod problem;
mod scope;
pub(crate) mod unique;

pub use audience::Audience;
pub use config::{Connector, Contributes, HubConfig, Kind, OnLeave, Receives, Spoke};
pub use parse::parse;
pub use problem::Problem;

#[cfg(test)]
mod tests;
