//! Sealed records: what is kept is unreadable, cannot be moved, and is gone when its tenant is forgotten.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod world;

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use platform::{
    Kind, Record, When,
    sealed::{KEY_LIFE, KEYS_KEPT},
};
use serde::{Deserialize, Serialize};
use world::{Person, World, anna, everything, fails, read};

#[derive(Debug, Serialize, Deserialize)]
struct NewerPerson {
    name: String,
}

impl Record for NewerPerson {
    const VERSION: u32 = 4;
}

#[derive(Debug, Serialize, Deserialize)]
struct Number {
    name: u32,
}

impl Record for Number {
    const VERSION: u32 = 3;
}

#[tokio::test]
async fn a_record_comes_back_and_is_unreadable_below() {
    let world = World::new().await;
    let people = world.sealed.table::<Person>();
    let key = "tenants/t1/people/1";
    assert_eq!(read(&people, key).await, None);
    let etag = people.put(key, &anna(), When::Absent).await.unwrap();
    let row = people.get(key).await.unwrap().unwrap();
    assert_eq!((row.record, row.etag), (anna(), etag.clone()));

    let raw = world.raw(key).await;
    assert!(!String::from_utf8_lossy(&raw).contains("Anna"));
    people.put(key, &anna(), When::Match(etag.clone())).await.unwrap();
    assert_ne!(world.raw(key).await, raw, "the same record is sealed differently each time");
    assert_eq!(people.put(key, &anna(), When::Match(etag)).await.unwrap_err().kind(), Kind::Conflict);

    assert_eq!(people.list("tenants/t1/people/", None).await.unwrap().keys, [key]);
    people.delete(key, When::Any).await.unwrap();
    assert_eq!(read(&people, key).await, None);
}

#[tokio::test]
async fn workers_agree_on_one_data_key() {
    let world = World::new().await;
    let workers: Vec<_> = (10..18).map(|seed| world.worker(seed).table::<Person>()).collect();
    let keys: Vec<_> = (0..8).map(|number| format!("tenants/t1/people/{number}")).collect();
    let record = anna();
    let puts = workers.iter().zip(&keys).map(|(table, key)| table.put(key, &record, When::Absent));
    join_all(puts).await.into_iter().for_each(|put| drop(put.unwrap()));
    let fresh = world.worker(99).table::<Person>();
    for key in &keys {
        assert_eq!(read(&fresh, key).await, Some(anna()));
    }
}

#[tokio::test]
async fn a_moved_or_damaged_value_is_named() {
    let world = World::new().await;
    let people = world.sealed.table::<Person>();
    let (key, other, foreign) = ("tenants/t1/people/1", "tenants/t1/people/2", "tenants/t2/people/1");
    people.put(key, &anna(), When::Absent).await.unwrap();
    people.put(foreign, &anna(), When::Absent).await.unwrap();
    let raw = world.raw(key).await;

    for place in [other, foreign] {
        world.store.put(place, Bytes::from(raw.clone()), When::Any).await.unwrap();
        let (kind, message) = fails(&people, place).await;
        assert_eq!(kind, Kind::Unreadable);
        assert!(message.starts_with(place) && message.contains("moved"), "{message}");
    }
    for position in 0..raw.len() {
        let mut damaged = raw.clone();
        damaged[position] ^= 1;
        world.store.put(key, Bytes::from(damaged), When::Any).await.unwrap();
        assert_eq!(fails(&people, key).await.0, Kind::Unreadable, "byte {position}");
    }
    for length in 0..raw.len() {
        world.store.put(key, Bytes::from(raw[..length].to_vec()), When::Any).await.unwrap();
        assert_eq!(fails(&people, key).await.0, Kind::Unreadable, "cut to {length}");
    }
    world.store.put(key, Bytes::from(raw), When::Any).await.unwrap();
    assert_eq!(read(&people, key).await, Some(anna()));
}

#[tokio::test]
async fn another_version_says_what_to_do() {
    let world = World::new().await;
    let (people, newer) = (world.sealed.table::<Person>(), world.sealed.table::<NewerPerson>());
    let key = "tenants/t1/people/1";
    newer.put(key, &NewerPerson { name: "x".into() }, When::Any).await.unwrap();
    let (kind, message) = fails(&people, key).await;
    assert_eq!(kind, Kind::Unreadable);
    insta::assert_snapshot!(message, @"tenants/t1/people/1: a newer Wheelhouse wrote version 4, this one reads 3; run the one that wrote it");
    people.put(key, &anna(), When::Any).await.unwrap();
    let message = newer.get(key).await.unwrap_err().to_string();
    assert!(message.contains("an older Wheelhouse wrote version 3"), "{message}");
}

