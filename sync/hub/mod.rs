//! A hub's configuration: what an admin decides, checked before anything acts on it.

mod audience;
mod check;
mod config;
mod contributes;
mod folder;
mod parse;
mod problem;
mod receives;
mod scope;
pub(crate) mod unique;

pub use audience::Audience;
pub use config::{Connector, HubConfig, Kind, Match, MatchBy, Spoke};
pub use contributes::{Contributes, File};
pub use parse::parse;
pub use problem::Problem;
pub use receives::{Color, OnLeave, Receives};

#[cfg(test)]
mod tests;
