//! The life of a handler under the host: polled, called, timed out, restarted, given up.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::{Verdict, judge};
use super::envelope;
use super::wire::{Call, Reply, send};
use super::worker::{Launch, Line, Worker};

/// Real times, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long a handler may take to answer `/` after its start.
    pub initialization: u64,
    /// `functionTimeout`.
    pub function: u64,
    /// From when on an answer to `/` is worth a complaint.
    pub slow_ping: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self { initialization: 30_000, function: 20_000, slow_ping: 1_000 }
    }
}

/// What a host makes of a handler that ends with 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterExit0 {
    /// Older hosts: nothing, and every later call fails.
    Nothing,
    /// Newer hosts.
    Restart,
}

/// How often a handler may end badly before the host shuts itself down.
const ERRORS: u32 = 3;
/// How often the port is tried after a start.
const POLL: Duration = Duration::from_millis(25);

/// A host with its one handler.
pub struct FakeHost {
    launch: Launch,
    times: Times,
    after_exit_0: AfterExit0,
    names_traces: bool,
    state: tokio::sync::Mutex<State>,
    record: Mutex<Record>,
}

struct State {
    worker: Option<Arc<Worker>>,
    errors: u32,
}

#[derive(Default)]
struct Record {
    invocations: u64,
    starts: u32,
    complaints: Vec<String>,
    lines: Vec<Line>,
}

impl FakeHost {
    /// Starts the handler and waits until it answers `/`; the error says why the host shut itself down.
    pub async fn start(launch: Launch, times: Times) -> Result<Self, String> {
        Self::start_as(launch, times, AfterExit0::Restart).await
    }

    pub async fn start_as(launch: Launch, times: Times, after_exit_0: AfterExit0) -> Result<Self, String> {
        let state = tokio::sync::Mutex::new(State { worker: None, errors: 0 });
        let host = Self { launch, times, after_exit_0, names_traces: true, state, record: Mutex::default() };
        host.worker().await?;
        Ok(host)
    }

    /// From now on it says of no call which trace it belongs to.
    pub fn without_traces(self) -> Self {
        Self { names_traces: false, ..self }
    }

    /// Posts an envelope and judges the answer; the handler is killed when it takes longer than `functionTimeout`.
    pub async fn invoke(&self, function: &str, envelope: &Value) -> Verdict {
        self.invoke_within(function, envelope, self.times.function).await
    }

    /// The same with a `functionTimeout` of its own, in milliseconds.
    pub async fn invoke_within(&self, function: &str, envelope: &Value, timeout: u64) -> Verdict {
        let worker = match self.worker().await {
            Ok(worker) => worker,
            Err(down) => return Verdict::Failure(down),
        };
        let (invocation, trace) = self.next_invocation();
        let call = envelope::call(function, &invocation, trace.as_deref(), envelope);
        match in_time(timeout, send(worker.port, &call)).await {
            Some(Ok(reply)) => self.after(&worker, judge(&reply)).await,
            Some(Err(broken)) => Verdict::Failure(broken),
            None => self.after(&worker, Verdict::Hang("no answer")).await,
        }
    }

    /// Sends a call that is no envelope, as it is.
    pub async fn http(&self, call: &Call) -> Result<Reply, String> {
        let worker = self.worker().await?;
        let (invocation, trace) = self.next_invocation();
        let call = call.clone().header("X-Azure-Functions-InvocationId", &invocation);
        let call = trace.into_iter().fold(call, |call, trace| call.header("traceparent", &trace));
        match in_time(self.times.function, send(worker.port, &call)).await {
            Some(reply) => reply,
            None => {
                worker.restart();
                Err("no answer within functionTimeout".to_owned())
            }
        }
    }

    /// The scale controller's health check: `GET /`, which must be quick at any time.
    pub async fn ping(&self) -> Result<Duration, String> {
        let worker = self.worker().await?;
        let begun = now();
        send(worker.port, &Call::new("GET", "/")).await?;
        Ok(self.note_ping(begun.elapsed()))
    }

    /// SIGKILL from outside, as when an instance is taken away.
    pub async fn kill(&self) {
        if let Some(worker) = &self.state.lock().await.worker {
            worker.kill();
        }
    }

