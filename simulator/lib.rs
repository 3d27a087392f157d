//! A Microsoft 365 tenant in a box: state and HTTP facades.
//!
//! ```no_run
//! # async fn story() -> Result<(), simulator::Error> {
//! let simulator = simulator::Simulator::start(simulator::Options::default()).await?;
//! let ana = simulator.add_user(serde_json::json!({ "displayName": "Ana Kos", "mail": "ana@contoso.example" }))?;
//! // … let a client work against simulator.graph_url() with simulator.token() …
//! println!("{}", simulator.mailbox_contents(ana));
//! # Ok(())
//! # }
//! ```

mod cli;
mod company;
mod company_names;
pub mod conformance;
mod control;
mod door;
mod error;
mod graph;
mod http;
mod identity;
mod info;
mod login;
mod people;
mod recording;
mod simulator;
mod state;
mod tenant;
mod tenant_access;
mod user_calendar;
mod user_operations;

pub use cli::{GROUP, Settings, give_mailboxes, populate, serve_cli};
pub use company::{Company, Filled, company_user, fill_company};
pub use control::Command;
pub use error::{Error, ErrorKind};
pub use info::Info;
pub use login::forge::Forgery;
pub use people::{changes, import_people, person, person_id};
pub use recording::Exchange;
pub use simulator::{Options, Simulator};
pub use state::clock::Clock;
pub use state::counters::{Counts, Writes};
pub use state::fault::{Fault, FaultKind, Layer};
pub use state::grant::{App, Standing};
pub use state::lag::Lag;
pub use state::outbox::{Mail, MailKind};
pub use state::tenant::MailboxState;
pub use state::world::{Duplicate, Quirks};
pub use tenant::Tenant;
pub use tenant_access::Script;
