//! The laws of the core, over worlds with every fault we know.
//!
//! `WHEELHOUSE_LAW_CASES` sets the number of worlds, `WHEELHOUSE_LAW_SEED` the seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod company;
mod conditions;
mod edits;
mod ledger;
mod server;
mod spoke;
mod two_way;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use world::{Step, World, shuffled, step};

const LAWS: [&str; 9] = [
    "one item per key",
    "foreign items untouched",
    "never delete what the hub still has",
    "no delete from an incomplete snapshot",
    "settles to an empty plan",
    "mailbox equals hub",
    "a user's edit stays",
    "the user's own notes stay",
    "a plan comes to an end",
];

pub fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a whole number"))
}

pub fn runner(cases: u64, seed: u64) -> TestRunner {
    let config = Config {
        cases: cases as u32,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Runs a property over the worlds and prints one line per law.
fn hold<S: std::fmt::Debug>(
    laws: &[&str],
    strategy: impl Strategy<Value = (bool, bool, S)>,
    check: impl Fn(World, &S) -> Vec<String>,
) {
    let (cases, seed) = (number("WHEELHOUSE_LAW_CASES", 3000), number("WHEELHOUSE_LAW_SEED", 1));
    let violations = RefCell::new(BTreeMap::<String, u64>::new());
    let result = runner(cases, seed).run(&strategy, |(strict, if_match, steps)| {
        let broken = check(World::new(strict, if_match), &steps);
        for text in &broken {
            *violations.borrow_mut().entry(text.split(':').next().unwrap().to_owned()).or_default() += 1;
        }
        if broken.is_empty() { Ok(()) } else { Err(TestCaseError::fail(broken.join("; "))) }
    });
    for law in laws {
        let count = violations.borrow().get(*law).copied().unwrap_or(0);
        println!("law={} cases={cases} seed={seed} violations={count}", law.replace(' ', "-"));
    }
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

fn stories() -> impl Strategy<Value = (bool, bool, Vec<Step>)> {
    (any::<bool>(), prop::bool::weighted(0.7), prop::collection::vec(step(), 1..14))
}

#[test]
fn the_laws_hold_in_every_world() {
    hold(&LAWS, stories(), |mut world, steps| {
        steps.iter().for_each(|step| world.step(step));
        let writes = world.settle_down();
        world.judge(&writes);
        world.broken
    });
}

/// Worlds in which one person is erased in the midst of everything.
#[test]
fn the_laws_hold_for_whoever_was_erased() {
    const LAWS: [&str; 5] = [
        "what was erased only goes",
        "what was released is never touched",
        "mailbox equals hub",
        "foreign items untouched",
        "settles to an empty plan",
    ];
    let after = (prop::collection::vec(step(), 0..8), 0..4u8, any::<bool>());
    let stories =
        (stories(), after).prop_map(|((strict, if_match, steps), after)| (strict, if_match, (steps, after)));
    hold(&LAWS, stories, |mut world, (before, (after, key, removed))| {
        before.iter().for_each(|step| world.step(step));
        world.erase(*key, if *removed { sync::Fate::Removed } else { sync::Fate::Released });
        after.iter().for_each(|step| world.step(step));
        let writes = world.settle_down();
        world.judge(&writes);
        world.broken
    });
}

#[test]
fn the_order_of_the_operations_is_free() {
    hold(&["any order gives the same end"], stories(), |mut world, steps| {
        steps.iter().for_each(|step| world.step(step));
        let ops = world.ops();
        let end = |seed| {
            let mut world = world.clone();
            world.execute(&shuffled(ops.clone(), seed));
            world.end()
        };
        let (first, second) = (end(1), end(2));
        if first == second { vec![] } else { vec![format!("any order gives the same end: {ops:?}")] }
    });
}
