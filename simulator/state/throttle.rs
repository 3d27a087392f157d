//! The limits of Exchange (per app and mailbox) and of the directory (per app and tenant).

use std::collections::{HashSet, VecDeque};

use super::refusal::Refusal;

const WINDOW_MS: i64 = 10 * 60 * 1000;
const MOST_REQUESTS: usize = 10_000;
const MOST_AT_WORK: u64 = 4;
const UPLOAD_WINDOW_MS: i64 = 5 * 60 * 1000;
const MOST_UPLOADED: u64 = 150 * 1024 * 1024;

/// What one app has done to one mailbox lately.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    requests: VecDeque<i64>,
    uploads: VecDeque<(i64, u64)>,
    uploaded: u64,
    at_work: u64,
    /// Items that a write at work will change.
    claimed: HashSet<u64>,
}

impl Gate {
    /// Lets a request in, or says why not. A refused request counts too.
    pub(crate) fn admit(&mut self, now: i64, upload: u64) -> Result<u64, Refusal> {
        self.forget(now);
        self.requests.push_back(now);
        if self.requests.len() > MOST_REQUESTS {
            let first = self.requests.get(self.requests.len() - MOST_REQUESTS - 1).copied().unwrap_or(now);
            return Err(throttled("MailboxRequestRate", first + WINDOW_MS - now));
        }
        if self.uploaded + upload > MOST_UPLOADED {
            let first = self.uploads.front().map_or(now, |(at, _)| *at);
            return Err(throttled("MailboxUploadVolume", first + UPLOAD_WINDOW_MS - now));
        }
        if self.at_work >= MOST_AT_WORK {
            return Err(throttled("MailboxConcurrency", 1000));
        }
        if upload > 0 {
            self.uploads.push_back((now, upload));
            self.uploaded += upload;
        }
        Ok(self.enter())
    }

    /// Counts a request in without limits; the answer is how many are at work now.
    pub(crate) fn enter(&mut self) -> u64 {
        self.at_work += 1;
        self.at_work
    }

    pub(crate) fn leave(&mut self) {
        self.at_work = self.at_work.saturating_sub(1);
    }

    /// Reserves an item for a write; two at once on one item cannot be resolved.
    pub(crate) fn claim(&mut self, item: u64) -> Result<(), Refusal> {
        if self.claimed.insert(item) {
            return Ok(());
        }
        Err(conflict())
    }

    pub(crate) fn release(&mut self, item: u64) {
        self.claimed.remove(&item);
    }

    fn forget(&mut self, now: i64) {
        while self.requests.front().is_some_and(|at| now - at >= WINDOW_MS) {
            self.requests.pop_front();
        }
        while let Some((_, bytes)) = self.uploads.pop_front_if(|(at, _)| now - *at >= UPLOAD_WINDOW_MS) {
            self.uploaded -= bytes;
        }
    }
}

pub(crate) fn conflict() -> Refusal {
    let message =
        "The send or update operation could not be performed because the change conflicts with another one.";
    Refusal::new(409, "ErrorIrresolvableConflict", message)
}

fn throttled(limit: &str, wait_ms: i64) -> Refusal {
    let seconds = (wait_ms.max(0) + 999) / 1000;
    let message = format!("Application is over its {limit} limit.");
    Refusal::new(429, "ApplicationThrottled", message).header("retry-after", seconds.max(1).to_string())
}

/// The resource units that an app has left in a tenant's directory; a bucket that refills over ten seconds.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    spent: f64,
    at: i64,
}

/// How full the bucket is after a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) cost: u32,
    /// Share of the limit that is spent; 1.0 is the limit.
    pub(crate) share: f64,
}

impl Bucket {
    /// Takes the cost of a request, or refuses it.
    pub(crate) fn take(&mut self, cost: u32, users: usize, now: i64) -> Result<Load, Refusal> {
        let limit = limit(users);
        let elapsed = i32::try_from(now - self.at).unwrap_or(i32::MAX);
        self.spent = (self.spent - f64::from(elapsed) * limit / 10_000.0).max(0.0);
        self.at = now;
        self.spent += f64::from(cost);
        let share = self.spent / limit;
        if share <= 1.0 {
            return Ok(Load { cost, share });
        }
        let message = "Too many requests. The resource unit limit of the tenant has been reached.";
        Err(Refusal::new(429, "TooManyRequests", message)
            .header("retry-after", "10")
            .header("x-ms-throttle-information", "ResourceUnitLimitExceeded")
            .header("x-ms-throttle-limit-percentage", format!("{:.1}", share.min(1.8)))
            .header("x-ms-resource-unit", cost.to_string()))
    }
}

/// Resource units in ten seconds, by the size of the tenant.
fn limit(users: usize) -> f64 {
    match users {
        0..50 => 3_500.0,
        50..=500 => 5_000.0,
        _ => 8_000.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_have_a_volume() {
        let mut gate = Gate::default();
        for second in 0..5 {
            gate.admit(second * 1000, 30 * 1024 * 1024).unwrap();
            gate.leave();
        }
        let refused = gate.admit(5_000, 1).unwrap_err();
        assert_eq!(refused.message, "Application is over its MailboxUploadVolume limit.");
        assert_eq!(refused.headers, [("retry-after", "295".to_owned())]);
        gate.admit(300_000, 30 * 1024 * 1024).unwrap();
    }
}
