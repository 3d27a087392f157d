//! `wheelhouse audit …`: the deployed binary as a person calls it, beside a running app on the same store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod ledger;

use std::process::{Command, Stdio};

use ledger::{Ledger, PERSON, TENANT, settings};
use platform::When;

/// Exit code and what was printed on standard output.
fn audit(ledger: &Ledger, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wheelhouse"));
    command.arg("audit").args(words).env_clear().envs(settings(ledger.folder.path())).stdin(Stdio::null());
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn a_whole_log_is_exported_and_verified_here_and_elsewhere() {
    let ledger = Ledger::of(4).await;
    let (code, said) = audit(&ledger, &["verify", "--tenant", TENANT]);
    let hash = ledger.entry(4).await.hash;
    assert_eq!((code, said), (0, format!("{TENANT}: 4 entries, whole; the last has the hash {hash}\n")));
    let (code, said) = audit(&ledger, &["verify"]);
    assert_eq!(code, 0);
    assert!(said.starts_with("deployment: 0 entries, whole"), "{said}");

    let (code, lines) = audit(&ledger, &["export", "--tenant", TENANT]);
    assert_eq!((code, lines.lines().count()), (0, 4));
    let (_, rest) = audit(&ledger, &["export", "--tenant", TENANT, "--after", "3"]);
    assert_eq!(lines.lines().last(), rest.lines().next());
    let file = ledger.folder.path().join("export.jsonl");
    let file = file.to_str().unwrap();
    std::fs::write(file, &lines).unwrap();
    assert_eq!(audit(&ledger, &["verify", "--file", file]).0, 0);
    assert_eq!(audit(&ledger, &["verify", "--tenant", TENANT, "--file", file]).0, 0);
    std::fs::write(file, lines.replace("putHub", "getHub")).unwrap();
    let (code, said) = audit(&ledger, &["verify", "--file", file]);
    insta::assert_snapshot!(format!("{code} {said}"), @"1 the file: NOT WHOLE: entry 1 was altered: its content does not have its hash");

    let (code, people) = audit(&ledger, &["people", "--tenant", TENANT]);
    assert_eq!((code, people.matches(PERSON).count()), (0, 1));
}

#[tokio::test]
async fn a_log_that_is_not_whole_ends_with_1_and_says_where() {
    let ledger = Ledger::of(4).await;
    let (_, lines) = audit(&ledger, &["export", "--tenant", TENANT]);
    let file = ledger.folder.path().join("export.jsonl");
    std::fs::write(&file, &lines).unwrap();
    ledger.app.store.delete(&ledger.key(2), When::Any).await.unwrap();
    let (code, said) = audit(&ledger, &["verify", "--tenant", TENANT]);
    assert_eq!((code, said), (1, format!("{TENANT}: NOT WHOLE: entry 2 is missing\n")));
    assert_eq!(audit(&ledger, &["export", "--tenant", TENANT]).0, 1);

    // Everything gone, the mark too: by itself an empty log is whole, but not beside what was exported.
    for number in [1, 3, 4] {
        ledger.app.store.delete(&ledger.key(number), When::Any).await.unwrap();
    }
    let head = wheelhouse::tables::Tables::head_key(&ledger.log);
    ledger.app.store.delete(&head, When::Any).await.unwrap();
    assert_eq!(audit(&ledger, &["verify", "--tenant", TENANT]).0, 0);
    let (code, said) = audit(&ledger, &["verify", "--tenant", TENANT, "--file", file.to_str().unwrap()]);
    assert_eq!(
        (code, said),
        (1, format!("{TENANT}: NOT WHOLE: entry 1 and all that followed are cut off\n"))
    );
}

#[tokio::test]
async fn what_can_not_be_found_out_ends_with_2() {
    let ledger = Ledger::of(1).await;
    for words in [
        &["verify", "--file", "no such file"][..],
        &["verify", "--tenant", "nobody"],
        &["export"],
        &["erase"],
        &["verify", "--after", "3"],
        &[],
    ] {
        assert_eq!(audit(&ledger, words).0, 2, "{words:?}");
    }
    // A key that no longer unwraps: nothing can be said about what it sealed.
    let key = format!("tenants/{TENANT}/key");
    ledger.app.store.put(&key, "{}".into(), When::Any).await.unwrap();
    let (code, said) = audit(&ledger, &["verify", "--tenant", TENANT]);
    assert_ne!(code, 0, "{said}");
}
