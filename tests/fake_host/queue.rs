//! Storage queues as the host drives them, on a clock of their own.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::answer::Verdict;
use super::envelope::{self, Delivery, Form};
use super::host::FakeHost;
use super::package::{Package, Trigger};

/// What `host.json` says about queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    pub max_dequeue_count: u32,
    /// How long a failed message stays out of sight, in milliseconds.
    pub visibility_ms: u64,
    /// How many are handed out at once.
    pub batch: usize,
}

/// How long a message stays out of sight while it is worked on; renewed by the host for as long as the host lives.
pub const LEASE_MS: u64 = 600_000;
/// The longest name of a queue.
pub const LONGEST_NAME: usize = 63;

#[derive(Debug)]
struct Stored {
    id: String,
    bytes: Vec<u8>,
    dequeue_count: u32,
    visible_ms: u64,
}

/// All queues of an account, at a moment of virtual time.
#[derive(Debug)]
pub struct Queues {
    settings: QueueSettings,
    now_ms: u64,
    sent: u64,
    queues: BTreeMap<String, Vec<Stored>>,
}

impl Queues {
    pub fn new(settings: QueueSettings) -> Self {
        Self { settings, now_ms: 0, sent: 0, queues: BTreeMap::new() }
    }

    pub fn send(&mut self, queue: &str, bytes: &[u8]) {
        self.sent += 1;
        let id = format!("52d53c5f-e212-487e-998b-{:012x}", self.sent);
        let message = Stored { id, bytes: bytes.to_vec(), dequeue_count: 0, visible_ms: self.now_ms };
        self.queues.entry(queue.to_owned()).or_default().push(message);
    }

    pub fn advance(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    pub fn len(&self, queue: &str) -> usize {
        self.queues.get(queue).map_or(0, Vec::len)
    }

    /// The bodies that lie in a queue, seen or unseen.
    pub fn bodies(&self, queue: &str) -> Vec<Vec<u8>> {
        self.queues.get(queue).into_iter().flatten().map(|message| message.bytes.clone()).collect()
    }

    /// Leases what is in sight; what was handed out too often goes to poison without any handler being called.
    pub fn lease(&mut self, queue: &str) -> Vec<Delivery> {
        let (now, settings) = (self.now_ms, self.settings);
        let mut leased = Vec::new();
        let visible = self.queues.entry(queue.to_owned()).or_default().iter_mut();
        for message in visible.filter(|message| message.visible_ms <= now).take(settings.batch) {
            message.dequeue_count += 1;
            message.visible_ms = now + LEASE_MS;
            leased.push(Delivery {
                queue: queue.to_owned(),
                id: message.id.clone(),
                bytes: message.bytes.clone(),
                dequeue_count: message.dequeue_count,
            });
        }
        let (good, spent): (Vec<_>, Vec<_>) =
            leased.into_iter().partition(|delivery| delivery.dequeue_count <= settings.max_dequeue_count);
        for delivery in &spent {
            self.poison(delivery);
        }
        good
    }

    /// What the host does after an invocation; a hang leaves the lease to run out.
    pub fn settle(&mut self, delivery: &Delivery, verdict: &Verdict) {
        match verdict {
            Verdict::Success(_) => self.remove(delivery),
            Verdict::Hang(_) => {}
            Verdict::Failure(_) if delivery.dequeue_count >= self.settings.max_dequeue_count => {
                self.poison(delivery)
            }
            Verdict::Failure(_) => self.release(delivery),
        }
    }

    /// Makes a message visible again although it was handled: at least once means at times twice.
    pub fn hand_out_again(&mut self, delivery: &Delivery) {
        let again = Stored {
            id: delivery.id.clone(),
            bytes: delivery.bytes.clone(),
            dequeue_count: delivery.dequeue_count,
            visible_ms: self.now_ms,
        };
        self.remove(delivery);
        self.queues.entry(delivery.queue.clone()).or_default().push(again);
    }

    fn remove(&mut self, delivery: &Delivery) {
        self.queues.entry(delivery.queue.clone()).or_default().retain(|message| message.id != delivery.id);
    }

    fn release(&mut self, delivery: &Delivery) {
        let visible_ms = self.now_ms + self.settings.visibility_ms;
        let messages = self.queues.entry(delivery.queue.clone()).or_default().iter_mut();
        messages
            .filter(|message| message.id == delivery.id)
            .for_each(|message| message.visible_ms = visible_ms);
    }

    /// Copies the body away, without a reason. Where no poison queue can be, the message is not even released.
    fn poison(&mut self, delivery: &Delivery) {
        let poison = format!("{}-poison", delivery.queue);
        if delivery.queue.ends_with("-poison") || poison.len() > LONGEST_NAME {
            return;
        }
        self.remove(delivery);
        self.send(&poison, &delivery.bytes);
    }
}

/// Hands out everything in sight to the functions of a package, all at once, and settles it.
pub async fn pump(
    queues: &mut Queues,
    host: &FakeHost,
    package: &Package,
    form: Form,
) -> Vec<(Delivery, Verdict)> {
    let mut due = Vec::new();
    for function in &package.functions {
        if let Trigger::Queue { queue, .. } = &function.trigger {
            due.extend(queues.lease(queue).into_iter().map(|delivery| (function, delivery)));
        }
    }
    let calls = due.into_iter().map(|(function, delivery)| async move {
        let envelope = envelope::queue(&function.name, &function.binding, form, &delivery);
        let verdict = host.invoke(&function.name, &envelope).await;
        (delivery, verdict)
    });
    let settled = join_all(calls).await;
    for (delivery, verdict) in &settled {
        queues.settle(delivery, verdict);
    }
    settled
}
