//! The decision table, row by row: hub, mailbox, base → operations.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::{ChangeKey, Content, Copy, Entry, Intent, Listed, Mode, Reading, Value, notes, settle};

fn key(name: &str) -> SourceKey {
    SourceKey::new(format!("d:{name}")).unwrap()
}

fn id(name: &str) -> ItemId {
    ItemId::new(name).unwrap()
}

fn version(name: &str) -> ChangeKey {
    ChangeKey::new(name).unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

/// A contact with a name and a job.
fn person(job: &str) -> Content {
    [(Field::DisplayName, "Ana Kos"), (Field::GivenName, "Ana"), (Field::JobTitle, job)].into_iter().collect()
}

fn entry(at: &str, content: &Content) -> Entry {
    Entry { unread: false, ..Entry::holding(id(at), version("v1"), content) }
}

fn listed(at_id: &str, of: &str, ver: &str, created: i64) -> Listed {
    Listed { id: id(at_id), change_key: version(ver), created: at(created), key: key(of), tagged: true }
}

fn copy(at_id: &str, of: &str, ver: &str, content: Content) -> Copy {
    Copy { id: id(at_id), change_key: version(ver), created: at(0), key: key(of), tagged: true, content }
}

/// One mailbox of a hub with everything that a plan is made from.
struct Case {
    base: Base,
    intents: Intents,
    snapshot: Snapshot,
    mailbox: Mailbox,
    policy: Policy,
    erased: Erased,
    limits: Limits,
    mailboxes: usize,
    approved: Option<PlanHash>,
}

impl Case {
    fn new(hub: &[(&str, Content)]) -> Self {
        let items: BTreeMap<_, _> =
            hub.iter().map(|(name, content)| (key(name), std::sync::Arc::new(content.clone()))).collect();
        Case {
            base: Base { scope: 1, ..Base::default() },
            intents: Intents::new(),
            snapshot: Snapshot {
                version: 1,
                complete: true,
                last_good: items.len(),
                scope: 1,
                items,
                ..Snapshot::default()
            },
            mailbox: Mailbox::unread(Reading::Changes),
            policy: Policy {
                modes: BTreeMap::new(),
                users_may_hide: false,
                read_lag: TimeDelta::seconds(60),
                looks_first: false,
            },
            erased: Erased::default(),
            limits: Limits::default(),
            mailboxes: 1,
            approved: None,
        }
    }

    fn knows(mut self, name: &str, entry: Entry) -> Self {
        self.base.entries.insert(key(name), entry);
        self
    }

    fn lists(mut self, item: Listed) -> Self {
        self.mailbox.listed.push(item);
        self
    }

    fn looked(mut self, at_id: &str, found: Option<Copy>) -> Self {
        self.mailbox.looked.insert(id(at_id), found);
        self
    }

    fn gone(mut self, at_id: &str) -> Self {
        self.mailbox.gone.insert(id(at_id));
        self
    }

    fn mode(mut self, mode: Mode) -> Self {
        self.policy.modes = Field::ALL.iter().map(|field| (*field, mode)).collect();
        self
    }

    fn plan(&self) -> Plan {
        plan(&self.situation())
    }

    fn situation(&self) -> Situation<'_> {
        Situation {
            base: &self.base,
            intents: &self.intents,
            goal: Goal::Mirror(&self.snapshot),
            mailbox: &self.mailbox,
            policy: &self.policy,
            erased: Some(&self.erased),
            limits: &self.limits,
            two_way: None,
            mailboxes: self.mailboxes,
            approved: self.approved,
            now: at(1000),
        }
    }

    fn text(&self) -> String {
        self.plan().to_string().trim_end().replace('\n', "; ")
    }
}

#[test]
fn in_the_hub_only_is_created() {
    assert_eq!(Case::new(&[("a", person("x"))]).text(), "create d:a");
}

