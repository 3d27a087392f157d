//! Whoever can write the store, the key folder or the vault's answers gets nothing opened, and stops no process.
//!
//! `PROPTEST_CASES` says how many attempts each test makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod vault;
mod world;

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use platform::{
    Keys, Kind, SeededRandom, When, Wrapped,
    embedded::FileKeys,
    sealed::{DATA_KEY_LIFE, KEY_LIFE},
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::Url;
use vault::{Fault, HOST, Vault};
use world::{Person, World, anna, read};

/// What is done to a value.
#[derive(Debug, Clone)]
enum Attack {
    /// Another value is put in its place.
    Exchange(Index),
    /// It is cut.
    Cut(Index),
    /// One bit of it is turned.
    Turn(Index, u8),
    /// Its header names another record version.
    Version(u32),
    /// Its header names another data key.
    Number(u32),
    /// Something is added.
    Add(Vec<u8>),
    /// It is replaced by anything.
    Anything(Vec<u8>),
}

fn attack() -> impl Strategy<Value = Attack> {
    prop_oneof![
        4 => any::<Index>().prop_map(Attack::Exchange),
        2 => any::<Index>().prop_map(Attack::Cut),
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Attack::Turn(at, bit)),
        1 => prop_oneof![0..5_u32, any::<u32>()].prop_map(Attack::Version),
        2 => prop_oneof![0..5_u32, any::<u32>()].prop_map(Attack::Number),
        1 => vec(any::<u8>(), 1..40).prop_map(Attack::Add),
        1 => vec(any::<u8>(), 0..80).prop_map(Attack::Anything),
    ]
}

fn attacked(stock: &[(String, Vec<u8>)], value: &[u8], attack: &Attack) -> Vec<u8> {
    let mut value = value.to_vec();
    match attack {
        Attack::Exchange(other) => value.clone_from(&other.get(stock).1),
        Attack::Cut(at) => value.truncate(at.index(value.len())),
        Attack::Turn(at, bit) => {
            let at = at.index(value.len());
            value[at] ^= 1 << bit;
        }
        Attack::Version(version) => value[1..5].copy_from_slice(&version.to_be_bytes()),
        Attack::Number(number) => value[5..9].copy_from_slice(&number.to_be_bytes()),
        Attack::Add(more) => value.extend(more),
        Attack::Anything(other) => value.clone_from(other),
    }
    value
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn runner() -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
}

/// Two tenants, values of an old and of the newest data key; last, one from an earlier life of the first tenant.
async fn stocked() -> (World, Vec<(String, Vec<u8>)>) {
    let world = World::new().await;
    let people = world.sealed.table::<Person>();
    let lost = "tenants/t1/people/1".to_owned();
    people.put(&lost, &anna(), When::Absent).await.unwrap();
    let earlier = world.raw(&lost).await;
    world.sealed.forget("t1").await.unwrap();
    let keys = ["tenants/t1/people/1", "tenants/t1/people/2", "tenants/t1/runs/1", "tenants/t2/people/1"];
    for key in keys {
        people.put(key, &anna(), When::Absent).await.unwrap();
    }
    world.clock.advance(DATA_KEY_LIFE.to_std().unwrap());
    world.sealed.rotate("t1", KEY_LIFE).await.unwrap();
    world.clock.advance(KEY_LIFE);
    people.put("tenants/t1/people/3", &anna(), When::Absent).await.unwrap();
    let mut stock = Vec::new();
    for key in keys.into_iter().chain(["tenants/t1/people/3"]) {
        stock.push((key.to_owned(), world.raw(key).await));
    }
    stock.push((lost, earlier));
    (world, stock)
}

#[test]
fn no_value_opens_but_as_it_was_sealed_and_where() {
    let runtime = runtime();
    let (world, stock) = runtime.block_on(stocked());
    let people = world.sealed.table::<Person>();
    let targets = stock.len() - 1;
    let cases = (0..targets, attack());
    let outcome = runner().run(&cases, |(target, attack)| {
        let (key, whole) = &stock[target];
        let value = attacked(&stock, whole, &attack);
        prop_assume!(value != *whole);
        runtime.block_on(async {
            world.store.put(key, Bytes::from(value), When::Any).await.unwrap();
            let error = people.get(key).await.expect_err("it opened");
            assert_eq!(error.kind(), Kind::Unreadable, "{error}");
            assert!(!world::everything(&error).contains("Anna"));
            world.store.put(key, Bytes::from(whole.clone()), When::Any).await.unwrap();
            assert_eq!(read(&people, key).await, Some(anna()));
        });
        Ok(())
    });
    outcome.unwrap();
}

