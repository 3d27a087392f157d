//! The loop that hands a queue's messages to their function.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::{Shared, envelope};
use crate::{
    error::Result,
    queue::{Message, Queue, check_queue},
};

/// How long a message is hidden while its function runs, and how often that is renewed.
const LEASE: Duration = Duration::from_secs(10 * 60);
const RENEW: Duration = Duration::from_secs(5 * 60);
/// How often an idle queue is looked at for delayed messages and those of other processes.
const POLL: Duration = Duration::from_millis(200);

/// A function that messages start.
#[derive(Clone)]
pub(super) struct Function {
    pub name: String,
    pub binding: String,
    pub queue: String,
}

/// Takes messages until it is aborted; what runs then is aborted with it.
pub(super) async fn run(shared: Arc<Shared>, function: Function) {
    let mut running = JoinSet::new();
    loop {
        while running.len() > shared.settings.new_batch_threshold {
            running.join_next().await;
        }
        // Listen before looking: what is sent in between must not wait for the next poll.
        let mut sent = std::pin::pin!(shared.queue.sent().notified());
        sent.as_mut().enable();
        let messages = shared.queue.receive(&function.queue, shared.settings.batch_size, LEASE).await;
        let messages = messages.unwrap_or_else(|error| {
            tracing::warn!(queue = function.queue, %error, "messages cannot be received");
            Vec::new()
        });
        if messages.is_empty() {
            tokio::select! {
                () = sent => {}
                () = shared.clock.sleep(POLL) => {}
                Some(_) = running.join_next() => {}
            }
        }
        for message in messages {
            running.spawn(handle(Arc::clone(&shared), function.clone(), message));
        }
    }
}

async fn handle(shared: Arc<Shared>, function: Function, mut message: Message) {
    let _running = shared.activity.begin();
    let (queue, id, attempt) = (function.queue.as_str(), message.id.clone(), message.dequeue_count);
    let settled = if attempt > shared.settings.max_dequeue_count {
        tracing::warn!(queue, id, attempt, "every attempt ended without an answer");
        poison(&shared, message).await
    } else {
        match call(&shared, &function, &mut message).await {
            Ok(()) => shared.queue.delete(message).await,
            Err(failure) => {
                tracing::warn!(queue, id, attempt, failure, "a message failed");
                retry(&shared, message).await
            }
        }
    };
    if let Err(error) = settled {
        tracing::warn!(queue, id, %error, "a message will be delivered again");
    }
}

/// Calls the function, and keeps the message hidden meanwhile.
async fn call(
    shared: &Shared,
    function: &Function,
    message: &mut Message,
) -> std::result::Result<(), String> {
    let now = shared.clock.now();
    let sys = envelope::sys(&function.name, now, shared.random.as_ref());
    let envelope = envelope::queue(&function.binding, message, now + LEASE, sys);
    let mut outcome = std::pin::pin!(shared.handler.call(&function.name, &envelope, shared.random.as_ref()));
    loop {
        tokio::select! {
            outcome = &mut outcome => return outcome,
            () = shared.clock.sleep(RENEW) => {
                if let Err(error) = shared.queue.extend(message, LEASE).await {
                    tracing::warn!(queue = function.queue, id = message.id, %error, "a message cannot be kept hidden");
                }
            }
        }
    }
}

/// Makes a message visible again after a while, or poisons it after its last attempt.
async fn retry(shared: &Shared, mut message: Message) -> Result<()> {
    if message.dequeue_count >= shared.settings.max_dequeue_count {
        return poison(shared, message).await;
    }
    shared.queue.extend(&mut message, shared.settings.visibility_timeout).await
}

/// Moves a message to `<queue>-poison`; without such a queue it stays hidden until its lease ends, and comes back.
async fn poison(shared: &Shared, message: Message) -> Result<()> {
    let poison = format!("{}-poison", message.queue);
    if message.queue.ends_with("-poison") || check_queue(&poison).is_err() {
        return Ok(());
    }
    shared.queue.send(&poison, message.bytes.clone(), Duration::ZERO).await?;
    shared.queue.delete(message).await
}
