//! Planning.
mod op;
pub use op::{Op, Removal};