/// What may stand in the place of a ring: its own text with a part exchanged, or anything.
fn ring(whole: Vec<u8>, foreign: Value) -> impl Strategy<Value = Vec<u8>> {
    let own: Value = serde_json::from_slice(&whole).unwrap();
    let number = |at: usize| {
        let own = own.clone();
        move |number: u32| {
            let mut ring = own.clone();
            ring["keys"][at]["number"] = json!(number);
            ring.to_string().into_bytes()
        }
    };
    let exchanged = {
        let mut ring = own.clone();
        let first = ring["keys"][0]["wrapped"].clone();
        ring["keys"][0]["wrapped"] = ring["keys"][1]["wrapped"].clone();
        ring["keys"][1]["wrapped"] = first;
        ring.to_string().into_bytes()
    };
    let borrowed = {
        let mut ring = own.clone();
        ring["keys"][1]["wrapped"] = foreign["keys"][0]["wrapped"].clone();
        ring.to_string().into_bytes()
    };
    let turned = (any::<Index>(), any::<u8>()).prop_map(move |(at, byte)| {
        let mut ring = whole.clone();
        let at = at.index(ring.len());
        ring[at] = byte;
        ring
    });
    prop_oneof![
        1 => (0..4_u32).prop_map(number(0)),
        1 => (0..4_u32).prop_map(number(1)),
        1 => Just(exchanged),
        1 => Just(borrowed),
        1 => Just(foreign.to_string().into_bytes()),
        6 => turned,
        1 => vec(any::<u8>(), 0..200),
    ]
}

#[test]
fn a_tampered_ring_opens_nothing_else() {
    let runtime = runtime();
    let (world, stock) = runtime.block_on(stocked());
    let place = "tenants/t1/key";
    let whole = runtime.block_on(world.raw(place));
    let foreign = serde_json::from_slice(&runtime.block_on(world.raw("tenants/t2/key"))).unwrap();
    let mut seed = 1000;
    let cases = (0..3_usize, ring(whole, foreign));
    let attempts = std::cell::RefCell::new(&mut seed);
    let outcome = runner().run(&cases, |(target, ring)| {
        let mut seed = attempts.borrow_mut();
        **seed += 1;
        let people = world.worker(**seed).table::<Person>();
        runtime.block_on(async {
            world.store.put(place, Bytes::from(ring), When::Any).await.unwrap();
            match people.get(&stock[target].0).await {
                Ok(row) => assert_eq!(row.unwrap().record, anna()),
                Err(error) => assert!(
                    matches!(error.kind(), Kind::Unreadable | Kind::Gone | Kind::Refused),
                    "{:?}: {error}",
                    error.kind()
                ),
            }
        });
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_key_file_is_a_key_or_is_refused() {
    let (runtime, folder) = (runtime(), TempDir::new().unwrap());
    let path = folder.path().join("key");
    let right = any::<[u8; 32]>().prop_map(|key| STANDARD.encode(key).into_bytes());
    let cases =
        prop_oneof![vec(any::<u8>(), 0..80), "[A-Za-z0-9+/=\n ]{0,60}".prop_map(String::into_bytes), right];
    let outcome = runner().run(&cases, |text| {
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let is_key = STANDARD.decode(text.trim_ascii()).is_ok_and(|key| key.len() == 32);
        match FileKeys::open(folder.path(), Arc::new(SeededRandom::new(1))) {
            Ok(keys) => {
                assert!(is_key);
                let wrapped = runtime.block_on(keys.wrap("tenants", b"data key")).unwrap();
                assert_eq!(runtime.block_on(keys.unwrap(&wrapped)).unwrap().expose(), b"data key");
            }
            Err(error) => assert!(!is_key && error.kind() == Kind::Unreadable, "{error}"),
        }
        Ok(())
    });
    outcome.unwrap();
}

/// Bodies that look like a vault's, and others.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let kid = prop_oneof![
        Just(format!("https://{HOST}/keys/tenants/0123456789abcdef0123456789abcdef")),
        Just(format!("https://{HOST}/keys/tenants")),
        "[ -~]{0,40}",
    ];
    let key = (kid, "[A-Za-z0-9_=-]{0,60}").prop_map(|(kid, value)| json!({ "kid": kid, "value": value }));
    let inner = prop_oneof![Just("KeyDisabled"), Just("ForbiddenByRbac"), Just("x")];
    let error =
        inner.prop_map(|code| json!({ "error": { "code": "Forbidden", "innererror": { "code": code } } }));
    let odd = prop_oneof![
        Just(json!(null)),
        Just(json!([])),
        Just(json!({ "value": 7 })),
        Just(json!({ "error": 1 }))
    ];
    prop_oneof![
        prop_oneof![key, error, odd].prop_map(|body| body.to_string().into_bytes()),
        vec(any::<u8>(), 0..200),
    ]
}

#[test]
fn whatever_a_vault_answers_is_told_in_our_words() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let runtime = runtime();
    let vault = runtime.block_on(Vault::start());
    let keys = vault.azure().keys(&Url::parse(&format!("https://{HOST}/")).unwrap()).unwrap();
    let wrapped = Wrapped { key: "tenants".into(), version: "1".repeat(32), bytes: vec![7; 256] };
    let status = prop_oneof![4 => Just(200_u16), 1 => Just(400), 1 => Just(403), 1 => Just(404)];
    let outcome = runner().run(&(status, body()), |(status, body)| {
        vault.inside().faults.extend(vec![Fault::Raw(status, body); 4]);
        runtime.block_on(async {
            let failed = [
                keys.wrap("tenants", b"data key").await.err(),
                keys.unwrap(&wrapped).await.err(),
                keys.version("tenants").await.err(),
                keys.secret("present").await.err(),
            ];
            for error in failed.into_iter().flatten() {
                let said = error.to_string();
                assert!(said.contains(" tenants: ") || said.contains("secret present: "), "{said}");
            }
        });
        vault.inside().faults.clear();
        Ok(())
    });
    outcome.unwrap();
}
