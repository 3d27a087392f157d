//! One mailbox of the company and the worker that visits it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use sync::two_way::{Proposal, Told};
use sync::{
    Base, Content, Effect, Field, Goal, Intents, ItemId, Limits, Mailbox, MailboxId, Op, Outcome, Plan,
    PlanHash, Policy, Removal, Situation, Snapshot, SourceKey, TwoWay, Value, Work, begin, needs_reading,
    plan, settle,
};

use crate::company::Traits;
use crate::server::{Item, Server, at};
use crate::world::{Conditions, GRACE, quiet, shuffled};

/// How often a visit goes on with what one step left for the next.
const STEPS: usize = 4;

/// What survives a crash.
#[derive(Debug, Clone, Default)]
struct Kept {
    base: Base,
    intents: Intents,
    token: Option<usize>,
    etag: u64,
}

#[derive(Debug, Clone)]
pub struct Spoke {
    pub id: &'static str,
    pub mailbox: MailboxId,
    pub server: Server,
    kept: Kept,
    /// What was proposed at the last visit, as it is stored for the hub.
    pub told: Option<Told>,
    marks: u64,
    pub writes: usize,
    deletes_to_hub: bool,
    own: BTreeMap<ItemId, Content>,
}

impl Spoke {
    pub fn new(id: &'static str, mailbox: MailboxId, traits: &Traits) -> Self {
        let mut server = Server::new(traits.honours_if_match);
        server.two_way = (id != "one-way").then(|| (id, mailbox.clone()));
        Spoke {
            id,
            mailbox,
            server,
            kept: Kept::default(),
            told: None,
            marks: 0,
            writes: 0,
            deletes_to_hub: traits.deletes_to_hub,
            own: BTreeMap::new(),
        }
    }

    pub fn is_two_way(&self) -> bool {
        self.server.two_way.is_some()
    }

    /// Stands in every text that a user of this mailbox writes.
    pub fn mark(&self) -> &'static str {
        self.id
    }

    pub fn lose_token(&mut self) {
        self.kept.token = None;
    }

    /// An item that a user may touch: their own ones of a one-way mailbox are not looked at.
    pub fn some_item(&self, nth: u8) -> Option<(ItemId, Item)> {
        let all: Vec<_> = self.server.items.iter().filter(|(id, _)| !self.own.contains_key(*id)).collect();
        (!all.is_empty()).then(|| all[nth as usize % all.len()]).map(|(id, item)| (id.clone(), item.clone()))
    }

    /// A user's edit; answers whose item it is, what the server keeps of it, and whether the hub must hear of it.
    pub fn user_sets(&mut self, id: &ItemId, field: Field, value: Option<Value>, now: i64) -> Heard {
        let mut set = BTreeMap::from([(field, value)]);
        if field.is_name_part() {
            let display = self.server.items[id].content.get(Field::DisplayName).cloned();
            set.insert(Field::DisplayName, display);
        }
        self.server.patch(id, None, &set, at(now)).unwrap();
        let item = &self.server.items[id];
        let key = item.tag.clone()?;
        let print = item.content.print(field);
        // While a write is on its way, or before the base knows the item, nobody can tell whose a value is.
        let entry = self.kept.base.entries.get(&key).filter(|entry| entry.id == *id);
        // Back to what we had written is no edit any more.
        let is_known = entry
            .is_some_and(|entry| entry.wrote.get(&field).copied() != print && entry.seen(field) != print)
            && !self.kept.intents.contains_key(&key);
        let is_heard = is_known && self.is_two_way() && self.server.honours_if_match;
        Some((key, print, is_heard))
    }

    pub fn user_adds(&mut self, content: &Content, now: i64) {
        let id = self.server.create(None, content, at(now));
        if !self.is_two_way() {
            self.own.insert(id, content.clone());
        }
    }

    /// A user's own items of a one-way mailbox are as they were.
    pub fn own_is_untouched(&self) -> bool {
        self.own
            .iter()
            .all(|(id, content)| self.server.items.get(id).is_some_and(|item| item.content == *content))
    }

    /// What the mailbox holds by identity; users' own private items aside.
    pub fn held(&self) -> BTreeMap<SourceKey, Vec<Content>> {
        let mut held: BTreeMap<SourceKey, Vec<Content>> = BTreeMap::new();
        for item in self.server.items.values() {
            if let Some(tag) = &item.tag {
                held.entry(tag.clone()).or_default().push(item.content.clone());
            }
        }
        held
    }

    /// What would be done now, by a reading of everything or of what changed.
    pub fn ops(&self, snapshot: &Snapshot, fully: bool, now: i64) -> Option<(Vec<String>, Vec<String>)> {
        let mut spoke = self.clone();
        if fully {
            spoke.lose_token();
        }
        let conditions = quiet();
        let mut worker = Worker::load(&spoke, snapshot, &conditions);
        let mut broken = Vec::new();
        let work = worker.plan(&spoke, now, None, &mut broken)?;
        let mut ops: Vec<_> = work.ops.iter().filter(|op| op.is_write()).map(ToString::to_string).collect();
        ops.sort();
        Some((ops, work.proposals.iter().map(ToString::to_string).collect()))
    }

    pub fn visit(
        &mut self,
        snapshot: &Snapshot,
        conditions: &Conditions,
        now: &mut i64,
        broken: &mut Vec<String>,
    ) {
        for _ in 0..STEPS {
            let mut worker = Worker::load(self, snapshot, conditions);
            let Some(work) = worker.plan(self, *now, None, broken) else { return };
            self.tell(&work.proposals);
            let unfinished = work.unfinished;
            let is_whole = worker.execute(self, work, now, broken);
            if !unfinished || !is_whole {
                return;
            }
        }
        broken.push("a visit comes to an end: still unfinished after four steps".into());
    }

    /// Stores what is proposed, under a mark of its own where it is news.
    fn tell(&mut self, proposals: &[Proposal]) {
        if proposals.is_empty() {
            self.told = None;
        } else if self.told.as_ref().is_none_or(|told| told.proposals != proposals) {
            self.marks += 1;
            let mark = self.marks.to_string();
            self.told = Some(Told { spoke: self.id.into(), mark, proposals: proposals.to_vec() });
        }
    }
}

