//! Small cases of judging, each a line of the table in `docs/TWO-WAY.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::{Edited, Laid, Overlay, Proposal, Proposed, Reason, Ruling, Told, lay};
use crate::event::{Bounds, Day, Occurrence, Occurrences, Pattern, Recurrence, Timing};
use crate::{Content, Field, HubConfig, ItemId, MailboxId, Print, Prints, Snapshot, SourceKey, Value, hub};

/// A hub with a directory, a shared list and two two-way spokes, of which `leads` stands first and `team` last.
fn config(conflicts: &str) -> HubConfig {
    let text = format!(
        r#"{{ "name": "Team", "kind": "contacts", "schedule": "0 * * * *", "conflicts": "{conflicts}", "spokes": [
            {{ "id": "leads", "connector": "mailbox", "twoWay": true, "receives": {{ "folder": "F", "audience": {{}} }} }},
            {{ "id": "company", "connector": "directory", "contributes": {{}} }},
            {{ "id": "list", "connector": "mailbox", "contributes": {{ "mailbox": "{}" }} }},
            {{ "id": "team", "connector": "mailbox", "twoWay": true, "receives": {{ "folder": "F", "audience": {{}} }} }} ] }}"#,
        mailbox(9)
    );
    hub::parse(text.as_bytes()).unwrap()
}

fn mailbox(nth: u8) -> MailboxId {
    MailboxId::new(format!("00000000-0000-0000-0000-{nth:012}")).unwrap()
}

fn job(text: &str) -> Content {
    [(Field::GivenName, "Ana"), (Field::JobTitle, text)].into_iter().collect()
}

fn merged(items: &[(&str, Content)]) -> Snapshot {
    let item = |(key, content): &(&str, Content)| (SourceKey::new(*key).unwrap(), Arc::new(content.clone()));
    Snapshot { complete: true, scope: 1, items: items.iter().map(item).collect(), ..Snapshot::default() }
}

fn print(text: &str) -> Option<Print> {
    Some(Value::from(text).print())
}

fn told(spoke: &str, key: &str, what: Proposed) -> Told {
    let proposal = Proposal { key: SourceKey::new(key).unwrap(), id: ItemId::new("i1").unwrap(), what };
    Told { spoke: spoke.to_owned(), mark: "m".to_owned(), proposals: vec![proposal] }
}

/// Somebody turned the job `over` into `value`.
fn edit(spoke: &str, key: &str, over: &str, value: &str) -> Told {
    let edited = Edited { value: Some(Value::from(value)), over: print(over) };
    told(spoke, key, Proposed::Edit(BTreeMap::from([(Field::JobTitle, edited)])))
}

fn judge(conflicts: &str, merged: &Snapshot, all: Vec<Told>) -> (Laid, Overlay) {
    let mut overlay = Overlay::default();
    let told = all.into_iter().enumerate().map(|(nth, told)| (mailbox(nth as u8), told)).collect();
    let laid = lay(&config(conflicts), merged, &mut overlay, &told, None);
    (laid, overlay)
}

fn job_of(laid: &Laid, key: &str) -> Option<String> {
    let content = laid.snapshot.items.get(&SourceKey::new(key).unwrap())?;
    content.text(Field::JobTitle).map(str::to_owned)
}

fn rulings(laid: &Laid) -> Vec<Ruling> {
    laid.verdicts.iter().map(|verdict| verdict.ruling).collect()
}

#[test]
fn an_edit_that_nobody_else_touched_is_taken_and_names_its_spoke() {
    let (laid, _) =
        judge("hub", &merged(&[("list:1", job("clerk"))]), vec![edit("team", "list:1", "clerk", "head")]);
    assert_eq!((job_of(&laid, "list:1").as_deref(), rulings(&laid)), (Some("head"), vec![Ruling::Taken]));
    let key = SourceKey::new("list:1").unwrap();
    assert_eq!(laid.snapshot.provenance_of(&key, Field::JobTitle), "team");
    assert_eq!(laid.snapshot.provenance_of(&key, Field::GivenName), "list");
}

#[test]
fn the_hubs_rule_names_the_winner_of_a_conflict_and_the_loser_is_kept() {
    let source = merged(&[("list:1", job("changed by the source"))]);
    for (rule, spoke, wins) in [
        ("hub", "team", false),
        ("spoke", "team", true),
        ("priority", "team", false),
        ("priority", "leads", true),
    ] {
        let (laid, _) = judge(rule, &source, vec![edit(spoke, "list:1", "clerk", "changed by a user")]);
        let (won, lost) = match wins {
            true => ("changed by a user", "changed by the source"),
            false => ("changed by the source", "changed by a user"),
        };
        assert_eq!(job_of(&laid, "list:1").as_deref(), Some(won), "{rule} {spoke}");
        assert_eq!(laid.verdicts[0].lost, Some(Value::from(lost)), "{rule} {spoke}");
        assert_eq!(laid.snapshot.refused.is_empty(), wins, "what lost is written over");
    }
}

#[test]
fn what_the_directory_says_never_flows_back() {
    let source = merged(&[("company:1", job("clerk"))]);
    let (laid, _) = judge("spoke", &source, vec![edit("team", "company:1", "clerk", "king")]);
    assert_eq!(job_of(&laid, "company:1").as_deref(), Some("clerk"));
    assert_eq!(rulings(&laid), [Ruling::Refused(Reason::DirectoryOwned)]);
    let nick = Edited { value: Some(Value::from("Annie")), over: None };
    let told = told("team", "company:1", Proposed::Edit(BTreeMap::from([(Field::NickName, nick)])));
    let (laid, _) = judge("hub", &source, vec![told]);
    assert_eq!(rulings(&laid), [Ruling::Taken], "the directory says nothing about that field");
}

