//! The embedded implementations pass every suite, share their file, and outlive a kill.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../conformance/mod.rs"]
mod conformance;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use conformance::{Time, fails, seconds};
use platform::{
    Clock, Keys, Kind, ManualClock, Queue, RealClock, RealRandom, SeededRandom, Store, When,
    embedded::{Database, FileKeys},
};
use tempfile::TempDir;

/// Names the file that a child process of these tests works on.
const CHILD: &str = "WHEELHOUSE_TEST_CHILD";

fn manual() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
}

async fn real(path: &Path) -> Database {
    Database::open(path, Arc::new(RealClock::new())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_passes_its_suite() {
    let (folder, clock) = (TempDir::new().unwrap(), manual());
    let database = Database::open(folder.path().join("w.db"), clock.clone()).await.unwrap();
    conformance::store::suite(Arc::new(database.store()), &Time::Manual(clock)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_passes_its_suite() {
    let (folder, clock) = (TempDir::new().unwrap(), manual());
    let database = Database::open(folder.path().join("w.db"), clock.clone()).await.unwrap();
    let (queue, time) = (Arc::new(database.queue()), Time::Manual(clock.clone()));
    conformance::queue::suite(queue, &time, &|| clock.now()).await;
}

#[tokio::test]
async fn who_waits_for_the_file_and_is_not_polled_holds_nobody_up() {
    let (folder, clock) = (TempDir::new().unwrap(), manual());
    let store = Database::open(folder.path().join("w.db"), clock).await.unwrap().store();
    let mut in_line: Vec<_> = (0..3).map(|_| Box::pin(store.get("a/b"))).collect();
    for waiting in &mut in_line {
        assert!(futures::poll!(waiting).is_pending());
    }
    let got = tokio::time::timeout(Duration::from_secs(30), store.get("a/b")).await;
    assert_eq!(got.expect("its turn comes").unwrap(), None);
}

#[tokio::test]
async fn the_keys_pass_their_suite() {
    let folder = TempDir::new().unwrap();
    let keys = FileKeys::open(folder.path().join("keys"), Arc::new(RealRandom::new())).unwrap();
    let secrets = folder.path().join("keys/secrets");
    fs::create_dir(&secrets).unwrap();
    fs::write(secrets.join("present"), "s3cret\n").unwrap();
    fs::set_permissions(secrets.join("present"), fs::Permissions::from_mode(0o600)).unwrap();
    conformance::keys::suite(&keys).await;
    conformance::keys::rotation(&keys, async || {
        let newer = folder.path().join("keys/key-2");
        fs::write(&newer, "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n").unwrap();
        fs::set_permissions(&newer, fs::Permissions::from_mode(0o600)).unwrap();
    })
    .await;
}

#[tokio::test]
async fn versions_of_the_key_are_files_and_others_are_none() {
    let folder = TempDir::new().unwrap();
    let keys = FileKeys::open(folder.path(), Arc::new(RealRandom::new())).unwrap();
    for odd in ["key-1", "key-02", "key-0", "key-x", "key-", "keys", "draft-2"] {
        fs::write(folder.path().join(odd), "").unwrap();
    }
    assert_eq!(keys.version("tenants").await.unwrap(), "1");
    fs::write(folder.path().join("key-10"), "half a k").unwrap();
    fs::set_permissions(folder.path().join("key-10"), fs::Permissions::from_mode(0o600)).unwrap();
    let message = fails(keys.wrap("tenants", b"x").await, Kind::Unreadable);
    assert!(message.contains("key-10"), "{message}");
    for odd in ["../key", "01", "+1", "0", "4294967296", ""] {
        let wrapped = platform::Wrapped { key: "tenants".into(), version: odd.into(), bytes: vec![7; 60] };
        fails(keys.unwrap(&wrapped).await, Kind::Gone);
    }
}

#[tokio::test]
async fn the_clocks_pass_their_suite() {
    conformance::time::suite(&RealClock::new()).await;
    let clock = manual();
    let mover = async {
        clock.sleepers(1).await;
        clock.advance(Duration::from_millis(20));
    };
    tokio::join!(conformance::time::suite(&*clock), mover);
}

#[tokio::test]
async fn a_manual_clock_wakes_those_whose_time_has_come() {
    let clock = manual();
    let sleep = |time| {
        let clock = Arc::clone(&clock);
        tokio::spawn(async move { clock.sleep(time).await })
    };
    let (short, long) = (sleep(seconds(10)), sleep(seconds(20)));
    clock.sleepers(2).await;
    clock.advance(seconds(19));
    short.await.unwrap();
    assert!(!long.is_finished());
    clock.advance(seconds(1));
    long.await.unwrap();
}

#[test]
fn chance_passes_its_suite() {
    conformance::chance::suite(&RealRandom::new());
    conformance::chance::suite(&SeededRandom::new(7));
    let draw = |seed| platform::Random::uuid(&SeededRandom::new(seed));
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.db");
    let first = real(&path).await;
    let etag = first.store().put("a/b", Bytes::from_static(b"1"), When::Absent).await.unwrap();
    first.queue().send("work", Bytes::from_static(b"m"), Duration::ZERO).await.unwrap();
    drop(first);
    let second = real(&path).await;
    assert_eq!(second.store().get("a/b").await.unwrap().unwrap().etag, etag);
    assert_eq!(second.queue().receive("work", 1, seconds(5)).await.unwrap()[0].bytes, "m");
}

#[tokio::test]
async fn what_was_deleted_is_not_left_in_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.db");
    let store = real(&path).await.store();
    for size in [20, 100_000] {
        let value = b"wrapped key ".repeat(size / 12 + 1);
        store.put("a/b", value.into(), When::Any).await.unwrap();
        store.delete("a/b", When::Any).await.unwrap();
    }
    drop(store);
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|part| part == b"wrapped key"));
    }
}

