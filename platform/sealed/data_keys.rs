//! The tenants' data keys: made when needed, wrapped in the store, unwrapped in memory for a while.

use std::sync::Arc;

use super::{
    kept::{Kept, Unwrapped},
    ring::{self, DataKey, Ring, forgotten, place},
    unreadable,
};
use crate::{
    clock::Clock,
    error::{Kind, Result},
    keys::Keys,
    random::Random,
    store::{Etag, Store, When},
};

/// Finds, makes, keeps and destroys data keys.
pub(super) struct DataKeys {
    pub(super) store: Arc<dyn Store>,
    pub(super) keys: Arc<dyn Keys>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) wrapping_key: String,
    kept: Kept,
    /// One asks the vault, the others wait for what it brings.
    asking: tokio::sync::Mutex<()>,
}

impl DataKeys {
    pub(super) fn new(
        store: Arc<dyn Store>,
        keys: Arc<dyn Keys>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        wrapping_key: String,
    ) -> Self {
        let (kept, asking) = (Kept::default(), tokio::sync::Mutex::default());
        Self { store, keys, clock, random, wrapping_key, kept, asking }
    }

    /// The data key of a number in memory, if its time is not over.
    pub(super) fn get_kept(&self, tenant: &str, number: u32) -> Option<Unwrapped> {
        self.kept.get(tenant, number, self.clock.elapsed())
    }

    /// The data key of a number as the store has it now, unless somebody else just brought another than was tried;
    /// `None` if the tenant has no such number.
    pub(super) async fn get(
        &self,
        tenant: &str,
        number: u32,
        tried: Option<&Unwrapped>,
    ) -> Result<Option<Unwrapped>> {
        let _asking = self.asking.lock().await;
        let is_new = |kept: &Unwrapped| tried.is_none_or(|tried| !Arc::ptr_eq(&kept.cipher, &tried.cipher));
        if let Some(kept) = self.get_kept(tenant, number).filter(is_new) {
            return Ok(Some(kept));
        }
        let (ring, _) = self.ring(tenant).await?.ok_or_else(|| forgotten(tenant))?;
        match ring.find(number) {
            Some(key) => self.unwrap(tenant, &ring, key).await.map(Some),
            None => Ok(None),
        }
    }

    /// The data key that seals; made now if the tenant has none.
    pub(super) async fn newest(&self, tenant: &str) -> Result<Unwrapped> {
        if let Some(kept) = self.kept.newest(tenant, self.clock.elapsed()) {
            return Ok(kept);
        }
        let _asking = self.asking.lock().await;
        if let Some(kept) = self.kept.newest(tenant, self.clock.elapsed()) {
            return Ok(kept);
        }
        let found = match self.ring(tenant).await? {
            Some(found) => Some(found),
            None => {
                self.make_ring(tenant).await?;
                self.ring(tenant).await?
            }
        };
        let (ring, _) = found.ok_or_else(|| forgotten(tenant))?;
        self.unwrap(tenant, &ring, ring.newest(tenant)?).await
    }

    /// All wrapped data keys of a tenant; `None` if it has none.
    pub(super) async fn ring(&self, tenant: &str) -> Result<Option<(Ring, Etag)>> {
        let Some(entry) = self.store.get(&place(tenant)).await? else { return Ok(None) };
        Ok(Some((Ring::read(tenant, &entry.bytes)?, entry.etag)))
    }

    /// Makes a data key and has it wrapped.
    pub(super) async fn make(&self, tenant: &str, number: u32) -> Result<DataKey> {
        let key = ring::make(self.random.as_ref(), tenant, number);
        let wrapped = self.keys.wrap(&self.wrapping_key, key.expose()).await?;
        Ok(DataKey { number, made: self.clock.now(), wrapped })
    }

    /// Destroys the data keys, here and in the store.
    pub(super) async fn destroy(&self, tenant: &str) -> Result<()> {
        self.kept.remove(tenant);
        self.store.delete(&place(tenant), When::Any).await
    }

    /// Stores a ring of one new data key, unless another worker was quicker: then its ring is as good.
    async fn make_ring(&self, tenant: &str) -> Result<()> {
        let ring = Ring { keys: vec![self.make(tenant, 1).await?], pass: None };
        match self.store.put(&place(tenant), ring.bytes(tenant)?, When::Absent).await {
            Err(error) if error.kind() != Kind::Conflict => Err(error),
            _ => Ok(()),
        }
    }

    async fn unwrap(&self, tenant: &str, ring: &Ring, key: &DataKey) -> Result<Unwrapped> {
        let unwrapped = self.keys.unwrap(&key.wrapped).await?;
        let cipher = Arc::new(ring::cipher(tenant, key.number, &unwrapped)?);
        let newest = ring.keys.last().is_some_and(|newest| newest.number == key.number);
        let key = Unwrapped { number: key.number, cipher };
        self.kept.put(tenant, key.clone(), newest, self.clock.elapsed());
        Ok(key)
    }
}

/// A value names a data key that its tenant does not have.
pub(super) fn unknown_number(key: &str, number: u32) -> crate::Error {
    let why = format!(
        "it names data key {number}, which its tenant does not have: damaged, or older than the last rotation; restore it, or delete it to have it made anew"
    );
    unreadable(key, &why)
}
