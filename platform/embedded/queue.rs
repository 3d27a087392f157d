//! The port `Queue` in a SQLite file.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use rusqlite::{Connection, Row, params};
use tokio::sync::Notify;

use super::{Database, database::next_number};
use crate::{
    error::{Error, Kind, Result},
    queue::{Message, Queue, check_count, check_message, check_queue, check_time},
    store::whole_seconds,
};

/// The port `Queue` in a SQLite file.
#[derive(Clone)]
pub struct SqliteQueue {
    database: Database,
}

impl SqliteQueue {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Told whenever this process sends a message, so that a receiver need not poll for it.
    pub fn sent(&self) -> &Notify {
        self.database.sent()
    }

    fn after(&self, time: Duration) -> i64 {
        self.database.now().saturating_add(i64::from(whole_seconds(time)) * 1000)
    }
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn send(&self, queue: &str, bytes: Bytes, delay: Duration) -> Result<()> {
        check_queue(queue)?;
        check_message(queue, &bytes)?;
        check_time(queue, delay, Duration::ZERO)?;
        let (queue, now, visible) = (queue.to_owned(), self.database.now(), self.after(delay));
        let job = move |connection: &mut Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO message(queue, visible, inserted, bytes) VALUES(?1, ?2, ?3, ?4)",
                )?
                .execute(params![queue, visible, now, bytes.as_ref()])
        };
        self.database.run(job).await?;
        self.sent().notify_waiters();
        Ok(())
    }

    async fn receive(&self, queue: &str, max: usize, visibility: Duration) -> Result<Vec<Message>> {
        check_queue(queue)?;
        check_count(queue, max)?;
        check_time(queue, visibility, Duration::from_secs(1))?;
        let (queue, now, visible) = (queue.to_owned(), self.database.now(), self.after(visibility));
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        self.database.run(move |connection| receive(connection, &queue, max, now, visible)).await
    }

    async fn extend(&self, message: &mut Message, visibility: Duration) -> Result<()> {
        check_time(&message.queue, visibility, Duration::ZERO)?;
        let (held, visible) = (message.clone(), self.after(visibility));
        let receipt = self.database.run(move |connection| hide(connection, &held, visible)).await?;
        message.receipt = receipt.ok_or_else(|| gone(message))?.to_string();
        if visibility.is_zero() {
            self.sent().notify_waiters();
        }
        Ok(())
    }

    async fn delete(&self, message: Message) -> Result<()> {
        let held = message.clone();
        let job = move |connection: &mut Connection| {
            connection
                .execute("DELETE FROM message WHERE id = ?1 AND receipt = ?2", params![held.id, held.receipt])
        };
        match self.database.run(job).await? {
            0 => Err(gone(&message)),
            _ => Ok(()),
        }
    }

    async fn len(&self, queue: &str) -> Result<u64> {
        check_queue(queue)?;
        let queue = queue.to_owned();
        let job = move |connection: &mut Connection| {
            connection.query_row("SELECT count(*) FROM message WHERE queue = ?1", [queue], |row| {
                row.get::<_, i64>(0)
            })
        };
        self.database.run(job).await.map(i64::unsigned_abs)
    }
}

fn gone(message: &Message) -> Error {
    let text = format!(
        "message {} of {}: its receipt is stale; it was delivered again or deleted",
        message.id, message.queue
    );
    Error::new(Kind::Gone, text)
}

fn receive(
    connection: &mut Connection,
    queue: &str,
    max: i64,
    now: i64,
    visible: i64,
) -> rusqlite::Result<Vec<Message>> {
    if !any_visible(connection, queue, now)? {
        return Ok(Vec::new());
    }
    let transaction = connection.transaction()?;
    let receipt = next_number(&transaction)?;
    let messages = transaction
        .prepare_cached(
            "UPDATE message SET visible = ?4, dequeued = dequeued + 1, receipt = ?5 WHERE id IN
             (SELECT id FROM message WHERE queue = ?1 AND visible <= ?2 ORDER BY visible, id LIMIT ?3)
             RETURNING queue, id, receipt, dequeued, inserted, bytes",
        )?
        .query_map(params![queue, now, max, visible, receipt], message)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    transaction.commit()?;
    Ok(messages)
}

/// An idle poll only reads: it takes no lock from other processes and writes nothing to the disk.
fn any_visible(connection: &Connection, queue: &str, now: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM message WHERE queue = ?1 AND visible <= ?2 LIMIT 1")?
        .exists(params![queue, now])
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        queue: row.get(0)?,
        id: row.get::<_, i64>(1)?.to_string(),
        receipt: row.get::<_, i64>(2)?.to_string(),
        dequeue_count: row.get(3)?,
        inserted: DateTime::from_timestamp_millis(row.get(4)?).unwrap_or_default(),
        bytes: row.get::<_, Vec<u8>>(5)?.into(),
    })
}

fn hide(connection: &mut Connection, message: &Message, visible: i64) -> rusqlite::Result<Option<i64>> {
    let transaction = connection.transaction()?;
    let receipt = next_number(&transaction)?;
    let rows = transaction.execute(
        "UPDATE message SET visible = ?3, receipt = ?4 WHERE id = ?1 AND receipt = ?2",
        params![message.id, message.receipt, visible, receipt],
    )?;
    if rows == 0 {
        return Ok(None);
    }
    transaction.commit()?;
    Ok(Some(receipt))
}
