use std::collections::BTreeSet;

use proptest::prelude::*;

use super::people::{contact, hub};
use super::*;

/// What a spoke holds: by id, perhaps an address, and a text.
type Folder = BTreeMap<u8, (Option<u8>, u8)>;

const SPOKES: [&str; 3] = ["a", "b", "c"];

fn folders() -> impl Strategy<Value = [Folder; 3]> {
    let folder = || prop::collection::btree_map(0..5u8, (prop::option::weighted(0.8, 0..4u8), 0..3u8), 0..5);
    [folder(), folder(), folder()]
}

/// No two entries of one spoke have the same address.
fn without_twins(mut folders: [Folder; 3]) -> [Folder; 3] {
    for folder in &mut folders {
        let mut seen = BTreeSet::new();
        folder.retain(|_, (mail, _)| mail.is_none_or(|mail| seen.insert(mail)));
    }
    folders
}

fn known(folders: &[Folder; 3]) -> BTreeMap<String, Contribution> {
    let all = SPOKES.iter().zip(folders).map(|(spoke, folder)| {
        let items = folder.iter().map(|(id, (mail, text))| {
            let mail = mail.map(|mail| format!("p{mail}@x.example"));
            // Everybody has the same name: that makes nobody the same person.
            let texts = [
                (Field::GivenName, "Ana"),
                (Field::DisplayName, "Ana Kos"),
                (FIELDS[usize::from(*text)], *spoke),
            ];
            (id.to_string(), contact(&mail.iter().map(String::as_str).collect::<Vec<_>>(), &texts))
        });
        let source = Source::Items(items.collect());
        ((*spoke).to_owned(), Contribution { source, complete: true })
    });
    all.collect()
}

const FIELDS: [Field; 3] = [Field::JobTitle, Field::SpouseName, Field::Department];

fn key(spoke: &str, id: u8) -> SourceKey {
    SourceKey::of(spoke, &id.to_string())
}

fn merge(folders: &[Folder; 3], order: &[&str], last: Option<&Snapshot>) -> Snapshot {
    contributions(&hub(order, Some("emailAddresses")), &known(folders), last).unwrap().snapshot
}

/// Which entries are one item.
fn together(folders: &[Folder; 3], snapshot: &Snapshot) -> BTreeMap<SourceKey, BTreeSet<SourceKey>> {
    let mut items: BTreeMap<SourceKey, BTreeSet<SourceKey>> = BTreeMap::new();
    for (spoke, folder) in SPOKES.iter().zip(folders) {
        for id in folder.keys() {
            let entry = key(spoke, *id);
            let item = snapshot.aliases.get(&entry).unwrap_or(&entry).clone();
            items.entry(item).or_default().insert(entry);
        }
    }
    items
}

fn mail(folders: &[Folder; 3], entry: &SourceKey) -> Option<u8> {
    let at = SPOKES.iter().position(|spoke| *spoke == entry.spoke()).unwrap();
    folders[at][&entry.as_str()[2..].parse().unwrap()].0
}

proptest! {
    #[test]
    fn every_entry_is_in_one_item_with_others_of_its_address_alone(first in folders(), then in folders()) {
        let before = merge(&first, &SPOKES, None);
        let after = merge(&then, &SPOKES, Some(&before));
        for (folders, snapshot) in [(&first, &before), (&then, &after)] {
            let items = together(folders, snapshot);
            prop_assert!(items.keys().eq(snapshot.items.keys()));
            for entries in items.values() {
                let mails: BTreeSet<_> = entries.iter().map(|entry| mail(folders, entry)).collect();
                let spokes: BTreeSet<_> = entries.iter().map(SourceKey::spoke).collect();
                prop_assert_eq!(spokes.len(), entries.len(), "two entries of one spoke");
                prop_assert!(entries.len() == 1 || (mails.len() == 1 && !mails.contains(&None)));
            }
        }
        prop_assert!(merge(&then, &SPOKES, Some(&after)) == after, "quiet runs move nothing");
    }

    #[test]
    fn an_item_whose_entries_stay_keeps_its_identity(first in folders(), then in folders()) {
        let before = merge(&first, &SPOKES, None);
        let after = merge(&then, &SPOKES, Some(&before));
        let (was, is) = (together(&first, &before), together(&then, &after));
        for (key, entries) in &was {
            if let Some((now, _)) = is.iter().find(|(_, others)| *others == entries) {
                prop_assert_eq!(now, key);
            }
        }
    }

    #[test]
    fn the_order_of_the_spokes_decides_about_fields_and_not_about_people(folders in folders().prop_map(without_twins)) {
        let one = merge(&folders, &["a", "b", "c"], None);
        let other = merge(&folders, &["c", "a", "b"], None);
        let people = |snapshot| together(&folders, snapshot).into_values().collect::<BTreeSet<_>>();
        prop_assert_eq!(people(&one), people(&other));
        for (snapshot, order) in [(&one, ["a", "b", "c"]), (&other, ["c", "a", "b"])] {
            for (key, entries) in together(&folders, snapshot) {
                let first = order.iter().find(|spoke| entries.iter().any(|entry| entry.spoke() == **spoke)).unwrap();
                prop_assert_eq!(snapshot.provenance_of(&key, Field::DisplayName), *first);
                for field in FIELDS {
                    if let Some(text) = snapshot.items[&key].text(field) {
                        prop_assert_eq!(snapshot.provenance_of(&key, field), text);
                    }
                }
            }
        }
    }

    #[test]
    fn spokes_that_were_not_read_are_no_news(folders in folders(), unread in prop::collection::btree_set(0..3usize, 1..3)) {
        let config = hub(&SPOKES, Some("emailAddresses"));
        let before = merge(&folders, &SPOKES, None);
        let mut known = known(&folders);
        known.retain(|spoke, _| !unread.iter().any(|at| SPOKES[*at] == spoke));
        let after = contributions(&config, &known, Some(&before)).unwrap().snapshot;
        prop_assert!(!after.complete);
        let same = Snapshot { complete: true, last_good: before.last_good, ..after } == before;
        prop_assert!(same);
    }
}
