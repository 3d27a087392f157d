//! Stories of series and of single dates of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use common::*;
use connectors::graph::Place;
use serde_json::{Value as Json, json};
use simulator::{Fault, FaultKind, Layer};
use sync::event::{Bounds, Occurrence, Occurrences, Pattern, Recurrence, Timing, moment};
use sync::{ChangeKey, Content, Effect, Entry, Field, ItemId, Op, Value};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Every week at nine in Vienna, from 1 December 2026 on.
fn rule(number_of_occurrences: u32, hour: u32) -> Timing {
    let rule = Recurrence {
        pattern: Pattern::Daily { interval: 7 },
        bounds: Bounds::Numbered { number_of_occurrences },
    };
    let at = |hour| day("2026-12-01").and_hms_opt(hour, 0, 0).unwrap();
    Timing::series(at(hour), at(hour + 1), Tz::Europe__Vienna, rule).unwrap()
}

fn series() -> Content {
    let mut content = Content::from_iter([
        (Field::Subject, "Stand-up"),
        (Field::ShowAs, "busy"),
        (Field::Sensitivity, "normal"),
        (Field::Importance, "normal"),
    ]);
    content.set(Field::Timing, rule(30, 9));
    content
}

/// A date of the series, moved to another hour in Vienna.
fn moved(date: &str, hour: u32, fields: &[(Field, &str)]) -> (NaiveDate, Occurrence) {
    let at = |hour| moment(day(date).and_hms_opt(hour, 0, 0).unwrap(), Tz::Europe__Vienna);
    let mut content: Content = fields.iter().copied().collect();
    content.set(Field::Timing, Timing::single(at(hour), at(hour + 1)).unwrap());
    (day(date), Occurrence::Changed(content))
}

fn cancelled(date: &str) -> (NaiveDate, Occurrence) {
    (day(date), Occurrence::Cancelled)
}

fn some() -> Occurrences {
    [
        cancelled("2026-12-08"),
        moved("2026-12-15", 9, &[(Field::Subject, "Retrospective")]),
        moved("2026-12-22", 14, &[]),
        // After the clocks were set forward.
        moved("2027-03-30", 11, &[(Field::Location, "Garden")]),
    ]
    .into()
}

fn with(occurrences: Occurrences) -> Content {
    let mut content = series();
    content.set(Field::Occurrences, occurrences);
    content
}

fn change(id: &ItemId, change_key: &ChangeKey, fields: &[Field], wanted: Content) -> Op {
    let (id, change_key) = (id.clone(), change_key.clone());
    let set = fields.iter().map(|field| (*field, wanted.get(*field).cloned())).collect();
    let entry = Box::new(Entry::holding(id.clone(), change_key.clone(), &wanted));
    Op::Update { key: key(1), id, change_key, set, wanted: Arc::new(wanted), entry, tag: false }
}

/// A series as it was made, and what came of its occurrences.
struct Made {
    world: World,
    place: Place,
    id: ItemId,
    change_key: ChangeKey,
}

impl Made {
    async fn new() -> Self {
        let world = World::new().await;
        let place = world.calendar("Ana").await;
        let effects = world.write(&place, &[Op::Create { key: key(1), content: series().into() }]).await;
        let Some(Effect::Written { id, change_key, content }) = effects[0].clone() else { panic!() };
        assert_eq!(content, series());
        Made { world, place, id, change_key }
    }

    async fn change(&mut self, fields: &[Field], wanted: Content) -> Effect {
        let op = change(&self.id, &self.change_key, fields, wanted);
        let effect = self.world.write(&self.place, &[op]).await.remove(0).unwrap();
        if let Effect::Written { change_key, .. } = &effect {
            self.change_key = change_key.clone();
        }
        effect
    }

    async fn looked(&self) -> sync::Copy {
        let looked = self.world.reader().look(&self.place, std::slice::from_ref(&self.id)).await;
        looked.into_iter().next().unwrap().1.unwrap().unwrap()
    }

    fn held(&self) -> Json {
        self.world.events(&self.place).remove(0)
    }

    fn date(&self, date: &str) -> String {
        format!("OID.{}.{date}", self.id)
    }
}

fn content(effect: &Effect) -> &Content {
    let Effect::Written { content, .. } = effect else { panic!("{effect:?}") };
    content
}

#[tokio::test]
async fn what_became_of_single_dates_is_written_after_their_series() {
    let mut made = Made::new().await;
    let effect = made.change(&[Field::Occurrences], with(some())).await;
    assert_eq!(content(&effect), &with(some()));
    let copy = made.looked().await;
    assert_eq!((copy.content, &copy.change_key), (with(some()), &made.change_key));
    let held = made.held();
    assert_eq!(held["cancelled"], json!(["2026-12-08"]));
    let seen = made.world.seen(&made.place).await;
    assert_eq!(seen.len(), 1, "dates of a series are no items");
    assert_eq!(seen[0].change_key, made.change_key, "our own echo");
}