#[test]
fn known_and_unchanged_is_left_alone() {
    let case = Case::new(&[("a", person("x"))]).knows("a", entry("i1", &person("x")));
    assert_eq!(case.text(), "");
    let echo = case.lists(listed("i1", "a", "v1", 0));
    assert_eq!(echo.text(), "", "our own echo is no change");
}

#[test]
fn changed_in_the_hub_is_updated_in_the_fields_that_differ() {
    let case = Case::new(&[("a", person("y"))]).knows("a", entry("i1", &person("x")));
    assert_eq!(case.text(), "update d:a: jobTitle");
}

#[test]
fn emptied_in_the_hub_is_cleared() {
    let case = Case::new(&[("a", person(""))]).knows("a", entry("i1", &person("x")));
    assert_eq!(case.text(), "update d:a: -jobTitle");
}

#[test]
fn what_seems_gone_is_looked_at_before_it_is_made_again() {
    let case = Case::new(&[("a", person("x"))]).knows("a", entry("i1", &person("x"))).gone("i1");
    assert_eq!(case.text(), "look at 1 items");
    assert_eq!(case.looked("i1", None).text(), "create d:a");
}

#[test]
fn what_users_may_hide_stays_away_until_the_hub_drops_it() {
    let mut case =
        Case::new(&[("a", person("x"))]).knows("a", entry("i1", &person("x"))).gone("i1").looked("i1", None);
    case.policy.users_may_hide = true;
    assert_eq!(case.text(), "record d:a");
    let hidden = Entry { hidden: true, ..entry("i1", &person("x")) };
    let mut later = Case::new(&[("a", person("x"))]).knows("a", hidden);
    later.policy.users_may_hide = true;
    assert_eq!(later.text(), "");
    later.snapshot.items.clear();
    assert_eq!(later.text(), "forget d:a");
}

#[test]
fn an_item_of_ours_that_nobody_remembers_is_adopted() {
    let case = Case::new(&[("a", person("x"))]).lists(listed("i1", "a", "v7", 0));
    assert_eq!(case.text(), "look at 1 items");
    let same = Case::new(&[("a", person("x"))]).looked("i1", Some(copy("i1", "a", "v7", person("x"))));
    assert_eq!(same.text(), "record d:a");
    let other = Case::new(&[("a", person("x"))]).looked("i1", Some(copy("i1", "a", "v7", person("old"))));
    assert_eq!(other.text(), "update d:a: jobTitle");
}

#[test]
fn adopting_leaves_what_the_hub_does_not_have() {
    let mut own = person("x");
    own.set(Field::SpouseName, "Eva");
    let case = Case::new(&[("a", person("x"))]).looked("i1", Some(copy("i1", "a", "v7", own)));
    assert_eq!(case.text(), "record d:a");
}

#[test]
fn gone_from_the_hub_is_deleted_wherever_it_is() {
    let known = Case::new(&[]).knows("a", entry("i1", &person("x")));
    assert_eq!(known.text(), "delete d:a (gone from the hub)");
    let stray = Case::new(&[]).lists(listed("i9", "a", "v1", 0));
    assert_eq!(stray.text(), "delete d:a (gone from the hub)");
    assert_eq!(known.gone("i1").text(), "forget d:a", "gone on both sides");
}

#[test]
fn an_incomplete_snapshot_deletes_nothing_and_is_read_again() {
    let mut case = Case::new(&[("b", person("y"))]).knows("a", entry("i1", &person("x")));
    case.snapshot.complete = false;
    assert_eq!(case.text(), "create d:b");
    assert!(case.plan().work().unwrap().read_again);
}

