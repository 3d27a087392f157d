//! Typed, versioned records.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::{Sealed, unreadable};
use crate::{
    error::{Result, refused},
    store::{Etag, Listing, Page, When},
};

/// What a [`Table`] holds.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// The version of its layout: raise it with every change that an older program would misread.
    const VERSION: u32;
}

/// A record and the tag of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<R> {
    /// The record.
    pub record: R,
    /// The tag to pass to [`When::Match`].
    pub etag: Etag,
}

/// Records of one type, as sealed JSON under keys that start with `tenants/<tenant>/`; other keys are refused.
pub struct Table<R> {
    sealed: Sealed,
    holds: PhantomData<fn() -> R>,
}

impl<R> Clone for Table<R> {
    fn clone(&self) -> Self {
        Self { sealed: self.sealed.clone(), holds: PhantomData }
    }
}

impl<R: Record> Table<R> {
    pub(super) fn new(sealed: Sealed) -> Self {
        Self { sealed, holds: PhantomData }
    }

    /// Reads a record; `None` if there is none.
    ///
    /// Fails with `Unreadable` if it is damaged, was moved here, or has another version; with `Gone` if its tenant
    /// was forgotten.
    pub async fn get(&self, key: &str) -> Result<Option<Row<R>>> {
        let Some((plain, etag)) = self.sealed.get(key, R::VERSION).await? else { return Ok(None) };
        let record = serde_json::from_slice(&plain).map_err(|error| misfit(key, R::VERSION, &error))?;
        Ok(Some(Row { record, etag }))
    }

    /// Writes a record; fails with `Conflict` if the key is not in the state that `when` asks for.
    pub async fn put(&self, key: &str, record: &R, when: When) -> Result<Etag> {
        let plain = serde_json::to_vec(record)
            .map_err(|error| refused(format!("{key}: the record does not fit into JSON")).because(error))?;
        self.sealed.put(key, R::VERSION, plain, when).await
    }

    /// Deletes a record; one that is gone already is success.
    pub async fn delete(&self, key: &str, when: When) -> Result<()> {
        self.sealed.delete(key, when).await
    }

    /// Lists the keys that start with a prefix, as [`Store::list`](crate::Store::list) does.
    pub async fn list(&self, prefix: &str, after: Option<Page>) -> Result<Listing> {
        self.sealed.list(prefix, after).await
    }
}

/// Says where the JSON does not fit, not what it holds: serde's own text may quote a name or a number.
fn misfit(key: &str, version: u32, error: &serde_json::Error) -> crate::Error {
    let (line, column) = (error.line(), error.column());
    unreadable(
        key,
        &format!(
            "its JSON is not a record of version {version} (line {line}, column {column}); restore it, or delete it to have it made anew"
        ),
    )
}
