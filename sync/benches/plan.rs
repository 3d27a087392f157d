//! `cargo bench -p sync`: how long planning takes for one mailbox of ten thousand items, and what it takes of memory.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;
use sync::event::{Bounds, Day, Occurrence, Occurrences, Pattern, Recurrence, Timing};
use sync::{
    Base, Body, ChangeKey, Content, ContentType, Effect, Email, Field, Goal, Intents, ItemId, Limits, Listed,
    Mailbox, Op, Plan, Policy, Reading, Situation, Snapshot, SourceKey, TwoWay, Value, begin, plan, settle,
};

const ITEMS: usize = 10_000;
/// Every so many events one is a series with two exceptions: 500 of them.
const SERIES: usize = 20;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// A hub, and a mailbox that was made like it.
struct World {
    item: fn(usize) -> Arc<Content>,
    two_way: Option<TwoWay<'static>>,
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

fn contact(nth: usize) -> Arc<Content> {
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

fn event(nth: usize) -> Arc<Content> {
    let mut content = Content::default();
    let texts = [
        (Field::Subject, format!("Meeting {nth}")),
        (Field::Location, format!("Room {}", nth % 40)),
        (Field::ShowAs, "busy".to_owned()),
        (Field::Sensitivity, "normal".to_owned()),
        (Field::Importance, "normal".to_owned()),
        (Field::ReminderMinutesBeforeStart, "15".to_owned()),
    ];
    texts.into_iter().for_each(|(field, text)| content.set(field, Value::Text(text)));
    let text = format!("<p>What meeting {nth} is about.</p>").repeat(20);
    content.set(Field::Body, Body { content_type: ContentType::Html, content: text });
    let day = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    let at = |hour: u32| day.and_hms_opt(hour, (nth % 60) as u32, 0).unwrap();
    if nth.is_multiple_of(SERIES) {
        content.set(Field::Timing, weekly(at(9), at(10)));
        content.set(Field::Occurrences, occurrences(day));
    } else {
        content.set(Field::Timing, Timing::single(at(9).and_utc(), at(10).and_utc()).unwrap());
    }
    Arc::new(content)
}

fn weekly(start: chrono::NaiveDateTime, end: chrono::NaiveDateTime) -> Timing {
    let pattern =
        Pattern::Weekly { interval: 1, days_of_week: [Day::Monday].into(), first_day_of_week: Day::Sunday };
    let recurrence = Recurrence { pattern, bounds: Bounds::NoEnd };
    Timing::series(start, end, chrono_tz::Europe::Vienna, recurrence).unwrap()
}

fn occurrences(first: NaiveDate) -> Occurrences {
    let week = |nth: i64| first + TimeDelta::weeks(nth);
    let at = |hour| week(1).and_hms_opt(hour, 0, 0).unwrap().and_utc();
    let mut moved = Content::default();
    moved.set(Field::Timing, Timing::single(at(14), at(15)).unwrap());
    [(week(1), Occurrence::Changed(moved)), (week(2), Occurrence::Cancelled)].into_iter().collect()
}

impl World {
    fn empty(item: fn(usize) -> Arc<Content>, two_way: Option<TwoWay<'static>>) -> Self {
        let items: BTreeMap<_, _> = (0..ITEMS).map(|nth| (key(nth), item(nth))).collect();
        World {
            item,
            two_way,
            snapshot: Snapshot {
                version: 1,
                complete: true,
                last_good: ITEMS,
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
                looks_first: false,
            },
            limits: Limits::default(),
        }
    }

    /// The mailbox holds what the hub wants, and the base knows it.
    fn filled(item: fn(usize) -> Arc<Content>, two_way: Option<TwoWay<'static>>) -> Self {
        let mut world = World::empty(item, two_way);
        let ops = world.ops(&Mailbox::unread(Reading::Everything));
        world.write(&ops);
        // The exceptions of a series come in a second step.
        world.base.entries.iter_mut().for_each(|(key, entry)| {
            entry.wrote = world.snapshot.items.get(key).unwrap().prints();
        });
        world.base.read_through(&world.listing());
        world
    }

    fn write(&mut self, ops: &[Op]) {
        let world = self;
        begin(&mut world.base, &mut world.intents, ops, now(), &mut || "id".to_owned());
        for (nth, op) in ops.iter().enumerate() {
            let Op::Create { content, .. } = op else { continue };
            let written = Effect::Written {
                id: ItemId::new(format!("AAMkAGI2TG93AAA={nth:0120}")).unwrap(),
                change_key: ChangeKey::new(format!("EQAAABYAAAC{nth:012}")).unwrap(),
                content: Content::clone(content),
            };
            settle(&mut world.base, &mut world.intents, op, written);
        }
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
        for nth in (0..ITEMS).step_by(100) {
            let mut changed = Content::clone(&(self.item)(nth));
            changed.set(Field::Categories, Value::List(vec!["new".to_owned()]));
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
            erased: None,
            limits: &self.limits,
            two_way: self.two_way,
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
    let before = MEMORY.current_usage_as_mb();
    MEMORY.reset_peak_usage();
    black_box(world.plan(mailbox));
    println!("{name}: {:.1} MB", MEMORY.peak_usage_as_mb() - before);
    criterion.bench_function(name, |bench| bench.iter(|| black_box(world.plan(black_box(mailbox)))));
}

/// Unchanged, everything listed, one in a hundred changed, first fill.
fn cases(
    criterion: &mut Criterion,
    what: &str,
    item: fn(usize) -> Arc<Content>,
    two_way: Option<TwoWay<'static>>,
) {
    let silent = Mailbox::unread(Reading::Changes);
    let mut filled = World::filled(item, two_way);
    case(criterion, &format!("{what}, unchanged"), &filled, &silent, 0);
    case(criterion, &format!("{what}, unchanged, all listed"), &filled, &filled.listing(), 0);
    filled.change_one_in_a_hundred();
    case(criterion, &format!("{what}, 1 % changed"), &filled, &silent, ITEMS / 100);
    let (empty, nothing) = (World::empty(item, two_way), Mailbox::unread(Reading::Everything));
    case(criterion, &format!("{what}, first fill"), &empty, &nothing, ITEMS);
}

fn plans(criterion: &mut Criterion) {
    let two_way = TwoWay { removals: true, private: false, refused: None };
    cases(criterion, "10,000 contacts", contact, None);
    cases(criterion, "10,000 events with 500 series, two-way", event, Some(two_way));
}

criterion_group!(benches, plans);
criterion_main!(benches);