#[test]
fn of_several_the_recorded_one_stays_else_the_oldest() {
    let recorded = Case::new(&[("a", person("x"))])
        .knows("a", entry("i2", &person("x")))
        .lists(listed("i1", "a", "v1", 5))
        .looked("i1", Some(copy("i1", "a", "v1", person("x"))))
        .looked("i2", Some(copy("i2", "a", "v1", person("x"))));
    let Plan::Run(work) = recorded.plan() else { panic!("{}", recorded.text()) };
    assert!(
        matches!(&work.ops[..], [Op::Delete { id: gone, why: Removal::Duplicate, .. }] if *gone == id("i1"))
    );
    let oldest =
        Case::new(&[("a", person("x"))]).lists(listed("i1", "a", "v1", 9)).lists(listed("i2", "a", "v1", 5));
    assert_eq!(oldest.plan(), Plan::Look([id("i2")].into()), "the oldest is looked at first");
}

#[test]
fn a_create_without_an_answer_waits_out_the_lag() {
    let intent = |since| Intent { id: "x".into(), since: at(since), writes: person("x").prints() };
    let mut case = Case::new(&[("a", person("x"))]);
    case.intents.insert(key("a"), intent(950));
    assert_eq!(case.text(), "wait d:a (its create has no answer yet)");
    case.intents.insert(key("a"), intent(900));
    assert_eq!(case.text(), "create d:a");
}

#[test]
fn an_update_without_an_answer_is_looked_at_and_is_no_users_edit() {
    let mut case = Case::new(&[("a", person("new"))]).knows("a", entry("i1", &person("old")));
    let intent = Intent { id: "x".into(), since: at(990), writes: person("sent").prints() };
    case.intents.insert(key("a"), intent);
    assert_eq!(case.text(), "look at 1 items");
    let looked = case.looked("i1", Some(copy("i1", "a", "v2", person("sent"))));
    assert_eq!(looked.text(), "update d:a: jobTitle");
}

#[test]
fn an_item_made_since_the_last_reading_must_be_named_by_this_one() {
    let fresh = Entry { unread: true, ..entry("i1", &person("x")) };
    let case = Case::new(&[("a", person("x"))]).knows("a", fresh);
    assert_eq!(case.text(), "look at 1 items");
}

/// What each mode does: base had `ours`, the mailbox holds `theirs`, the hub wants `hub`.
fn by_mode(mode: Mode, hub: &str, ours: &str, theirs: &str) -> String {
    Case::new(&[("a", person(hub))])
        .mode(mode)
        .knows("a", entry("i1", &person(ours)))
        .looked("i1", Some(copy("i1", "a", "v2", person(theirs))))
        .text()
}

#[test]
fn a_users_edit_by_mode() {
    for (mode, hub, ours, theirs, wanted) in [
        (Mode::KeepUserEdit, "new", "old", "mine", "record d:a; keep d:a: jobTitle (edited by the user)"),
        (Mode::KeepUserEdit, "new", "old", "old", "update d:a: jobTitle"),
        (Mode::KeepUserEdit, "new", "old", "new", "record d:a"),
        (Mode::KeepUserEdit, "", "old", "mine", "record d:a"),
        (Mode::Overwrite, "new", "old", "mine", "update d:a: jobTitle"),
        (Mode::Overwrite, "", "old", "mine", "record d:a"),
        (Mode::ClearWithSource, "", "old", "mine", "update d:a: -jobTitle"),
        (Mode::WriteIfEmpty, "new", "", "", "update d:a: jobTitle"),
        (Mode::WriteIfEmpty, "new", "old", "mine", "record d:a; keep d:a: jobTitle (edited by the user)"),
    ] {
        assert_eq!(by_mode(mode, hub, ours, theirs), wanted, "{mode:?} {hub:?} {ours:?} {theirs:?}");
    }
}

#[test]
fn an_edit_is_still_an_edit_when_the_hub_changes_later() {
    let case = Case::new(&[("a", person("old"))])
        .knows("a", entry("i1", &person("old")))
        .looked("i1", Some(copy("i1", "a", "v2", person("mine"))));
    let (mut base, mut intents) = (case.base.clone(), Intents::new());
    for op in &case.plan().work().unwrap().ops {
        settle(&mut base, &mut intents, op, crate::Effect::NotSent);
    }
    let mut later = Case::new(&[("a", person("new"))]);
    later.base = base;
    assert_eq!(later.text(), "keep d:a: jobTitle (edited by the user)");
}

