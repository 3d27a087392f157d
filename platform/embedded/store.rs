//! The port `Store` in a SQLite file.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Database, database::next_number};
use crate::{
    error::{Error, Kind, Result, refused},
    store::{
        Entry, Etag, Lease, Listing, PAGE_SIZE, Page, Store, When, check_key, check_path, check_prefix,
        check_ttl, check_value,
    },
};

/// The port `Store` in a SQLite file.
#[derive(Clone)]
pub struct SqliteStore {
    database: Database,
}

impl SqliteStore {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>> {
        check_key(key)?;
        let key = key.to_owned();
        let read = self.database.run(move |connection| read(connection, &key)).await?;
        Ok(read.map(|(etag, bytes)| Entry { bytes: bytes.into(), etag: tag(etag) }))
    }

    async fn put(&self, key: &str, bytes: Bytes, when: When) -> Result<Etag> {
        check_key(key)?;
        check_value(key, &bytes)?;
        let owned = key.to_owned();
        let written = self.database.run(move |connection| write(connection, &owned, &bytes, &when)).await?;
        written.map(tag).ok_or_else(|| conflict(key))
    }

    async fn delete(&self, key: &str, when: When) -> Result<()> {
        check_path(key)?;
        if when == When::Absent {
            return Err(refused(format!("{key}: deleting what is absent; pass Match or Any")));
        }
        let owned = key.to_owned();
        match self.database.run(move |connection| remove(connection, &owned, &when)).await? {
            true => Ok(()),
            false => Err(conflict(key)),
        }
    }

    async fn list(&self, prefix: &str, after: Option<Page>) -> Result<Listing> {
        check_prefix(prefix)?;
        let prefix = prefix.to_owned();
        let after = after.map(|page| page.0).unwrap_or_default();
        let mut keys = self.database.run(move |connection| keys(connection, &prefix, &after)).await?;
        let more = keys.len() > PAGE_SIZE;
        keys.truncate(PAGE_SIZE);
        let next = keys.last().filter(|_| more).cloned().map(Page);
        Ok(Listing { keys, next })
    }

    async fn lease(&self, key: &str, ttl: Duration) -> Result<Lease> {
        check_key(key)?;
        let ttl = Duration::from_secs(check_ttl(key, ttl)?.into());
        let (owned, now) = (key.to_owned(), self.database.now());
        let id = self.database.run(move |connection| take(connection, &owned, now, later(now, ttl))).await?;
        let id =
            id.ok_or_else(|| Error::new(Kind::Taken, format!("{key}: somebody else holds its lease")))?;
        Ok(Lease { key: key.to_owned(), id: id.to_string(), ttl })
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        let (held, until) = (lease.clone(), later(self.database.now(), lease.ttl));
        let job = move |connection: &mut Connection| {
            connection.execute(
                "UPDATE lease SET until = ?3 WHERE key = ?1 AND id = ?2",
                params![held.key, held.id, until],
            )
        };
        match self.database.run(job).await? {
            0 => Err(Error::new(Kind::Taken, format!("{}: its lease was lost; stop this work", lease.key))),
            _ => Ok(()),
        }
    }

    async fn release(&self, lease: Lease) -> Result<()> {
        let job = move |connection: &mut Connection| {
            connection.execute("DELETE FROM lease WHERE key = ?1 AND id = ?2", params![lease.key, lease.id])
        };
        self.database.run(job).await.map(drop)
    }
}

fn tag(number: i64) -> Etag {
    Etag::new(number.to_string())
}

/// A tag that this store cannot have given matches nothing: numbers start at 1.
fn number(etag: &Etag) -> i64 {
    etag.as_str().parse().unwrap_or(0)
}

fn conflict(key: &str) -> Error {
    Error::new(Kind::Conflict, format!("{key}: the value is not in the expected state; read it again"))
}

fn later(now: i64, time: Duration) -> i64 {
    now.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

fn read(connection: &Connection, key: &str) -> rusqlite::Result<Option<(i64, Vec<u8>)>> {
    let mut select = connection.prepare_cached("SELECT etag, bytes FROM entry WHERE key = ?1")?;
    select.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn write(connection: &mut Connection, key: &str, bytes: &[u8], when: &When) -> rusqlite::Result<Option<i64>> {
    const CREATE: &str = "INSERT INTO entry(key, etag, bytes) VALUES(?1, ?2, ?3)";
    let transaction = connection.transaction()?;
    let etag = next_number(&transaction)?;
    let rows = match when {
        When::Absent => transaction
            .prepare_cached(&format!("{CREATE} ON CONFLICT DO NOTHING"))?
            .execute(params![key, etag, bytes])?,
        When::Match(known) => transaction
            .prepare_cached("UPDATE entry SET etag = ?2, bytes = ?3 WHERE key = ?1 AND etag = ?4")?
            .execute(params![key, etag, bytes, number(known)])?,
        When::Any => transaction
            .prepare_cached(&format!(
                "{CREATE} ON CONFLICT DO UPDATE SET etag = excluded.etag, bytes = excluded.bytes"
            ))?
            .execute(params![key, etag, bytes])?,
    };
    if rows == 0 {
        return Ok(None);
    }
    transaction.commit()?;
    Ok(Some(etag))
}

/// Whether the key is without a value afterwards.
fn remove(connection: &mut Connection, key: &str, when: &When) -> rusqlite::Result<bool> {
    let transaction = connection.transaction()?;
    let there: Option<i64> =
        transaction.query_row("SELECT etag FROM entry WHERE key = ?1", [key], |row| row.get(0)).optional()?;
    let stays = matches!((there, when), (Some(etag), When::Match(known)) if etag != number(known));
    if there.is_some() && !stays {
        transaction.execute("DELETE FROM entry WHERE key = ?1", [key])?;
        transaction.commit()?;
    }
    Ok(!stays)
}

/// One key more than a page holds, to know whether there are more.
fn keys(connection: &Connection, prefix: &str, after: &str) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare_cached(
        "SELECT key FROM entry WHERE key >= ?1 AND key < ?1 || char(127) AND key > ?2 ORDER BY key LIMIT ?3",
    )?;
    let most = i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX);
    select.query_map(params![prefix, after, most], |row| row.get(0))?.collect()
}

fn take(connection: &mut Connection, key: &str, now: i64, until: i64) -> rusqlite::Result<Option<i64>> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM lease WHERE until <= ?1 AND key = ?2", params![now, key])?;
    let id = next_number(&transaction)?;
    let rows = transaction.execute(
        "INSERT INTO lease(key, id, until) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![key, id, until],
    )?;
    if rows == 0 {
        return Ok(None);
    }
    transaction.commit()?;
    Ok(Some(id))
}
