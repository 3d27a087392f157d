//! Queues `gather-poison`, `sync-mailbox-poison` and `privacy-poison`, and every message that can't be worked on: recorded, never lost.

use std::sync::Arc;

use platform::When;
use serde_json::Value;
use sync::TenantId;

use crate::App;
use crate::gather;
use crate::host::{Failure, Invocation, QueueMessage};
use crate::messages::{Gather, Message, Privacy, SyncMailbox, decode};
use crate::sync_mailbox;
use crate::tables::{DeadLetter, Request, Tables, change_existing};

const FAILED: &str = "it failed at every attempt; the log of its invocations says why";

/// Records a `gather` message that failed every time; its run ends and says so.
pub async fn gather(app: Arc<App>, message: QueueMessage, _cx: Invocation) -> Result<(), Failure> {
    match decode(&message.bytes) {
        Ok(job) => gather::abandon(&app, &message, &job, FAILED).await,
        Err(_) => Err(dead_letter(&app, Gather::QUEUE, &message, FAILED).await),
    }
}

/// Records a `sync-mailbox` message that failed every time; its run ends without it.
pub async fn sync_mailbox(app: Arc<App>, message: QueueMessage, _cx: Invocation) -> Result<(), Failure> {
    match decode(&message.bytes) {
        Ok(job) => sync_mailbox::abandon(&app, &message, &job, FAILED).await,
        Err(_) => Err(dead_letter(&app, SyncMailbox::QUEUE, &message, FAILED).await),
    }
}

/// Records a `privacy` message that failed every time; its request says so too.
pub async fn privacy(app: Arc<App>, message: QueueMessage, _cx: Invocation) -> Result<(), Failure> {
    let reason = format!("{FAILED}, then ask again");
    if let Ok(Privacy { tenant, request }) = decode(&message.bytes) {
        let give_up = |request: &mut Request| request.trouble = Some(reason.clone());
        change_existing(&app.tables.requests, &Tables::request_key(&tenant, &request), give_up).await?;
    }
    Err(dead_letter(&app, Privacy::QUEUE, &message, reason).await)
}

/// Records a message that can't be worked on, without its content, and says so in one line.
///
/// A message that names no tenant of ours is somebody's mistake and only logged: nothing could be sealed for it. A store
/// that fails gives the message back to the host.
pub async fn dead_letter(app: &App, queue: &str, message: &QueueMessage, reason: impl ToString) -> Failure {
    let reason = reason.to_string();
    match record(app, queue, message, &reason).await {
        Ok(()) => Failure::dead_lettered(format!("{queue}: {reason}")),
        Err(failure) => failure,
    }
}

async fn record(app: &App, queue: &str, message: &QueueMessage, reason: &str) -> Result<(), Failure> {
    let Some(tenant) = tenant(&message.bytes) else { return Ok(()) };
    if app.tables.tenants.get(&Tables::tenant_key(&tenant)).await?.is_none() {
        return Ok(());
    }
    let letter = DeadLetter {
        queue: queue.to_owned(),
        reason: reason.to_owned(),
        when: app.now(),
        bytes: message.bytes.len(),
    };
    let key = format!("{}{}", Tables::dead_letters_prefix(&tenant), app.new_run());
    app.tables.dead_letters.put(&key, &letter, When::Any).await?;
    Ok(())
}

/// The tenant that a message names, whatever else is wrong with it.
fn tenant(bytes: &[u8]) -> Option<TenantId> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    TenantId::new(value.get("tenant")?.as_str()?).ok()
}
