//! Obeying operations on the contacts of one folder.
//!
//! <https://learn.microsoft.com/graph/api/contactfolder-post-contacts>
//! <https://learn.microsoft.com/graph/api/contact-update>
//! <https://learn.microsoft.com/graph/api/contact-delete>

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sync::{Copy, Effect, ItemId, Op, SourceKey};

use super::Writer;
use super::outcome::{Outcome, outcome};
use crate::clock::left;
use crate::graph::Place;
use crate::graph::batch::{self, Answers, BATCH_BYTES, BATCH_ITEMS, Request};
use crate::graph::contact::Body;
use crate::graph::error::Error;
use crate::graph::lanes::Lane;
use crate::graph::tag::{Tag, escaped};

/// How often one operation is sent again because the mailbox was over its limits.
const THROTTLED: u32 = 20;

const PLACE: &str = "contacts (write)";

/// Whoever is told what came of each operation.
type Settled<'a> = &'a mut (dyn FnMut(usize, Effect) + Send);

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
        deadline: DateTime<Utc>,
        settled: &mut (dyn FnMut(usize, Effect) + Send),
    ) -> Result<(), Error> {
        let queue = ops.iter().enumerate().filter(|(_, op)| op.is_write());
        let queue = queue.map(|(at, op)| Task { at, op, throttled: 0, again: false }).collect();
        let road = Road { writer: self, place, lane: self.session.lane(&place.mailbox), deadline };
        Writing { road, queue, width: BATCH_ITEMS, stop: None, settled }.run().await
    }

    fn request<'a>(&self, place: &'a Place, op: &'a Op) -> Option<Request<'a>> {
        let Place { mailbox, folder, hub } = place;
        let contacts = format!("/users/{mailbox}/contactFolders/{}/contacts", escaped(folder));
        let one = |id: &ItemId| format!("{contacts}/{}", escaped(id.as_str()));
        match op {
            Op::Create { key, content } => {
                let body = Body::Create { content, tag: Tag { hub, key } };
                Some(Request::new("POST", contacts).body(body))
            }
            Op::Update { id, change_key, set, .. } => {
                let etag = self.session.shared.options.if_match.then(|| format!("W/\"{change_key}\""));
                Some(Request::new("PATCH", one(id)).if_match(etag).body(Body::Patch(set)))
            }
            Op::Delete { id, .. } => Some(Request::new("DELETE", one(id))),
            Op::Record { .. } | Op::Forget { .. } => None,
        }
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
struct Road<'a> {
    writer: &'a Writer,
    place: &'a Place,
    lane: Arc<Lane>,
    deadline: DateTime<Utc>,
}

/// Why nothing more is sent: the time is over, or the mailbox is given up.
type Stop = Result<(), Error>;

/// The operations of one call on their way.
struct Writing<'a> {
    road: Road<'a>,
    queue: VecDeque<Task<'a>>,
    width: usize,
    stop: Option<Stop>,
    settled: Settled<'a>,
}

impl Road<'_> {
    /// Sends one batch when the mailbox's turn has come; the outer error is a turn that comes too late.
    async fn exchange(&self, count: usize, body: Bytes) -> Result<Result<Answers, Error>, Stop> {
        let session = &self.writer.session;
        let (requests, bytes) = (count as u64, body.len() as u64);
        let turn = self.lane.turn(session.clock(), requests, bytes, self.deadline);
        let _turn = turn.await.map_err(late)?;
        let fenced = session.fenced();
        if fenced > left(session.now(), self.deadline) {
            return Err(late(fenced));
        }
        let answer = session.send_batch(PLACE, body).await;
        Ok(answer.and_then(|answer| batch::decode(PLACE, answer, count)))
    }

    /// Keeps everybody away from the mailbox for a while.
    fn pause(&self, wait: Duration) {
        self.lane.fence.close(self.writer.session.now(), wait);
    }
}

/// A wait beyond the deadline: a deadline that has passed is no fault of the mailbox.
fn late(wait: Duration) -> Stop {
    if wait.is_zero() { Ok(()) } else { Err(Error::throttled(PLACE, wait)) }
}

impl<'a> Writing<'a> {
    async fn run(mut self) -> Result<(), Error> {
        while self.stop.is_none() && !self.queue.is_empty() {
            let batch: Vec<Task<'a>> = self.queue.drain(..self.width.min(self.queue.len())).collect();
            self.send(batch).await;
        }
        for task in self.queue {
            // What was sent once and lost is not known, even if it is not sent again.
            (self.settled)(task.at, if task.again { Effect::Unknown } else { Effect::NotSent });
        }
        self.stop.unwrap_or(Ok(()))
    }

    async fn send(&mut self, batch: Vec<Task<'a>>) {
        let requests = batch.iter().filter_map(|task| self.road.writer.request(self.road.place, task.op));
        let body = match batch::encode(PLACE, requests.collect()) {
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
                Outcome::Throttled(wait) => {
                    self.road.pause(wait);
                    self.put_back(task, Error::throttled(PLACE, wait));
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
        let Road { writer, place, .. } = self.road;
        self.road.pause(writer.session.waits().next().unwrap_or_default());
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
