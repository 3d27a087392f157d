use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{broken, gone, round, set};
use crate::Reading::{Changes, Everything};
use crate::directory::{Change, Directory, Feed};

const NAMES: [&str; 4] = ["displayName", "jobTitle", "mail", "businessPhones"];

/// What happens to one user: properties are set and cleared, or the user goes.
type Event = Option<BTreeMap<usize, Value>>;

/// Who it happens to, what, and whether the entry comes twice.
type Happening = (u64, Event, bool);

fn event() -> impl Strategy<Value = Event> {
    let value = prop_oneof![Just(Value::Null), Just(json!([])), "[a-c]".prop_map(Value::from)];
    prop_oneof![4 => prop::collection::btree_map(0..NAMES.len(), value, 0..3).prop_map(Some), 1 => Just(None)]
}

fn history() -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec((0..5u64, event(), any::<bool>()), 0..40)
}

fn change(user: u64, event: &Event) -> Change {
    match event {
        None => gone(user),
        Some(values) => {
            set(user, values.iter().map(|(&name, value)| (NAMES[name].to_owned(), value.clone())).collect())
        }
    }
}

/// The world as it is after the history: what a full reading tells, where unset properties are left out.
fn world(history: &[Happening]) -> Vec<Change> {
    let mut users: BTreeMap<u64, BTreeMap<&str, Value>> = BTreeMap::new();
    for (user, event, _) in history {
        match event {
            None => drop(users.remove(user)),
            Some(values) => {
                let user = users.entry(*user).or_default();
                user.extend(values.iter().map(|(&name, value)| (NAMES[name], value.clone())));
                user.retain(|_, value| !value.is_null() && *value != json!([]));
            }
        }
    }
    users.into_iter().map(|(user, values)| set(user, json!(values))).collect()
}

proptest! {
    #[test]
    fn deltas_lead_to_the_same_state_as_a_full_reading(
        (history, order) in history().prop_flat_map(|history| {
            let users: Vec<u64> = history.iter().map(|(user, ..)| *user).collect();
            (Just(history), Just(users).prop_shuffle())
        }),
        cut in 0..40usize,
    ) {
        let mut full = Directory::default();
        full.apply(Feed::Users, round(Everything, world(&history)));

        // Entries of different users come in any order, those of one in theirs, some twice.
        let mut left: Vec<_> = history.iter().rev().collect();
        let mut changes = Vec::new();
        for user in order {
            let next = left.iter().rposition(|(of, ..)| *of == user).unwrap();
            let (_, event, twice) = left.remove(next);
            changes.extend(std::iter::repeat_n(change(user, event), 1 + usize::from(*twice)));
        }

        let mut whole = Directory::default();
        whole.apply(Feed::Users, round(Changes, changes.clone()));
        prop_assert!(whole == full);

        // A round that breaks off anywhere removes nobody, and its repetition leads to the same state.
        let mut repeated = Directory::default();
        repeated.apply(Feed::Users, round(Everything, [set(0, json!({})), set(1, json!({}))]));
        let (before, cut) = (repeated.count(Feed::Users), cut.min(changes.len()));
        repeated.apply(Feed::Users, broken(Changes, changes[..cut].to_vec()));
        prop_assert!(repeated.count(Feed::Users) >= before);
        repeated.apply(Feed::Users, round(Everything, world(&history)));
        prop_assert!(repeated == full);
    }
}
