//! The host's part: hands messages to the functions in its envelopes, judges the answers, hands out again, poisons.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures::future::join_all;
use http_body_util::BodyExt;
use platform::{Message, Queue};
use serde_json::Value;

use super::World;
use crate::fake_host::answer::{Verdict, judge};
use crate::fake_host::envelope::{self, Delivery, Form};
use crate::fake_host::wire::Reply;

/// The queues that have a function of their name.
pub const QUEUES: [&str; 6] =
    ["gather", "sync-mailbox", "privacy", "gather-poison", "sync-mailbox-poison", "privacy-poison"];
/// `host.json`: how often a message is handed out, and how long it rests in between.
const MOST_ATTEMPTS: u32 = 5;
const REST: Duration = Duration::from_secs(30);
/// How long a message is hidden while it is worked on.
const LEASE: Duration = Duration::from_secs(600);
/// How many rounds of handing out any story may need before it counts as a loop without end.
const MOST_ROUNDS: usize = 400;
/// How long to wait when all messages are delayed.
const STEP: Duration = Duration::from_secs(10);

/// What the host remembers of a story.
#[derive(Default)]
pub struct Host {
    /// Every message that was handed out, with the queue that it came from.
    pub seen: Mutex<Vec<(String, Bytes)>>,
    /// Every call that failed, in words.
    pub failures: Mutex<Vec<String>>,
    calls: AtomicU64,
}

impl World {
    /// Hands out messages until every queue is empty, letting time pass where all of them are delayed.
    pub async fn settle(&self) {
        for _ in 0..MOST_ROUNDS {
            if self.round().await > 0 {
                continue;
            }
            if self.waiting().await == 0 {
                return;
            }
            self.clock.advance(STEP);
        }
        panic!("messages go round and round: {:?}", self.host.seen.lock().unwrap().last());
    }

    /// How many messages there are, delayed ones too.
    pub async fn waiting(&self) -> u64 {
        let counts = QUEUES.map(|queue| self.queue.len(queue));
        join_all(counts).await.into_iter().map(Result::unwrap).sum()
    }

    /// Hands out what is due, all at once; how many messages that were.
    pub async fn round(&self) -> usize {
        let mut due = Vec::new();
        for queue in QUEUES {
            due.extend(self.queue.receive(queue, 8, LEASE).await.unwrap());
        }
        let count = due.len();
        join_all(due.into_iter().map(|message| self.hand_out(message))).await;
        count
    }

    async fn hand_out(&self, mut message: Message) {
        let (queue, bytes) = (message.queue.clone(), message.bytes.clone());
        self.host.seen.lock().unwrap().push((queue.clone(), bytes.clone()));
        match self.invoke(&queue, &bytes, message.dequeue_count).await {
            Verdict::Success(_) => self.queue.delete(message).await.unwrap(),
            verdict => {
                self.host.failures.lock().unwrap().push(format!("{queue}: {verdict:?}"));
                if message.dequeue_count < MOST_ATTEMPTS {
                    self.queue.extend(&mut message, REST).await.unwrap();
                } else {
                    assert!(!queue.ends_with("-poison"), "a poison function fails again and again");
                    self.queue.send(&format!("{queue}-poison"), bytes, Duration::ZERO).await.unwrap();
                    self.queue.delete(message).await.unwrap();
                }
            }
        }
    }

    /// Hands one message to a function, once.
    pub async fn invoke(&self, function: &str, bytes: &[u8], dequeue_count: u32) -> Verdict {
        let delivery = Delivery {
            queue: function.to_owned(),
            id: "52d53c5f".to_owned(),
            bytes: bytes.to_vec(),
            dequeue_count,
        };
        self.post_envelope(function, &envelope::queue(function, "message", Form::Binary, &delivery)).await
    }

    /// Fires a timer.
    pub async fn fire(&self, function: &str) {
        let verdict = self.post_envelope(function, &envelope::timer(function, "timer", None, false)).await;
        assert!(verdict.is_success(), "{function}: {verdict:?}");
    }

    /// Posts an envelope as the host does, and judges the answer as it would.
    pub async fn post_envelope(&self, function: &str, envelope: &Value) -> Verdict {
        let nth = self.host.calls.fetch_add(1, Ordering::Relaxed);
        let request = Request::post(format!("/{function}"))
            .header("host", "127.0.0.1:7071")
            .header("x-azure-functions-invocationid", format!("6b4cf4a9-4e2e-4b5c-8f2e-{nth:012x}"))
            .header("traceparent", envelope::traceparent(nth))
            .header("content-type", "application/json; charset=utf-8");
        let request = request.body(Body::from(envelope.to_string())).unwrap();
        let response = self.answer(request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        judge(&Reply { status: head.status.as_u16(), headers: head.headers, body })
    }
}
