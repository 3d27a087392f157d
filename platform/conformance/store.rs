//! What every `Store` does.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::join_all, stream};
use platform::{Etag, Kind, Store, When, store::MAX_KEY, store::MAX_VALUE, store::PAGE_SIZE};

use super::{Time, fails, seconds};

/// Runs the whole suite on an empty store.
pub async fn suite(store: Arc<dyn Store>, time: &Time) {
    conditions_hold(&*store).await;
    tags_never_repeat(&*store).await;
    deleting_what_is_gone_is_success(&*store).await;
    one_of_many_creators_wins(&store).await;
    one_of_many_updaters_wins(&store).await;
    no_increment_is_lost(&store).await;
    listings_are_sorted_and_exact(&*store).await;
    listings_come_in_pages(&*store).await;
    odd_keys_are_refused(&*store).await;
    values_of_every_size(&*store).await;
    a_lease_excludes(&store).await;
    a_lease_is_independent_of_the_value(&*store).await;
    a_lease_runs_out(&*store, time).await;
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

async fn text(store: &dyn Store, key: &str) -> Option<String> {
    let entry = store.get(key).await.unwrap()?;
    Some(String::from_utf8(entry.bytes.to_vec()).unwrap())
}

async fn conditions_hold(store: &dyn Store) {
    let key = "conditions/a";
    assert_eq!(store.get(key).await.unwrap(), None);
    fails(store.put(key, bytes("x"), When::Match(Etag::new("7"))).await, Kind::Conflict);
    assert_eq!(store.get(key).await.unwrap(), None, "a refused write writes nothing");

    let first = store.put(key, bytes("1"), When::Absent).await.unwrap();
    fails(store.put(key, bytes("x"), When::Absent).await, Kind::Conflict);
    assert_eq!(store.get(key).await.unwrap().unwrap().etag, first);

    let second = store.put(key, bytes("2"), When::Match(first.clone())).await.unwrap();
    assert_ne!(first, second);
    fails(store.put(key, bytes("x"), When::Match(first.clone())).await, Kind::Conflict);
    assert_eq!(text(store, key).await.as_deref(), Some("2"));

    let third = store.put(key, bytes("3"), When::Any).await.unwrap();
    fails(store.delete(key, When::Match(second)).await, Kind::Conflict);
    assert_eq!(text(store, key).await.as_deref(), Some("3"));
    store.delete(key, When::Match(third)).await.unwrap();
    assert_eq!(store.get(key).await.unwrap(), None);
    store.put(key, bytes("4"), When::Any).await.unwrap();
    assert_eq!(text(store, key).await.as_deref(), Some("4"));
}

async fn tags_never_repeat(store: &dyn Store) {
    let key = "tags/a";
    let mut seen = HashSet::new();
    for _ in 0..5 {
        for when in [When::Absent, When::Any] {
            let etag = store.put(key, bytes("same"), when).await.unwrap();
            assert!(seen.insert(etag), "a tag came back");
        }
        store.delete(key, When::Any).await.unwrap();
    }
    store.put(key, bytes("new life"), When::Absent).await.unwrap();
    for etag in seen {
        fails(store.put(key, bytes("x"), When::Match(etag)).await, Kind::Conflict);
    }
}

async fn deleting_what_is_gone_is_success(store: &dyn Store) {
    let key = "gone/a";
    store.delete(key, When::Any).await.unwrap();
    let etag = store.put(key, bytes("1"), When::Absent).await.unwrap();
    store.delete(key, When::Any).await.unwrap();
    store.delete(key, When::Match(etag)).await.unwrap();
    fails(store.delete(key, When::Absent).await, Kind::Refused);
}

/// All at once; returns the numbers of those that won, after checking that the others met a conflict.
async fn race(store: &Arc<dyn Store>, key: &'static str, when: When) -> Vec<usize> {
    let tasks = (0..16).map(|number| {
        let (store, when) = (Arc::clone(store), when.clone());
        tokio::spawn(async move { store.put(key, Bytes::from(number.to_string()), when).await })
    });
    let outcomes = join_all(tasks).await.into_iter().map(Result::unwrap).enumerate();
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.partition(|(_, outcome)| outcome.is_ok());
    lost.into_iter().for_each(|(_, outcome)| drop(fails(outcome, Kind::Conflict)));
    won.into_iter().map(|(number, _)| number).collect()
}

async fn one_of_many_creators_wins(store: &Arc<dyn Store>) {
    let won = race(store, "race/create", When::Absent).await;
    assert_eq!(won.len(), 1);
    assert_eq!(text(&**store, "race/create").await, Some(won[0].to_string()));
}

async fn one_of_many_updaters_wins(store: &Arc<dyn Store>) {
    let etag = store.put("race/update", bytes("old"), When::Absent).await.unwrap();
    let won = race(store, "race/update", When::Match(etag)).await;
    assert_eq!(won.len(), 1);
    assert_eq!(text(&**store, "race/update").await, Some(won[0].to_string()));
}

async fn no_increment_is_lost(store: &Arc<dyn Store>) {
    let key = "race/count";
    store.put(key, bytes("0"), When::Absent).await.unwrap();
    let tasks = (0..8).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            for _ in 0..5 {
                while !increment(&*store, key).await {}
            }
        })
    });
    join_all(tasks).await.into_iter().for_each(|done| done.unwrap());
    assert_eq!(text(&**store, key).await.as_deref(), Some("40"));
}

