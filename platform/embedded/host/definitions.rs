//! What starts work, and by which rules: `function.json` and `host.json`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use serde::Deserialize;

use crate::{
    error::{Error, Kind, Result, refused},
    queue::{MAX_RECEIVE, check_queue},
};

/// A function and what starts it.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name: the folder's name, and the path that is posted to.
    pub name: String,
    /// What starts it.
    pub trigger: Trigger,
}

/// What starts a function.
#[derive(Debug, Clone)]
pub enum Trigger {
    /// A caller; the handler serves it without the host.
    Http,
    /// The clock.
    Timer {
        /// The name of the timer in the envelope.
        binding: String,
        /// When it fires, in UTC.
        schedule: Box<Cron>,
        /// Whether the envelope says when it fired last.
        monitored: bool,
    },
    /// A message.
    Queue {
        /// The name of the message in the envelope.
        binding: String,
        /// The queue.
        queue: String,
    },
}

/// The rules of `host.json` that this host follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many messages are taken at once.
    pub batch_size: usize,
    /// More are taken when no more than so many of a function run.
    pub new_batch_threshold: usize,
    /// After so many failures a message goes to `<queue>-poison`.
    pub max_dequeue_count: u32,
    /// How long a message that failed stays hidden.
    pub visibility_timeout: Duration,
    /// After this time a function that did not answer has failed.
    pub function_timeout: Duration,
}

impl Default for Settings {
    /// What the cloud's host does when `host.json` says nothing; on a machine of one core.
    fn default() -> Self {
        Self {
            batch_size: 16,
            new_batch_threshold: 8,
            max_dequeue_count: 5,
            visibility_timeout: Duration::ZERO,
            function_timeout: Duration::from_secs(30 * 60),
        }
    }
}

impl Settings {
    /// Reads a `host.json`; what it leaves out has its default.
    ///
    /// Fails with `Refused`, saying where, if it cannot be followed.
    pub fn from_host_json(text: &str) -> Result<Self> {
        let file: HostFile =
            serde_json::from_str(text).map_err(|error| refused(format!("host.json: {error}")))?;
        let (queues, default) = (file.extensions.queues, Self::default());
        let batch_size = queues.batch_size.unwrap_or(default.batch_size);
        if !(1..=MAX_RECEIVE).contains(&batch_size) {
            return Err(refused(format!(
                "host.json: batchSize is {batch_size}; it must be 1 to {MAX_RECEIVE}"
            )));
        }
        Ok(Self {
            batch_size,
            new_batch_threshold: queues.new_batch_threshold.unwrap_or(batch_size / 2),
            max_dequeue_count: queues.max_dequeue_count.unwrap_or(default.max_dequeue_count),
            visibility_timeout: span(
                "visibilityTimeout",
                queues.visibility_timeout,
                default.visibility_timeout,
            )?,
            function_timeout: span("functionTimeout", file.function_timeout, default.function_timeout)?,
        })
    }
}

/// Reads `<folder>/<function>/function.json` of every function, ordered by name.
///
/// Fails with `Unavailable` if the folder cannot be read, with `Refused` if a function cannot be run here.
pub fn read_definitions(folder: impl AsRef<Path>) -> Result<Vec<Definition>> {
    let folder = folder.as_ref();
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path().join("function.json"))).collect())
        .map_err(|error| unreadable(folder, error))?;
    files.retain(|file| file.is_file());
    files.sort();
    files.iter().map(|file| read_definition(file)).collect()
}

fn read_definition(file: &Path) -> Result<Definition> {
    let text = fs::read_to_string(file).map_err(|error| unreadable(file, error))?;
    let name = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    Definition::from_json(name, &text)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(Kind::Unavailable, format!("{}: cannot be read", path.display())).because(error)
}

impl Definition {
    /// Reads the `function.json` of a function of that name.
    ///
    /// Fails with `Refused` if it is not understood or asks for what this host cannot do.
    pub fn from_json(name: &str, text: &str) -> Result<Self> {
        let refuse = |why: String| refused(format!("{name}/function.json: {why}"));
        let file: FunctionFile = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        let (mut triggers, others): (Vec<_>, Vec<_>) =
            file.bindings.into_iter().partition(|binding| binding.kind.to_lowercase().ends_with("trigger"));
        let (Some(trigger), true) = (triggers.pop(), triggers.is_empty()) else {
            return Err(refuse("a function has exactly one trigger".to_owned()));
        };
        let http = trigger.kind == "httpTrigger";
        if let Some(other) = others.iter().find(|other| !(http && other.kind == "http")) {
            return Err(refuse(format!(
                "the binding {:?} is not supported; send by the queue port",
                other.name
            )));
        }
        let trigger = trigger.read().map_err(|error| refuse(error.to_string()))?;
        Ok(Self { name: name.to_owned(), trigger })
    }
}

#[derive(Deserialize)]
struct FunctionFile {
    bindings: Vec<Binding>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Binding {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    queue_name: Option<String>,
    data_type: Option<String>,
    schedule: Option<String>,
    use_monitor: Option<bool>,
}

impl Binding {
    fn read(self) -> Result<Trigger> {
        match self.kind.as_str() {
            "httpTrigger" => Ok(Trigger::Http),
            "timerTrigger" => {
                let schedule = Box::new(schedule(self.schedule.as_deref().unwrap_or_default())?);
                Ok(Trigger::Timer {
                    binding: self.name,
                    schedule,
                    monitored: self.use_monitor != Some(false),
                })
            }
            "queueTrigger" => {
                let queue = self.queue_name.unwrap_or_default();
                check_queue(&queue)?;
                match self.data_type.as_deref() {
                    Some("binary") => Ok(Trigger::Queue { binding: self.name, queue }),
                    _ => Err(refused(
                        "a queueTrigger needs \"dataType\": \"binary\", or messages can forge metadata",
                    )),
                }
            }
            kind => Err(refused(format!("the trigger {kind:?} is not supported"))),
        }
    }
}

/// The six fields of NCRONTAB; a day must match both the day of the month and the day of the week.
fn schedule(text: &str) -> Result<Cron> {
    let parser =
        CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).dom_and_dow(true).build();
    parser.parse(text).map_err(|error| {
        refused(format!(
            "the schedule {text:?} is none ({error}); write second minute hour day month weekday"
        ))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostFile {
    function_timeout: Option<String>,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    queues: Queues,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queues {
    batch_size: Option<usize>,
    new_batch_threshold: Option<usize>,
    max_dequeue_count: Option<u32>,
    visibility_timeout: Option<String>,
}

/// Reads `hours:minutes:seconds`.
fn span(name: &str, text: Option<String>, default: Duration) -> Result<Duration> {
    let Some(text) = text else { return Ok(default) };
    let numbers: Option<Vec<u32>> = text.split(':').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([hours, minutes @ 0..60, seconds @ 0..60]) => {
            Ok(Duration::from_secs(u64::from(*hours) * 3600 + u64::from(minutes * 60 + seconds)))
        }
        _ => Err(refused(format!("host.json: {name} is {text:?}; write hh:mm:ss"))),
    }
}
