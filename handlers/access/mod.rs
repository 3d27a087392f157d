//! Who calls, and what each may do.

mod caller;
mod role;

pub use caller::{Caller, Via};
pub use role::Role;
