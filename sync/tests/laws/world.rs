//! One hub and one mailbox, with everything that can go wrong between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;
use sync::{
    Base, Content, Effect, Erased, Fate, Field, Goal, Intents, ItemId, Limits, Mailbox, Mode, Op, Outcome,
    Plan, Policy, Removal, Situation, Snapshot, SourceKey, Value, Work, begin, needs_reading, notes, plan,
    settle,
};

pub use crate::conditions::{Conditions, Fault, conditions, quiet};
use crate::server::{Server, at, normalised};

pub const FIELDS: [Field; 6] = [
    Field::DisplayName,
    Field::GivenName,
    Field::Surname,
    Field::JobTitle,
    Field::BusinessPhones,
    Field::PersonalNotes,
];
pub const LAG: i64 = 10;
pub const GRACE: i64 = 60;

/// What somebody does.
#[derive(Debug, Clone)]
pub enum Step {
    HubSets { key: u8, field: u8, value: u8 },
    HubDrops { key: u8 },
    UserEdits { nth: u8, field: u8, clears: bool },
    UserWritesBesideNotes { nth: u8 },
    UserDeletes { nth: u8 },
    UserAddsOwn,
    ScopeChanges,
    TokenIsLost,
    BaseIsLost,
    TimePasses(u8),
    Run(Conditions),
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4u8, 0..6u8, 0..5u8).prop_map(|(key, field, value)| Step::HubSets { key, field, value }),
        2 => (0..4u8).prop_map(|key| Step::HubDrops { key }),
        4 => (any::<u8>(), 0..6u8, any::<bool>()).prop_map(|(nth, field, clears)| Step::UserEdits { nth, field, clears }),
        1 => any::<u8>().prop_map(|nth| Step::UserWritesBesideNotes { nth }),
        2 => any::<u8>().prop_map(|nth| Step::UserDeletes { nth }),
        1 => Just(Step::UserAddsOwn),
        1 => Just(Step::ScopeChanges),
        1 => Just(Step::TokenIsLost),
        1 => Just(Step::BaseIsLost),
        3 => (0..90u8).prop_map(Step::TimePasses),
        8 => conditions().prop_map(Step::Run),
    ]
}

/// What survives a crash.
#[derive(Debug, Clone, Default)]
struct Kept {
    base: Base,
    intents: Intents,
    token: Option<usize>,
    etag: u64,
}

/// The law that was broken, in words.
pub type Broken = String;

#[derive(Debug, Clone)]
pub struct World {
    pub hub: BTreeMap<SourceKey, Content>,
    pub server: Server,
    kept: Kept,
    now: i64,
    scope: u64,
    pub strict: bool,
    own: BTreeMap<ItemId, Content>,
    /// The users' edits that must stay, by item and field.
    edits: BTreeMap<(ItemId, Field), Option<Value>>,
    /// Items that users ever edited, field by field.
    touched: BTreeSet<(ItemId, Field)>,
    words: BTreeMap<ItemId, String>,
    count: u32,
    /// Who was erased.
    pub erased: Erased,
    pub broken: Vec<Broken>,
}

impl World {
    pub fn new(strict: bool, honours_if_match: bool) -> Self {
        World {
            hub: BTreeMap::new(),
            server: Server::new(honours_if_match),
            kept: Kept::default(),
            now: 1000,
            scope: 1,
            strict,
            own: BTreeMap::new(),
            edits: BTreeMap::new(),
            touched: BTreeSet::new(),
            words: BTreeMap::new(),
            count: 0,
            erased: Erased::default(),
            broken: Vec::new(),
        }
    }

    pub fn step(&mut self, step: &Step) {
        match step {
            Step::HubSets { key, field, value } => self.hub_sets(*key, FIELDS[*field as usize], *value),
            Step::HubDrops { key } => drop(self.hub.remove(&source_key(*key))),
            Step::UserEdits { nth, field, clears } => self.user_edits(*nth, FIELDS[*field as usize], *clears),
            Step::UserWritesBesideNotes { nth } => self.user_writes_beside(*nth),
            Step::UserDeletes { nth } => self.user_deletes(*nth),
            Step::UserAddsOwn => self.user_adds_own(),
            Step::ScopeChanges => self.scope += 1,
            Step::TokenIsLost => self.kept.token = None,
            Step::BaseIsLost => self.base_is_lost(),
            Step::TimePasses(seconds) => self.now += i64::from(*seconds),
            Step::Run(conditions) => self.run(conditions),
        }
    }