#[tokio::test]
async fn a_record_that_does_not_fit_is_not_quoted() {
    let world = World::new().await;
    let key = "tenants/t1/people/1";
    world.sealed.table::<Person>().put(key, &anna(), When::Any).await.unwrap();
    let error = world.sealed.table::<Number>().get(key).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreadable);
    assert!(!everything(&error).contains("Anna"), "{}", everything(&error));
}

#[tokio::test]
async fn an_unwrapped_key_is_kept_for_five_minutes() {
    let world = World::new().await;
    let people = world.sealed.table::<Person>();
    for number in 0..5 {
        people.put(&format!("tenants/t1/people/{number}"), &anna(), When::Any).await.unwrap();
    }
    assert_eq!(world.unwrapped(), 1);
    world.clock.advance(KEY_LIFE - Duration::from_secs(1));
    read(&people, "tenants/t1/people/1").await.unwrap();
    assert_eq!(world.unwrapped(), 1);
    world.clock.advance(Duration::from_secs(1));
    read(&people, "tenants/t1/people/1").await.unwrap();
    assert_eq!(world.unwrapped(), 2);
}

#[tokio::test]
async fn only_so_many_keys_are_kept() {
    let world = World::new().await;
    let people = world.sealed.table::<Person>();
    let count = KEYS_KEPT + 1;
    for number in 0..count {
        world.clock.advance(Duration::from_millis(1));
        people.put(&format!("tenants/t{number}/people/1"), &anna(), When::Any).await.unwrap();
    }
    let newest = format!("tenants/t{KEYS_KEPT}/people/1");
    assert_eq!((read(&people, &newest).await, world.unwrapped()), (Some(anna()), count));
    assert_eq!((read(&people, "tenants/t0/people/1").await, world.unwrapped()), (Some(anna()), count + 1));
}

#[tokio::test]
async fn a_forgotten_tenant_leaves_nothing() {
    let world = World::new().await;
    let people = world.sealed.table::<Person>();
    let late = world.worker(7).table::<Person>();
    for number in 0..20 {
        people.put(&format!("tenants/t1/people/{number}"), &anna(), When::Any).await.unwrap();
    }
    people.put("tenants/t10/people/1", &anna(), When::Any).await.unwrap();
    let copy = world.raw("tenants/t1/people/1").await;
    read(&late, "tenants/t1/people/1").await.unwrap();

    world.sealed.forget("t1").await.unwrap();
    assert_eq!(world.store.list("tenants/t1/", None).await.unwrap().keys, Vec::<String>::new());
    assert_eq!(read(&people, "tenants/t10/people/1").await, Some(anna()), "others stay");

    world.store.put("tenants/t1/people/1", Bytes::from(copy), When::Any).await.unwrap();
    let (kind, message) = fails(&people, "tenants/t1/people/1").await;
    assert_eq!(kind, Kind::Gone);
    assert!(message.contains("forgotten"), "{message}");

    world.clock.advance(KEY_LIFE);
    assert_eq!(fails(&late, "tenants/t1/people/1").await.0, Kind::Gone);
    people.put("tenants/t1/people/2", &anna(), When::Absent).await.unwrap();
    assert_eq!(fails(&people, "tenants/t1/people/1").await.0, Kind::Unreadable, "a new life has a new key");
    world.sealed.forget("t1").await.unwrap();
    world.sealed.forget("t1").await.unwrap();
}

#[tokio::test]
async fn a_reader_notices_a_new_data_key() {
    let world = World::new().await;
    let (people, other) = (world.sealed.table::<Person>(), world.worker(7));
    let key = "tenants/t1/people/1";
    people.put(key, &anna(), When::Any).await.unwrap();
    other.forget("t1").await.unwrap();
    other.table::<Person>().put(key, &anna(), When::Any).await.unwrap();
    assert_eq!(read(&people, key).await, Some(anna()));
}

#[tokio::test]
async fn only_keys_of_a_tenant_are_sealed() {
    let world = World::new().await;
    let people = world.sealed.table::<Person>();
    for key in ["people/1", "tenants/t1", "tenants//a", "tenants/t1/key", "tenants/"] {
        assert_eq!(people.put(key, &anna(), When::Any).await.unwrap_err().kind(), Kind::Refused, "{key}");
        assert_eq!(fails(&people, key).await.0, Kind::Refused, "{key}");
        assert_eq!(people.delete(key, When::Any).await.unwrap_err().kind(), Kind::Refused, "{key}");
    }
    for tenant in ["", "a/b", "..", "T"] {
        assert_eq!(world.sealed.forget(tenant).await.unwrap_err().kind(), Kind::Refused, "{tenant}");
    }
}
