//! `cargo bench -p sync`: how long planning takes for one mailbox of ten thousand contacts.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use sync::{
    Base, ChangeKey, Content, Effect, Email, Field, Goal, Intents, ItemId, Limits, Listed, Mailbox, Op, Plan,
    Policy, Reading, Situation, Snapshot, SourceKey, Value, begin, plan, settle,
};

const CONTACTS: usize = 10_000;

/// A hub, and a mailbox that was made like it.
struct World {
    snapshot: Snapshot,
    base: Base,
    intents: Intents,
    policy: Policy,
    limits: Limits,
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn key(nth: usize) -> SourceKey {
    SourceKey::new(format!("directory:00000000-0000-4000-8000-{nth:012}")).unwrap()
}

fn content(nth: usize) -> Arc<Content> {
    let mut content = Content::default();
    let (given, surname) = (format!("Given{nth}"), format!("Surname{nth}"));
    let texts = [
        (Field::DisplayName, format!("{given} {surname}")),
        (Field::FileAs, format!("{surname}, {given}")),
        (Field::GivenName, given),
        (Field::Surname, surname),
        (Field::JobTitle, "Engineer".to_owned()),
        (Field::Department, format!("Department {}", nth % 40)),
        (Field::CompanyName, "Contoso".to_owned()),
        (Field::OfficeLocation, format!("Tower {}, floor {}", nth % 9, nth % 30)),
        (Field::MobilePhone, format!("+43 660 {nth:07}")),
    ];
    texts.into_iter().for_each(|(field, text)| content.set(field, Value::Text(text)));
    content.set(Field::BusinessPhones, Value::List(vec![format!("+43 1 {nth:07}")]));
    let email = Email { address: format!("person{nth}@contoso.example"), name: format!("Person {nth}") };
    content.set(Field::EmailAddresses, Value::Emails(vec![email]));
    Arc::new(content)
}

impl World {
    fn empty() -> Self {
        let items: BTreeMap<_, _> = (0..CONTACTS).map(|nth| (key(nth), content(nth))).collect();
        World {
            snapshot: Snapshot {
                version: 1,
                complete: true,
                last_good: CONTACTS,
                scope: 1,
                items,
                ..Snapshot::default()
            },
            base: Base::default(),
            intents: Intents::default(),
            policy: Policy {
                modes: BTreeMap::new(),
                users_may_hide: false,
                read_lag: TimeDelta::seconds(120),
            },
            limits: Limits::default(),
        }
    }

    /// The mailbox holds what the hub wants, and the base knows it.
    fn filled() -> Self {
        let mut world = World::empty();
        let ops = world.ops(&Mailbox::unread(Reading::Everything));
        begin(&mut world.base, &mut world.intents, &ops, now(), &mut || "id".to_owned());
        for (nth, op) in ops.iter().enumerate() {
            let Op::Create { content, .. } = op else { continue };
            let written = Effect::Written {
                id: ItemId::new(format!("AAMkAGI2TG93AAA={nth:0120}")).unwrap(),
                change_key: ChangeKey::new(format!("EQAAABYAAAC{nth:012}")).unwrap(),
                content: Content::clone(content),
            };
            settle(&mut world.base, &mut world.intents, op, written);
        }
        world.base.read_through(&world.listing());
        world
    }

    /// A reading that names every item, as it was left.
    fn listing(&self) -> Mailbox {
        let listed = self.base.entries.iter().map(|(key, entry)| Listed {
            id: entry.id.clone(),
            change_key: entry.change_key.clone(),
            created: now(),
            key: key.clone(),
            tagged: true,
        });
        Mailbox { listed: listed.collect(), ..Mailbox::unread(Reading::Everything) }
    }

    fn change_one_in_a_hundred(&mut self) {
        for nth in (0..CONTACTS).step_by(100) {
            let mut changed = Content::clone(&content(nth));
            changed.set(Field::JobTitle, Value::Text("Head of everything new".to_owned()));
            self.snapshot.items.insert(key(nth), Arc::new(changed));
        }
    }

    fn plan(&self, mailbox: &Mailbox) -> Plan {
        plan(&Situation {
            base: &self.base,
            intents: &self.intents,
            goal: Goal::Mirror(&self.snapshot),
            mailbox,
            policy: &self.policy,
            limits: &self.limits,
            two_way: None,
            mailboxes: 1,
            approved: None,
            now: now(),
        })
    }

    fn ops(&self, mailbox: &Mailbox) -> Vec<Op> {
        self.plan(mailbox).work().unwrap().ops.clone()
    }
}

/// Measures one plan; it must have as many operations as the case is about.
fn case(criterion: &mut Criterion, name: &str, world: &World, mailbox: &Mailbox, ops: usize) {
    assert_eq!(world.ops(mailbox).len(), ops, "{name}");
    criterion.bench_function(name, |bench| bench.iter(|| black_box(world.plan(black_box(mailbox)))));
}

fn plans(criterion: &mut Criterion) {
    let silent = Mailbox::unread(Reading::Changes);
    let mut filled = World::filled();
    case(criterion, "10,000 contacts, unchanged", &filled, &silent, 0);
    case(criterion, "10,000 contacts, unchanged, all listed", &filled, &filled.listing(), 0);
    filled.change_one_in_a_hundred();
    case(criterion, "10,000 contacts, 1 % changed", &filled, &silent, CONTACTS / 100);
    case(
        criterion,
        "10,000 contacts, first fill",
        &World::empty(),
        &Mailbox::unread(Reading::Everything),
        CONTACTS,
    );
}

criterion_group!(benches, plans);
criterion_main!(benches);