    /// Somebody is erased: no source brings them any more, and what is released nobody remembers.
    pub fn erase(&mut self, key: u8, fate: Fate) {
        let key = source_key(key);
        self.hub.remove(&key);
        if fate == Fate::Released {
            self.kept.base.entries.remove(&key);
            self.kept.intents.remove(&key);
            self.kept.etag += 1;
        }
        self.edits.clear();
        self.erased.items.insert(key, fate);
    }

    fn hub_sets(&mut self, key: u8, field: Field, value: u8) {
        if self.erased.items.contains_key(&source_key(key)) {
            return;
        }
        let person = self.hub.entry(source_key(key)).or_insert_with(|| {
            [(Field::DisplayName, "Ana Kos"), (Field::GivenName, "Ana")].into_iter().collect()
        });
        match (field, value) {
            (Field::DisplayName | Field::GivenName, 0) => {}
            (Field::BusinessPhones, 0) => person.set(field, Vec::<String>::new()),
            (Field::BusinessPhones, n) => person.set(field, vec![format!("+1 {n}")]),
            (Field::PersonalNotes, n) => person.set(field, notes::block(&"x".repeat(n.into()))),
            (_, 0) => person.set(field, ""),
            // The server trims the blank: what it returns is not what was sent.
            (_, 4) => person.set(field, "blank at the end "),
            (_, n) => person.set(field, format!("value {n}")),
        }
    }

    fn ours(&self, nth: u8) -> Option<ItemId> {
        let ours: Vec<_> =
            self.server.items.iter().filter(|(_, item)| item.tag.is_some()).map(|(id, _)| id).collect();
        (!ours.is_empty()).then(|| ours[nth as usize % ours.len()].clone())
    }

    fn user_edits(&mut self, nth: u8, field: Field, clears: bool) {
        let Some(id) = self.ours(nth).filter(|_| field != Field::PersonalNotes) else { return };
        self.count += 1;
        let value = (!clears).then(|| Value::from(format!("user {}", self.count)));
        if self.server.items[&id].content.get(field) == value.as_ref() {
            return;
        }
        self.user_patches(&id, field, value.clone());
        self.touched.insert((id.clone(), field));
        let entry = self.kept.base.entries.values().find(|entry| entry.id == id);
        // A cleared field may be what the hub is about to write; an item the base does not know is adopted.
        if entry.is_some() && !clears {
            self.edits.insert((id, field), value);
        } else {
            self.edits.remove(&(id, field));
        }
    }

    fn user_writes_beside(&mut self, nth: u8) {
        let Some(id) = self.ours(nth) else { return };
        let content = &self.server.items[&id].content;
        let text = format!("own words\n{}", content.text(Field::PersonalNotes).unwrap_or_default());
        self.user_patches(&id, Field::PersonalNotes, Some(Value::from(text)));
        self.words.insert(id, "own words".into());
    }

    fn user_patches(&mut self, id: &ItemId, field: Field, value: Option<Value>) {
        self.now += 1;
        let mut set = BTreeMap::from([(field, value)]);
        if field.is_name_part() {
            let display = self.server.items[id].content.get(Field::DisplayName).cloned();
            set.insert(Field::DisplayName, display);
        }
        self.server.patch(id, None, &set, at(self.now)).unwrap();
    }

    fn user_deletes(&mut self, nth: u8) {
        self.now += 1;
        if let Some(id) = self.ours(nth) {
            self.server.delete(&id, at(self.now));
        }
    }

    fn user_adds_own(&mut self) {
        self.now += 1;
        let content: Content = [(Field::DisplayName, "my plumber")].into_iter().collect();
        let id = self.server.create(None, &content, at(self.now));
        self.own.insert(id, content);
    }

    /// Without a base nobody knows which values were a user's: what is adopted counts as ours.
    fn base_is_lost(&mut self) {
        self.kept = Kept { intents: self.kept.intents.clone(), etag: self.kept.etag + 1, ..Kept::default() };
        self.edits.clear();
        for (id, item) in self.server.items.iter().filter(|(_, item)| item.tag.is_some()) {
            self.touched.extend(item.content.iter().map(|(field, _)| (id.clone(), field)));
        }
        self.touched.retain(|(_, field)| *field != Field::PersonalNotes);
    }

