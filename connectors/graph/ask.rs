//! Point reads of many mailboxes, twenty in one batch.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use sync::MailboxId;

use super::batch::{self, Answers, BATCH_ITEMS, Request};
use super::client::{Session, refusal};
use super::error::Error;
use super::http::Answer;
use super::lanes::Turn;
use crate::clock::later;

/// A mailbox that has to be waited for longer is given up for now, so that the others go on.
const PATIENCE: Duration = Duration::from_secs(10);

/// One question to one mailbox.
pub(super) struct Ask {
    pub mailbox: MailboxId,
    pub url: String,
    pub prefer: &'static str,
}

/// One round of questions in one batch.
struct Batch<'a> {
    session: &'a Session,
    place: &'a str,
    asks: Vec<(usize, &'a Ask)>,
}

/// Asks everything, again where trouble passes, until `read` understands the answers; they come in the order
/// of the questions.
pub(super) async fn ask<T>(
    session: &Session,
    place: &str,
    asks: &[Ask],
    read: impl Fn(&Bytes) -> Result<T, Error>,
) -> Vec<Result<T, Error>> {
    let unasked = || Err(Error::new(super::Kind::Retry { after: None }, place, "not asked"));
    let mut answers: Vec<Result<T, Error>> = asks.iter().map(|_| unasked()).collect();
    let mut open: Vec<usize> = (0..asks.len()).collect();
    for wait in session.waits().map(Some).chain([None]) {
        for chunk in open.chunks(BATCH_ITEMS) {
            let asks = chunk.iter().filter_map(|&at| Some((at, asks.get(at)?))).collect();
            for (at, answer) in (Batch { session, place, asks }).send().await {
                if let Some(slot) = answers.get_mut(at) {
                    *slot = answer.and_then(|answer| read(&answer.body));
                }
            }
        }
        open.retain(|at| answers.get(*at).is_some_and(|answer| answer.as_ref().is_err_and(worth_repeating)));
        let Some(wait) = wait.filter(|_| !open.is_empty()) else { break };
        session.clock().sleep(wait).await;
    }
    answers
}

fn worth_repeating(error: &Error) -> bool {
    error.passes() && error.after().unwrap_or_default() <= PATIENCE
}

impl Batch<'_> {
    async fn send(mut self) -> Vec<(usize, Result<Answer, Error>)> {
        let (turns, mut answers) = self.turns().await;
        if self.asks.is_empty() {
            return answers;
        }
        let sent = self.exchange().await;
        drop(turns);
        match sent {
            Ok(found) => {
                answers.extend(self.asks.iter().zip(found).map(|(ask, found)| self.judge(*ask, found)))
            }
            Err(error) => answers.extend(self.asks.iter().map(|(at, _)| (*at, Err(error.clone())))),
        }
        answers
    }

    /// Takes the lanes of all mailboxes, always in the order of their ids, so that no two batches wait for each
    /// other. The questions to a mailbox that is throttled for long are given up.
    async fn turns(&mut self) -> (Vec<Turn>, Vec<(usize, Result<Answer, Error>)>) {
        let mut counts = BTreeMap::new();
        self.asks.iter().for_each(|(_, ask)| *counts.entry(&ask.mailbox).or_insert(0) += 1);
        let (mut turns, mut closed) = (Vec::with_capacity(counts.len()), BTreeMap::new());
        for (mailbox, count) in counts {
            let until = later(self.session.now(), PATIENCE);
            match self.session.lane(mailbox).turn(self.session.clock(), count, 0, until).await {
                Ok(turn) => turns.push(turn),
                Err(wait) => drop(closed.insert(mailbox, wait)),
            }
        }
        let mut given_up = Vec::new();
        self.asks.retain(|(at, ask)| {
            let wait = closed.get(&ask.mailbox);
            given_up.extend(wait.map(|wait| (*at, Err(Error::throttled(self.place, *wait)))));
            wait.is_none()
        });
        (turns, given_up)
    }

    async fn exchange(&self) -> Result<Answers, Error> {
        let requests =
            self.asks.iter().map(|(_, ask)| Request::new("GET", ask.url.clone()).prefer(ask.prefer));
        let body = batch::encode(self.place, requests.collect())?;
        self.session.send_batch(self.place, body, self.asks.len()).await
    }

    fn judge(&self, (at, ask): (usize, &Ask), found: Option<Answer>) -> (usize, Result<Answer, Error>) {
        let judged = match found {
            None => Err(Error::nonsense(self.place, "an answer is missing from the batch")),
            Some(answer) if (200..300).contains(&answer.status) => Ok(answer),
            Some(answer) => Err(refusal(self.place, answer)),
        };
        if let Some(wait) = judged.as_ref().err().and_then(Error::wait_if_throttled) {
            self.session.lane(&ask.mailbox).fence.close(self.session.now(), wait);
        }
        (at, judged)
    }
}