#[test]
fn an_edit_beats_a_deletion_whoever_comes_first() {
    let source = merged(&[("list:1", job("clerk"))]);
    let held: Prints = job("clerk").prints();
    let removal = told("leads", "list:1", Proposed::Removal(held.clone()));
    let (laid, overlay) = judge("hub", &source, vec![removal.clone()]);
    assert_eq!((job_of(&laid, "list:1"), overlay.removed.len()), (None, 1));
    let (laid, _) = judge("hub", &source, vec![removal, edit("team", "list:1", "clerk", "head")]);
    assert_eq!(job_of(&laid, "list:1").as_deref(), Some("head"));
    assert_eq!(rulings(&laid), [Ruling::Taken, Ruling::Refused(Reason::EditedElsewhere)]);
}

#[test]
fn a_folder_that_somebody_emptied_is_restored() {
    let people: Vec<(String, Content)> = (0..20).map(|nth| (format!("list:{nth}"), job("clerk"))).collect();
    let source =
        merged(&people.iter().map(|(key, content)| (key.as_str(), content.clone())).collect::<Vec<_>>());
    let removals = people.iter().map(|(key, content)| Proposal {
        key: SourceKey::new(key).unwrap(),
        id: ItemId::new("i").unwrap(),
        what: Proposed::Removal(content.prints()),
    });
    let told = Told { spoke: "team".to_owned(), mark: "m".to_owned(), proposals: removals.collect() };
    let (laid, _) = judge("hub", &source, vec![told]);
    assert_eq!(laid.snapshot.items.len(), 20);
    assert!(rulings(&laid).iter().all(|ruling| *ruling == Ruling::Refused(Reason::TooManyRemovals)));
}

#[test]
fn what_the_source_changes_later_takes_the_place_of_an_edit() {
    let told = edit("team", "list:1", "clerk", "head");
    let (first, mut overlay) = judge("hub", &merged(&[("list:1", job("clerk"))]), vec![told]);
    let later = merged(&[("list:1", job("retired"))]);
    let laid = lay(&config("hub"), &later, &mut overlay, &BTreeMap::new(), Some(&first.snapshot));
    assert_eq!(job_of(&laid, "list:1").as_deref(), Some("retired"));
    assert_eq!(
        (rulings(&laid), &laid.verdicts[0].lost),
        (vec![Ruling::Superseded], &Some(Value::from("head")))
    );
    assert!(overlay.edits.is_empty());
}

#[test]
fn judging_the_same_again_changes_nothing() {
    let source = merged(&[("list:1", job("clerk"))]);
    let told = BTreeMap::from([(mailbox(0), edit("team", "list:1", "clerk", "head"))]);
    let mut overlay = Overlay::default();
    let first = lay(&config("hub"), &source, &mut overlay, &told, None);
    let before = overlay.clone();
    let second = lay(&config("hub"), &source, &mut overlay, &told, Some(&first.snapshot));
    assert_eq!((second.snapshot, second.verdicts, overlay), (first.snapshot, vec![], before));
}

fn weekly(hour: u32) -> Timing {
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let at = |hour: u32| day.and_hms_opt(hour, 0, 0).unwrap();
    let pattern =
        Pattern::Weekly { interval: 1, days_of_week: [Day::Monday].into(), first_day_of_week: Day::Sunday };
    let recurrence = Recurrence { pattern, bounds: Bounds::NoEnd };
    Timing::series(at(hour), at(hour + 1), chrono_tz::Europe::Vienna, recurrence).unwrap()
}

fn cancelled(week: i64) -> Occurrences {
    let first = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    Occurrences::from([(first + TimeDelta::weeks(week), Occurrence::Cancelled)])
}

/// The source gave the series another hour while a user called one occurrence off: the two can't both be right, for
/// the date belongs to the old shape. They win or lose together, by the hub's rule.
#[test]
fn a_series_that_changed_shape_and_an_occurrence_are_one_conflict() {
    let mut moved = Content::default();
    moved.set(Field::Timing, weekly(14));
    let source = merged(&[("list:1", moved)]);
    let old = Value::from(weekly(9));
    let edits = BTreeMap::from([
        (Field::Timing, Edited { over: Some(old.print()), value: Some(old.clone()) }),
        (Field::Occurrences, Edited { over: None, value: Some(cancelled(2).into()) }),
    ]);
    let key = SourceKey::new("list:1").unwrap();
    for (rule, timing, occurrences) in
        [("hub", weekly(14), None), ("spoke", weekly(9), Some(Value::from(cancelled(2))))]
    {
        let (laid, _) = judge(rule, &source, vec![told("team", "list:1", Proposed::Edit(edits.clone()))]);
        let content = &laid.snapshot.items[&key];
        assert_eq!(content.get(Field::Timing), Some(&Value::from(timing)), "{rule}");
        assert_eq!(content.get(Field::Occurrences), occurrences.as_ref(), "{rule}");
        assert_eq!(laid.verdicts.len(), 2, "both are said");
    }
}
