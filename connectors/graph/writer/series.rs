//! The occurrences of series, which are written one by one and only where they differ.
//!
//! What is left to do is told by the series itself: it is read, what is not yet so is sent, and it is read again. A lost
//! answer needs no care of its own.
//!
//! <https://learn.microsoft.com/graph/api/event-update>
//! <https://learn.microsoft.com/graph/api/event-delete>

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::NaiveDate;
use sync::event::Occurrences;
use sync::hub::Kind as HubKind;
use sync::{Content, Effect, Field, ItemId, Op, Value};

use super::items::Writing;
use crate::graph::batch::{self, BATCH_BYTES, BATCH_ITEMS, Request};
use crate::graph::body::Body;
use crate::graph::client::refusal;
use crate::graph::error::{Error, Kind};
use crate::graph::event::{Step, steps};
use crate::graph::http::Answer;
use crate::graph::item::Found;
use crate::graph::tag::escaped;

/// How often a series is read and what is left of it sent.
const ROUNDS: usize = 10;

/// A series that was updated.
pub(super) struct Series {
    /// The place of its operation.
    at: usize,
    id: ItemId,
    /// What its occurrences shall be; `None` if that is not of this operation.
    wanted: Option<Occurrences>,
    /// The days of which the server has said its last word.
    done: BTreeSet<NaiveDate>,
    /// It was made to begin anew, which brings cancelled occurrences back.
    renewed: bool,
}

/// One request about a series.
struct Errand {
    /// The place of the series among those that are open.
    series: usize,
    /// The day of the occurrence; none for the series as a whole.
    day: Option<NaiveDate>,
    url: String,
    /// What changes; `None` is a delete.
    set: Option<BTreeMap<Field, Option<Value>>>,
}

impl Series {
    pub(super) fn new(at: usize, id: ItemId, op: &Op) -> Self {
        Series { at, id, wanted: wanted(op), done: BTreeSet::new(), renewed: false }
    }

    /// What is left to do, by day; a series that has to begin anew does that before anything else.
    fn left(&self, is: &Content) -> BTreeMap<NaiveDate, Step> {
        let mut left = self.wanted.as_ref().map(|wanted| steps(is, wanted)).unwrap_or_default();
        left.retain(|day, _| !self.done.contains(day));
        if self.renewed {
            left.retain(|_, step| *step != Step::Restore);
        } else if left.values().any(|step| *step == Step::Restore) {
            left.retain(|_, step| *step == Step::Restore);
        }
        left
    }
}

/// What an update wants of the occurrences: a series that gets another shape loses those that differed.
fn wanted(op: &Op) -> Option<Occurrences> {
    let Op::Update { set, wanted, .. } = op else { return None };
    let value = match set.get(&Field::Occurrences) {
        Some(value) => value.as_ref(),
        None if set.contains_key(&Field::Timing) => wanted.get(Field::Occurrences),
        None => return None,
    };
    Some(match value {
        Some(Value::Occurrences(occurrences)) => Occurrences::clone(occurrences),
        _ => Occurrences::new(),
    })
}

