//! One step of the story, in figures.

use std::fmt;

use demo::api::field;
use demo::stage::RunResult;
use serde::Serialize;
use serde_json::{Value, json};

/// One step, counted by the simulated tenant.
#[derive(Debug, Default, Serialize)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// Contacts and events created.
    pub creates: u64,
    /// Contacts and events updated.
    pub updates: u64,
    /// Contacts and events deleted.
    pub deletes: u64,
    /// Mailboxes whose plan waits for somebody to agree.
    pub held: u64,
    /// Mailboxes that could not be synced.
    pub failed: u64,
    /// HTTP calls to Graph.
    pub http_calls: u64,
    /// Requests to Graph, those inside batches counted one by one.
    pub graph_requests: u64,
    /// How long it took.
    pub seconds: f64,
    /// Differences between what the mailboxes should hold and what they hold.
    pub mismatches: usize,
    /// Invitations, updates and cancellations that Exchange would have mailed, since the story began.
    pub invitations: usize,
}

impl Step {
    /// What the runs of a step did; nobody has looked into the mailboxes yet.
    pub fn of(name: &'static str, result: &RunResult) -> Self {
        let writes = &result.counts.writes;
        let outcomes = || result.progress.iter().flat_map(|run| field(run, "outcomes").as_array()).flatten();
        let ended = |is_so: fn(&Value) -> bool| outcomes().filter(|outcome| is_so(outcome)).count() as u64;
        Step {
            name,
            creates: writes.contact_creates + writes.event_creates,
            updates: writes.contact_patches + writes.event_patches,
            deletes: writes.contact_deletes + writes.event_deletes,
            held: ended(|outcome| *field(outcome, "state") == json!("held")),
            failed: ended(is_failed),
            http_calls: result.counts.http_calls,
            graph_requests: result.counts.graph_requests,
            seconds: result.time.as_secs_f64(),
            ..Step::default()
        }
    }
}

/// What a mailbox proposed is left for the hub to judge: that is no failure.
fn is_failed(outcome: &Value) -> bool {
    match field(outcome, "state").as_str() {
        Some("failed" | "quarantined") => true,
        Some("left") => field(outcome, "proposed").is_null(),
        _ => false,
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} created, {} updated, {} deleted, {} held, {} failed; {} HTTP calls, {} Graph requests, {:.2} s; \
             {} differences, {} invitations",
            self.name,
            self.creates,
            self.updates,
            self.deletes,
            self.held,
            self.failed,
            self.http_calls,
            self.graph_requests,
            self.seconds,
            self.mismatches,
            self.invitations
        )
    }
}
