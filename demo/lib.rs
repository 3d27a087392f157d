//! The main job on one machine: a simulated company, the embedded platform and all functions in one process.

pub mod api;
pub mod browser;
pub mod clock;
pub mod directory;
pub mod door;
pub mod program;
pub mod stage;
pub mod truth;

pub use stage::{Setup, Stage};
