//! Typed records, sealed: nothing that a tenant owns is readable in the store itself.
//!
//! Every value under `tenants/{tenant}/` is sealed by AES-256-GCM with a data key of the tenant's own. Data keys are
//! random and numbered, lie wrapped at `tenants/{tenant}/key`, and the first is made by whichever worker needs it first.
//! The full key name, the record's version and the data key's number are bound to the value, so one that was moved or
//! relabelled does not open.

mod any;
mod data_keys;
mod kept;
mod ring;
mod rotate;
mod table;
mod value;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

pub use self::{
    any::AnyRecord,
    rotate::{DATA_KEY_LIFE, Rotated, SETTLED},
    table::{Record, Row, Table},
};
use self::{
    data_keys::{DataKeys, unknown_number},
    value::Header,
};
use crate::{
    clock::Clock,
    error::{Error, Kind, Result, refused},
    keys::Keys,
    random::Random,
    store::{Etag, LEASES, Listing, Page, Store, When},
};

/// How long an unwrapped data key is kept in memory.
pub const KEY_LIFE: Duration = Duration::from_secs(5 * 60);
/// Of how many tenants unwrapped data keys are kept in memory.
pub const KEYS_KEPT: usize = 1000;

/// How often a value is read whose data key went out of use in the meantime.
const READS: usize = 2;
/// The most pages that [`Sealed::forget`] lists: ten million values.
const MAX_PAGES: usize = 10_000;
/// How many values are deleted at a time.
const DELETES_AT_ONCE: usize = 16;

/// A store whose values are sealed per tenant; clones share the data keys in memory.
///
/// What must be found without knowing a tenant, such as which tenants there are, goes into [`Sealed::store`] directly:
/// as keys of ids, without values.
#[derive(Clone)]
pub struct Sealed {
    store: Arc<dyn Store>,
    random: Arc<dyn Random>,
    data_keys: Arc<DataKeys>,
}

impl Sealed {
    /// Seals what goes into a store; `wrapping_key` names the key in `keys` that wraps the tenants' data keys.
    pub fn new(
        store: Arc<dyn Store>,
        keys: Arc<dyn Keys>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        wrapping_key: impl Into<String>,
    ) -> Self {
        let data_keys =
            DataKeys::new(Arc::clone(&store), keys, clock, Arc::clone(&random), wrapping_key.into());
        Self { store, random, data_keys: Arc::new(data_keys) }
    }

    /// The records of one type.
    pub fn table<R: Record>(&self) -> Table<R> {
        Table::new(self.clone())
    }

    /// The store below, for its leases and for what is no tenant's.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Makes everything of a tenant unreadable, then deletes it.
    ///
    /// The data keys go first: from then on no copy of a value can be opened, wherever it lies. Other processes may
    /// keep them in memory for up to [`KEY_LIFE`]: stop the tenant's work before, and let that time pass before
    /// the tenant is set up again. Fails with `Taken` while a lease of the tenant is held; call it again, as after any
    /// failure.
    pub async fn forget(&self, tenant: &str) -> Result<()> {
        let all = format!("tenants/{tenant}/");
        if tenant_of(&all)? != tenant {
            return Err(refused(format!("{tenant:?} is no tenant's id")));
        }
        self.data_keys.destroy(tenant).await?;
        self.delete_all(&all).await?;
        self.delete_all(&format!("{LEASES}tenants/{tenant}/")).await
    }

    async fn delete_all(&self, prefix: &str) -> Result<()> {
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let Listing { keys, next } = self.store.list(prefix, after).await?;
            let deletes: Vec<_> = keys.iter().map(|key| self.store.delete(key, When::Any)).collect();
            stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE).try_collect::<()>().await?;
            if next.is_none() {
                return Ok(());
            }
            after = next;
        }
        Err(Error::new(
            Kind::Unavailable,
            format!("{prefix}: more than {MAX_PAGES} pages of values; call it again"),
        ))
    }

    async fn put(&self, key: &str, version: u32, plain: Vec<u8>, when: When) -> Result<Etag> {
        let value = self.seal(key, version, &plain).await?;
        // Gone before the store is waited for.
        drop(plain);
        self.store.put(key, value, when).await
    }

    /// Seals a value by its tenant's newest data key.
    async fn seal(&self, key: &str, version: u32, plain: &[u8]) -> Result<Bytes> {
        let newest = self.data_keys.newest(tenant_of(key)?).await?;
        let header = Header { version, number: newest.number };
        let context = header.context(key);
        let value = newest.cipher.seal(self.random.as_ref(), &context, &header.bytes(), plain);
        let value = value.ok_or_else(|| refused(format!("{key}: the record is too large to be sealed")))?;
        Ok(Bytes::from(value))
    }

    async fn get(&self, key: &str, version: u32) -> Result<Option<(Vec<u8>, Etag)>> {
        let mut number = 0;
        for _ in 0..READS {
            tenant_of(key)?;
            let Some(entry) = self.store.get(key).await? else { return Ok(None) };
            let (header, sealed) = Header::split_checked(key, &entry.bytes, version)?;
            if let Some(plain) = self.open(key, header, sealed).await? {
                return Ok(Some((plain, entry.etag)));
            }
            // Perhaps it was sealed anew while it was read, and its old data key dropped.
            number = header.number;
        }
        Err(unknown_number(key, number))
    }

    /// Opens a value; `None` if its tenant has no data key of that number.
    async fn open(&self, key: &str, header: Header, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        let (tenant, context) = (tenant_of(key)?, header.context(key));
        let kept = self.data_keys.get_kept(tenant, header.number);
        if let Some(plain) = kept.as_ref().and_then(|kept| kept.cipher.open(&context, sealed)) {
            return Ok(Some(plain));
        }
        let found = self.data_keys.get(tenant, header.number, kept.as_ref()).await?;
        let Some(found) = found else { return Ok(None) };
        found.cipher.open(&context, sealed).map(Some).ok_or_else(|| {
            unreadable(
                key,
                "it does not open: damaged, moved from another key, or sealed by another data key; restore it, or delete it to have it made anew",
            )
        })
    }

    async fn delete(&self, key: &str, when: When) -> Result<()> {
        tenant_of(key)?;
        self.store.delete(key, when).await
    }

    async fn list(&self, prefix: &str, after: Option<Page>) -> Result<Listing> {
        tenant_of(prefix)?;
        self.store.list(prefix, after).await
    }
}

/// The tenant whose data key seals a key's value; the data key itself is out of reach.
fn tenant_of(key: &str) -> Result<&str> {
    match key.strip_prefix("tenants/").and_then(|rest| rest.split_once('/')) {
        Some((tenant, rest)) if !tenant.is_empty() && rest != "key" => Ok(tenant),
        _ => {
            Err(refused(format!("{key:?}: a sealed value lies under tenants/<tenant>/, and not at its key")))
        }
    }
}

fn unreadable(key: &str, why: &str) -> Error {
    Error::new(Kind::Unreadable, format!("{key}: {why}"))
}
