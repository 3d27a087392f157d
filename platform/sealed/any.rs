//! Values of any table, for whoever has to go through all of them.

use bytes::Bytes;

use super::{Sealed, unreadable};
use crate::error::Result;
use crate::store::{Etag, When};

/// A record of any table, as it was sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct AnyRecord {
    /// The version of its layout.
    pub version: u32,
    /// Its JSON.
    pub json: Vec<u8>,
    /// The tag of its version.
    pub etag: Etag,
}

impl Sealed {
    /// Opens a value, whatever its table; `None` if there is none.
    pub async fn get_any(&self, key: &str) -> Result<Option<AnyRecord>> {
        let Some(entry) = self.store.get(key).await? else { return Ok(None) };
        let version = version(&entry.bytes).ok_or_else(|| unreadable(key, "it has no known layout"))?;
        let opened = self.get(key, version).await?;
        Ok(opened.map(|(json, etag)| AnyRecord { version, json, etag }))
    }

    /// Writes a record back that [`get_any`](Self::get_any) gave; fails with `Conflict` if somebody else was quicker.
    pub async fn put_any(&self, key: &str, record: AnyRecord) -> Result<Etag> {
        self.put(key, record.version, record.json, When::Match(record.etag)).await
    }
}

/// Every layout has the record's version after its first byte.
fn version(value: &Bytes) -> Option<u32> {
    let (&[_, a, b, c, d], _) = value.split_first_chunk()?;
    Some(u32::from_be_bytes([a, b, c, d]))
}
