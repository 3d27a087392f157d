//! Rotation of both keys while others go on reading and writing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod world;

use std::{fs, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use platform::{
    Entry, Etag, Kind, Lease, Listing, ManualClock, Page, Result, Sealed, SeededRandom, Store, When,
    sealed::{DATA_KEY_LIFE, KEY_LIFE, Rotated, SETTLED},
};
use serde_json::{Value, json};
use world::{Person, World, anna, fails, read};

const RING: &str = "tenants/t1/key";
const ENOUGH: Duration = Duration::from_secs(60);

fn key(number: usize) -> String {
    format!("tenants/t1/people/{number:03}")
}

impl World {
    async fn filled(count: usize) -> Self {
        let world = Self::new().await;
        for number in 0..count {
            world.sealed.table::<Person>().put(&key(number), &anna(), When::Absent).await.unwrap();
        }
        world
    }

    async fn rotate(&self) -> Rotated {
        self.sealed.rotate("t1", ENOUGH).await.unwrap()
    }

    /// What a value names its data key by.
    async fn number(&self, key: &str) -> u32 {
        u32::from_be_bytes(self.raw(key).await[5..9].try_into().unwrap())
    }

    /// Numbers of the data keys, and the versions that wrapped them.
    async fn ring(&self) -> Vec<(u64, String)> {
        let ring: Value = serde_json::from_slice(&self.raw(RING).await).unwrap();
        let keys = ring["keys"].as_array().unwrap().iter();
        keys.map(|key| {
            (key["number"].as_u64().unwrap(), key["wrapped"]["version"].as_str().unwrap().to_owned())
        })
        .collect()
    }

    /// The same on a store of which each reading takes a second.
    fn slow(&self) -> Sealed {
        let store = Arc::new(Slow { store: self.store.clone(), clock: self.clock.clone() });
        let random = Arc::new(SeededRandom::new(99));
        Sealed::new(store, self.keys.clone(), self.clock.clone(), random, "tenants")
    }

    fn age(&self) {
        self.clock.advance(DATA_KEY_LIFE.to_std().unwrap());
    }

    fn settle(&self) {
        self.clock.advance(SETTLED.to_std().unwrap());
    }
}

struct Slow {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

#[async_trait]
impl Store for Slow {
    async fn get(&self, key: &str) -> Result<Option<Entry>> {
        self.clock.advance(Duration::from_secs(1));
        self.store.get(key).await
    }

    async fn put(&self, key: &str, bytes: Bytes, when: When) -> Result<Etag> {
        self.store.put(key, bytes, when).await
    }

    async fn delete(&self, key: &str, when: When) -> Result<()> {
        self.store.delete(key, when).await
    }

    async fn list(&self, prefix: &str, after: Option<Page>) -> Result<Listing> {
        self.store.list(prefix, after).await
    }

    async fn lease(&self, key: &str, ttl: Duration) -> Result<Lease> {
        self.store.lease(key, ttl).await
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        self.store.renew(lease).await
    }

    async fn release(&self, lease: Lease) -> Result<()> {
        self.store.release(lease).await
    }
}

fn ring(keys: &[(u64, &str)]) -> Vec<(u64, String)> {
    keys.iter().map(|(number, version)| (*number, (*version).to_owned())).collect()
}

#[tokio::test]
async fn nothing_is_done_before_its_time() {
    let world = World::filled(3).await;
    let before = world.raw(RING).await;
    assert_eq!(world.rotate().await, Rotated::default());
    assert_eq!(world.raw(RING).await, before);
    assert_eq!(world.sealed.rotate("nobody", ENOUGH).await.unwrap(), Rotated::default());
    assert_eq!(world.sealed.rotate("a/b", ENOUGH).await.unwrap_err().kind(), Kind::Refused);
    assert_eq!(world.store.get("tenants/nobody/key").await.unwrap(), None, "asking makes no key");
}

#[tokio::test]
async fn a_new_wrapping_key_wraps_the_data_keys_anew_and_the_old_one_may_go() {
    let world = World::filled(1).await;
    let value = world.raw(&key(0)).await;
    world.add_key_file(2);
    let people = world.worker(7).table::<Person>();
    assert_eq!(read(&people, &key(0)).await, Some(anna()), "the old version unwraps until then");

    assert_eq!(world.rotate().await, Rotated { rewrapped: 1, ..Rotated::default() });
    assert_eq!(world.ring().await, ring(&[(1, "2")]));
    assert_eq!(world.raw(&key(0)).await, value, "values stay as they are");
    fs::remove_file(world.key_file(1)).unwrap();
    assert_eq!(read(&world.worker(8).table(), &key(0)).await, Some(anna()));
    assert_eq!(world.rotate().await, Rotated::default());
}

#[tokio::test]
async fn a_wrapping_key_that_went_too_early_is_named() {
    let world = World::filled(1).await;
    world.add_key_file(2);
    fs::remove_file(world.key_file(1)).unwrap();
    let error = world.sealed.rotate("t1", ENOUGH).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Gone);
    insta::assert_snapshot!(error, @r#"key "tenants" has no version "1"; bring back the key file that made it"#);
    assert_eq!(world.ring().await, ring(&[(1, "1")]), "nothing is lost");
}

#[tokio::test]
async fn after_ninety_days_a_new_data_key_takes_over() {
    let world = World::filled(3).await;
    let people = world.sealed.table::<Person>();
    world.age();
    let old = world.worker(7).table::<Person>();
    assert_eq!(read(&old, &key(0)).await, Some(anna()), "another worker holds the old ring");

    assert_eq!(world.rotate().await, Rotated { made: true, unfinished: true, ..Rotated::default() });
    let fresh = world.worker(8).table::<Person>();
    fresh.put(&key(3), &anna(), When::Absent).await.unwrap();
    assert_eq!(world.number(&key(3)).await, 2);
    assert_eq!(read(&old, &key(3)).await, Some(anna()), "and reads what the new key sealed at once");
    old.put(&key(4), &anna(), When::Absent).await.unwrap();
    assert_eq!(world.rotate().await, Rotated { unfinished: true, ..Rotated::default() }, "not settled");

    world.settle();
    let done = world.rotate().await;
    assert_eq!((done.dropped, done.unfinished), (1, false));
    assert_eq!(world.ring().await, ring(&[(2, "1")]));
    for number in 0..5 {
        assert_eq!(world.number(&key(number)).await, 2);
        for table in [&people, &old, &fresh] {
            assert_eq!(read(table, &key(number)).await, Some(anna()));
        }
    }
    assert_eq!(world.rotate().await, Rotated::default());
}

#[tokio::test]
async fn a_worker_seals_by_the_new_key_once_it_has_seen_it() {
    let world = World::filled(1).await;
    world.age();
    let old = world.worker(7).table::<Person>();
    old.put(&key(1), &anna(), When::Absent).await.unwrap();
    world.rotate().await;
    world.clock.advance(KEY_LIFE - Duration::from_secs(1));
    old.put(&key(2), &anna(), When::Absent).await.unwrap();
    assert_eq!(world.number(&key(2)).await, 1, "its ring is still fresh enough");
    world.clock.advance(Duration::from_secs(1));
    old.put(&key(3), &anna(), When::Absent).await.unwrap();
    assert_eq!(world.number(&key(3)).await, 2);
    assert!(KEY_LIFE < SETTLED.to_std().unwrap());
}

#[tokio::test]
async fn sealing_anew_goes_on_where_the_time_was_over() {
    let world = World::filled(250).await;
    world.age();
    world.rotate().await;
    world.settle();
    let none = world.sealed.rotate("t1", Duration::ZERO).await.unwrap();
    assert_eq!((none.resealed, none.unfinished), (0, true), "no time, no work");
    let slow = world.slow();
    let mut resealed = Vec::new();
    for _ in 0..3 {
        // A portion takes a hundred seconds.
        resealed.push(slow.rotate("t1", ENOUGH).await.unwrap().resealed);
    }
    assert_eq!(resealed, [100, 100, 50]);
    assert_eq!(world.ring().await, ring(&[(2, "1")]));
}

#[tokio::test]
async fn a_value_that_somebody_else_writes_meanwhile_is_left_to_them() {
    let world = World::filled(20).await;
    world.age();
    world.rotate().await;
    world.settle();
    let (people, other) = (world.worker(7).table::<Person>(), Person { name: "Bo".into() });
    let writes = async {
        for number in 0..20 {
            people.put(&key(number), &other, When::Any).await.unwrap();
        }
    };
    let (rotated, ()) = tokio::join!(world.sealed.rotate("t1", ENOUGH), writes);
    assert!(!rotated.unwrap().unfinished);
    for number in 0..20 {
        assert_eq!(read(&people, &key(number)).await.unwrap().name, "Bo", "{number}");
        assert_eq!(world.number(&key(number)).await, 2);
    }
}

#[tokio::test]
async fn a_damaged_value_keeps_its_data_key() {
    let world = World::filled(3).await;
    let whole = world.raw(&key(1)).await;
    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    world.store.put(&key(1), Bytes::from(damaged), When::Any).await.unwrap();
    world.store.put("tenants/t1/odd", Bytes::from_static(b"no sealed value"), When::Any).await.unwrap();
    world.age();
    world.rotate().await;
    world.settle();
    let kept = Rotated { resealed: 2, unreadable: 1, unfinished: true, ..Rotated::default() };
    assert_eq!(world.rotate().await, kept);
    assert_eq!(world.rotate().await, Rotated { resealed: 0, ..kept }, "each call looks again");

    world.store.put(&key(1), Bytes::from(whole), When::Any).await.unwrap();
    assert_eq!(world.rotate().await, Rotated { resealed: 1, dropped: 1, ..Rotated::default() });
    assert_eq!(read(&world.sealed.table(), &key(1)).await, Some(anna()));
}

#[tokio::test]
async fn what_is_older_than_the_last_rotation_does_not_open() {
    let world = World::filled(1).await;
    let old = world.raw(&key(0)).await;
    world.age();
    world.rotate().await;
    world.settle();
    world.rotate().await;
    world.clock.advance(KEY_LIFE);
    world.store.put(&key(0), Bytes::from(old), When::Any).await.unwrap();
    let (kind, message) = fails(&world.sealed.table(), &key(0)).await;
    assert_eq!(kind, Kind::Unreadable);
    assert!(message.contains("names data key 1"), "{message}");
}

#[tokio::test]
async fn a_tenant_that_is_forgotten_meanwhile_gets_no_new_key() {
    let world = World::filled(30).await;
    world.age();
    let (rotated, forgotten) = tokio::join!(world.sealed.rotate("t1", ENOUGH), world.sealed.forget("t1"));
    rotated.unwrap();
    forgotten.unwrap();
    assert_eq!(world.store.list("tenants/t1/", None).await.unwrap().keys, Vec::<String>::new());
}

#[tokio::test]
async fn two_that_rotate_at_once_make_one_key() {
    let world = World::filled(30).await;
    world.age();
    let other = world.worker(7);
    let (one, two) = tokio::join!(world.sealed.rotate("t1", ENOUGH), other.rotate("t1", ENOUGH));
    let made = [one.unwrap(), two.unwrap()].iter().filter(|done| done.made).count();
    assert_eq!((made, world.ring().await), (1, ring(&[(1, "1"), (2, "1")])));
    world.settle();
    let (one, two) = tokio::join!(world.sealed.rotate("t1", ENOUGH), other.rotate("t1", ENOUGH));
    let dropped = one.unwrap().dropped + two.unwrap().dropped;
    assert_eq!((dropped, world.ring().await), (1, ring(&[(2, "1")])));
    assert_eq!(read(&world.worker(9).table(), &key(29)).await, Some(anna()));
}

#[tokio::test]
async fn a_ring_of_another_tenant_is_refused() {
    let world = World::filled(1).await;
    world.sealed.table::<Person>().put("tenants/t2/people/1", &anna(), When::Absent).await.unwrap();
    let foreign = world.raw("tenants/t2/key").await;
    world.store.put(RING, Bytes::from(foreign), When::Any).await.unwrap();
    let people = world.worker(7).table::<Person>();
    let (kind, message) = fails(&people, &key(0)).await;
    assert_eq!(kind, Kind::Unreadable);
    insta::assert_snapshot!(message, @"tenants/t1/key: its data key 1 is that of another; restore it, or forget the tenant");
    assert_eq!(people.put(&key(1), &anna(), When::Any).await.unwrap_err().kind(), Kind::Unreadable);
}

#[tokio::test]
async fn a_broken_ring_is_named() {
    let world = World::filled(1).await;
    let ring: Value = serde_json::from_slice(&world.raw(RING).await).unwrap();
    let twice = json!({ "keys": [ring["keys"][0], ring["keys"][0]] });
    for broken in [json!({}), json!({ "keys": [] }), json!("key"), twice] {
        world.store.put(RING, Bytes::from(broken.to_string()), When::Any).await.unwrap();
        let (kind, message) = fails(&world.worker(7).table(), &key(0)).await;
        assert_eq!(kind, Kind::Unreadable);
        assert!(message.starts_with("tenants/t1/key: it holds no data keys"), "{message}");
    }
}
