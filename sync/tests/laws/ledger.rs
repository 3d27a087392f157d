//! A ledger of every user's edit: none may evaporate.

use std::collections::BTreeMap;

use sync::two_way::{Ruling, Verdict};
use sync::{Content, Field, Print, SourceKey};

/// When something happened, on the world's clock; no two things happen at once.
type Moment = i64;

#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The last edit of each field by a user whom the hub must hear, and what it made of the field.
    edits: BTreeMap<(SourceKey, Field), (Moment, Option<Print>)>,
    /// The last change of each field by anybody, whether it must be heard or not.
    moves: BTreeMap<(SourceKey, Field), Moment>,
    /// When an item was last deleted or dropped somewhere.
    gone: BTreeMap<SourceKey, Moment>,
}

impl Ledger {
    pub fn user(
        &mut self,
        key: &SourceKey,
        field: Field,
        now: Moment,
        made: Option<Print>,
        must_be_heard: bool,
    ) {
        let place = (key.clone(), field);
        self.moves.insert(place.clone(), now);
        if must_be_heard {
            self.edits.insert(place, (now, made));
        } else {
            self.edits.remove(&place);
        }
    }

    pub fn moved(&mut self, key: &SourceKey, field: Field, now: Moment) {
        self.moves.insert((key.clone(), field), now);
    }

    pub fn gone(&mut self, key: &SourceKey, now: Moment) {
        self.gone.insert(key.clone(), now);
    }

    /// What of an item was not told stays with its owner.
    pub fn excuse(&mut self, key: &SourceKey) {
        self.edits.retain(|(of, _), _| of != key);
    }

    /// The edits that are neither in the hub, nor superseded by something later, nor named by a verdict as lost.
    pub fn evaporated(
        &self,
        hub: impl Fn(&SourceKey) -> Option<Content>,
        verdicts: &[Verdict],
    ) -> Vec<String> {
        let text = |((key, field), (at, made)): (&(SourceKey, Field), &(Moment, Option<Print>))| {
            let landed = hub(key).is_some_and(|content| content.print(*field) == *made);
            let later = together(*field)
                .iter()
                .any(|field| self.moves.get(&(key.clone(), *field)).is_some_and(|moved| moved > at));
            let gone = self.gone.get(key).is_some_and(|gone| gone > at);
            let named = verdicts.iter().any(|verdict| is_about(verdict, key, *field, *made));
            (!(landed || later || gone || named)).then(|| format!("nothing evaporates: {key} {field}"))
        };
        self.edits.iter().filter_map(text).collect()
    }
}

/// The fields that win or lose together.
fn together(field: Field) -> Vec<Field> {
    match field {
        Field::Timing | Field::Occurrences => vec![Field::Timing, Field::Occurrences],
        field => vec![field],
    }
}

fn is_about(verdict: &Verdict, key: &SourceKey, field: Field, made: Option<Print>) -> bool {
    let lost = verdict.lost.as_ref().map(sync::Value::print);
    verdict.key == *key
        && match verdict.field {
            Some(of) => {
                together(field).contains(&of)
                    && verdict.ruling != Ruling::Taken
                    && (lost == made || of != field)
            }
            None => matches!(verdict.ruling, Ruling::Refused(_)),
        }
}
