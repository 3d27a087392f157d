//! An app on a temporary folder, and its audit log: no tenant is needed for that, simulated or not.
#![allow(dead_code, reason = "each test file uses a part of its own")]

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use platform::RealClock;
use serde_json::json;
use sync::TenantId;
use tempfile::TempDir;
use wheelhouse::App;
use wheelhouse::audit::{self, Actor};
use wheelhouse::config::Settings;
use wheelhouse::tables::{Entry, Log, Tables};

pub const TENANT: &str = "11111111-2222-4333-8444-555555555555";
pub const PERSON: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";

/// The settings of a Wheelhouse that talks to nobody.
pub fn settings(folder: &Path) -> Vec<(OsString, OsString)> {
    let vars = [
        ("WHEELHOUSE_PLATFORM", "embedded"),
        ("WHEELHOUSE_DATA_FOLDER", folder.to_str().unwrap()),
        ("WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID", "00000000-0000-4000-8000-000000000001"),
        ("WHEELHOUSE_APP_CLIENT_ID", "00000000-0000-4000-8000-000000000002"),
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:9/token"),
        ("IDENTITY_HEADER", "unused"),
    ];
    vars.map(|(name, value)| (name.into(), value.into())).into()
}

/// One more process at the same store.
pub async fn open(folder: &Path) -> App {
    let _ = rustls::crypto::ring::default_provider().install_default();
    App::open(Settings::from_vars(settings(folder)).unwrap(), Arc::new(RealClock::new())).await.unwrap()
}

/// A log with entries 1 to 6.
pub struct Ledger {
    pub folder: TempDir,
    pub app: App,
    pub tenant: TenantId,
    pub log: Log,
}

impl Ledger {
    pub async fn of(entries: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let app = open(folder.path()).await;
        let tenant = TenantId::new(TENANT).unwrap();
        let log = Log::from(&tenant);
        let ledger = Self { folder, app, tenant, log };
        for nth in 0..entries {
            ledger.append(nth).await;
        }
        ledger
    }

    pub async fn append(&self, nth: usize) {
        let actor = Actor::Person(PERSON.parse().unwrap());
        self.app.audit(&self.tenant, actor, "putHub", json!({ "hub": "company", "nth": nth })).await.unwrap();
    }

    pub fn key(&self, number: u64) -> String {
        Tables::entry_key(&self.log, number)
    }

    pub async fn entry(&self, number: u64) -> Entry {
        self.app.tables.entries.get(&self.key(number)).await.unwrap().unwrap().record
    }

    /// What a check finds: `whole`, or what is wrong in words.
    pub async fn verify(&self) -> String {
        let found = audit::verify(&self.app, &self.log, |_| Ok(())).await.unwrap();
        found.map_or_else(|broken| broken.to_string(), |checked| format!("whole to {}", checked.end.number))
    }
}
