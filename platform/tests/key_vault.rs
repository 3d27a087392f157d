//! The port `Keys` on Key Vault: against a strict double, and against a real vault where one is named.
//!
//! `WHEELHOUSE_TEST_VAULT_URL` names a vault that is for tests only; who is signed in by `az login` needs the roles
//! *Key Vault Crypto Officer* and *Key Vault Secrets Officer* on it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../conformance/mod.rs"]
mod conformance;
mod vault;
mod world;

use std::{sync::Arc, time::Duration};

use azure_core::http::{ClientOptions, Transport};
use azure_identity::DeveloperToolsCredential;
use azure_security_keyvault_keys::{
    KeyClient, KeyClientOptions,
    models::{CreateKeyParameters, KeyType},
};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions, models::SetSecretParameters};
use conformance::fails;
use platform::{
    Keys, Kind, ManualClock, Result, Sealed, SeededRandom, Store, When, Wrapped,
    azure::{Azure, Vault as VaultKeys},
    embedded::Database,
};
use tempfile::TempDir;
use url::Url;
use vault::{Fault, HOST, Vault};
use world::{Person, anna, everything, read};

/// Names a real vault.
const REAL: &str = "WHEELHOUSE_TEST_VAULT_URL";

/// Who may do everything in a vault: whoever sets it up.
struct Officer {
    keys: KeyClient,
    secrets: SecretClient,
}

impl Officer {
    fn new(url: &str, azure: &Azure, transport: Option<Transport>) -> Self {
        let client_options = ClientOptions { transport, ..Default::default() };
        let options = KeyClientOptions { client_options: client_options.clone(), ..Default::default() };
        let keys = KeyClient::new(url, azure.credential(), Some(options)).unwrap();
        let options = SecretClientOptions { client_options, ..Default::default() };
        Self { keys, secrets: SecretClient::new(url, azure.credential(), Some(options)).unwrap() }
    }

    /// Makes a key, or its next version.
    async fn add_version(&self) {
        let parameters =
            CreateKeyParameters { kty: Some(KeyType::Rsa), key_size: Some(2048), ..Default::default() };
        self.keys.create_key("tenants", parameters.try_into().unwrap(), None).await.unwrap();
    }

    async fn set_up(&self) {
        self.add_version().await;
        let secret = SetSecretParameters { value: Some("s3cret".to_owned()), ..Default::default() };
        self.secrets.set_secret("present", secret.try_into().unwrap(), None).await.unwrap();
    }
}

async fn passes_every_suite(keys: &VaultKeys, officer: &Officer) {
    officer.set_up().await;
    conformance::keys::suite(keys).await;
    conformance::keys::rotation(keys, || officer.add_version()).await;
}

fn install_crypto() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
}

/// A double with a key and a secret, and the port on it.
async fn double() -> (Vault, VaultKeys, Officer) {
    install_crypto();
    let vault = Vault::start().await;
    let url = format!("https://{HOST}/");
    let keys = vault.azure().keys(&Url::parse(&url).unwrap()).unwrap();
    let officer = Officer::new(&url, &vault.azure(), Some(vault.transport()));
    officer.set_up().await;
    (vault, keys, officer)
}

#[tokio::test]
async fn the_double_passes_every_suite() {
    let (vault, keys, officer) = double().await;
    passes_every_suite(&keys, &officer).await;
    // One of keys and one of secrets, for the port and for the officer each.
    assert_eq!(vault.inside().challenged, 4, "a client is challenged once, however much it asks");
}

#[tokio::test]
async fn a_real_vault_passes_every_suite() {
    let Ok(url) = std::env::var(REAL) else {
        println!("LEFT OUT: {REAL} is not set, so Key Vault itself was NOT tested, only its double");
        return;
    };
    install_crypto();
    let azure = Azure::with(DeveloperToolsCredential::new(None).unwrap(), Transport::default());
    let keys = azure.keys(&Url::parse(&url).unwrap()).unwrap();
    passes_every_suite(&keys, &Officer::new(&url, &azure, None)).await;
}

