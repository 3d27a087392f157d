//! What a load costs.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::load::{HOURS, Load};
use super::prices::{
    ALERT, BLOB_READ, BLOB_WRITE, ENDPOINT, EXECUTION, FRONT_DOOR, GIB_SECOND, LOG, QUEUE, STORED, VAULT,
    ZONE,
};
use super::{Network, Options};
use crate::places;

/// Seconds that are billed for the timer of each minute, a source that is read and a message, as if each had an instance to itself.
const SECONDS: [f64; 3] = [1.0, 2.0, 4.0];
/// Calls to a queue for each message: sent, received, deleted, and one to spare.
const QUEUE_CALLS: f64 = 4.0;
/// How often an idle queue is looked at in a minute, by whoever decides about instances.
const POLLS: f64 = 6.0;
/// Blobs that are read for a gathering, a message, a mailbox that gets something and one that gets nothing; leases cost as much.
const READS: [f64; 4] = [17.0, 9.0, 5.0, 1.0];
/// Blobs that are written, and listings. One that gets nothing is noted if Graph's delta link moved: at most.
const WRITES: [f64; 4] = [7.0, 6.0, 2.0, 1.0];
/// Calls to the vault in an hour: a data key is kept for five minutes, by the instances of timers, queues and calls each.
const VAULT_CALLS: f64 = 12.0 * 3.0;
/// Bytes of log that the host adds to each execution.
const HOST_BYTES: f64 = 2_000.0;
/// Bytes that are kept of one mailbox.
const RECORD_BYTES: f64 = 100_000.0;

/// A month in dollars, by what it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Month(Vec<(&'static str, f64)>);

/// What the stamp has, however much it works.
struct Stamp {
    endpoints: f64,
    zones: f64,
    queues: f64,
    alerts: f64,
}

impl Stamp {
    /// Counts it in the lists that the infrastructure is made from.
    fn read() -> Result<Self> {
        let [stamp, alerts] = ["infra/common/stamp.json", "infra/common/alerts.json"].map(|name| {
            let text = fs::read_to_string(places::root().join(name)).with_context(|| name.to_owned())?;
            serde_json::from_str::<Value>(&text).with_context(|| name.to_owned())
        });
        let (stamp, alerts) = (stamp?, alerts?);
        let count = |value: Option<&Value>| {
            let all = value.map_or(0, |value| match value {
                Value::Object(fields) => fields.len(),
                other => other.as_array().map_or(0, Vec::len),
            });
            all as f64
        };
        Ok(Self {
            endpoints: count(stamp.get("endpoints")),
            zones: count(stamp.get("zones")),
            queues: count(stamp.pointer("/queues/data")),
            alerts: count(Some(&alerts)),
        })
    }
}

impl Month {
    /// The month of a load.
    ///
    /// # Errors
    /// The lists of the infrastructure can't be read.
    pub fn of(load: &Load, options: &Options) -> Result<Self> {
        let stamp = Stamp::read()?;
        let Load { hubs, runs, readings, messages, writing, looking } = *load;
        let minutes = HOURS * 60.0;
        let executions = minutes + runs + messages;
        let seconds: f64 =
            SECONDS.iter().zip([minutes, readings, messages]).map(|(each, count)| each * count).sum();
        let often = [runs, messages, writing, looking];
        let times = |each: [f64; 4]| each.iter().zip(often).map(|(each, count)| each * count).sum::<f64>();
        // Each minute the tenants and a tenant's hubs are listed, and every hub's configuration and state read.
        let reads = minutes * (1.0 + 2.0 * hubs) + times(READS);
        let writes = minutes * 2.0 + times(WRITES);
        let private = options.network == Network::PrivateEndpoints;
        let network = ENDPOINT.times(stamp.endpoints * HOURS) + ZONE.times(stamp.zones);
        let log_bytes = (writing + looking) * f64::from(options.log_bytes) + executions * HOST_BYTES;
        let kept = f64::from(options.mailboxes) * hubs * RECORD_BYTES;
        Ok(Self(vec![
            ("network", if private { network } else { 0.0 }),
            ("Front Door", if options.front_door { FRONT_DOOR.times(1.0) } else { 0.0 }),
            ("alerts", ALERT.times(stamp.alerts)),
            ("compute", GIB_SECOND.times(seconds * f64::from(options.memory) / 1024.0)),
            ("executions", EXECUTION.times(executions)),
            ("queues", QUEUE.times((messages + runs) * QUEUE_CALLS + minutes * POLLS * stamp.queues)),
            ("blobs", BLOB_READ.times(reads) + BLOB_WRITE.times(writes) + STORED.times(kept / 1e9)),
            ("vault", VAULT.times(HOURS * VAULT_CALLS)),
            ("logs", LOG.times(log_bytes / 1e9)),
        ]))
    }

    /// All of it.
    pub fn total(&self) -> f64 {
        self.0.iter().map(|(_, dollars)| dollars).sum()
    }

    /// Each part, and the total.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().copied().chain([("total", self.total())])
    }

    /// The same as one JSON document.
    pub fn document(&self) -> Value {
        self.rows().map(|(name, dollars)| (name.to_owned(), json!(dollars))).collect::<Map<_, _>>().into()
    }
}
