//! The SQLite file that the store and the queue share.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{Mutex, Notify};

use super::{SqliteQueue, SqliteStore};
use crate::{
    clock::Clock,
    error::{Error, Kind, Result},
};

/// How long one process waits for another one's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often opening is tried: the switch to the write-ahead log does not wait for other processes by itself.
const OPEN_ATTEMPTS: u32 = 50;

/// The one row of `counter` numbers every write, so that no tag, receipt or lease is ever given twice.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS counter(n INTEGER NOT NULL);
    INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);
    CREATE TABLE IF NOT EXISTS entry(key TEXT PRIMARY KEY, etag INTEGER NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS lease(key TEXT PRIMARY KEY, id INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL,
        visible INTEGER NOT NULL, receipt INTEGER NOT NULL DEFAULT 0, dequeued INTEGER NOT NULL DEFAULT 0,
        inserted INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS message_next ON message(queue, visible, id);";

/// One open SQLite file; clones share it.
#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
    path: Arc<PathBuf>,
    clock: Arc<dyn Clock>,
    sent: Arc<Notify>,
}

impl Database {
    /// Opens the file, or makes it readable by its owner only; its folder must exist.
    ///
    /// Writes are on the disk when they return. Fails with `Unreadable` if the file is no database.
    pub async fn open(path: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self> {
        let path = Arc::new(path.as_ref().to_path_buf());
        let file = Arc::clone(&path);
        let opened = tokio::task::spawn_blocking(move || open(&file)).await;
        let connection = opened.map_err(|error| stopped(&path).because(error))??;
        let connection = Arc::new(Mutex::new(connection));
        Ok(Self { connection, path, clock, sent: Arc::default() })
    }

    /// The port `Store` on this file.
    pub fn store(&self) -> SqliteStore {
        SqliteStore::new(self.clone())
    }

    /// The port `Queue` on this file.
    pub fn queue(&self) -> SqliteQueue {
        SqliteQueue::new(self.clone())
    }

    /// Told whenever a process-mate sends a message.
    pub(super) fn sent(&self) -> &Notify {
        &self.sent
    }

    /// Now, in milliseconds: the unit of every time in the file.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    /// Runs a job on the connection when its turn comes, off the async threads, and even if the caller goes away.
    ///
    /// It waits in a task of its own: a caller who is not polled just then would keep the connection from all others.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::spawn(async {
            let mut connection = connection.lock_owned().await;
            tokio::task::spawn_blocking(move || job(&mut connection)).await
        });
        match done.await.and_then(|done| done) {
            Ok(done) => done.map_err(|error| failed(&self.path, error)),
            Err(error) => Err(stopped(&self.path).because(error)),
        }
    }
}

fn open(path: &Path) -> Result<Connection> {
    create_private(path)?;
    let mut attempt = 1;
    loop {
        match prepare(path) {
            Err(error) if is_busy(&error) && attempt < OPEN_ATTEMPTS => {
                attempt += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done.map_err(|error| failed(path, error)),
        }
    }
}

/// SQLite gives its side files the mode of the database, so the mode is right from the start.
fn create_private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| {
        let message = format!(
            "{}: the database cannot be opened; its folder must exist and be writable",
            path.display()
        );
        Error::new(Kind::Unavailable, message).because(error)
    })
}

fn prepare(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted is overwritten: a forgotten tenant's data key must not stay behind in a free page.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.set_transaction_behavior(rusqlite::TransactionBehavior::Immediate);
    let schema = connection.transaction()?;
    schema.execute_batch(SCHEMA)?;
    schema.commit()?;
    Ok(connection)
}

/// Draws the next number; only inside a transaction, which an abandoned number goes down with.
pub(super) fn next_number(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("UPDATE counter SET n = n + 1 RETURNING n")?.query_row([], |row| row.get(0))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn failed(path: &Path, error: rusqlite::Error) -> Error {
    let path = path.display();
    let (kind, what) = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            (Kind::Unreadable, "the file is damaged or no database; restore it or choose another")
        }
        Some(ErrorCode::DiskFull) => (Kind::Unavailable, "the disk is full; make room"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Kind::Unavailable, "another process keeps the database locked; end it or try again")
        }
        _ => (Kind::Unavailable, "the database did not do it; see the cause"),
    };
    Error::new(kind, format!("{path}: {what}")).because(error)
}

fn stopped(path: &Path) -> Error {
    Error::new(
        Kind::Unavailable,
        format!("{}: the database work was stopped; the program is ending", path.display()),
    )
}
