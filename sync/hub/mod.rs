//! A hub's configuration: what an admin decides, checked before anything acts on it.

mod audience;
mod check;
mod config;
mod contributes;
mod fields;
mod folder;
mod parse;
mod problem;
mod receives;
mod ring;
mod scope;
pub(crate) mod unique;

pub use audience::Audience;
pub use config::{Connector, HubConfig, Kind, Match, MatchBy, Spoke};
pub use contributes::{Contributes, File, SignIn};
pub use fields::is_of;
pub use parse::parse;
pub use problem::Problem;
pub use receives::{Color, OnLeave, Receives};
pub use ring::ring;

#[cfg(test)]
mod tests;
