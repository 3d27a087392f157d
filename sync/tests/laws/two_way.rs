//! The laws of hubs whose mailboxes answer back.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use sync::{Content, Field, SourceKey};

use crate::company::{Company, Deed, deed, traits};
use crate::edits::Kind;
use crate::server::normalised;
use crate::{number, runner};

const LAWS: [&str; 13] = [
    "one item per key",
    "foreign items untouched",
    "never delete what the hub still has",
    "no delete from an incomplete snapshot",
    "a plan comes to an end",
    "a visit comes to an end",
    "everything is equal after two quiet runs",
    "the third quiet run plans nothing",
    "no ping-pong",
    "nothing evaporates",
    "one-way spokes never change the hub",
    "what is private never leaks",
    "deltas and full reads lead to the same plan",
];

#[test]
fn the_laws_hold_for_mailboxes_that_answer_back() {
    let (cases, seed) = (number("WHEELHOUSE_LAW_CASES", 3000), number("WHEELHOUSE_LAW_SEED", 1));
    let violations = RefCell::new(BTreeMap::<String, u64>::new());
    let stories = (traits(), prop::collection::vec(deed(), 1..24));
    let result = runner(cases, seed).run(&stories, |(traits, deeds)| {
        let mut company = Company::new(&traits);
        deeds.iter().for_each(|deed: &Deed| company.step(deed));
        judge(&mut company);
        for text in &company.broken {
            *violations.borrow_mut().entry(text.split(':').next().unwrap().to_owned()).or_default() += 1;
        }
        if company.broken.is_empty() { Ok(()) } else { Err(TestCaseError::fail(company.broken.join("; "))) }
    });
    for law in LAWS {
        let count = violations.borrow().get(law).copied().unwrap_or(0);
        println!("law=two-way/{} cases={cases} seed={seed} violations={count}", law.replace(' ', "-"));
    }
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// Two quiet runs, and everything that must hold then.
fn judge(company: &mut Company) {
    // The first may only find what users did since the last visits; what it tells is judged by the second.
    let writes: Vec<usize> = (0..5).map(|_| company.run()).collect();
    if writes[3..].iter().any(|count| *count > 0) {
        company.broken.push(format!("no ping-pong: {writes:?}"));
    }
    if writes[2] > 0 {
        company.broken.push(format!("the third quiet run plans nothing: {writes:?}"));
    }
    judge_equality(company);
    judge_readings(company);
    for (key, copies) in company.spokes.iter().flat_map(|spoke| spoke.held()) {
        if copies.iter().any(Content::is_private) {
            company.ledger.excuse(&key);
        }
    }
    let hub = |key: &_| company.snapshot.as_ref()?.items.get(key).map(|content| Content::clone(content));
    let evaporated =
        company.ledger.evaporated(|key| hub(key).map(|content| normalised(&content)), &company.verdicts);
    company.broken.extend(evaporated);
}

fn judge_equality(company: &mut Company) {
    let Some(snapshot) = company.snapshot.clone() else { return };
    for spoke in &company.spokes {
        let held = spoke.held();
        for (key, copies) in &held {
            if copies.len() != 1 {
                company.broken.push(format!("one item per key: {key} {} times", copies.len()));
            }
        }
        let is_kept = |key: &&SourceKey| {
            held[*key].iter().any(Content::is_private) && !snapshot.items.contains_key(*key)
        };
        let has: Vec<_> = held.keys().filter(|key| !is_kept(key)).collect();
        let hub: Vec<_> = snapshot.items.keys().collect();
        if has != hub {
            company
                .broken
                .push(format!("everything is equal after two quiet runs: {has:?}, the hub {hub:?}"));
        }
        if spoke.is_two_way() {
            company.broken.extend(differences(company.traits.kind, &snapshot, spoke));
        }
        if !spoke.own_is_untouched() {
            company.broken.push("foreign items untouched: changed".into());
        }
    }
}

/// A private item of a two-way mailbox stays as its owner left it; of a one-way mailbox a user's edits stay.
fn differences(kind: Kind, snapshot: &sync::Snapshot, spoke: &crate::spoke::Spoke) -> Vec<String> {
    let mut found = Vec::new();
    for (key, copies) in spoke.held() {
        let (Some(hub), Some(copy)) = (snapshot.items.get(&key), copies.first()) else { continue };
        let hub = normalised(hub);
        for &field in kind.fields() {
            let stays = copy.is_private() || field == Field::Sensitivity;
            if !stays && copy.print(field) != hub.print(field) {
                found.push(format!("everything is equal after two quiet runs: {key} {field}"));
            }
        }
    }
    found
}

fn judge_readings(company: &mut Company) {
    let Some(snapshot) = &company.snapshot else { return };
    for spoke in &company.spokes {
        let by = |fully| spoke.ops(snapshot, fully, company.now + 1000);
        if by(true) != by(false) {
            company.broken.push(format!(
                "deltas and full reads lead to the same plan: {:?} {:?}",
                by(true),
                by(false)
            ));
        }
    }
}
