//! One hub with a source and several mailboxes, some of them two-way, and everybody edits everywhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use sync::two_way::{Overlay, Told, Verdict, lay};
use sync::{Content, Field, HubConfig, MailboxId, Snapshot, SourceKey, Value};

use crate::edits::{Kind, value};
use crate::ledger::Ledger;
use crate::server::at;
use crate::spoke::Spoke;
use crate::world::{Conditions, GRACE, LAG, conditions, quiet};

/// What somebody does in the company.
#[derive(Debug, Clone)]
pub enum Deed {
    SourceSets {
        key: u8,
        field: u8,
        value: u8,
    },
    SourceDrops {
        key: u8,
    },
    UserEdits {
        spoke: u8,
        nth: u8,
        field: u8,
        value: u8,
    },
    UserDeletes {
        spoke: u8,
        nth: u8,
    },
    UserAdds {
        spoke: u8,
        private: bool,
    },
    ScopeChanges,
    TokenIsLost {
        spoke: u8,
    },
    TimePasses(u8),
    /// The hub is gathered; the store may fail after the overlay, before the snapshot is written.
    Gather {
        complete: bool,
        dies: bool,
    },
    Visit {
        spoke: u8,
        conditions: Conditions,
    },
}

/// What a company is like.
#[derive(Debug, Clone)]
pub struct Traits {
    pub kind: Kind,
    /// For each mailbox: whether it is two-way.
    pub two_way: Vec<bool>,
    pub winner: &'static str,
    pub deletes_to_hub: bool,
    pub honours_if_match: bool,
}

pub fn traits() -> impl Strategy<Value = Traits> {
    let kind = prop_oneof![Just(Kind::Contacts), Just(Kind::Events)];
    let winner = prop_oneof![Just("hub"), Just("spoke"), Just("priority")];
    (kind, prop::collection::vec(any::<bool>(), 1..=5), winner, any::<bool>(), prop::bool::weighted(0.8))
        .prop_map(|(kind, two_way, winner, deletes_to_hub, honours_if_match)| Traits {
            kind,
            two_way,
            winner,
            deletes_to_hub,
            honours_if_match,
        })
}

pub fn deed() -> impl Strategy<Value = Deed> {
    let spoke = || 0..5u8;
    prop_oneof![
        6 => (0..3u8, 0..5u8, 0..4u8).prop_map(|(key, field, value)| Deed::SourceSets { key, field, value }),
        1 => (0..3u8).prop_map(|key| Deed::SourceDrops { key }),
        6 => (spoke(), any::<u8>(), 0..5u8, 0..4u8)
            .prop_map(|(spoke, nth, field, value)| Deed::UserEdits { spoke, nth, field, value }),
        2 => (spoke(), any::<u8>()).prop_map(|(spoke, nth)| Deed::UserDeletes { spoke, nth }),
        1 => (spoke(), any::<bool>()).prop_map(|(spoke, private)| Deed::UserAdds { spoke, private }),
        1 => Just(Deed::ScopeChanges),
        1 => spoke().prop_map(|spoke| Deed::TokenIsLost { spoke }),
        2 => (0..90u8).prop_map(Deed::TimePasses),
        5 => (prop::bool::weighted(0.8), prop::bool::weighted(0.2))
            .prop_map(|(complete, dies)| Deed::Gather { complete, dies }),
        9 => (spoke(), conditions()).prop_map(|(spoke, conditions)| Deed::Visit { spoke, conditions }),
    ]
}

#[derive(Debug, Clone)]
pub struct Company {
    pub traits: Traits,
    pub config: HubConfig,
    pub source: BTreeMap<SourceKey, Content>,
    pub spokes: Vec<Spoke>,
    overlay: Overlay,
    pub snapshot: Option<Snapshot>,
    merged: Option<Snapshot>,
    pub verdicts: Vec<Verdict>,
    pub ledger: Ledger,
    pub now: i64,
    scope: u64,
    pub broken: Vec<String>,
}