    pub fn snapshot(&self, complete: bool) -> Snapshot {
        let items: BTreeMap<_, _> =
            self.hub.iter().map(|(key, content)| (key.clone(), Arc::new(content.clone()))).collect();
        Snapshot {
            version: 1,
            complete,
            last_good: items.len(),
            scope: self.scope,
            items,
            ..Snapshot::default()
        }
    }

    fn run(&mut self, conditions: &Conditions) {
        let deliveries = if conditions.delivered_twice { 2 } else { 1 };
        for _ in 0..deliveries {
            self.deliver(conditions);
        }
    }

    fn deliver(&mut self, conditions: &Conditions) {
        let mut worker = Worker::load(self, conditions);
        let Some(ops) = worker.plan(self, None) else { return };
        self.judge_erased(&ops);
        worker.execute(self, &ops);
    }

    fn judge_erased(&mut self, ops: &[Op]) {
        for op in ops.iter().filter(|op| op.is_write()) {
            match (self.erased.fate(op.key()), op) {
                (None, _) | (Some(Fate::Removed), Op::Delete { why: Removal::Erased, .. }) => {}
                (Some(Fate::Released), _) => {
                    self.broken.push(format!("what was released is never touched: {op}"))
                }
                (Some(Fate::Removed), _) => self.broken.push(format!("what was erased only goes: {op}")),
            }
        }
    }

    /// Runs without faults, with all time in the world; answers how often something was still written.
    pub fn settle_down(&mut self) -> Vec<usize> {
        (0..6)
            .map(|_| {
                self.now += GRACE + LAG + 1;
                let mut worker = Worker::load(self, &quiet());
                let ops = worker.plan(self, None).unwrap_or_default();
                worker.execute(self, &ops);
                ops.iter().filter(|op| op.is_write()).count()
            })
            .collect()
    }

    /// The operations that would be done now, for running them in different orders.
    pub fn ops(&self) -> Vec<Op> {
        let mut world = self.clone();
        world.now += GRACE + LAG + 1;
        Worker::load(&world, &quiet()).plan(&mut world, None).unwrap_or_default()
    }

    /// Runs exactly these operations in this order.
    pub fn execute(&mut self, ops: &[Op]) {
        self.now += GRACE + LAG + 1;
        let mut worker = Worker::load(self, &quiet());
        worker.plan(self, None);
        worker.execute(self, ops);
    }

    /// The mailbox's items by key with what they hold, and the memory of it.
    pub fn end(&self) -> (BTreeMap<SourceKey, Vec<Content>>, BTreeSet<SourceKey>) {
        let mut items: BTreeMap<SourceKey, Vec<Content>> = BTreeMap::new();
        for item in self.server.items.values() {
            if let Some(tag) = &item.tag {
                items.entry(tag.clone()).or_default().push(item.content.clone());
            }
        }
        (items, self.kept.base.entries.keys().cloned().collect())
    }

    /// Checks everything that must hold once the world is quiet.
    pub fn judge(&mut self, writes: &[usize]) {
        if writes.iter().skip(3).any(|count| *count > 0) {
            self.broken.push(format!("settles to an empty plan: still writing {writes:?}"));
        }
        self.judge_own();
        self.judge_equality();
        self.judge_edits();
    }

    fn judge_own(&mut self) {
        for (id, content) in &self.own {
            if self.server.items.get(id).map(|item| &item.content) != Some(content) {
                self.broken.push(format!("foreign items untouched: {id}"));
            }
        }
    }