#[test]
fn what_the_server_stored_in_a_form_of_its_own_is_settled() {
    let created = Entry::created(id("i1"), version("v1"), &person("boss "), &person("boss"));
    let case = Case::new(&[("a", person("boss "))]).knows("a", Entry { unread: false, ..created });
    assert_eq!(case.text(), "");
}

#[test]
fn a_name_part_takes_the_display_name_along() {
    let mut renamed = person("x");
    renamed.set(Field::Surname, "Novak");
    let case = Case::new(&[("a", renamed)]).knows("a", entry("i1", &person("x")));
    assert_eq!(case.text(), "update d:a: displayName surname");
}

#[test]
fn our_notes_stand_beside_the_users_own() {
    let with = |text: &str| {
        let mut content = person("x");
        content.set(Field::PersonalNotes, text);
        content
    };
    let case = Case::new(&[("a", with(&notes::block("floor 4")))])
        .knows("a", entry("i1", &with(&notes::block("floor 3"))));
    assert_eq!(case.text(), "look at 1 items", "the user's own words are not known");
    let theirs = format!("likes tea\n{}", notes::block("floor 3"));
    let looked = case.looked("i1", Some(copy("i1", "a", "v2", with(&theirs))));
    let Plan::Run(work) = looked.plan() else { panic!() };
    let [Op::Update { set, .. }] = &work.ops[..] else { panic!("{work}") };
    let expected = Value::from(format!("likes tea\n{}", notes::block("floor 4")));
    assert!(set[&Field::PersonalNotes] == Some(expected));
}

/// A mailbox that holds `held` items of which the hub keeps `kept`.
fn shrunk(held: usize, kept: usize) -> Case {
    let names: Vec<String> = (0..held).map(|n| format!("{n:03}")).collect();
    let hub: Vec<_> = names.iter().take(kept).map(|name| (name.as_str(), person("x"))).collect();
    let case = names
        .iter()
        .fold(Case::new(&hub), |case, name| case.knows(name, entry(&format!("i{name}"), &person("x"))));
    Case { snapshot: Snapshot { last_good: kept, ..case.snapshot.clone() }, ..case }
}

fn why(case: &Case) -> String {
    match case.plan() {
        Plan::Held { held, .. } => held.why.to_string(),
        plan => format!("runs {} operations", plan.work().unwrap().ops.len()),
    }
}

#[test]
fn the_guards_hold_at_their_limits_and_not_before() {
    assert_eq!(why(&shrunk(40, 30)), "runs 10 operations", "ten are always allowed");
    assert_eq!(why(&shrunk(40, 29)), "11 of 40 items would be deleted from this mailbox");
    assert_eq!(why(&shrunk(100, 80)), "runs 20 operations", "20 % are allowed");
    assert_eq!(why(&shrunk(100, 79)), "21 of 100 items would be deleted from this mailbox");

    let mut hub = shrunk(100, 80);
    hub.snapshot.last_good = 100;
    assert_eq!(why(&hub), "runs 20 operations");
    let mut hub = shrunk(10, 7);
    hub.snapshot.last_good = 10;
    assert_eq!(why(&hub), "the hub shrank from 10 items to 7");
    let mut empty = shrunk(5, 0);
    empty.snapshot.last_good = 5;
    assert_eq!(why(&empty), "the hub is empty and held 5 items before");

    let mut run = shrunk(40, 30);
    run.mailboxes = 50;
    assert_eq!(why(&run), "runs 10 operations", "500 are allowed");
    run.mailboxes = 51;
    assert_eq!(why(&run), "510 items would be deleted over all mailboxes");
    let mut leaver = shrunk(40, 39);
    leaver.mailboxes = 10_000;
    assert_eq!(why(&leaver), "runs 1 operations", "one leaver never waits");
}

