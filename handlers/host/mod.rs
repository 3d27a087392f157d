//! The contract with the Azure Functions host: envelopes in, answers out, and who may call.
//!
//! A function is a plain `async fn run(app, input, cx) -> Result<(), Failure>`; [`Functions`] makes its route.
//! The vendor's page: <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>.

mod answer;
mod envelope;
mod functions;
mod invocation;
mod origin;
mod panics;
mod serve;
mod state;
mod trace;

pub use answer::{Failure, refusal};
pub use envelope::{BadEnvelope, QueueMessage, TimerTick};
pub use functions::Functions;
pub use invocation::{INVOCATION_ID, Invocation, Limits};
pub use origin::is_local;
pub use panics::log_panics;
pub use serve::{PortError, bind, serve};
pub use state::{Host, Ready, StartError};
pub use trace::Trace;
