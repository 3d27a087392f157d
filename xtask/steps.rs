//! The steps of `cargo verify`, in their order: the quick ones first.

use anyhow::{Context, Result};

use crate::job::{Job, Lines};
use crate::{demo, deny, infra, laws, npm, places, replay, replay_ics, sdk};

/// The fewest random worlds that each law must hold in before a change is called verified.
const LAW_CASES: u64 = 100_000;

/// A check with a name.
pub struct Step {
    /// What `--only` calls it.
    pub name: &'static str,
    /// What it checks, in a few words.
    pub about: &'static str,
    /// Does it.
    pub run: fn(Lines<'_>) -> Result<()>,
}

/// Every step. What needs a program that cargo does not bring says so and fails; what needs more than this project brings is
/// skipped loudly where that is absent.
pub const STEPS: &[Step] = &[
    Step { name: "format", about: "cargo fmt --check", run: format },
    Step { name: "deny", about: "licences, bans and sources of every dependency", run: deny },
    Step {
        name: "infra",
        about: "Bicep against Azure's types, Terraform by its own tests, without a cloud",
        run: infra::run,
    },
    Step { name: "clippy", about: "lints, warnings as errors", run: clippy },
    Step { name: "test", about: "every test that needs nothing but Rust", run: test },
    Step { name: "laws", about: "the laws of the sync core, 100,000 worlds each", run: laws },
    Step { name: "azurite", about: "store and queue against the Azurite emulator", run: azurite },
    Step { name: "sdk", about: "the official JavaScript Graph SDK against the simulator", run: sdk },
    Step {
        name: "demo",
        about: "the main job on 200 people and 25 mailboxes, its figures judged",
        run: demo::run,
    },
    Step {
        name: "replay",
        about: "40 versions of a real directory, without faults and with them",
        run: replay::slice,
    },
    Step {
        name: "replay-ics",
        about: "real calendars mirrored, and compared by the oracle in Python",
        run: replay_ics::slice,
    },
    Step { name: "doc", about: "cargo doc, warnings as errors", run: doc },
];

fn format(lines: Lines<'_>) -> Result<()> {
    Job::cargo(&["fmt", "--all", "--check"]).run(lines)
}

fn deny(lines: Lines<'_>) -> Result<()> {
    deny::check(&["bans", "licenses", "sources"], lines)
}

fn clippy(lines: Lines<'_>) -> Result<()> {
    Job::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run(lines)
}

fn test(lines: Lines<'_>) -> Result<()> {
    Job::cargo(&["test", "--workspace", "--no-fail-fast"]).run(lines)
}

fn laws(lines: Lines<'_>) -> Result<()> {
    laws::run(&laws::Options { cases: LAW_CASES, seed: 1 }, lines)
}

fn azurite(lines: Lines<'_>) -> Result<()> {
    let folder = places::root().join("platform/azurite").canonicalize().context("platform/azurite")?;
    npm::install(&folder, lines)?;
    Job::cargo(&["test", "--package", "platform", "--test", "azurite", "--", "--ignored"])
        .env("WHEELHOUSE_AZURITE", &folder)
        .run(lines)
}

fn sdk(lines: Lines<'_>) -> Result<()> {
    sdk::run(sdk::Language::Javascript, lines)
}

fn doc(lines: Lines<'_>) -> Result<()> {
    Job::cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").run(lines)
}