async fn increment(store: &dyn Store, key: &str) -> bool {
    let entry = store.get(key).await.unwrap().unwrap();
    let count: u32 = std::str::from_utf8(&entry.bytes).unwrap().parse().unwrap();
    match store.put(key, Bytes::from((count + 1).to_string()), When::Match(entry.etag)).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), Kind::Conflict);
            false
        }
    }
}

async fn listings_are_sorted_and_exact(store: &dyn Store) {
    let keys =
        ["order/a-b/1", "order/a.b/1", "order/a/1", "order/a/2/3", "order/a0/1", "order/a_b/1", "order/aa/1"];
    for key in keys.iter().rev() {
        store.put(key, Bytes::new(), When::Absent).await.unwrap();
    }
    let all = store.list("order/", None).await.unwrap();
    assert_eq!(all.keys, keys);
    assert_eq!(all.next, None);
    assert_eq!(store.list("order/a/", None).await.unwrap().keys, ["order/a/1", "order/a/2/3"]);
    assert_eq!(store.list("order/a/2", None).await.unwrap().keys, ["order/a/2/3"]);
    assert_eq!(store.list("order/a/1", None).await.unwrap().keys, ["order/a/1"]);
    assert_eq!(store.list("order/b/", None).await.unwrap().keys, Vec::<String>::new());
    for odd in ["", "order", "/", "//", "Order/", "order//"] {
        fails(store.list(odd, None).await, Kind::Refused);
    }
}

async fn listings_come_in_pages(store: &dyn Store) {
    let count = PAGE_SIZE + 5;
    let keys: Vec<_> = (0..count).map(|number| format!("pages/{number:05}")).collect();
    let puts = stream::iter(&keys).map(|key| store.put(key, Bytes::new(), When::Absent));
    puts.buffer_unordered(16).for_each(|put| async { drop(put.unwrap()) }).await;

    let first = store.list("pages/", None).await.unwrap();
    assert_eq!(first.keys, keys[..PAGE_SIZE]);
    let second = store.list("pages/", first.next).await.unwrap();
    assert_eq!(second.keys, keys[PAGE_SIZE..]);
    assert_eq!(second.next, None);
}

async fn odd_keys_are_refused(store: &dyn Store) {
    let long = "k".repeat(MAX_KEY + 1);
    let odd = [
        "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/./b", "a./b", "A", "a b", "ä", "a\\b", "a?b",
        "a%2fb", "a\0b",
    ];
    for key in odd.into_iter().chain([long.as_str()]) {
        fails(store.delete(key, When::Any).await, Kind::Refused);
    }
    for key in odd.into_iter().chain([long.as_str(), "leases/a"]) {
        fails(store.get(key).await, Kind::Refused);
        fails(store.put(key, Bytes::new(), When::Any).await, Kind::Refused);
        fails(store.lease(key, seconds(15)).await, Kind::Refused);
    }
    for fine in ["a", "0.1/_x-y_", "..a/b", &long[1..]] {
        store.put(fine, bytes("x"), When::Absent).await.unwrap();
        assert_eq!(text(store, fine).await.as_deref(), Some("x"), "{fine}");
    }
}

