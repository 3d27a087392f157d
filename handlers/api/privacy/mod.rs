//! What a person may ask for: everything about them, that it is right, and that it is gone.

mod ask;
mod document;
mod erased;
mod forget;
mod page;
mod show;

pub(super) use ask::*;
pub(super) use document::*;
pub(super) use erased::*;
pub(super) use forget::*;
pub(super) use show::*;
