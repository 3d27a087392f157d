//! What each mailbox should hold, and what it holds: compared by code that is not the sync's own.

mod contacts;
pub mod entry;
pub mod events;
pub mod text;

pub use contacts::{
    Expected, THE_SERVERS, contact, contacts_in, expected, expected_of, in_folder, in_mailbox, mismatches,
};