    fn judge_equality(&mut self) {
        let keys: BTreeSet<_> = self.hub.keys().cloned().collect();
        let mut found = BTreeMap::<_, usize>::new();
        for (id, item) in &self.server.items {
            let Some(tag) = item.tag.as_ref().filter(|tag| self.erased.fate(tag) != Some(Fate::Released))
            else {
                continue;
            };
            *found.entry(tag.clone()).or_default() += 1;
            let Some(wanted) = self.hub.get(tag).map(normalised) else { continue };
            for field in FIELDS {
                let excused = !self.strict && self.touched.contains(&(id.clone(), field));
                if !excused && item.content.print(field) != wanted.print(field) {
                    self.broken.push(format!("mailbox equals hub: {tag} {field}"));
                }
            }
        }
        if found.keys().cloned().collect::<BTreeSet<_>>() != keys {
            self.broken.push(format!("mailbox equals hub: has {found:?}, hub has {keys:?}"));
        }
        if found.values().any(|count| *count != 1) {
            self.broken.push(format!("one item per key: {found:?}"));
        }
    }

    fn judge_edits(&mut self) {
        for ((id, field), value) in &self.edits {
            let Some(item) = self.server.items.get(id) else { continue };
            if !self.strict && self.server.honours_if_match && item.content.get(*field) != value.as_ref() {
                self.broken.push(format!("a user's edit stays: {id} {field}"));
            }
        }
        for (id, words) in &self.words {
            let Some(item) = self.server.items.get(id) else { continue };
            let notes = item.content.text(Field::PersonalNotes).unwrap_or_default();
            if self.server.honours_if_match && !notes.contains(words.as_str()) {
                self.broken.push(format!("the user's own notes stay: {id}"));
            }
        }
    }
}

/// One worker that syncs the mailbox: it holds what it loaded until it stores it.
struct Worker {
    kept: Kept,
    snapshot: Snapshot,
    conditions: Conditions,
    requests: usize,
    /// How far the reading went, if the next one may go on from there.
    reading: Option<(usize, Mailbox)>,
}

impl Worker {
    fn load(world: &World, conditions: &Conditions) -> Self {
        let snapshot = world.snapshot(conditions.complete);
        Worker {
            kept: world.kept.clone(),
            snapshot,
            conditions: conditions.clone(),
            requests: 0,
            reading: None,
        }
    }

    /// Reads, plans, looks where the plan asks for it, and plans again.
    fn plan(&mut self, world: &mut World, approved: Option<sync::PlanHash>) -> Option<Vec<Op>> {
        let (now, lag) = (at(world.now), i64::from(self.conditions.lag));
        let (mut mailbox, token) = match self.kept.token {
            Some(token) => world.server.delta(token, now, lag),
            None => world.server.list(now, lag),
        };
        let open: BTreeSet<_> = self.kept.intents.keys().cloned().collect();
        mailbox.found = world.server.find(&open, now, lag);
        let policy = policy(world.strict);
        let limits = limits();
        for _ in 0..5 {
            let situation = Situation {
                base: &self.kept.base,
                intents: &self.kept.intents,
                goal: Goal::Mirror(&self.snapshot),
                mailbox: &mailbox,
                policy: &policy,
                erased: Some(&world.erased),
                limits: &limits,
                two_way: None,
                mailboxes: 1,
                approved,
                now,
            };
            match plan(&situation) {
                Plan::Look(ids) => {
                    mailbox.looked.extend(ids.into_iter().map(|id| (id.clone(), world.server.get(&id))))
                }
                Plan::Held { held, .. } if self.conditions.approve && approved.is_none() => {
                    return self.plan(world, Some(held.hash));
                }
                Plan::Run(work) | Plan::Held { now: work, .. } => {
                    return Some(self.accept(token, mailbox, work));
                }
            }
        }
        world.broken.push("a plan comes to an end: still looking after five rounds".into());
        None
    }

    fn accept(&mut self, token: usize, mailbox: Mailbox, work: Work) -> Vec<Op> {
        self.reading = (!work.read_again).then_some((token, mailbox));
        shuffled(work.ops, self.conditions.order)
    }

    fn execute(&mut self, world: &mut World, ops: &[Op]) {
        let Kept { base, intents, .. } = &mut self.kept;
        let read_again: Vec<_> = ops.iter().map(|op| needs_reading(base, op)).collect();
        begin(base, intents, ops, at(world.now), &mut || "id".to_owned());
        if !self.store(world) {
            return;
        }
        for (nth, op) in ops.iter().enumerate().filter(|(_, op)| op.is_write()) {
            if self.conditions.crash_at == Some(nth as u8) {
                return;
            }
            if self.conditions.twin_at == Some(nth as u8) {
                world.run(&self.conditions.of_a_twin());
            }
            world.now += 1;
            let effect = self.send(world, op);
            let outcome = settle(&mut self.kept.base, &mut self.kept.intents, op, effect);
            if outcome != Outcome::Done && read_again[nth] {
                self.reading = None;
            }
        }
        if let Some((token, mailbox)) = self.reading.take() {
            self.kept.token = Some(token);
            self.kept.base.read_through(&mailbox);
            self.kept.base.scope = self.snapshot.scope;
        }
        self.store(world);
    }