#[tokio::test]
async fn the_vaults_address_must_be_https() {
    install_crypto();
    let vault = Vault::start().await;
    for url in ["http://unit.vault.azure.net/", "ftp://unit.vault.azure.net/"] {
        let message = fails(vault.azure().keys(&Url::parse(url).unwrap()).map(drop), Kind::Refused);
        assert!(message.contains("https"), "{message}");
    }
}

#[tokio::test]
async fn a_missing_role_is_named() {
    let (vault, keys, _) = double().await;
    let wrapped = keys.wrap("tenants", b"data key").await.unwrap();
    vault.inside().denied.extend([
        "keys/read",
        "keys/wrap/action",
        "keys/unwrap/action",
        "secrets/getSecret/action",
    ]);
    insta::assert_snapshot!(fails(keys.wrap("tenants", b"x").await, Kind::Unavailable), @"wrapping by key tenants: the vault denies access; give the identity the role Key Vault Crypto Service Encryption User there");
    insta::assert_snapshot!(fails(keys.unwrap(&wrapped).await, Kind::Unavailable), @"unwrapping by key tenants: the vault denies access; give the identity the role Key Vault Crypto Service Encryption User there");
    insta::assert_snapshot!(fails(keys.version("tenants").await, Kind::Unavailable), @"the version of key tenants: the vault denies access; give the identity the role Key Vault Crypto Service Encryption User there");
    insta::assert_snapshot!(fails(keys.secret("present").await, Kind::Unavailable), @"the secret present: the vault denies access; give the identity the role Key Vault Secrets User there");
}

#[tokio::test]
async fn what_is_disabled_may_come_back_and_what_is_deleted_is_gone() {
    let (vault, keys, _) = double().await;
    let wrapped = keys.wrap("tenants", b"data key").await.unwrap();
    vault.inside().keys.get_mut("tenants").unwrap().versions[0].enabled = false;
    insta::assert_snapshot!(fails(keys.unwrap(&wrapped).await, Kind::Unavailable), @"unwrapping by key tenants: this version is disabled in the vault; enable it there");
    vault.inside().keys.get_mut("tenants").unwrap().versions[0].enabled = true;
    assert_eq!(keys.unwrap(&wrapped).await.unwrap().expose(), b"data key");

    vault.inside().keys.get_mut("tenants").unwrap().deleted = true;
    insta::assert_snapshot!(fails(keys.unwrap(&wrapped).await, Kind::Gone), @"unwrapping by key tenants: the vault has no such key or version; if it was deleted, recover it there");
    insta::assert_snapshot!(fails(keys.wrap("tenants", b"x").await, Kind::Gone), @"wrapping by key tenants: the vault has no such key or version; make it there, of type RSA");
    fails(keys.version("tenants").await, Kind::Gone);

    vault.inside().secrets.get_mut("present").unwrap()[0].enabled = false;
    insta::assert_snapshot!(fails(keys.secret("present").await, Kind::Unavailable), @"the secret present: this version is disabled in the vault; enable it there");
    vault.inside().secrets.clear();
    insta::assert_snapshot!(fails(keys.secret("present").await, Kind::Gone), @"the secret present: the vault has no such secret; put it there");
}

#[tokio::test]
async fn trouble_passes_or_is_told() {
    let (vault, keys, _) = double().await;
    let wrapped = keys.wrap("tenants", b"data key").await.unwrap();
    for fault in [Fault::Throttled(1), Fault::Broken] {
        vault.inside().faults.push_back(fault.clone());
        assert_eq!(keys.unwrap(&wrapped).await.unwrap().expose(), b"data key", "{fault:?} passes");
    }
    for fault in [Fault::Throttled(0), Fault::Firewall, Fault::Nonsense, Fault::Empty] {
        vault.inside().faults.extend(vec![fault; 4]);
        let message = fails(keys.unwrap(&wrapped).await, Kind::Unavailable);
        assert!(message.starts_with("unwrapping by key tenants: "), "{message}");
        vault.inside().faults.clear();
    }
    vault.inside().faults.extend([Fault::Firewall]);
    let message = fails(keys.secret("present").await, Kind::Unavailable);
    assert!(message.contains("firewall"), "{message}");
}

#[tokio::test]
async fn a_token_for_something_else_is_told() {
    let (vault, ..) = double().await;
    let url = Url::parse(&format!("https://{HOST}/")).unwrap();
    let keys = vault.azure_with("https://storage.azure.com/.default").keys(&url).unwrap();
    let message = fails(keys.version("tenants").await, Kind::Unavailable);
    assert!(message.contains("does not accept the identity's token"), "{message}");
}

