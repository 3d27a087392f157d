//! The tenants' data keys: made once, wrapped in the store, unwrapped in memory for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;

use super::{KEY_LIFE, KEYS_KEPT, unreadable};
use crate::{
    cipher::{Cipher, KEY_LENGTH},
    clock::Clock,
    error::{Error, Kind, Result},
    keys::{Keys, Wrapped},
    random::Random,
    store::{Store, When},
};

/// Finds, makes, keeps and destroys data keys.
pub(super) struct DataKeys {
    store: Arc<dyn Store>,
    keys: Arc<dyn Keys>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    wrapping_key: String,
    kept: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    cipher: Arc<Cipher>,
    until: Duration,
}

impl DataKeys {
    pub(super) fn new(
        store: Arc<dyn Store>,
        keys: Arc<dyn Keys>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        wrapping_key: String,
    ) -> Self {
        Self { store, keys, clock, random, wrapping_key, kept: Mutex::default() }
    }

    /// The data key in memory, if its time is not over.
    pub(super) fn get_kept(&self, tenant: &str) -> Option<Arc<Cipher>> {
        let now = self.clock.elapsed();
        self.kept().get(tenant).filter(|kept| kept.until > now).map(|kept| Arc::clone(&kept.cipher))
    }

    /// The data key as the store has it now; `None` if the tenant has none.
    pub(super) async fn get(&self, tenant: &str) -> Result<Option<Arc<Cipher>>> {
        let place = place(tenant);
        let Some(entry) = self.store.get(&place).await? else { return Ok(None) };
        let wrapped: Wrapped = serde_json::from_slice(&entry.bytes).map_err(|error| {
            unreadable(&place, "it holds no wrapped data key; restore it, or forget the tenant")
                .because(error)
        })?;
        let key = self.keys.unwrap(&wrapped).await?;
        let cipher = Cipher::new(key.expose()).ok_or_else(|| {
            unreadable(&place, "its data key has a wrong length; restore it, or forget the tenant")
        })?;
        Ok(Some(self.keep(tenant, cipher)))
    }

    /// The data key; made now if the tenant has none.
    pub(super) async fn get_or_make(&self, tenant: &str) -> Result<Arc<Cipher>> {
        if let Some(kept) = self.get_kept(tenant) {
            return Ok(kept);
        }
        if let Some(found) = self.get(tenant).await? {
            return Ok(found);
        }
        self.make(tenant).await?;
        let made = self.get(tenant).await?;
        made.ok_or_else(|| {
            Error::new(Kind::Gone, format!("tenant {tenant} was forgotten just now; stop its work"))
        })
    }

    /// Destroys the data key, here and in the store.
    pub(super) async fn destroy(&self, tenant: &str) -> Result<()> {
        self.kept().remove(tenant);
        self.store.delete(&place(tenant), When::Any).await
    }

    /// Stores a new data key, unless another worker was quicker: then its key is as good.
    async fn make(&self, tenant: &str) -> Result<()> {
        let mut key = [0; KEY_LENGTH];
        self.random.fill(&mut key);
        let wrapped = self.keys.wrap(&self.wrapping_key, &key).await?;
        let place = place(tenant);
        let text = serde_json::to_vec(&wrapped).map_err(|error| {
            unreadable(&place, "the wrapped data key does not fit into JSON").because(error)
        })?;
        match self.store.put(&place, Bytes::from(text), When::Absent).await {
            Err(error) if error.kind() != Kind::Conflict => Err(error),
            _ => Ok(()),
        }
    }

    fn keep(&self, tenant: &str, cipher: Cipher) -> Arc<Cipher> {
        let (cipher, now) = (Arc::new(cipher), self.clock.elapsed());
        let mut kept = self.kept();
        if kept.len() >= KEYS_KEPT {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() >= KEYS_KEPT {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.until).map(|(tenant, _)| tenant.clone());
            oldest.map(|tenant| kept.remove(&tenant));
        }
        kept.insert(tenant.to_owned(), Kept { cipher: Arc::clone(&cipher), until: now + KEY_LIFE });
        cipher
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a tenant's wrapped data key lies.
fn place(tenant: &str) -> String {
    format!("tenants/{tenant}/key")
}