    /// Stores what is known, unless somebody else stored something in between.
    fn store(&mut self, world: &mut World) -> bool {
        let mine = world.kept.etag == self.kept.etag;
        if mine {
            self.kept.etag += 1;
            world.kept = self.kept.clone();
        }
        mine
    }

    fn send(&mut self, world: &mut World, op: &Op) -> Effect {
        self.requests += 1;
        self.conditions.send(self.requests - 1, || self.apply(world, op))
    }

    /// An update whose answer is lost can't be told from an edit if the server stored a form of its own.
    fn excuse(&self, world: &mut World, id: &ItemId, set: &BTreeMap<Field, Option<Value>>) {
        let Conditions { faults, crash_at, twin_at, .. } = &self.conditions;
        if faults.contains(&Fault::LostAfter) || crash_at.is_some() || twin_at.is_some() {
            let stored: Content =
                set.iter().filter_map(|(field, value)| Some((*field, value.clone()?))).collect();
            let altered =
                stored.iter().filter(|(field, _)| stored.print(*field) != normalised(&stored).print(*field));
            world.touched.extend(altered.map(|(field, _)| (id.clone(), field)));
        }
    }

    fn apply(&self, world: &mut World, op: &Op) -> Effect {
        let now = at(world.now);
        let id = match op {
            Op::Create { key, content } => world.server.create(Some(key.clone()), content, now),
            Op::Update { id, change_key, set, .. } => {
                self.excuse(world, id, set);
                if let Err(effect) = world.server.patch(id, Some(change_key), set, now) {
                    return effect;
                }
                id.clone()
            }
            Op::Delete { key, id, why } => {
                self.judge_delete(world, key, id, *why);
                world.server.delete(id, now);
                return Effect::Deleted;
            }
            Op::Record { .. } | Op::Forget { .. } => panic!("nothing to send"),
        };
        let item = &world.server.items[&id];
        Effect::Written { change_key: item.change_key.clone(), content: item.content.clone(), id }
    }

    fn judge_delete(&self, world: &mut World, key: &SourceKey, id: &ItemId, why: Removal) {
        let tag = |item: &crate::server::Item| item.tag.as_ref() == Some(key);
        let another = world.server.items.iter().any(|(other, item)| other != id && tag(item));
        let kept_by_hub = self.snapshot.items.contains_key(key);
        if kept_by_hub && world.server.items.contains_key(id) && !(why == Removal::Duplicate && another) {
            world.broken.push(format!("never delete what the hub still has: {key}"));
        }
        // Whoever asked to be erased does not wait for a source.
        if !self.snapshot.complete && why != Removal::Erased {
            world.broken.push(format!("no delete from an incomplete snapshot: {key}"));
        }
        if world.own.contains_key(id) {
            world.broken.push(format!("foreign items untouched: {id} deleted"));
        }
    }
}

fn policy(strict: bool) -> Policy {
    let modes = FIELDS.map(|field| (field, if strict { Mode::ClearWithSource } else { Mode::KeepUserEdit }));
    Policy {
        modes: modes.into(),
        users_may_hide: false,
        read_lag: TimeDelta::seconds(GRACE),
        looks_first: false,
    }
}

fn limits() -> Limits {
    Limits { deletes_per_mailbox: 1000, deletes_percent: 100, shrink_percent: 100, deletes_per_run: 100_000 }
}

fn source_key(key: u8) -> SourceKey {
    SourceKey::new(format!("directory:{key}")).unwrap()
}

/// The same order for the same seed.
pub fn shuffled(mut ops: Vec<Op>, seed: u64) -> Vec<Op> {
    ops.sort_by_cached_key(|op| sync::Value::from(format!("{seed}{op:?}")).print());
    ops
}
