//! A small Functions host for local mode: it starts the same functions, by the same envelopes, as the cloud's does.
//!
//! It reads the same `function.json` and `host.json`, posts timers and queue messages to the handler on this machine,
//! and judges the answers as the real host does: an answer without a body never completes, anything but 2xx with JSON
//! is a failure, and a message that failed too often goes to `<queue>-poison`. HTTP functions need no host here: the
//! handler serves them itself.
//!
//! It differs where nobody can notice, or where it says so: output bindings are refused, a function that reaches its
//! time-out fails but does not kill the handler, and a timer that was missed while nothing ran is not made good.

mod activity;
mod definitions;
mod envelope;
mod handler;
mod queues;
mod timers;

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

pub use self::definitions::{Definition, Settings, Trigger, read_definitions};
use self::{activity::Activity, handler::Handler, timers::Timer};
use super::SqliteQueue;
use crate::{
    clock::Clock,
    error::{Error, Kind, Result, refused},
    queue::Queue,
    random::Random,
};

/// How often [`Host::drain`] looks again when nothing in this process moves.
const DRAIN_POLL: Duration = Duration::from_millis(200);

/// What a [`Host`] needs.
pub struct Setup {
    /// What starts work: see [`read_definitions`].
    pub definitions: Vec<Definition>,
    /// The rules of `host.json`.
    pub settings: Settings,
    /// Where the queues are.
    pub queue: SqliteQueue,
    /// The time that timers, delays and time-outs go by.
    pub clock: Arc<dyn Clock>,
    /// Where the ids of invocations come from.
    pub random: Arc<dyn Random>,
    /// The port of the handler on 127.0.0.1.
    pub port: u16,
    /// Whether timers fire at their times, or only by [`Host::fire`].
    pub timers_run: bool,
}

/// A running host; it stops when it is dropped.
pub struct Host {
    shared: Arc<Shared>,
    timers: Vec<Arc<Timer>>,
    queues: Vec<String>,
    loops: JoinSet<()>,
}

/// What every loop of a host works with.
struct Shared {
    handler: Handler,
    queue: SqliteQueue,
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    activity: Activity,
}

impl Host {
    /// Waits until the handler answers, then starts its timers and queues.
    ///
    /// A rustls crypto provider must be installed before. Fails with `Unavailable` if the handler does not answer.
    pub async fn start(setup: Setup) -> Result<Self> {
        let Setup { definitions, settings, queue, clock, random, port, timers_run } = setup;
        let handler = Handler::new(port, settings.function_timeout, Arc::clone(&clock))?;
        handler.ready().await?;
        let shared =
            Arc::new(Shared { handler, queue, settings, clock, random, activity: Activity::default() });
        let mut host = Self { shared, timers: Vec::new(), queues: Vec::new(), loops: JoinSet::new() };
        definitions.into_iter().for_each(|definition| host.add(definition, timers_run));
        Ok(host)
    }

    fn add(&mut self, definition: Definition, timers_run: bool) {
        let Definition { name, trigger } = definition;
        match trigger {
            Trigger::Http => {}
            Trigger::Queue { binding, queue } => {
                self.queues.push(queue.clone());
                self.loops
                    .spawn(queues::run(Arc::clone(&self.shared), queues::Function { name, binding, queue }));
            }
            Trigger::Timer { binding, schedule, monitored } => {
                let timer = Arc::new(Timer::new(name, binding, *schedule, monitored));
                self.timers.push(Arc::clone(&timer));
                if timers_run {
                    self.loops.spawn(timers::run(Arc::clone(&self.shared), timer));
                }
            }
        }
    }

    /// Fires a timer now, after a run of it that may be under way, and waits for its end.
    ///
    /// Fails with `Refused` if there is no such timer, with `Unavailable` if its function failed.
    pub async fn fire(&self, name: &str) -> Result<()> {
        let timer = self.timers.iter().find(|timer| timer.name() == name);
        let timer = timer.ok_or_else(|| refused(format!("there is no timer {name:?} to fire")))?;
        timer.fire(&self.shared).await
    }

    /// How many invocations run now.
    pub fn running(&self) -> u64 {
        self.shared.activity.watch().borrow().running
    }

    /// Waits until every queue that has a function is empty, delayed messages included, and nothing runs.
    ///
    /// Fails with `Unavailable` when that takes longer than the limit, and says what is left.
    pub async fn drain(&self, limit: Duration) -> Result<()> {
        tokio::select! {
            drained = self.drained() => drained,
            () = self.shared.clock.sleep(limit) => Err(self.left(limit).await),
        }
    }

    /// Stops at once: what runs is given up, and its messages come back later.
    pub async fn stop(mut self) {
        self.loops.shutdown().await;
    }

    async fn drained(&self) -> Result<()> {
        let mut activity = self.shared.activity.watch();
        loop {
            let before = *activity.borrow_and_update();
            if before.running == 0 && self.waiting().await? == 0 && *activity.borrow() == before {
                return Ok(());
            }
            tokio::select! {
                _ = activity.changed() => {}
                () = self.shared.clock.sleep(DRAIN_POLL) => {}
            }
        }
    }

    async fn waiting(&self) -> Result<u64> {
        let mut count = 0;
        for queue in &self.queues {
            count += self.shared.queue.len(queue).await?;
        }
        Ok(count)
    }

    async fn left(&self, limit: Duration) -> Error {
        let mut left = vec![format!("{} running", self.running())];
        for queue in &self.queues {
            match self.shared.queue.len(queue).await {
                Ok(0) => {}
                Ok(count) => left.push(format!("{count} in {queue}")),
                Err(error) => left.push(format!("{queue} unknown ({error})")),
            }
        }
        Error::new(Kind::Unavailable, format!("work is left after {limit:?}: {}", left.join(", ")))
    }
}