    /// What a good handler gives no reason for.
    pub fn complaints(&self) -> Vec<String> {
        self.record.lock().unwrap().complaints.clone()
    }

    /// How often the handler was started.
    pub fn starts(&self) -> u32 {
        self.record.lock().unwrap().starts
    }

    /// Kills the handler; everything that it and those before it have written.
    pub async fn into_lines(self) -> Vec<Line> {
        let mut lines = self.record.into_inner().unwrap().lines;
        if let Some(worker) = self.state.into_inner().worker {
            worker.kill();
            lines.extend(worker.all_lines());
        }
        lines
    }

    /// Where the handler listens, on loopback.
    pub async fn port(&self) -> Option<u16> {
        self.state.lock().await.worker.as_ref().map(|worker| worker.port)
    }

    pub async fn process_id(&self) -> Option<u32> {
        self.state.lock().await.worker.as_ref().and_then(|worker| worker.process_id())
    }

    /// A handler that is alive, started again if need be; the error is final.
    async fn worker(&self) -> Result<Arc<Worker>, String> {
        let mut state = self.state.lock().await;
        loop {
            match state.worker.as_ref().map(|worker| (worker.clone(), worker.exit_code())) {
                Some((worker, None)) => return Ok(worker),
                Some((_, Some(0))) if self.after_exit_0 == AfterExit0::Nothing => {
                    return Err("the handler has ended with 0 and is not started again".to_owned());
                }
                Some((worker, Some(_))) => {
                    self.record.lock().unwrap().lines.extend(worker.all_lines());
                    state.worker = None;
                    state.errors += u32::from(worker.has_failed());
                }
                None if state.errors >= ERRORS => {
                    return Err(
                        "Exceeded http worker restart retry count. Shutting down Functions Host".to_owned()
                    );
                }
                None => state.worker = Some(self.start_one().await),
            }
        }
    }

    /// A handler that does not answer in time counts as one that ended badly.
    async fn start_one(&self) -> Arc<Worker> {
        self.record.lock().unwrap().starts += 1;
        let worker = Arc::new((self.launch)());
        let begun = now();
        let limit = Duration::from_millis(self.times.initialization);
        match tokio::time::timeout(limit, answers(&worker)).await {
            Ok(true) => {
                let ready = begun.elapsed();
                tracing::debug!(?ready, "the handler answers");
            }
            Ok(false) => {}
            Err(_) => worker.kill(),
        }
        worker
    }

    /// A hang costs the whole process, and every other call in it.
    async fn after(&self, worker: &Worker, verdict: Verdict) -> Verdict {
        if let Verdict::Hang(why) = verdict {
            self.complain(format!("hang: {why}"));
            // The host would wait for its time-out; nothing is gained here by waiting too.
            worker.restart();
        }
        verdict
    }

    fn note_ping(&self, took: Duration) -> Duration {
        if took > Duration::from_millis(self.times.slow_ping) {
            self.complain(format!("slow: / took {} ms", took.as_millis()));
        }
        took
    }

    fn complain(&self, complaint: String) {
        self.record.lock().unwrap().complaints.push(complaint);
    }

    /// The id of the next call, and its trace.
    fn next_invocation(&self) -> (String, Option<String>) {
        let mut record = self.record.lock().unwrap();
        record.invocations += 1;
        let trace = self.names_traces.then(|| envelope::traceparent(record.invocations));
        (format!("6b4cf4a9-4e2e-4b5c-8f2e-{:012x}", record.invocations), trace)
    }
}

async fn in_time<T>(ms: u64, call: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_millis(ms), call).await.ok()
}

/// Whether it answers `/` before it ends; only errors of the connection keep the host polling.
async fn answers(worker: &Worker) -> bool {
    while worker.exit_code().is_none() {
        if send(worker.port, &Call::new("GET", "/")).await.is_ok() {
            return true;
        }
        tokio::time::sleep(POLL).await;
    }
    false
}

#[allow(clippy::disallowed_methods, reason = "a host measures real time")]
fn now() -> Instant {
    Instant::now()
}