/// Whose item, what is kept of the edit, and whether the hub must hear of it.
pub type Heard = Option<(SourceKey, Option<sync::Print>, bool)>;

/// Holds what it loaded until it stores it.
struct Worker<'a> {
    kept: Kept,
    snapshot: &'a Snapshot,
    conditions: &'a Conditions,
    requests: usize,
    token: usize,
    mailbox: Option<Mailbox>,
}

impl<'a> Worker<'a> {
    fn load(spoke: &Spoke, snapshot: &'a Snapshot, conditions: &'a Conditions) -> Self {
        Worker { kept: spoke.kept.clone(), snapshot, conditions, requests: 0, token: 0, mailbox: None }
    }

    fn plan(
        &mut self,
        spoke: &Spoke,
        now: i64,
        approved: Option<PlanHash>,
        broken: &mut Vec<String>,
    ) -> Option<Work> {
        let (when, lag) = (at(now), i64::from(self.conditions.lag));
        let (mut mailbox, token) = match self.kept.token {
            Some(token) => spoke.server.delta(token, when, lag),
            None => spoke.server.list(when, lag),
        };
        let open: BTreeSet<_> = self.kept.intents.keys().cloned().collect();
        mailbox.found = spoke.server.find(&open, when, lag);
        let policy = Policy {
            modes: BTreeMap::new(),
            users_may_hide: false,
            read_lag: TimeDelta::seconds(GRACE),
            looks_first: true,
        };
        let two_way = spoke.is_two_way().then(|| TwoWay {
            removals: spoke.deletes_to_hub,
            private: false,
            refused: self.snapshot.refused.get(&spoke.mailbox),
        });
        for _ in 0..6 {
            let situation = Situation {
                base: &self.kept.base,
                intents: &self.kept.intents,
                goal: Goal::Mirror(self.snapshot),
                mailbox: &mailbox,
                policy: &policy,
                two_way,
                erased: None,
                limits: &limits(),
                mailboxes: 1,
                approved,
                now: when,
            };
            match plan(&situation) {
                Plan::Look(ids) => {
                    mailbox.looked.extend(ids.into_iter().map(|id| (id.clone(), spoke.server.get(&id))));
                }
                Plan::Held { held, .. } if self.conditions.approve && approved.is_none() => {
                    return self.plan(spoke, now, Some(held.hash), broken);
                }
                Plan::Run(work) | Plan::Held { now: work, .. } => {
                    self.token = token;
                    self.mailbox = (!work.read_again).then_some(mailbox);
                    return Some(Work { ops: shuffled(work.ops, self.conditions.order), ..work });
                }
            }
        }
        broken.push("a plan comes to an end: still looking after six rounds".into());
        None
    }

