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
use sync::{Content, Effect, Field, ItemId, MailboxId, Op, Value};

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

const PLACE: &str = "occurrence";

/// A series that was updated.
pub(super) struct Series {
    /// The place of its operation.
    at: usize,
    id: ItemId,
    /// What its occurrences shall be; `None` if that is not of this operation.
    wanted: Option<Occurrences>,
    /// The days that were written.
    done: BTreeSet<NaiveDate>,
    /// The days that the server would not have, as the others were.
    refused: BTreeSet<NaiveDate>,
    /// Another day was written since the last was refused.
    moved: bool,
}

/// One request about a date of a series.
struct Errand {
    /// The place of the series among those that are open.
    series: usize,
    day: NaiveDate,
    url: String,
    step: Step,
}

impl Series {
    pub(super) fn new(at: usize, id: ItemId, op: &Op) -> Self {
        Series { at, id, wanted: wanted(op), done: BTreeSet::new(), refused: BTreeSet::new(), moved: false }
    }

    /// What is left to do, by day.
    ///
    /// No occurrence may reach its neighbours: what is refused now may do when those have moved.
    fn left(&mut self, is: &Content) -> BTreeMap<NaiveDate, Step> {
        if std::mem::take(&mut self.moved) {
            self.refused.clear();
        }
        let mut left = self.wanted.as_ref().map(|wanted| steps(is, wanted)).unwrap_or_default();
        left.retain(|day, _| !self.done.contains(day) && !self.refused.contains(day));
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
        let mut trouble = None;
        for _ in 0..ROUNDS {
            if self.series.is_empty() || self.stop.is_some() {
                break;
            }
            if let Err(stop) = self.road.ready().await {
                self.stop = Some(stop);
                break;
            }
            let errands = self.read_series().await;
            trouble = self.run_errands(errands).await;
        }
        for series in std::mem::take(&mut self.series) {
            (self.settled)(series.at, Effect::Unknown);
            self.stop = self.stop.take().or_else(|| trouble.take().map(Err));
        }
    }

    /// Reads all open series; those that are as wanted are settled.
    async fn read_series(&mut self) -> Vec<Errand> {
        let open = std::mem::take(&mut self.series);
        let ids: Vec<ItemId> = open.iter().map(|series| series.id.clone()).collect();
        let looked = self.road.writer.reader.look_any(self.road.place, &ids).await;
        let mut errands = Vec::new();
        for (mut series, (_, found)) in open.into_iter().zip(looked) {
            let found = match found {
                Ok(Some(found)) => found,
                Ok(None) => {
                    (self.settled)(series.at, Effect::Missing);
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "a series that could not be read after it was written");
                    (self.settled)(series.at, Effect::Unknown);
                    continue;
                }
            };
            let left = series.left(&found.content);
            if left.is_empty() {
                let Found { id, change_key, content, .. } = found;
                (self.settled)(series.at, Effect::Written { id, change_key, content });
            } else {
                let (mailbox, at) = (&self.road.place.mailbox, self.series.len());
                let errand = |(day, step)| Errand::new(mailbox, &series.id, at, day, step);
                errands.extend(left.into_iter().map(errand));
                self.series.push(series);
            }
        }
        errands
    }

    /// Sends what can be sent; gives the last trouble that passes.
    async fn run_errands(&mut self, errands: Vec<Errand>) -> Option<Error> {
        let (mut queue, mut trouble) = (waves(errands), None);
        while let Some(mut batch) = queue.pop_front().filter(|_| self.stop.is_none()) {
            let requests = batch.iter().map(|errand| errand.request(self.road.names.prefer)).collect();
            let body = match batch::encode(self.road.names.writing, requests) {
                Ok(body) => body,
                Err(error) => {
                    self.stop = Some(Err(error));
                    break;
                }
            };
            if body.len() > BATCH_BYTES && batch.len() > 1 {
                let rest = batch.split_off(batch.len() / 2);
                queue.push_front(rest);
                queue.push_front(batch);
                continue;
            }
            match self.road.exchange(batch.len(), body).await {
                Ok(Ok(answers)) => {
                    let answered = batch.iter().zip(answers);
                    trouble =
                        answered.filter_map(|(errand, answer)| self.judge(errand, answer)).last().or(trouble);
                }
                Ok(Err(error)) if error.passes() => {
                    self.road.pause_a_little();
                    trouble = Some(error);
                }
                Ok(Err(error)) => self.stop = Some(Err(error)),
                Err(stop) => self.stop = Some(stop),
            }
        }
        trouble
    }

    /// Learns from an answer; what passes by itself is given back, for the errand is still to be run.
    fn judge(&mut self, errand: &Errand, answer: Option<Answer>) -> Option<Error> {
        let error = match answer {
            None => Error::nonsense(PLACE, "an answer is missing from the batch"),
            Some(answer) if (200..300).contains(&answer.status) => {
                self.done(errand);
                return None;
            }
            Some(answer) => refusal(PLACE, answer),
        };
        match error.kind() {
            Kind::Throttled { .. } => self.road.pause(error.wait_if_throttled().unwrap_or_default()),
            // Somebody writes to the same series.
            Kind::Conflict => self.road.pause_a_little(),
            _ if error.passes() => self.road.pause_a_little(),
            Kind::SkipMailbox | Kind::Permission | Kind::Consent(_) | Kind::Credential => {
                self.stop = Some(Err(error.clone()));
            }
            // What is not there needs no cancelling.
            Kind::Missing if errand.step == Step::Cancel => {
                self.done(errand);
                return None;
            }
            _ => {
                tracing::warn!(%error, "an occurrence that the server will not have as it shall be");
                self.refused(errand);
                return None;
            }
        }
        Some(error)
    }

    fn done(&mut self, errand: &Errand) {
        if let Some(series) = self.series.get_mut(errand.series) {
            series.moved = true;
            series.done.insert(errand.day);
        }
    }

    fn refused(&mut self, errand: &Errand) {
        if let Some(series) = self.series.get_mut(errand.series) {
            series.refused.insert(errand.day);
        }
    }
}

impl Errand {
    fn new(mailbox: &MailboxId, id: &ItemId, series: usize, day: NaiveDate, step: Step) -> Self {
        let url = format!("/users/{mailbox}/events/{}", escaped(&format!("OID.{id}.{day}")));
        Errand { series, day, url, step }
    }

    fn request(&self, prefer: &'static str) -> Request<'_> {
        let url = self.url.clone();
        let request = match &self.step {
            Step::Cancel => Request::new("DELETE", url),
            Step::Change(set) => Request::new("PATCH", url).body(Body::Occurrence(set)),
        };
        request.prefer(prefer)
    }
}

/// Batches in which no series comes twice, for a series takes one change at a time.
fn waves(errands: Vec<Errand>) -> VecDeque<Vec<Errand>> {
    let mut waves: Vec<Vec<Errand>> = Vec::new();
    let mut depths: BTreeMap<usize, usize> = BTreeMap::new();
    for errand in errands {
        let depth = depths.entry(errand.series).or_default();
        match waves.get_mut(*depth) {
            Some(wave) => wave.push(errand),
            None => waves.push(vec![errand]),
        }
        *depth += 1;
    }
    let mut batches = VecDeque::new();
    for mut wave in waves {
        while wave.len() > BATCH_ITEMS {
            let rest = wave.split_off(BATCH_ITEMS);
            batches.push_back(std::mem::replace(&mut wave, rest));
        }
        batches.push_back(wave);
    }
    batches
}