async fn values_of_every_size(store: &dyn Store) {
    let pattern: Vec<u8> = (0..=255).cycle().take(MAX_VALUE + 1).collect();
    let pattern = Bytes::from(pattern);
    for size in [0, 1, 4 * 1024 * 1024 + 1, MAX_VALUE] {
        let key = format!("sizes/{size}");
        let etag = store.put(&key, pattern.slice(..size), When::Absent).await.unwrap();
        fails(store.put(&key, pattern.slice(..size), When::Absent).await, Kind::Conflict);
        let entry = store.get(&key).await.unwrap().unwrap();
        assert_eq!(entry.etag, etag);
        assert!(entry.bytes == pattern.slice(..size), "{size} bytes came back changed");
    }
    fails(store.put("sizes/over", pattern, When::Any).await, Kind::Refused);
    assert_eq!(store.get("sizes/over").await.unwrap(), None);
}

async fn a_lease_excludes(store: &Arc<dyn Store>) {
    let key = "lease/one";
    let tasks = (0..8).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.lease(key, seconds(60)).await })
    });
    let outcomes = join_all(tasks).await.into_iter().map(Result::unwrap);
    let (mut held, lost): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
    assert_eq!(held.len(), 1);
    lost.into_iter().for_each(|outcome| drop(fails(outcome, Kind::Taken)));

    let lease = held.remove(0).unwrap();
    assert_eq!(lease.key(), key);
    store.renew(&lease).await.unwrap();
    fails(store.lease(key, seconds(15)).await, Kind::Taken);
    store.lease("lease/other", seconds(15)).await.unwrap();

    store.release(lease.clone()).await.unwrap();
    let next = store.lease(key, seconds(60)).await.unwrap();
    fails(store.renew(&lease).await, Kind::Taken);
    store.release(lease).await.unwrap();
    store.renew(&next).await.unwrap();
    for odd in [Duration::ZERO, seconds(14), seconds(61)] {
        fails(store.lease("lease/odd", odd).await, Kind::Refused);
    }
}

async fn a_lease_is_independent_of_the_value(store: &dyn Store) {
    let key = "lease/value";
    let lease = store.lease(key, seconds(15)).await.unwrap();
    assert_eq!(store.get(key).await.unwrap(), None);
    assert_eq!(store.list("lease/", None).await.unwrap().keys, Vec::<String>::new());
    let etag = store.put(key, bytes("1"), When::Absent).await.unwrap();
    store.put(key, bytes("2"), When::Match(etag)).await.unwrap();
    store.delete(key, When::Any).await.unwrap();
    store.renew(&lease).await.unwrap();
    store.release(lease).await.unwrap();
}

async fn a_lease_runs_out(store: &dyn Store, time: &Time) {
    let lost = store.lease("lease/lost", seconds(15)).await.unwrap();
    let kept = store.lease("lease/kept", seconds(15)).await.unwrap();
    let left = store.lease("lease/left/behind", seconds(15)).await.unwrap();
    time.pass(seconds(8)).await;
    store.renew(&kept).await.unwrap();
    time.pass(seconds(7)).await;

    let next = store.lease("lease/lost", seconds(60)).await.unwrap();
    fails(store.renew(&lost).await, Kind::Taken);
    fails(store.lease("lease/kept", seconds(15)).await, Kind::Taken);
    store.release(lost).await.unwrap();
    store.renew(&next).await.unwrap();

    time.pass(seconds(15)).await;
    store.renew(&kept).await.unwrap();
    fails(store.lease("lease/kept", seconds(15)).await, Kind::Taken);

    for key in store.list("leases/lease/left/", None).await.unwrap().keys {
        store.delete(&key, When::Any).await.unwrap();
    }
    assert_eq!(store.list("leases/lease/left/", None).await.unwrap().keys, Vec::<String>::new());
    store.release(left).await.unwrap();
    store.lease("lease/left/behind", seconds(15)).await.unwrap();
}