pub fn mailbox(nth: usize) -> MailboxId {
    MailboxId::new(format!("00000000-0000-0000-0000-{nth:012}")).unwrap()
}

pub fn source_key(key: u8) -> SourceKey {
    SourceKey::of("source", &key.to_string())
}

fn config(traits: &Traits) -> HubConfig {
    let text = format!(
        r#"{{ "name": "Team", "kind": "{}", "schedule": "0 * * * *", "conflicts": "{}", "limits": {{
              "deletesPerMailbox": 1000, "deletesPercent": 100, "shrinkPercent": 100, "deletesPerRun": 100000 }},
            "spokes": [
              {{ "id": "first", "connector": "mailbox", "twoWay": true, "receives": {{ "folder": "F", "audience": {{}} }} }},
              {{ "id": "source", "connector": "mailbox", "contributes": {{ "mailbox": "{}" }} }},
              {{ "id": "second", "connector": "mailbox", "twoWay": true, "receives": {{ "folder": "F", "audience": {{}} }} }},
              {{ "id": "one-way", "connector": "mailbox", "receives": {{ "folder": "F", "audience": {{}} }} }} ] }}"#,
        traits.kind.name(),
        traits.winner,
        mailbox(99),
    );
    sync::hub::parse(text.as_bytes()).unwrap()
}

impl Company {
    pub fn new(traits: &Traits) -> Self {
        let spoke = |(nth, two_way): (usize, &bool)| {
            let id = match (two_way, nth % 2) {
                (false, _) => "one-way",
                (true, 0) => "first",
                (true, _) => "second",
            };
            Spoke::new(id, mailbox(nth), traits)
        };
        Company {
            traits: traits.clone(),
            config: config(traits),
            source: BTreeMap::new(),
            spokes: traits.two_way.iter().enumerate().map(spoke).collect(),
            overlay: Overlay::default(),
            snapshot: None,
            merged: None,
            verdicts: Vec::new(),
            ledger: Ledger::default(),
            now: 1000,
            scope: 1,
            broken: Vec::new(),
        }
    }

    pub fn step(&mut self, deed: &Deed) {
        self.now += 1;
        match deed {
            Deed::SourceSets { key, field, value } => self.source_sets(*key, *field, *value),
            Deed::SourceDrops { key } => {
                self.source.remove(&source_key(*key));
                self.ledger.gone(&source_key(*key), self.now);
            }
            Deed::UserEdits { spoke, nth, field, value } => self.user_edits(*spoke, *nth, *field, *value),
            Deed::UserDeletes { spoke, nth } => self.user_deletes(*spoke, *nth),
            Deed::UserAdds { spoke, private } => self.user_adds(*spoke, *private),
            Deed::ScopeChanges => self.scope += 1,
            Deed::TokenIsLost { spoke } => self.spoke(*spoke).lose_token(),
            Deed::TimePasses(seconds) => self.now += i64::from(*seconds),
            Deed::Gather { complete, dies } => self.gather(*complete, *dies),
            Deed::Visit { spoke, conditions } => self.visit(*spoke as usize % self.spokes.len(), conditions),
        }
    }

    fn spoke(&mut self, nth: u8) -> &mut Spoke {
        let nth = nth as usize % self.spokes.len();
        &mut self.spokes[nth]
    }

    fn source_sets(&mut self, key: u8, field: u8, nth: u8) {
        let kind = self.traits.kind;
        let field = kind.fields()[field as usize % kind.fields().len()];
        let item =
            self.source.entry(source_key(key)).or_insert_with(|| kind.new_item(&format!("item {key}")));
        item.put(field, value(field, &format!("source {nth}"), nth));
        self.ledger.moved(&source_key(key), field, self.now);
    }