    /// Answers whether everything was done.
    fn execute(mut self, spoke: &mut Spoke, work: Work, now: &mut i64, broken: &mut Vec<String>) -> bool {
        let ops = work.ops;
        let Kept { base, intents, .. } = &mut self.kept;
        let read_again: Vec<_> = ops.iter().map(|op| needs_reading(base, op)).collect();
        let mut is_whole = true;
        begin(base, intents, &ops, at(*now), &mut || "id".to_owned());
        if !self.store(spoke) {
            return false;
        }
        for (nth, op) in ops.iter().enumerate().filter(|(_, op)| op.is_write()) {
            if self.conditions.crash_at == Some(nth as u8) {
                return false;
            }
            if self.conditions.twin_at == Some(nth as u8) {
                spoke.visit(self.snapshot, &self.conditions.of_a_twin(), now, broken);
            }
            *now += 1;
            let effect = self.send(spoke, op, *now, broken);
            let outcome = settle(&mut self.kept.base, &mut self.kept.intents, op, effect);
            is_whole &= outcome == Outcome::Done;
            if outcome != Outcome::Done && read_again[nth] {
                self.mailbox = None;
            }
        }
        if let Some(mailbox) = self.mailbox.take() {
            self.kept.token = Some(self.token);
            self.kept.base.read_through(&mailbox);
            self.kept.base.scope = self.snapshot.scope;
        }
        self.store(spoke) && is_whole
    }

    /// Stores what is known, unless somebody else stored something in between.
    fn store(&mut self, spoke: &mut Spoke) -> bool {
        let mine = spoke.kept.etag == self.kept.etag;
        if mine {
            self.kept.etag += 1;
            spoke.kept = self.kept.clone();
        }
        mine
    }

    fn send(&mut self, spoke: &mut Spoke, op: &Op, now: i64, broken: &mut Vec<String>) -> Effect {
        spoke.writes += 1;
        self.requests += 1;
        self.conditions.send(self.requests - 1, || self.apply(spoke, op, now, broken))
    }

    fn apply(&self, spoke: &mut Spoke, op: &Op, now: i64, broken: &mut Vec<String>) -> Effect {
        let now = at(now);
        let id = match op {
            Op::Create { key, content } => spoke.server.create(Some(key.clone()), content, now),
            Op::Update { key, id, change_key, set, .. } => {
                if let Err(effect) = spoke.server.patch(id, Some(change_key), set, now) {
                    return effect;
                }
                spoke.server.items.get_mut(id).unwrap().tag = Some(key.clone());
                id.clone()
            }
            Op::Delete { key, id, why } => {
                self.judge_delete(spoke, key, id, *why, broken);
                spoke.server.delete(id, now);
                return Effect::Deleted;
            }
            Op::Record { .. } | Op::Forget { .. } => panic!("nothing to send"),
        };
        let item = &spoke.server.items[&id];
        Effect::Written { change_key: item.change_key.clone(), content: item.content.clone(), id }
    }

    fn judge_delete(
        &self,
        spoke: &Spoke,
        key: &SourceKey,
        id: &ItemId,
        why: Removal,
        broken: &mut Vec<String>,
    ) {
        let is_kept = self.snapshot.items.contains_key(key) && spoke.server.items.contains_key(id);
        if is_kept && !matches!(why, Removal::Duplicate | Removal::Replaced) {
            broken.push(format!("never delete what the hub still has: {key}"));
        }
        if !self.snapshot.complete && why != Removal::Replaced {
            broken.push(format!("no delete from an incomplete snapshot: {key}"));
        }
        if spoke.own.contains_key(id) {
            broken.push(format!("foreign items untouched: {id} deleted"));
        }
    }
}

fn limits() -> Limits {
    Limits { deletes_per_mailbox: 1000, deletes_percent: 100, shrink_percent: 100, deletes_per_run: 100_000 }
}