#[tokio::test]
async fn only_the_dates_that_differ_are_written() {
    let mut made = Made::new().await;
    made.change(&[Field::Occurrences], with(some())).await;
    let mut next = some();
    next.remove(&day("2026-12-15"));
    next.extend([cancelled("2026-12-29"), moved("2026-12-22", 15, &[])]);
    made.world.simulator.reset_counts();
    let effect = made.change(&[Field::Occurrences], with(next.clone())).await;
    assert_eq!(content(&effect), &with(next));
    let counts = made.world.simulator.counts();
    assert_eq!(counts.http_calls, 6, "the series, its reading, three dates one by one, its reading");
}

#[tokio::test]
async fn a_change_of_the_series_alone_leaves_its_dates_as_they_are() {
    let mut made = Made::new().await;
    made.change(&[Field::Occurrences], with(some())).await;
    let mut wanted = with(some());
    wanted.set(Field::Importance, "high");
    let effect = made.change(&[Field::Importance], wanted.clone()).await;
    assert_eq!(content(&effect).get(Field::Occurrences), wanted.get(Field::Occurrences));
}

#[tokio::test]
async fn a_series_of_another_shape_gets_its_dates_again() {
    for are_kept in [false, true] {
        let mut made = Made::new().await;
        made.world.simulator.set_quirks(|quirks| quirks.exceptions_kept = are_kept);
        made.change(&[Field::Occurrences], with(some())).await;
        let mut wanted = with([cancelled("2026-12-08"), moved("2027-03-30", 16, &[])].into());
        wanted.set(Field::Timing, rule(40, 10));
        let effect = made.change(&[Field::Timing], wanted.clone()).await;
        assert_eq!(content(&effect), &wanted, "kept: {are_kept}");
    }
}

#[tokio::test]
async fn a_cancelled_date_stays_cancelled_and_does_not_hold_up_the_others() {
    let mut made = Made::new().await;
    made.change(&[Field::Occurrences], with(some())).await;
    let effect = made.change(&[Field::Occurrences], with([moved("2026-12-29", 11, &[])].into())).await;
    let stuck: Occurrences = [cancelled("2026-12-08"), moved("2026-12-29", 11, &[])].into();
    assert_eq!(content(&effect), &with(stuck), "and the dates that had changed are as the series says");
}

#[tokio::test]
async fn a_date_that_is_none_of_the_series_is_passed_over() {
    let mut made = Made::new().await;
    let wanted: Occurrences =
        [cancelled("2026-12-09"), moved("2026-12-10", 9, &[]), cancelled("2026-12-15")].into();
    let effect = made.change(&[Field::Occurrences], with(wanted)).await;
    assert_eq!(content(&effect), &with([cancelled("2026-12-15")].into()));
}

#[tokio::test]
async fn a_date_takes_the_place_of_another_that_made_room() {
    let mut made = Made::new().await;
    made.world.simulator.set_quirks(|quirks| quirks.occurrences_keep_order = true);
    let (_, first) = moved("2026-12-15", 9, &[]);
    let (_, second) = moved("2026-12-17", 9, &[]);
    let wanted: Occurrences = [(day("2026-12-08"), first), (day("2026-12-15"), second)].into();
    let effect = made.change(&[Field::Occurrences], with(wanted.clone())).await;
    assert_eq!(content(&effect), &with(wanted));
}

#[tokio::test]
async fn a_single_event_becomes_a_series_and_a_series_a_single_event() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let single = event(1);
    let effects = world.write(&place, &[Op::Create { key: key(1), content: single.clone().into() }]).await;
    let id = written(&effects).remove(0);
    let wanted = with(some());
    let fields = [Field::Subject, Field::Timing, Field::Occurrences];
    let effects = world.write(&place, &[change(&id, &version(&effects[0]), &fields, wanted.clone())]).await;
    assert_eq!(content(effects[0].as_ref().unwrap()), &wanted);
    let fields = [Field::Subject, Field::Timing];
    let effects = world.write(&place, &[change(&id, &version(&effects[0]), &fields, single.clone())]).await;
    let back = content(effects[0].as_ref().unwrap());
    assert_eq!(fields.map(|field| back.get(field)), fields.map(|field| single.get(field)));
    assert_eq!(back.get(Field::Occurrences), None);
}