    fn user_edits(&mut self, spoke: u8, nth: u8, field: u8, chosen: u8) {
        let (kind, now) = (self.traits.kind, self.now);
        let field = kind.fields()[field as usize % kind.fields().len()];
        let spoke = self.spoke(spoke);
        let Some((id, item)) = spoke.some_item(nth) else { return };
        let is_private = item.content.is_private();
        let who = if is_private { "secret" } else { spoke.mark() };
        let new = value(field, &format!("{who}{now} says"), chosen);
        // What was written in private stays so.
        let reveals = field == Field::Sensitivity && is_private;
        let is_same = item.content.print(field) == new.as_ref().map(Value::print);
        if is_same || reveals || (new.is_none() && field.is_needed()) {
            return;
        }
        if let Some((key, made, is_heard)) = spoke.user_sets(&id, field, new, now) {
            self.ledger.user(&key, field, now, made, is_heard && !is_private && field != Field::Sensitivity);
        }
    }

    fn user_deletes(&mut self, spoke: u8, nth: u8) {
        let now = self.now;
        let spoke = self.spoke(spoke);
        if let Some((id, item)) = spoke.some_item(nth) {
            spoke.server.delete(&id, at(now));
            if let Some(key) = item.tag {
                self.ledger.gone(&key, now);
            }
        }
    }

    fn user_adds(&mut self, spoke: u8, private: bool) {
        let (kind, now) = (self.traits.kind, self.now);
        let spoke = self.spoke(spoke);
        let mark = if private && kind == Kind::Events { "secret" } else { spoke.mark() };
        let mut content = kind.new_item(&format!("{mark}{now} new"));
        if mark == "secret" {
            content.set(Field::Sensitivity, "private");
        }
        spoke.user_adds(&content, now);
    }

    /// Merges what the source holds, judges what was told, stores overlay and snapshot.
    pub fn gather(&mut self, complete: bool, dies: bool) {
        let mut items: BTreeMap<_, _> =
            self.source.iter().map(|(key, content)| (key.clone(), Arc::new(content.clone()))).collect();
        if !complete {
            items = self.merged.as_ref().map(|merged| merged.items.clone()).unwrap_or_default();
        }
        let merged = Snapshot { complete, scope: self.scope, items, ..Snapshot::default() };
        let merged = merged.after(self.merged.as_ref(), &self.config.limits);
        let told: BTreeMap<_, Told> = self
            .spokes
            .iter()
            .filter_map(|spoke| Some((spoke.mailbox.clone(), spoke.told.clone()?)))
            .collect();
        let laid = lay(&self.config, &merged, &mut self.overlay, &told, self.snapshot.as_ref());
        self.verdicts.extend(laid.verdicts);
        if dies {
            return;
        }
        self.merged = Some(merged);
        self.judge_hub(&laid.snapshot);
        self.snapshot = Some(laid.snapshot);
    }

    /// One-way spokes never change the hub, and what is private never enters it.
    fn judge_hub(&mut self, snapshot: &Snapshot) {
        let text = serde_json::to_string(snapshot).unwrap();
        if text.contains("one-way") {
            self.broken.push("one-way spokes never change the hub".into());
        }
        if text.contains("secret") {
            self.broken.push("what is private never leaks".into());
        }
    }

    pub fn visit(&mut self, nth: usize, conditions: &Conditions) {
        let Some(snapshot) = self.snapshot.clone() else { return };
        let mut spoke = self.spokes[nth].clone();
        for _ in 0..if conditions.delivered_twice { 2 } else { 1 } {
            spoke.visit(&snapshot, conditions, &mut self.now, &mut self.broken);
        }
        self.spokes[nth] = spoke;
    }

    /// One run without faults, with all time in the world; answers how much was written.
    pub fn run(&mut self) -> usize {
        self.now += GRACE + LAG + 1;
        self.gather(true, false);
        let before: usize = self.spokes.iter().map(|spoke| spoke.writes).sum();
        for nth in 0..self.spokes.len() {
            self.visit(nth, &quiet());
        }
        self.spokes.iter().map(|spoke| spoke.writes).sum::<usize>() - before
    }
}