#[tokio::test]
async fn a_dropped_call_happens_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let database = real(&folder.path().join("w.db")).await;
    let store = database.store();
    for number in 0..50 {
        let key = format!("dropped/{number}");
        let put = tokio::time::timeout(
            Duration::from_micros(number * 20),
            store.put(&key, Bytes::from(vec![7; 9000]), When::Absent),
        );
        let answered = put.await.is_ok();
        let entry = store.get(&key).await.unwrap();
        assert!(!answered || entry.is_some());
        assert!(entry.is_none_or(|entry| entry.bytes.len() == 9000));
    }
}

#[tokio::test]
async fn files_are_for_their_owner_only() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.db");
    let database = real(&path).await;
    database.store().put("a/b", Bytes::new(), When::Any).await.unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("letter.txt");
    fs::write(&path, "Dear database, ".repeat(100)).unwrap();
    let message = fails(Database::open(&path, manual()).await.map(drop), Kind::Unreadable);
    assert!(message.contains("letter.txt"), "{message}");
    let missing = folder.path().join("no/such/folder/w.db");
    let message = fails(Database::open(&missing, manual()).await.map(drop), Kind::Unavailable);
    assert!(message.contains("folder must exist"), "{message}");
}

#[tokio::test]
async fn a_key_file_outlives_its_process_and_stays_private() {
    let folder = TempDir::new().unwrap();
    let open = |seed| FileKeys::open(folder.path(), Arc::new(SeededRandom::new(seed)));
    let wrapped = open(1).unwrap().wrap("tenants", b"data key").await.unwrap();
    assert_eq!(open(2).unwrap().unwrap(&wrapped).await.unwrap().expose(), b"data key");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["key"], "no draft is left");

    let path = folder.path().join("key");
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for open_to_others in [0o640, 0o604, 0o620] {
        mode(open_to_others);
        let message = fails(open(3).map(drop), Kind::Refused);
        assert!(message.contains("chmod 600"), "{message}");
    }
    mode(0o600);
    fs::write(&path, "not a key").unwrap();
    fails(open(3).map(drop), Kind::Unreadable);
    fs::write(&path, "").unwrap();
    fails(open(3).map(drop), Kind::Unreadable);
}

#[tokio::test]
async fn a_replaced_key_file_is_noticed() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let open = |folder: &TempDir| FileKeys::open(folder.path(), Arc::new(RealRandom::new())).unwrap();
    let wrapped = open(&one).wrap("tenants", b"data key").await.unwrap();
    let message = fails(open(&other).unwrap(&wrapped).await, Kind::Unreadable);
    assert!(message.contains("replaced"), "{message}");
}

/// Starts this very test again as a process of its own, with the file to work on in its environment.
fn spawn(test: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn add_one(store: &dyn Store, key: &str) -> u32 {
    loop {
        let entry = store.get(key).await.unwrap();
        let (count, when) = match entry {
            Some(entry) => {
                (std::str::from_utf8(&entry.bytes).unwrap().parse().unwrap(), When::Match(entry.etag))
            }
            None => (0, When::Absent),
        };
        match store.put(key, Bytes::from((count + 1).to_string()), when).await {
            Ok(_) => return count + 1,
            Err(error) => assert_eq!(error.kind(), Kind::Conflict, "{error}"),
        }
    }
}

#[tokio::test]
async fn processes_share_one_file() {
    const EACH: u32 = 100;
    if let Some(path) = std::env::var_os(CHILD) {
        let database = real(Path::new(&path)).await;
        for _ in 0..EACH {
            add_one(&database.store(), "shared/count").await;
            database.queue().send("shared", Bytes::from_static(b"m"), Duration::ZERO).await.unwrap();
        }
        return;
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.db");
    let children: Vec<_> = (0..3).map(|_| spawn("processes_share_one_file", &path)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let database = real(&path).await;
    assert_eq!(add_one(&database.store(), "shared/count").await, 3 * EACH + 1);
    assert_eq!(database.queue().len("shared").await.unwrap(), u64::from(3 * EACH));
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_was_told_is_written() {
    if let Some(path) = std::env::var_os(CHILD) {
        let store = real(Path::new(&path)).await.store();
        for _ in 0..100_000 {
            let count = add_one(&store, "killed/count").await;
            writeln!(std::io::stdout(), "written {count}").unwrap();
        }
        return;
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.db");
    let mut told = 0;
    for round in 1..=10 {
        let mut child = spawn("a_killed_process_loses_nothing_it_was_told_is_written", &path);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut counts =
            lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("written ")?.parse::<u32>().ok());
        for _ in 0..round * 3 {
            told = counts.next().unwrap();
        }
        child.kill().unwrap();
        told = counts.last().unwrap_or(told);
        child.wait().unwrap();
        let found = real(&path).await.store().get("killed/count").await.unwrap().unwrap();
        let found: u32 = std::str::from_utf8(&found.bytes).unwrap().parse().unwrap();
        assert!(found == told || found == told + 1, "told {told}, found {found}");
    }
}