#[tokio::test]
async fn whole_days_and_their_dates_are_days() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let rule = Recurrence { pattern: Pattern::Daily { interval: 7 }, bounds: Bounds::NoEnd };
    let mut series = series();
    let days = |first: &str| (day(first), day(first) + Days::new(2));
    let (first, after) = days("2026-12-01");
    series.set(Field::Timing, Timing::all_day(first, after, Some(rule)).unwrap());
    let effects = world.write(&place, &[Op::Create { key: key(1), content: series.clone().into() }]).await;
    let id = written(&effects).remove(0);
    let mut later = Content::default();
    let (first, after) = days("2026-12-16");
    later.set(Field::Timing, Timing::all_day(first, after, None).unwrap());
    let dates: Occurrences =
        [cancelled("2026-12-08"), (day("2026-12-15"), Occurrence::Changed(later))].into();
    series.set(Field::Occurrences, dates);
    let op = change(&id, &version(&effects[0]), &[Field::Occurrences], series.clone());
    let effects = world.write(&place, &[op]).await;
    assert_eq!(content(effects[0].as_ref().unwrap()), &series);
}

#[tokio::test]
async fn what_a_user_does_to_single_dates_is_seen() {
    let made = Made::new().await;
    let ana = user(&made.place.mailbox);
    made.world.simulator.user_deletes_event(ana, &made.date("2026-12-08")).unwrap();
    let edit = json!({ "subject": "Retrospective" });
    made.world.simulator.user_edits_event(ana, &made.date("2026-12-15"), edit).unwrap();
    let back = json!({ "subject": "Stand-up" });
    made.world.simulator.user_edits_event(ana, &made.date("2026-12-22"), back).unwrap();
    assert_ne!(made.world.seen(&made.place).await[0].change_key, made.change_key);
    let dates = made.looked().await.content.get(Field::Occurrences).cloned();
    let expected: Occurrences =
        [cancelled("2026-12-08"), moved("2026-12-15", 9, &[(Field::Subject, "Retrospective")])].into();
    assert_eq!(dates, Some(expected.into()), "an exception that differs in nothing is none");
}

#[tokio::test]
async fn lost_answers_and_throttling_change_nothing_in_the_end() {
    for kind in [
        FaultKind::GatewayTimeout,
        FaultKind::ResetAfter,
        FaultKind::Unavailable,
        FaultKind::ServerError,
        FaultKind::TruncatedJson,
        FaultKind::ThrottleStorm,
        FaultKind::Conflict,
    ] {
        for nth in 1..=8 {
            let mut made = Made::new().await;
            made.world.simulator.add_fault(Fault::new(kind).layer(Layer::Item).nth(nth).retry_after(3));
            let effect = made.change(&[Field::Occurrences], with(some())).await;
            match &effect {
                Effect::Written { content, .. } if kind != FaultKind::Conflict => {
                    assert_eq!(content, &with(some()), "{kind:?} {nth}");
                }
                Effect::Written { .. } | Effect::Conflict => assert_eq!(kind, FaultKind::Conflict),
                Effect::Unknown => assert!(nth == 1 || kind == FaultKind::Conflict, "{kind:?} {nth}"),
                other => panic!("{kind:?} {nth}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_deadline_leaves_series_of_which_nothing_is_known() {
    let made = Made::new().await;
    let op = change(&made.id, &made.change_key, &[Field::Occurrences], with(some()));
    made.world
        .simulator
        .add_fault(Fault::new(FaultKind::ThrottleStorm).layer(Layer::Item).path("*OID*").retry_after(3600));
    let (effects, end) = made.world.try_write(&made.place, &[op]).await;
    assert_eq!(effects, [Some(Effect::Unknown)]);
    assert!(end.is_err());
}

#[tokio::test]
async fn many_series_are_written_together() {
    let world = World::new().await;
    let place = world.calendar("Ana").await;
    let ops: Vec<Op> =
        (0..30).map(|number| Op::Create { key: key(number), content: series().into() }).collect();
    let effects = world.write(&place, &ops).await;
    let changes: Vec<Op> = written(&effects)
        .iter()
        .zip(&effects)
        .enumerate()
        .map(|(number, (id, effect))| {
            let mut op = change(id, &version(effect), &[Field::Occurrences], with(some()));
            if let Op::Update { key: name, .. } = &mut op {
                *name = key(number);
            }
            op
        })
        .collect();
    world.simulator.reset_counts();
    let effects = world.write(&place, &changes).await;
    for effect in &effects {
        assert_eq!(content(effect.as_ref().unwrap()), &with(some()));
    }
    let calls = world.simulator.counts().http_calls;
    assert_eq!(calls, 2 + 2 + 4 * 2 + 2, "30 series, read, 120 dates one after the other in each, read");
    let Some(Value::Occurrences(dates)) = with(some()).get(Field::Occurrences).cloned() else { panic!() };
    assert_eq!(dates.len(), 4);
}
