//! Typed records, sealed: nothing that a tenant owns is readable in the store itself.
//!
//! Every value under `tenants/{tenant}/` is sealed by AES-256-GCM with the tenant's own data key. That key is random,
//! lies wrapped at `tenants/{tenant}/key`, and is created by whichever worker needs it first. The full key name and
//! the record's version are bound to the value, so one that was moved or relabelled does not open.

mod data_keys;
mod table;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use self::data_keys::DataKeys;
pub use self::table::{Record, Row, Table};
use crate::{
    clock::Clock,
    error::{Error, Kind, Result, refused},
    keys::Keys,
    random::Random,
    store::{Etag, LEASES, Listing, Page, Store, When},
};

/// How long an unwrapped data key is kept in memory.
pub const KEY_LIFE: Duration = Duration::from_secs(5 * 60);
/// How many unwrapped data keys are kept in memory.
pub const KEYS_KEPT: usize = 1000;

/// The layout of sealed values that this program writes and reads.
const LAYOUT: u8 = 1;
/// One byte of layout and four of record version, big-endian; then what the cipher made.
const HEADER: usize = 5;
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
    /// The data key goes first: from then on no copy of a value can be opened, wherever it lies. Other processes may
    /// keep the key in memory for up to [`KEY_LIFE`]: stop the tenant's work before, and let that time pass before
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
            let deletes = stream::iter(&keys).map(|key| self.store.delete(key, When::Any));
            deletes.buffer_unordered(DELETES_AT_ONCE).try_collect::<()>().await?;
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
        let cipher = self.data_keys.get_or_make(tenant_of(key)?).await?;
        let (header, context) = (header(version), context(key, version));
        let value = cipher.seal(self.random.as_ref(), &context, &header, &plain);
        // Gone before the store is waited for.
        drop(plain);
        let value = value.ok_or_else(|| refused(format!("{key}: the record is too large to be sealed")))?;
        self.store.put(key, Bytes::from(value), when).await
    }

    async fn get(&self, key: &str, version: u32) -> Result<Option<(Vec<u8>, Etag)>> {
        let tenant = tenant_of(key)?;
        let Some(entry) = self.store.get(key).await? else { return Ok(None) };
        let sealed = check_header(key, &entry.bytes, version)?;
        let context = context(key, version);
        let kept = self.data_keys.get_kept(tenant).and_then(|cipher| cipher.open(&context, sealed));
        let plain = match kept {
            Some(plain) => Some(plain),
            None => self.data_keys.get(tenant).await?.ok_or_else(|| forgotten(key))?.open(&context, sealed),
        };
        let plain = plain.ok_or_else(|| {
            unreadable(
                key,
                "it does not open: damaged, moved from another key, or sealed by another data key; restore it, or delete it to have it made anew",
            )
        })?;
        Ok(Some((plain, entry.etag)))
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

fn header(version: u32) -> [u8; HEADER] {
    let mut header = [LAYOUT; HEADER];
    header.iter_mut().skip(1).zip(version.to_be_bytes()).for_each(|(to, from)| *to = from);
    header
}

/// What must be the same at sealing and opening.
fn context(key: &str, version: u32) -> Vec<u8> {
    [header(version).as_slice(), key.as_bytes()].concat()
}

/// Checks layout and version before the cipher, to tell a newer program's value from a damaged one.
fn check_header<'a>(key: &str, value: &'a [u8], version: u32) -> Result<&'a [u8]> {
    let Some((&[LAYOUT, a, b, c, d], sealed)) = value.split_first_chunk::<HEADER>() else {
        return Err(unreadable(key, "it has no known layout; restore it, or delete it to have it made anew"));
    };
    match u32::from_be_bytes([a, b, c, d]) {
        found if found == version => Ok(sealed),
        found => {
            let other = if found > version { "a newer" } else { "an older" };
            let text = format!(
                "{other} Wheelhouse wrote version {found}, this one reads {version}; run the one that wrote it"
            );
            Err(unreadable(key, &text))
        }
    }
}

fn unreadable(key: &str, why: &str) -> Error {
    Error::new(Kind::Unreadable, format!("{key}: {why}"))
}

fn forgotten(key: &str) -> Error {
    Error::new(
        Kind::Gone,
        format!("{key}: the tenant's data key is gone, so it was forgotten; delete the value"),
    )
}
