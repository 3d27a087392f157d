//! The JSON remote control, for clients in other processes: `POST /control` with one [`Command`].

mod command;
mod run;

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

pub use command::Command;

use crate::graph::answer::Answer;
use crate::state::world::World;
use crate::tenant::Tenant;

/// Answers a command; `"tenant"` in the body names another tenant than the first.
pub(crate) fn answer(world: &Arc<World>, method: &str, rest: &[&str], body: &[u8]) -> Answer {
    if method != "POST" || !rest.is_empty() {
        return refused(404, "the remote control takes POST /control with a JSON command");
    }
    match read(world, body) {
        Ok((tenant, command)) => match tenant.execute(command) {
            Ok(result) => Answer::value(200, &result),
            Err(why) => refused(400, &why.to_string()),
        },
        Err(why) => refused(400, &why),
    }
}

fn refused(status: u16, why: &str) -> Answer {
    Answer::value(status, &json!({ "error": why }))
}

fn read(world: &Arc<World>, body: &[u8]) -> Result<(Tenant, Command), String> {
    let mut command: Value =
        serde_json::from_slice(body).map_err(|why| format!("the command is not JSON: {why}"))?;
    let named = command.as_object_mut().and_then(|command| command.remove("tenant"));
    let state = match named {
        None => world.tenants().into_iter().next(),
        Some(id) => id.as_str().and_then(|id| Uuid::parse_str(id).ok()).and_then(|id| world.tenant(id)),
    };
    let state = state.ok_or("no such tenant")?;
    let command = serde_json::from_value(command).map_err(|why| format!("not a command: {why}"))?;
    Ok((Tenant::new(Arc::clone(world), state), command))
}
