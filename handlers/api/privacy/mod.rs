//! What a person may ask for: everything about them, to be handed over.

mod ask;
mod document;
mod page;
mod show;

pub(super) use ask::*;
pub(super) use document::*;
pub(super) use show::*;
