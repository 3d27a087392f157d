//! Faults that are played on purpose, chosen by a seed.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use super::chance::{mix, text, unit};
use super::lock;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// 503 with an empty body; the request has no effect.
    Unavailable,
    /// 500 with an error body; the request has no effect.
    ServerError,
    /// 409 `ErrorIrresolvableConflict`; the request has no effect.
    Conflict,
    /// 504 with an empty body **after** the request took effect.
    GatewayTimeout,
    /// The connection is cut before the request takes effect. In a batch: the whole batch loses its answer.
    ResetBefore,
    /// The connection is cut after the request took effect, before a byte of the answer.
    ResetAfter,
    /// The connection is cut in the middle of the answer.
    ResetMidBody,
    /// The answer comes in pieces with pauses ([`Fault::milliseconds`] in all).
    SlowBody,
    /// 200 with an HTML page, after the request took effect.
    Html,
    /// 200 with JSON that ends too early, after the request took effect.
    TruncatedJson,
    /// 200 with an `error` object inside; the request has no effect.
    ErrorInside,
    /// The answer's link leads back to the same request for ever.
    NextLinkLoop,
    /// Unknown properties, and enum values that nobody knows.
    UnknownValues,
    /// Raw control characters inside JSON strings.
    ControlCharacters,
    /// 429 with [`Fault::retry_after`].
    ThrottleStorm,
}

/// Where a fault may hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// HTTP requests and batch items.
    #[default]
    Any,
    /// HTTP requests only; a `$batch` is one.
    Plain,
    /// Items of batches only.
    Item,
}

/// A rule that plays a fault.
///
/// Without `nth` and `probability` every matching request is hit. Chance depends on the seed, the request's method
/// and path, and how often that path came: not on what runs beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only this HTTP method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only paths of this pattern, `*` for anything, without the query: `/users/*/contacts`, `*token`, `/$batch`.
    #[serde(default)]
    pub path: Option<String>,
    /// Only requests that name this user id.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// Plain requests, batch items, or both.
    #[serde(default)]
    pub layer: Layer,
    /// Only the n-th matching request, from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// The chance of each matching request.
    #[serde(default)]
    pub probability: Option<f64>,
    /// How often at most.
    #[serde(default)]
    pub times: Option<u64>,
    /// Chooses the requests.
    #[serde(default)]
    pub seed: u64,
    /// Seconds of `Retry-After` of a throttle storm; 0 leaves the header out.
    #[serde(default = "one")]
    pub retry_after: u64,
    /// How long a slow body takes.
    #[serde(default = "thousand")]
    pub milliseconds: u64,
}

fn one() -> u64 {
    1
}

fn thousand() -> u64 {
    1000
}

impl Fault {
    /// A fault that hits every request.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            method: None,
            path: None,
            mailbox: None,
            layer: Layer::Any,
            nth: None,
            probability: None,
            times: None,
            seed: 0,
            retry_after: one(),
            milliseconds: thousand(),
        }
    }

    /// Only this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only paths of this pattern.
    #[must_use]
    pub fn path(mut self, pattern: &str) -> Self {
        self.path = Some(pattern.to_owned());
        self
    }

    /// Only requests to this user's mailbox.
    #[must_use]
    pub fn mailbox(mut self, user: impl ToString) -> Self {
        self.mailbox = Some(user.to_string());
        self
    }

    /// Plain requests, batch items, or both.
    #[must_use]
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layer = layer;
        self
    }

    /// Only the n-th matching request, from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// The chance of each matching request, chosen by the seed.
    #[must_use]
    pub fn probability(mut self, probability: f64, seed: u64) -> Self {
        (self.probability, self.seed) = (Some(probability), seed);
        self
    }

    /// How often at most.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Seconds of `Retry-After`; 0 leaves the header out.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = seconds;
        self
    }

    /// How long a slow body takes.
    #[must_use]
    pub fn milliseconds(mut self, milliseconds: u64) -> Self {
        self.milliseconds = milliseconds;
        self
    }

    fn covers(&self, method: &str, path: &str, item: bool) -> bool {
        let layer = match self.layer {
            Layer::Any => true,
            Layer::Plain => !item,
            Layer::Item => item,
        };
        let lower = path.to_ascii_lowercase();
        layer
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|pattern| glob(&pattern.to_ascii_lowercase(), &lower))
            && self.mailbox.as_ref().is_none_or(|user| lower.contains(&user.to_ascii_lowercase()))
    }
}

/// Whether a text follows a pattern in which `*` stands for anything.
fn glob(pattern: &str, whole: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == whole };
    let Some(rest) = whole.strip_prefix(head) else { return false };
    (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|rest| glob(tail, rest))
}

/// The faults of a world and what they have seen.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    count: AtomicUsize,
    rules: Mutex<Vec<Rule>>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    seen: u64,
    fired: u64,
    paths: HashMap<u64, u64>,
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        lock(&self.rules).push(Rule { fault, seen: 0, fired: 0, paths: HashMap::new() });
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn clear(&self) {
        lock(&self.rules).clear();
        self.count.store(0, Ordering::SeqCst);
    }

    /// The fault that hits this request, if any.
    pub(crate) fn draw(&self, method: &str, path: &str, item: bool) -> Option<Fault> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut rules = lock(&self.rules);
        let mut covering = rules.iter_mut().filter(|rule| rule.fault.covers(method, path, item));
        covering.find_map(|rule| rule.fires(method, path).then(|| rule.fault.clone()))
    }
}

impl Rule {
    fn fires(&mut self, method: &str, path: &str) -> bool {
        self.seen += 1;
        let here = mix(&[text(method), text(path)]);
        let times = self.paths.entry(here).or_insert(0);
        *times += 1;
        let lot = unit(mix(&[self.fault.seed, here, *times]));
        let hit = self.fault.nth.is_none_or(|nth| nth == self.seen)
            && self.fault.probability.is_none_or(|probability| lot < probability)
            && self.fault.times.is_none_or(|most| self.fired < most);
        self.fired += u64::from(hit);
        hit
    }
}
