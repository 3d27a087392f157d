//! The port `Store`: values under keys, with conditional writes and leases.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::{Result, refused};

/// The longest key, in characters.
pub const MAX_KEY: usize = 512;
/// The largest value, in bytes (64 MiB).
pub const MAX_VALUE: usize = 64 * 1024 * 1024;
/// The most keys in one [`Listing`].
pub const PAGE_SIZE: usize = 1000;
/// The shortest and the longest lease: what Blob Storage offers.
pub const LEASE_TTL: std::ops::RangeInclusive<Duration> = Duration::from_secs(15)..=Duration::from_secs(60);
/// The first segment under which an implementation may keep its leases: `leases/` and the key that is held.
pub const LEASES: &str = "leases/";

/// Values under keys, with conditional writes and leases.
///
/// A key is a path of segments from `a-z`, `0-9`, `-`, `_` and `.`, joined by `/`, at most [`MAX_KEY`] long. A segment
/// is not empty and does not end with a dot. Other keys are refused. What lies under [`LEASES`] belongs to the
/// implementation and can only be listed and deleted, so that a forgotten tenant leaves no trace.
///
/// Every method fails with `Unavailable` when the service or the disk does not answer in time. Writes to several keys
/// are never atomic together.
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads a value; `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Entry>>;

    /// Writes a value of at most [`MAX_VALUE`] bytes and returns its new tag.
    ///
    /// Fails with `Conflict` if the key is not in the state that `when` asks for; nothing is written then.
    async fn put(&self, key: &str, bytes: Bytes, when: When) -> Result<Etag>;

    /// Deletes a value; one that is gone already is success.
    ///
    /// Fails with `Conflict` if the value is there and is not the one that `when` names. [`When::Absent`] is refused.
    async fn delete(&self, key: &str, when: When) -> Result<()>;

    /// Lists the keys that start with a prefix, in ascending order, at most [`PAGE_SIZE`] at a time.
    ///
    /// The prefix holds at least one whole segment and its `/`. Pass the `next` of one listing as `after` to the next
    /// call. Keys written or deleted meanwhile may or may not appear.
    async fn list(&self, prefix: &str, after: Option<Page>) -> Result<Listing>;

    /// Takes a lease on a key, whether or not it has a value; fails with `Taken` if somebody holds it.
    ///
    /// `ttl` lies in [`LEASE_TTL`]; fractions of a second are rounded up. A lease is a courtesy among workers: nothing
    /// stops a holder that was paused beyond its `ttl` from writing (no fencing), so writes stay conditional.
    async fn lease(&self, key: &str, ttl: Duration) -> Result<Lease>;

    /// Extends a lease by its `ttl` from now; fails with `Taken` if it was lost to somebody else.
    ///
    /// A lease that ran out and that nobody took since may still be extended.
    async fn renew(&self, lease: &Lease) -> Result<()>;

    /// Gives a lease back; one that was lost is left to its new holder, and that is success.
    async fn release(&self, lease: Lease) -> Result<()>;
}

/// The tag of one version of a value; it never repeats for a key, not even after delete and re-create.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Etag(String);

impl Etag {
    /// Takes a tag as an implementation gives it.
    pub fn new(tag: impl Into<String>) -> Self {
        Self(tag.into())
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value and the tag of its version.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub bytes: Bytes,
    /// The tag to pass to [`When::Match`].
    pub etag: Etag,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("len", &self.bytes.len()).field("etag", &self.etag).finish()
    }
}

/// The state in which a key must be for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// There is no value yet.
    Absent,
    /// The value is still this version.
    Match(Etag),
    /// Whatever is there.
    Any,
}

/// One page of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The keys, ascending.
    pub keys: Vec<String>,
    /// Where the next page starts, or `None` after the last.
    pub next: Option<Page>,
}

/// Where a listing goes on; opaque, and only good for the prefix that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page(pub(crate) String);

/// A held lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) ttl: Duration,
}

impl Lease {
    /// The key that is held.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Refuses a key that cannot hold a value: a bad path, or one under [`LEASES`].
pub fn check_key(key: &str) -> Result<()> {
    check_path(key)?;
    if key.starts_with(LEASES) {
        return Err(refused(format!(
            "key {key:?}: {LEASES} is reserved for leases; choose another first segment"
        )));
    }
    Ok(())
}

/// Refuses a path that some implementation could not keep, or could mistake for another.
pub fn check_path(key: &str) -> Result<()> {
    check_characters(key)?;
    if key.split('/').any(|segment| segment.is_empty() || segment.ends_with('.')) {
        return Err(refused(format!(
            "key {key:?}: every segment between / needs text that does not end with a dot"
        )));
    }
    Ok(())
}

/// Refuses a prefix that could match keys of several first segments, or none.
pub fn check_prefix(prefix: &str) -> Result<()> {
    check_characters(prefix)?;
    match prefix.split_once('/') {
        Some((first, rest)) if !first.is_empty() && !rest.starts_with('/') => Ok(()),
        _ => Err(refused(format!("prefix {prefix:?}: give at least one whole segment and its /"))),
    }
}

fn check_characters(key: &str) -> Result<()> {
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '/');
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(refused(format!("a key of {} characters: it must have 1 to {MAX_KEY}", key.len())));
    }
    if let Some(odd) = key.chars().find(|c| !allowed(*c)) {
        return Err(refused(format!(
            "a key with the character {odd:?}: only a-z 0-9 - _ . and / are allowed"
        )));
    }
    Ok(())
}

/// Refuses a value that is too large.
pub fn check_value(key: &str, bytes: &Bytes) -> Result<()> {
    if bytes.len() > MAX_VALUE {
        return Err(refused(format!("{key}: a value of {} bytes; the most is {MAX_VALUE}", bytes.len())));
    }
    Ok(())
}

/// Refuses a lease that is too short or too long; returns its whole seconds.
pub fn check_ttl(key: &str, ttl: Duration) -> Result<u32> {
    if !LEASE_TTL.contains(&ttl) {
        return Err(refused(format!("a lease of {ttl:?} on {key}: it must last 15 to 60 seconds")));
    }
    Ok(whole_seconds(ttl))
}

/// Whole seconds, fractions rounded up: what the cloud services count in.
pub(crate) fn whole_seconds(time: Duration) -> u32 {
    let up = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    u32::try_from(up).unwrap_or(u32::MAX)
}
