//! The port `Queue`: messages that are delivered at least once.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::error::{Result, refused};

/// The largest message, in bytes: base64 makes it the 64 KiB that Storage Queues take.
pub const MAX_MESSAGE: usize = 48 * 1024;
/// The longest delay and the longest visibility time-out (7 days).
pub const MAX_TIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The most messages in one call to [`Queue::receive`].
pub const MAX_RECEIVE: usize = 32;

/// Messages that are delivered at least once, in no promised order.
///
/// A queue's name has 3 to 63 characters from `a-z`, `0-9` and `-`, starts and ends with a letter or digit and has no
/// `--`. A queue exists from its first use on. Times are whole seconds; fractions are rounded up.
///
/// Every method fails with `Unavailable` when the service or the disk does not answer in time. A send that failed so
/// may have happened.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a message that becomes visible after a delay of at most [`MAX_TIME`].
    ///
    /// More than [`MAX_MESSAGE`] bytes are refused. A message is kept until somebody deletes it.
    async fn send(&self, queue: &str, bytes: Bytes, delay: Duration) -> Result<()>;

    /// Takes up to `max` (1 to [`MAX_RECEIVE`]) messages and hides them for a time of 1 second to [`MAX_TIME`].
    ///
    /// What is not deleted by then is delivered again, with a higher dequeue count.
    async fn receive(&self, queue: &str, max: usize, visibility: Duration) -> Result<Vec<Message>>;

    /// Hides a received message for a time from now, and renews its receipt; zero gives it back at once.
    ///
    /// Fails with `Gone` if it was delivered again or deleted meanwhile.
    async fn extend(&self, message: &mut Message, visibility: Duration) -> Result<()>;

    /// Deletes a received message for good; fails with `Gone` if it was delivered again or deleted meanwhile.
    async fn delete(&self, message: Message) -> Result<()>;

    /// Counts the messages of a queue, hidden ones too; in the cloud the number may lag.
    async fn len(&self, queue: &str) -> Result<u64>;
}

/// A received message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The queue that it came from.
    pub queue: String,
    /// Its id, the same at every delivery.
    pub id: String,
    /// The proof that this delivery is the latest.
    pub receipt: String,
    /// How often it was delivered, this time included.
    pub dequeue_count: u32,
    /// When it was sent.
    pub inserted: DateTime<Utc>,
    /// What was sent.
    pub bytes: Bytes,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("queue", &self.queue)
            .field("id", &self.id)
            .field("dequeue_count", &self.dequeue_count)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Refuses a queue name that Storage Queues would not take.
pub fn check_queue(queue: &str) -> Result<()> {
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    let edges = queue.starts_with('-') || queue.ends_with('-') || queue.contains("--");
    if !(3..=63).contains(&queue.len()) || !queue.chars().all(allowed) || edges {
        return Err(refused(format!(
            "queue name {queue:?}: 3 to 63 of a-z 0-9 and single -, with a letter or digit at both ends"
        )));
    }
    Ok(())
}

/// Refuses a message that is too large.
pub fn check_message(queue: &str, bytes: &Bytes) -> Result<()> {
    if bytes.len() > MAX_MESSAGE {
        return Err(refused(format!(
            "a message of {} bytes for {queue}: the most is {MAX_MESSAGE}; keep the content in the store and send its key",
            bytes.len()
        )));
    }
    Ok(())
}

/// Refuses a delay or visibility time-out outside the given bounds.
pub fn check_time(queue: &str, time: Duration, least: Duration) -> Result<()> {
    if time < least || time > MAX_TIME {
        return Err(refused(format!("a time of {time:?} for {queue}: it must be {least:?} to {MAX_TIME:?}")));
    }
    Ok(())
}

/// Refuses a number of messages outside 1 to [`MAX_RECEIVE`].
pub fn check_count(queue: &str, max: usize) -> Result<()> {
    if !(1..=MAX_RECEIVE).contains(&max) {
        return Err(refused(format!("receiving {max} messages from {queue}: ask for 1 to {MAX_RECEIVE}")));
    }
    Ok(())
}
