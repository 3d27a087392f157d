//! The demo tells its story and names nobody of its company.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::process::Command;

use simulator::{Company, Options, Simulator, fill_company};

#[tokio::test]
async fn what_the_demo_prints_names_nobody() {
    let simulator = Simulator::start(Options::default()).await.unwrap();
    fill_company(&simulator.tenant(), &Company { people: 12, ..Company::default() }).unwrap();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    demo.args(["--once", "--company", "12", "--mailboxes", "2"]).env("RUST_LOG", "debug");
    let output = demo.output().unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && printed.lines().count() > 20, "{printed}");
    let mut looked_for = 0;
    for user in simulator.users() {
        for property in ["displayName", "mail", "userPrincipalName", "mobilePhone"] {
            let Some(value) = user[property].as_str() else { continue };
            assert!(!printed.contains(value), "{property} {value}:\n{printed}");
            looked_for += 1;
        }
    }
    assert!(looked_for > 30, "{looked_for}");
}