impl Writing<'_> {
    /// Makes the occurrences of all updated series what is wanted, and settles them as they then are.
    pub(super) async fn write_occurrences(&mut self) {
        for _ in 0..ROUNDS {
            if self.series.is_empty() || self.stop.is_some() {
                break;
            }
            let errands = self.read_series().await;
            self.run_errands(errands).await;
        }
        for series in std::mem::take(&mut self.series) {
            (self.settled)(series.at, Effect::Unknown);
        }
    }

    /// Reads all open series; those that are as wanted are settled.
    async fn read_series(&mut self) -> Vec<Errand> {
        let open = std::mem::take(&mut self.series);
        let ids: Vec<ItemId> = open.iter().map(|series| series.id.clone()).collect();
        let looked = self.road.writer.reader.look_any(self.road.place, &ids).await;
        let mut errands = Vec::new();
        for (series, (_, found)) in open.into_iter().zip(looked) {
            let found = match found {
                Ok(Some(found)) => found,
                gone => {
                    (self.settled)(series.at, unread(gone.err()));
                    continue;
                }
            };
            let left = series.left(&found.content);
            if left.is_empty() {
                let Found { id, change_key, content, .. } = found;
                (self.settled)(series.at, Effect::Written { id, change_key, content });
            } else {
                errands.extend(self.errands(&series, &found.content, left));
                self.series.push(series);
            }
        }
        errands
    }

    /// The requests about a series that is about to be the last of the open ones.
    fn errands(&self, series: &Series, is: &Content, left: BTreeMap<NaiveDate, Step>) -> Vec<Errand> {
        let (mailbox, id) = (&self.road.place.mailbox, &series.id);
        let at = self.series.len();
        let errand = |(day, step): (NaiveDate, Step)| {
            let set = match step {
                Step::Change(set) => Some(set),
                Step::Cancel | Step::Restore => None,
            };
            let url = format!("/users/{mailbox}/events/{}", escaped(&format!("OID.{id}.{day}")));
            Errand { series: at, day: Some(day), url, set }
        };
        if left.values().any(|step| *step == Step::Restore) {
            let timing = is.get(Field::Timing).cloned();
            let url = self.road.names.item_of(mailbox, &self.road.place.folder, id);
            return vec![Errand { series: at, day: None, url, set: Some([(Field::Timing, timing)].into()) }];
        }
        left.into_iter().map(errand).collect()
    }

    async fn run_errands(&mut self, mut errands: Vec<Errand>) {
        let mut queue = VecDeque::new();
        while !errands.is_empty() {
            let rest = errands.split_off(BATCH_ITEMS.min(errands.len()));
            queue.push_back(std::mem::replace(&mut errands, rest));
        }
        while let Some(mut batch) = queue.pop_front().filter(|_| self.stop.is_none()) {
            let requests = batch.iter().map(|errand| errand.request(self.road.names.prefer)).collect();
            let body = match batch::encode(self.road.names.writing, requests) {
                Ok(body) => body,
                Err(error) => return self.stop = Some(Err(error)),
            };
            if body.len() > BATCH_BYTES && batch.len() > 1 {
                let rest = batch.split_off(batch.len() / 2);
                queue.push_front(rest);
                queue.push_front(batch);
                continue;
            }
            match self.road.exchange(batch.len(), body).await {
                Ok(Ok(answers)) => {
                    batch.iter().zip(answers).for_each(|(errand, answer)| self.judge(errand, answer));
                }
                Ok(Err(error)) if error.passes() => self.road.pause_a_little(),
                Ok(Err(error)) => self.stop = Some(Err(error)),
                Err(stop) => self.stop = Some(stop),
            }
        }
    }

    fn judge(&mut self, errand: &Errand, answer: Option<Answer>) {
        let error = match answer {
            None => return self.road.pause_a_little(),
            Some(answer) if (200..300).contains(&answer.status) => return self.done(errand),
            Some(answer) => refusal("occurrence", answer),
        };
        match error.kind() {
            Kind::Throttled { .. } => self.road.pause(error.wait_if_throttled().unwrap_or_default()),
            _ if error.passes() => self.road.pause_a_little(),
            Kind::SkipMailbox | Kind::Permission | Kind::Consent | Kind::Credential => {
                self.stop = Some(Err(error));
            }
            // What is not there needs no cancelling.
            Kind::Missing if errand.set.is_none() => self.done(errand),
            _ => {
                tracing::warn!(%error, "an occurrence that the server will not have");
                self.done(errand);
            }
        }
    }

    fn done(&mut self, errand: &Errand) {
        let Some(series) = self.series.get_mut(errand.series) else { return };
        match errand.day {
            Some(day) => drop(series.done.insert(day)),
            None => series.renewed = true,
        }
    }
}

impl Errand {
    fn request(&self, prefer: &'static str) -> Request<'_> {
        let request = match &self.set {
            None => Request::new("DELETE", self.url.clone()),
            Some(set) => {
                let body = Body::Patch { kind: HubKind::Events, set, tag: None };
                Request::new("PATCH", self.url.clone()).body(body)
            }
        };
        request.prefer(prefer)
    }
}

/// What is known of a series that could not be read after it was written.
fn unread(error: Option<Error>) -> Effect {
    match error {
        None => Effect::Missing,
        Some(error) if error.passes() => Effect::Unknown,
        Some(error) => Effect::Refused(error.code().to_owned()),
    }
}
