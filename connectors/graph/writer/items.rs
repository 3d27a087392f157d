//! Obeying operations on the items of one folder.
//!
//! <https://learn.microsoft.com/graph/api/contactfolder-post-contacts>
//! <https://learn.microsoft.com/graph/api/contact-update>
//! <https://learn.microsoft.com/graph/api/contact-delete>
//! <https://learn.microsoft.com/graph/api/calendar-post-events>
//! <https://learn.microsoft.com/graph/api/event-update>
//! <https://learn.microsoft.com/graph/api/event-delete>

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sync::{Copy, Effect, ItemId, Op, SourceKey};

use super::Writer;
use super::outcome::{Outcome, outcome};
use super::series::Series;
use crate::clock::left;
use crate::graph::Place;
use crate::graph::batch::{self, Answers, BATCH_BYTES, BATCH_ITEMS, Request};
use crate::graph::body::Body;
use crate::graph::error::Error;
use crate::graph::kinds::{Names, names};
use crate::graph::lanes::Lane;
use crate::graph::tag::Tag;

/// How often one operation is sent again because the mailbox was over its limits.
const THROTTLED: u32 = 20;

/// The ids under which the server knows a create that it is sent twice, by the item's identity: those of the intents.
pub type Transactions = BTreeMap<SourceKey, String>;

/// Whoever is told what came of each operation.
pub(super) type Settled<'a> = &'a mut (dyn FnMut(usize, Effect) + Send);

impl Writer {
    /// Obeys the operations in batches; `settled` is called once for each that writes, with its place in `ops`,
    /// as soon as it is known what came of it. Those that write nothing are passed over.
    ///
    /// What was not sent by the deadline is [`Effect::NotSent`]. An error says why the mailbox as a whole was
    /// given up; by then every operation is settled.
    pub async fn write(
        &self,
        place: &Place,
        ops: &[Op],
        transactions: &Transactions,
        deadline: DateTime<Utc>,
        settled: &mut (dyn FnMut(usize, Effect) + Send),
    ) -> Result<(), Error> {
        let queue = ops.iter().enumerate().filter(|(_, op)| op.is_write());
        let queue = queue.map(|(at, op)| Task { at, op, throttled: 0, again: false }).collect();
        let (lane, names) = (self.session.lane(&place.mailbox), names(place.kind));
        let road = Road { writer: self, place, names, lane, transactions, deadline };
        Writing { road, queue, series: Vec::new(), width: BATCH_ITEMS, stop: None, settled }.run().await
    }
}

/// One operation on its way.
#[derive(Clone, Copy)]
struct Task<'a> {
    at: usize,
    op: &'a Op,
    throttled: u32,
    /// It was sent before, and that answer was lost.
    again: bool,
}

/// Where the operations of one call go, and until when.
pub(super) struct Road<'a> {
    pub writer: &'a Writer,
    pub place: &'a Place,
    pub names: &'static Names,
    lane: Arc<Lane>,
    transactions: &'a Transactions,
    deadline: DateTime<Utc>,
}

/// Why nothing more is sent: the time is over, or the mailbox is given up.
pub(super) type Stop = Result<(), Error>;

/// The operations of one call on their way.
pub(super) struct Writing<'a> {
    pub road: Road<'a>,
    queue: VecDeque<Task<'a>>,
    /// The series that were updated, and of which occurrences are left to be read or written.
    pub series: Vec<Series>,
    width: usize,
    pub stop: Option<Stop>,
    pub settled: Settled<'a>,
}

impl<'a> Road<'a> {
    fn request(&self, op: &'a Op) -> Option<Request<'a>> {
        let Place { kind, mailbox, folder, hub } = self.place;
        let (kind, prefer) = (*kind, self.names.prefer);
        let one = |id: &ItemId| self.names.item_of(mailbox, folder, id);
        let request = match op {
            Op::Create { key, content } => {
                let transaction = self.transactions.get(key).map(String::as_str);
                let body = Body::Create { kind, content, tag: Tag { hub, key }, transaction };
                Request::new("POST", self.names.items_of(mailbox, folder)).body(body)
            }
            // The mark always goes along: the item may be one that a user made.
            Op::Update { key, id, change_key, set, .. } => {
                let if_match = self.writer.session.shared.options.if_match;
                let body = Body::Patch { kind, set, tag: Tag { hub, key } };
                let etag = if_match.then(|| format!("W/\"{change_key}\""));
                Request::new("PATCH", one(id)).if_match(etag).body(body)
            }
            Op::Delete { id, .. } => Request::new("DELETE", one(id)),
            Op::Record { .. } | Op::Forget { .. } => return None,
        };
        Some(request.prefer(prefer))
    }

    /// Sends one batch when the mailbox's turn has come; the outer error is a turn that comes too late.
    pub(super) async fn exchange(&self, count: usize, body: Bytes) -> Result<Result<Answers, Error>, Stop> {
        let session = &self.writer.session;
        let (requests, bytes) = (count as u64, body.len() as u64);
        let turn = self.lane.turn(session.clock(), requests, bytes, self.deadline);
        let _turn = turn.await.map_err(|wait| self.late(wait))?;
        let fenced = session.fenced();
        if fenced > left(session.now(), self.deadline) {
            return Err(self.late(fenced));
        }
        Ok(session.send_batch(self.names.writing, body, count).await)
    }

    /// Waits until the mailbox may be spoken to.
    pub(super) async fn ready(&self) -> Result<(), Stop> {
        let turn = self.lane.turn(self.writer.session.clock(), 0, 0, self.deadline).await;
        turn.map(drop).map_err(|wait| self.late(wait))
    }

    /// Keeps everybody away from the mailbox for a while.
    pub(super) fn pause(&self, wait: Duration) {
        self.lane.fence.close(self.writer.session.now(), wait);
    }

    /// Keeps everybody away from a mailbox that may be in trouble.
    pub(super) fn pause_a_little(&self) {
        self.pause(self.writer.session.waits().next().unwrap_or_default());
    }

    /// A wait beyond the deadline: a deadline that has passed is no fault of the mailbox.
    fn late(&self, wait: Duration) -> Stop {
        if wait.is_zero() { Ok(()) } else { Err(Error::throttled(self.names.writing, wait)) }
    }
}

impl<'a> Writing<'a> {
    async fn run(mut self) -> Result<(), Error> {
        while self.stop.is_none() && !self.queue.is_empty() {
            let batch: Vec<Task<'a>> = self.queue.drain(..self.width.min(self.queue.len())).collect();
            self.send(batch).await;
        }
        self.write_occurrences().await;
        for task in self.queue {
            // What was sent once and lost is not known, even if it is not sent again.
            (self.settled)(task.at, if task.again { Effect::Unknown } else { Effect::NotSent });
        }
        self.stop.unwrap_or(Ok(()))
    }