#[test]
fn a_change_of_scope_holds_the_removals_only() {
    let mut case = shrunk(3, 2);
    case.snapshot.scope = 2;
    case.snapshot.items.insert(key("new"), std::sync::Arc::new(person("y")));
    let Plan::Held { held, now } = case.plan() else { panic!("{}", case.text()) };
    assert_eq!((held.why, held.ops.len()), (Why::ScopeChanged, 1));
    assert_eq!(now.to_string(), "create d:new\n");
    assert!(now.read_again);
}

#[test]
fn an_approval_is_good_for_the_plan_that_it_names() {
    let mut case = shrunk(40, 20);
    let Plan::Held { held, .. } = case.plan() else { panic!() };
    case.approved = Some(held.hash);
    assert_eq!(why(&case), "runs 20 operations");
    let mut other = shrunk(40, 19);
    other.approved = Some(held.hash);
    assert_eq!(why(&other), "21 of 40 items would be deleted from this mailbox");
}

#[test]
fn equal_plans_of_different_mailboxes_share_their_hash() {
    let mut other = shrunk(40, 20);
    for entry in other.base.entries.values_mut() {
        entry.id = id(&format!("other-{}", entry.id));
    }
    let hash = |case: &Case| match case.plan() {
        Plan::Held { held, .. } => held.hash,
        plan => panic!("{plan}"),
    };
    assert_eq!(hash(&shrunk(40, 20)), hash(&other));
    assert_eq!(hash(&other).to_string().parse::<PlanHash>().unwrap(), hash(&other));
}

#[test]
fn an_audience_that_shrank_is_asked_about() {
    let case = shrunk(3, 3);
    let goal = |ask| {
        plan(&Situation {
            base: &case.base,
            intents: &case.intents,
            goal: Goal::Nothing { ask },
            mailbox: &case.mailbox,
            policy: &case.policy,
            erased: None,
            limits: &case.limits,
            two_way: None,
            mailboxes: 1,
            approved: None,
            now: at(1000),
        })
    };
    assert!(matches!(goal(false), Plan::Run(work) if work.ops.len() == 3), "no guard holds a clean-up");
    assert!(matches!(goal(true), Plan::Held { held, .. } if held.why == Why::AudienceShrank));
}

#[test]
fn where_a_deletion_may_mail_people_nothing_is_deleted_unseen() {
    let mut case = Case::new(&[]).knows("ana", entry("i1", &person("x")));
    case.policy.looks_first = true;
    assert_eq!(case.plan(), Plan::Look(BTreeSet::from([id("i1")])));
    assert_eq!(case.looked("i1", None).plan().to_string(), "forget d:ana\n");
}

#[test]
fn what_fell_out_of_its_window_is_no_loss() {
    let mut case = shrunk(40, 10);
    assert!(matches!(case.plan(), Plan::Held { .. }));
    case.snapshot.last_good = case.snapshot.items.len();
    let day = at(0).date_naive();
    case.snapshot.past = case.base.entries.keys().map(|key| (key.clone(), day)).collect();
    assert!(matches!(case.plan(), Plan::Run(_)));
}

/// A mailbox that holds items of which the hub lost some, and these were erased.
fn erased(held: usize, kept: usize, fate: Fate) -> Case {
    let mut case = shrunk(held, kept);
    case.erased.items = (kept..held).map(|n| (key(&format!("{n:03}")), fate)).collect();
    case
}

fn count(case: &Case, text: &str) -> usize {
    case.plan().to_string().lines().filter(|line| line.contains(text)).count()
}

