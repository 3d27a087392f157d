//! A strict stand-in for the Azure Functions host, so that a wrong handler fails here and not in the cloud.
//!
//! It shares no code with the handlers: it is written from the host's rules alone. Queue time is virtual; limits on real waiting
//! are parameters, in milliseconds.
//!
//! - [`worker`] starts and kills a handler, [`host`] polls it, calls it, times it out and counts its crashes
//! - [`envelope`] is what the host posts, [`answer`] how it judges what comes back, [`outputs`] what it makes of queue outputs
//! - [`queue`] hands messages out, again and again, until they succeed or are poison
//! - [`front`] is what stands between a caller and an HTTP function, [`package`] what is checked before a deployment

#![allow(dead_code, reason = "each test file uses a part of its own")]

pub mod answer;
pub mod elf;
pub mod envelope;
pub mod front;
pub mod host;
pub mod outputs;
pub mod package;
pub mod queue;
pub mod wire;
pub mod worker;