    async fn send(&mut self, batch: Vec<Task<'a>>) {
        let requests = batch.iter().filter_map(|task| self.road.request(task.op));
        let body = match batch::encode(self.road.names.writing, requests.collect()) {
            Ok(body) => body,
            Err(error) => return self.give_up(batch, Err(error)),
        };
        if body.len() > BATCH_BYTES && batch.len() > 1 {
            self.width = batch.len() / 2;
            return batch.into_iter().rev().for_each(|task| self.queue.push_front(task));
        }
        match self.road.exchange(batch.len(), body).await {
            Ok(Ok(answers)) => self.settle(batch, answers).await,
            Ok(Err(error)) => self.failed(batch, error).await,
            Err(stop) => self.give_up(batch, stop),
        }
    }

    async fn settle(&mut self, batch: Vec<Task<'a>>, answers: Answers) {
        let (mut uncertain, mut refused, count) = (Vec::new(), Vec::new(), batch.len());
        for (task, answer) in batch.into_iter().zip(answers) {
            match outcome(task.op, task.again, answer) {
                Outcome::Settled(effect) => (self.settled)(task.at, effect),
                Outcome::Series(id) => self.series.push(Series::new(task.at, id, task.op)),
                Outcome::Throttled(wait) => {
                    self.road.pause(wait);
                    self.put_back(task, Error::throttled(self.road.names.writing, wait));
                }
                Outcome::Uncertain => uncertain.push(task),
                Outcome::Refused(error) => {
                    (self.settled)(task.at, Effect::Refused(error.code().to_owned()));
                    refused.push(error);
                }
                Outcome::Stop(error) => self.give_up(vec![task], Err(error)),
            }
        }
        if refused.len() == count {
            self.stop = refused.pop().map(Err);
        }
        self.resolve(uncertain).await;
    }

    /// The batch as a whole was refused or lost.
    async fn failed(&mut self, batch: Vec<Task<'a>>, error: Error) {
        if error.may_have_happened() {
            self.resolve(batch).await;
        } else if error.passes() {
            batch.into_iter().for_each(|task| self.put_back(task, error.clone()));
        } else {
            self.give_up(batch, Err(error));
        }
    }

    /// Finds out what happened: a create is looked for and never sent again, the others may be sent once more.
    async fn resolve(&mut self, uncertain: Vec<Task<'a>>) {
        if uncertain.is_empty() {
            return;
        }
        self.road.pause_a_little();
        let Road { writer, place, .. } = self.road;
        let (creates, others): (Vec<_>, Vec<_>) =
            uncertain.into_iter().partition(|task| matches!(task.op, Op::Create { .. }));
        for task in others {
            match task.again {
                true => (self.settled)(task.at, Effect::Unknown),
                false => self.queue.push_back(Task { again: true, ..task }),
            }
        }
        let keys: Vec<SourceKey> = creates.iter().map(|task| task.op.key().clone()).collect();
        let mut found = match keys.is_empty() {
            true => Vec::new(),
            false => writer.reader.find(place, &keys).await.unwrap_or_default(),
        };
        for task in creates {
            (self.settled)(task.at, take(&mut found, task.op.key()));
        }
    }

    fn put_back(&mut self, task: Task<'a>, error: Error) {
        if task.throttled >= THROTTLED {
            return self.give_up(vec![task], Err(error));
        }
        self.queue.push_back(Task { throttled: task.throttled + 1, ..task });
    }

    /// Leaves everything that is still to be done.
    fn give_up(&mut self, tasks: Vec<Task<'a>>, why: Stop) {
        self.queue.extend(tasks);
        self.stop.get_or_insert(why);
    }
}

/// What a create came to, by what was found of it.
fn take(found: &mut Vec<Copy>, key: &SourceKey) -> Effect {
    match found.iter().position(|copy| copy.key == *key).map(|at| found.swap_remove(at)) {
        Some(Copy { id, change_key, content, .. }) => Effect::Written { id, change_key, content },
        None => Effect::Unknown,
    }
}