#[test]
fn what_was_erased_goes_whatever_the_guards_and_the_sources_say() {
    let mut case = erased(40, 20, Fate::Removed);
    case.snapshot.last_good = 40;
    case.snapshot.scope = 2;
    case.snapshot.complete = false;
    case.mailboxes = 1000;
    assert_eq!((why(&case).as_str(), count(&case, "(erased)")), ("runs 20 operations", 20));
}

#[test]
fn what_was_erased_does_not_wait_for_what_others_must_agree_to() {
    let mut case = erased(40, 10, Fate::Removed);
    let alone = case.erased.items.pop_first().unwrap().0;
    case.erased.items = [(alone, Fate::Removed)].into();
    assert_eq!(why(&case), "29 of 40 items would be deleted from this mailbox");
    let plan = case.plan();
    assert_eq!(
        plan.work().unwrap().ops.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["delete d:010 (erased)"]
    );
}

#[test]
fn what_was_released_is_left_alone_and_counts_for_nothing() {
    let case = erased(40, 20, Fate::Released);
    assert_eq!((why(&case).as_str(), count(&case, "forget")), ("runs 20 operations", 20));
    // Nothing of it is known any more; a listing shows the copies all the same.
    let mut later = erased(40, 20, Fate::Released);
    later.base.entries.retain(|key, _| later.snapshot.items.contains_key(key));
    let copies: Vec<_> = later
        .erased
        .items
        .keys()
        .enumerate()
        .map(|(n, key)| Listed { key: key.clone(), ..listed(&format!("x{n}"), "x", "v1", 0) })
        .collect();
    later.mailbox.listed = copies;
    assert_eq!(later.text(), "");
    // Of the twenty that are ours, eleven are too many; with the released ones they were not.
    for gone in 0..11 {
        later.snapshot.items.remove(&key(&format!("{gone:03}")));
    }
    later.snapshot.last_good = 9;
    later.limits.deletes_percent = 50;
    assert_eq!(why(&later), "11 of 20 items would be deleted from this mailbox");
}

#[test]
fn an_erased_item_that_the_hub_seems_to_have_is_not_written() {
    let mut case = Case::new(&[("a", person("x")), ("b", person("y"))]);
    case.erased.items = [(key("a"), Fate::Released)].into();
    assert_eq!(case.text(), "create d:b");
    case.erased.items = [(key("a"), Fate::Removed)].into();
    assert_eq!(case.knows("a", entry("i1", &person("x"))).text(), "create d:b; delete d:a (erased)");
}

#[test]
fn a_users_edit_does_not_keep_what_was_erased() {
    let mut case = erased(1, 0, Fate::Removed);
    case.mailbox.listed = vec![listed("i000", "000", "v2", 0)];
    let two_way = TwoWay { removals: true, private: true, refused: None };
    let situation = Situation { two_way: Some(two_way), ..case.situation() };
    assert_eq!(plan(&situation).to_string().trim_end(), "delete d:000 (erased)");
    let item = "spoke:87d349ed-44d7-43e1-9a83-5f2406dee5bd/i9";
    let born = Listed { key: SourceKey::new(item).unwrap(), tagged: false, ..listed("i9", "x", "v1", 0) };
    let mail = crate::Email { address: "Ana@contoso.com".into(), name: String::new() };
    let mut content = person("x");
    content.set(Field::EmailAddresses, vec![mail]);
    let found = Copy { key: born.key.clone(), tagged: false, ..copy("i9", "x", "v1", content) };
    case.mailbox.listed = vec![born];
    case.mailbox.looked.insert(id("i9"), Some(found));
    case.base.entries.clear();
    let proposals = |case: &Case| {
        let situation = Situation { two_way: Some(two_way), ..case.situation() };
        plan(&situation).work().unwrap().proposals.len()
    };
    assert_eq!(proposals(&case), 1);
    case.erased.who = crate::Who::new("ana@contoso.com").unwrap();
    assert_eq!(proposals(&case), 0, "what somebody writes down for themselves is theirs, and no news");
}