#[tokio::test]
async fn the_double_refuses_what_the_vault_refuses() {
    let (vault, keys, _) = double().await;
    let Wrapped { version, bytes, .. } = keys.wrap("tenants", b"data key").await.unwrap();
    assert_eq!(bytes.len(), 256);
    let value = |bytes: &[u8]| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let good = format!("/keys/tenants/{version}/unwrapkey?api-version=2025-07-01");
    let body = |alg: &str, value: &str| serde_json::json!({ "alg": alg, "value": value });
    for (path, body, status) in [
        (good.as_str(), body("RSA-OAEP-256", &value(&bytes)), 200),
        (good.as_str(), body("RSA-OAEP", &value(&bytes)), 400),
        (good.as_str(), body("RSA1_5", &value(&bytes)), 400),
        (good.as_str(), body("RSA-OAEP-256", &format!("{}==", value(&bytes))), 400),
        ("/keys/tenants/wrapkey?api-version=2025-07-01", body("RSA-OAEP-256", "AAAA"), 404),
        ("/keys/tenants//wrapkey?api-version=2025-07-01", body("RSA-OAEP-256", "AAAA"), 200),
        ("/keys/tenants//wrapkey?api-version=2025-07-01", body("RSA-OAEP-256", &value(&[7; 191])), 400),
        ("/keys/tenants//wrapkey?api-version=7.0", body("RSA-OAEP-256", "AAAA"), 400),
        ("/keys/tenants//wrapkey", body("RSA-OAEP-256", "AAAA"), 400),
        ("/keys/tenants//encrypt?api-version=2025-07-01", body("RSA-OAEP-256", "AAAA"), 404),
    ] {
        assert_eq!(vault.post(path, &body).await, status, "{path} {body}");
    }
}

/// The whole way: data keys in a store, wrapped by a vault whose key changes while others work.
#[tokio::test]
async fn tenants_live_through_a_new_version_in_the_vault() {
    let (vault, keys, officer) = double().await;
    let folder = TempDir::new().unwrap();
    let clock = Arc::new(ManualClock::at(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
    let database = Database::open(folder.path().join("w.db"), clock.clone()).await.unwrap();
    let (store, keys): (Arc<dyn Store>, Arc<dyn Keys>) = (Arc::new(database.store()), Arc::new(keys));
    let worker = |seed| {
        let random = Arc::new(SeededRandom::new(seed));
        Sealed::new(store.clone(), keys.clone(), clock.clone(), random, "tenants")
    };
    let people = worker(1).table::<Person>();
    people.put("tenants/t1/people/1", &anna(), When::Absent).await.unwrap();

    officer.add_version().await;
    assert_eq!(read(&worker(2).table(), "tenants/t1/people/1").await, Some(anna()));
    let done = worker(3).rotate("t1", Duration::from_secs(60)).await.unwrap();
    assert_eq!((done.rewrapped, done.unfinished), (1, false));
    vault.inside().keys.get_mut("tenants").unwrap().versions[0].enabled = false;
    assert_eq!(read(&worker(4).table(), "tenants/t1/people/1").await, Some(anna()));

    vault.inside().keys.get_mut("tenants").unwrap().versions[1].enabled = false;
    let error = worker(5).table::<Person>().get("tenants/t1/people/1").await.unwrap_err();
    assert_eq!(
        error.kind(),
        Kind::Unavailable,
        "nobody takes a tenant for forgotten: {}",
        everything(&error)
    );
    assert_eq!(
        read(&people, "tenants/t1/people/1").await,
        Some(anna()),
        "for five minutes the key is in memory"
    );
}

/// What a hostile or broken vault answers never panics and never shows.
#[tokio::test]
async fn an_answer_of_the_vault_is_not_quoted() {
    let (vault, keys, _) = double().await;
    vault.inside().faults.extend([Fault::Nonsense]);
    let outcome: Result<_> = keys.secret("present").await;
    let text = everything(&outcome.unwrap_err());
    assert!(!text.contains("maintenance"), "{text}");
}
