//! All data keys of a tenant, wrapped, in one record.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::unreadable;
use crate::{
    cipher::{Cipher, KEY_LENGTH},
    error::{Error, Kind, Result},
    keys::{Secret, Wrapped},
    random::Random,
};

/// All data keys of a tenant; what lies at [`place`] as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ring {
    /// Oldest first, numbers ascending; the last one seals.
    pub(super) keys: Vec<DataKey>,
    /// How far the sealing anew of old values has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pass: Option<Pass>,
}

/// One data key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataKey {
    /// What sealed values name it by.
    pub(super) number: u32,
    /// When it was made.
    pub(super) made: DateTime<Utc>,
    /// The key, as the vault wrapped it.
    pub(super) wrapped: Wrapped,
}

/// One pass over all values of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pass {
    /// The last key in the store that was looked at.
    pub(super) through: String,
    /// How many values of old data keys do not open.
    pub(super) unreadable: usize,
}

/// Where a tenant's ring lies.
pub(super) fn place(tenant: &str) -> String {
    format!("tenants/{tenant}/key")
}

impl Ring {
    /// Reads a tenant's ring.
    pub(super) fn read(tenant: &str, bytes: &[u8]) -> Result<Self> {
        let broken = || unreadable(&place(tenant), "it holds no data keys; restore it, or forget the tenant");
        let ring: Self = serde_json::from_slice(bytes).map_err(|error| broken().because(error))?;
        let ascending = ring.keys.iter().zip(ring.keys.iter().skip(1)).all(|(a, b)| a.number < b.number);
        if ring.keys.is_empty() || !ascending { Err(broken()) } else { Ok(ring) }
    }

    /// The ring as it is stored.
    pub(super) fn bytes(&self, tenant: &str) -> Result<Bytes> {
        let text = serde_json::to_vec(self);
        let text = text.map_err(|error| {
            unreadable(&place(tenant), "the data keys do not fit into JSON").because(error)
        })?;
        Ok(Bytes::from(text))
    }

    /// The data key that seals.
    pub(super) fn newest(&self, tenant: &str) -> Result<&DataKey> {
        self.keys.last().ok_or_else(|| unreadable(&place(tenant), "it holds no data keys"))
    }

    /// The data key of a number.
    pub(super) fn find(&self, number: u32) -> Option<&DataKey> {
        self.keys.iter().find(|key| key.number == number)
    }
}

/// Makes a data key: what is to be wrapped.
pub(super) fn make(random: &dyn Random, tenant: &str, number: u32) -> Secret {
    let mut key = [0; KEY_LENGTH];
    random.fill(&mut key);
    Secret::new([key.as_slice(), &mark(tenant, number)].concat())
}

/// Takes what was unwrapped as the data key of a tenant and number.
///
/// Whose key it is stands beside it in the wrapping, so that rings can't be exchanged in the store: what a tenant seals
/// would outlive its data key.
pub(super) fn cipher(tenant: &str, number: u32, unwrapped: &Secret) -> Result<Cipher> {
    let wrong = || {
        let why = format!("its data key {number} is that of another; restore it, or forget the tenant");
        unreadable(&place(tenant), &why)
    };
    let (key, found) = unwrapped.expose().split_at_checked(KEY_LENGTH).ok_or_else(wrong)?;
    if found != mark(tenant, number) {
        return Err(wrong());
    }
    Cipher::new(key).ok_or_else(wrong)
}

/// What binds a data key to its tenant and number.
fn mark(tenant: &str, number: u32) -> Vec<u8> {
    digest(&SHA256, format!("{tenant}/{number}").as_bytes()).as_ref().to_vec()
}

/// The tenant's ring is not there.
pub(super) fn forgotten(tenant: &str) -> Error {
    let message = format!("tenant {tenant} has no data keys, so it was forgotten; stop its work");
    Error::new(Kind::Gone, message)
}
