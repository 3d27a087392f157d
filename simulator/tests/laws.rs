//! Who follows the deltas sees what is there: whatever happens between and inside the rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Uuid, World, world};
use serde_json::{Value, json};
use simulator::Lag;

/// The next number of a fixed sequence, below a bound.
fn roll(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % bound
}

/// A reader that takes one page at a time, so that things change between its pages.
struct Follower {
    link: String,
    headers: Vec<(&'static str, String)>,
}

impl Follower {
    /// Reads one page; whether the round is complete.
    async fn page(&mut self, w: &World, mut take: impl FnMut(&Value)) -> bool {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = w.send("GET", &self.link, &headers, None).await.ok(200);
        reply.entries().iter().for_each(&mut take);
        let done = reply.next().is_none();
        self.link = reply.next().unwrap_or_else(|| reply.delta());
        done
    }
}

async fn contacts_story(seed: u64, lag: Option<Lag>) {
    let w = world().await;
    let mut dice = seed;
    let folder = w.folder("Company").await;
    w.sim.set_lag(w.user, lag);
    let prefer = format!("odata.maxpagesize={}, IdType=\"ImmutableId\"", 1 + roll(&mut dice, 5));
    let mut follower = Follower {
        link: w.mine(&format!("contactFolders/{folder}/contacts/delta?$select=id,changeKey")),
        headers: vec![("Prefer", prefer)],
    };
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let follow = |entry: &Value, seen: &mut BTreeMap<String, String>| {
        let id = entry["id"].as_str().unwrap().to_owned();
        match entry.get("@removed") {
            Some(_) => seen.remove(&id),
            None => seen.insert(id, entry["changeKey"].as_str().unwrap().to_owned()),
        };
    };
    let mut alive: Vec<String> = Vec::new();
    for number in 0..150 {
        let pick = roll(&mut dice, alive.len().max(1));
        match (roll(&mut dice, 6), alive.get(pick).cloned()) {
            (0 | 1, _) | (_, None) => {
                alive.push(
                    w.sim
                        .user_creates_contact(w.user, "Company", json!({ "givenName": number.to_string() }))
                        .unwrap(),
                );
            }
            (2, Some(id)) => {
                w.sim.user_edits_contact(w.user, &id, json!({ "jobTitle": number.to_string() })).unwrap()
            }
            (3, Some(id)) => {
                w.sim.user_deletes_contact(w.user, &id).unwrap();
                alive.remove(pick);
            }
            (4, Some(id)) => {
                let home = if roll(&mut dice, 2) == 0 { "Contacts" } else { "Company" };
                w.sim.user_moves_contact(w.user, &id, home).unwrap();
            }
            _ => drop(follower.page(&w, |entry| follow(entry, &mut seen)).await),
        }
    }
    w.sim.set_lag(w.user, None);
    while !follower.page(&w, |entry| follow(entry, &mut seen)).await {}
    while !follower.page(&w, |entry| follow(entry, &mut seen)).await {}
    assert_eq!(seen, held(&w), "seed {seed}");
}

/// What is in the managed folder: change keys by id.
fn held(w: &World) -> BTreeMap<String, String> {
    let contents = w.sim.mailbox_contents(w.user);
    let contacts = contents["folders"][1]["contacts"].as_array().unwrap();
    let text = |contact: &Value, name: &str| contact[name].as_str().unwrap().to_owned();
    contacts.iter().map(|contact| (text(contact, "id"), text(contact, "changeKey"))).collect()
}

#[tokio::test]
async fn contact_deltas_agree_with_the_mailbox() {
    for seed in 0..20 {
        contacts_story(seed, None).await;
    }
}

#[tokio::test]
async fn late_contact_deltas_agree_with_the_mailbox_in_the_end() {
    for seed in 0..20 {
        contacts_story(seed, Some(Lag { writes: Some(4), ..Lag::default() })).await;
    }
}

type People = BTreeMap<String, BTreeMap<String, Value>>;

fn follow_people(entry: &Value, seen: &mut People) {
    let id = entry["id"].as_str().unwrap().to_owned();
    if entry.get("@removed").is_some() {
        seen.remove(&id);
        return;
    }
    let person = seen.entry(id).or_default();
    for (name, value) in entry.as_object().unwrap() {
        match value {
            Value::Null => person.remove(name),
            value => person.insert(name.clone(), value.clone()),
        };
    }
}

async fn people_story(seed: u64) {
    let w = world().await;
    let mut dice = seed;
    let replays = [0.0, 0.3][roll(&mut dice, 2)];
    w.sim.set_quirks(|quirks| quirks.directory_replays = replays);
    let minimal = if roll(&mut dice, 2) == 0 { ", return=minimal" } else { "" };
    let prefer = format!("odata.maxpagesize={}{minimal}", 1 + roll(&mut dice, 4));
    let mut follower = Follower {
        link: "/users/delta?$select=displayName,jobTitle".into(),
        headers: vec![("Prefer", prefer)],
    };
    let (mut seen, mut alive) = (People::new(), vec![w.user]);
    for number in 0..120 {
        let pick = roll(&mut dice, alive.len().max(1));
        match (roll(&mut dice, 6), alive.get(pick).copied()) {
            (0 | 1, _) | (_, None) => {
                alive.push(w.sim.add_user(json!({ "displayName": number.to_string() })).unwrap())
            }
            (2, Some(id)) => {
                assert!(w.sim.update_user(id, &json!({ "jobTitle": number.to_string() })).unwrap())
            }
            (3, Some(id)) => {
                assert!(
                    w.sim.update_user(id, &json!({ "jobTitle": null, "city": number.to_string() })).unwrap()
                )
            }
            (4, Some(id)) => {
                w.sim.remove_user(id).unwrap();
                alive.remove(pick);
            }
            _ => drop(follower.page(&w, |entry| follow_people(entry, &mut seen)).await),
        }
    }
    while !follower.page(&w, |entry| follow_people(entry, &mut seen)).await {}
    while !follower.page(&w, |entry| follow_people(entry, &mut seen)).await {}
    let tracked = ["id", "displayName", "jobTitle"];
    let kept = |user: &Value| {
        user.as_object()
            .unwrap()
            .clone()
            .into_iter()
            .filter(|(n, v)| tracked.contains(&n.as_str()) && !v.is_null())
    };
    let held: People = w
        .sim
        .users()
        .iter()
        .map(|user| (user["id"].as_str().unwrap().to_owned(), kept(user).collect()))
        .collect();
    assert_eq!(seen, held, "seed {seed}");
}

#[tokio::test]
async fn user_deltas_agree_with_the_directory() {
    for seed in 0..40 {
        people_story(seed).await;
    }
}

async fn members_story(seed: u64) {
    let w = world().await;
    let mut dice = seed;
    let crowd: Vec<Uuid> =
        (0..90).map(|n| w.sim.add_user(json!({ "displayName": n.to_string() })).unwrap()).collect();
    let groups: Vec<Uuid> =
        (0..3).map(|n| w.sim.add_group(json!({ "displayName": n.to_string() })).unwrap()).collect();
    let mut follower =
        Follower { link: "/groups/delta".into(), headers: vec![("Prefer", "odata.maxpagesize=1".into())] };
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let follow = |entry: &Value, seen: &mut BTreeSet<(String, String)>| {
        for member in entry["members@delta"].as_array().into_iter().flatten() {
            let pair = (entry["id"].as_str().unwrap().to_owned(), member["id"].as_str().unwrap().to_owned());
            if member.get("@removed").is_some() {
                seen.remove(&pair)
            } else {
                seen.insert(pair)
            };
        }
    };
    for _ in 0..60 {
        let group = groups[roll(&mut dice, groups.len())];
        let from = roll(&mut dice, crowd.len());
        let some = crowd.iter().skip(from).take(roll(&mut dice, 60));
        match roll(&mut dice, 3) {
            0 => some.for_each(|member| w.sim.add_member(group, *member).unwrap()),
            1 => some.take(5).for_each(|member| w.sim.remove_member(group, *member).unwrap()),
            _ => drop(follower.page(&w, |entry| follow(entry, &mut seen)).await),
        }
    }
    while !follower.page(&w, |entry| follow(entry, &mut seen)).await {}
    while !follower.page(&w, |entry| follow(entry, &mut seen)).await {}
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = w.sim.groups();
    let held = all
        .iter()
        .flat_map(|group| group["members"].as_array().unwrap().iter().map(|m| (text(&group["id"]), text(m))));
    assert_eq!(seen, held.collect(), "seed {seed}");
}

#[tokio::test]
async fn group_deltas_agree_with_the_members() {
    for seed in 0..20 {
        members_story(seed).await;
    }
}
