//! A sealed store on a file, with a clock that moves by command and keys that count.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::DateTime;
use platform::{
    Error, Keys, Kind, ManualClock, Record, Result, Sealed, Secret, SeededRandom, Store, Table, Wrapped,
    embedded::{Database, FileKeys},
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
}

impl Record for Person {
    const VERSION: u32 = 3;
}

/// Counts how often a data key is unwrapped.
pub struct CountingKeys {
    keys: FileKeys,
    unwrapped: AtomicUsize,
}

#[async_trait]
impl Keys for CountingKeys {
    async fn version(&self, key: &str) -> Result<String> {
        self.keys.version(key).await
    }

    async fn wrap(&self, key: &str, data: &[u8]) -> Result<Wrapped> {
        self.keys.wrap(key, data).await
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Secret> {
        self.unwrapped.fetch_add(1, Ordering::Relaxed);
        self.keys.unwrap(wrapped).await
    }

    async fn secret(&self, reference: &str) -> Result<Secret> {
        self.keys.secret(reference).await
    }
}

pub struct World {
    pub folder: TempDir,
    pub store: Arc<dyn Store>,
    pub keys: Arc<CountingKeys>,
    pub clock: Arc<ManualClock>,
    pub sealed: Sealed,
}

impl World {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
        let database = Database::open(folder.path().join("w.db"), clock.clone()).await.unwrap();
        let keys = FileKeys::open(folder.path().join("keys"), Arc::new(SeededRandom::new(1))).unwrap();
        let keys = Arc::new(CountingKeys { keys, unwrapped: AtomicUsize::new(0) });
        let store: Arc<dyn Store> = Arc::new(database.store());
        let sealed = worker(&store, &keys, &clock, 2);
        Self { folder, store, keys, clock, sealed }
    }

    /// Another process on the same store and keys.
    pub fn worker(&self, seed: u64) -> Sealed {
        worker(&self.store, &self.keys, &self.clock, seed)
    }

    pub async fn raw(&self, key: &str) -> Vec<u8> {
        self.store.get(key).await.unwrap().unwrap().bytes.to_vec()
    }

    /// Puts a new version of the wrapping key beside the others.
    pub fn add_key_file(&self, version: u32) {
        let path = self.key_file(version);
        fs::write(&path, STANDARD.encode([u8::try_from(version).unwrap(); 32])).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn key_file(&self, version: u32) -> std::path::PathBuf {
        let name = if version == 1 { "key".to_owned() } else { format!("key-{version}") };
        self.folder.path().join("keys").join(name)
    }

    pub fn unwrapped(&self) -> usize {
        self.keys.unwrapped.load(Ordering::Relaxed)
    }
}

pub fn worker(
    store: &Arc<dyn Store>,
    keys: &Arc<CountingKeys>,
    clock: &Arc<ManualClock>,
    seed: u64,
) -> Sealed {
    Sealed::new(store.clone(), keys.clone(), clock.clone(), Arc::new(SeededRandom::new(seed)), "tenants")
}

pub fn anna() -> Person {
    Person { name: "Anna Secretova".into() }
}

pub async fn read(table: &Table<Person>, key: &str) -> Option<Person> {
    table.get(key).await.unwrap().map(|row| row.record)
}

pub async fn fails(table: &Table<Person>, key: &str) -> (Kind, String) {
    let error = table.get(key).await.unwrap_err();
    (error.kind(), everything(&error))
}

/// The message with all its causes: what a log would show.
pub fn everything(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
