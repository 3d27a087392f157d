//! The least that must be written, and what was.

use std::fmt;
use std::ops::AddAssign;

use demo::truth::Expected;
use serde::Serialize;

/// The sums of a replay.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    /// Versions played.
    pub versions: usize,
    /// Mailboxes compared after each.
    pub mailboxes: usize,
    /// Differences between what mailboxes should hold and what they held.
    pub mismatches: usize,
    /// Contacts written.
    pub writes: u64,
    /// The least that could have been written.
    pub least: u64,
    /// Plans that waited for somebody to agree, one for each mailbox.
    pub held: u64,
    /// Runs that it took.
    pub runs: usize,
    /// Faults that were played.
    pub faults: u64,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Score { versions, mailboxes, mismatches, writes, least, held, runs, faults } = self;
        write!(
            f,
            "versions={versions} mailboxes={mailboxes} mismatches={mismatches} writes={writes} least={least} \
             held={held} runs={runs} faults={faults}"
        )
    }
}

impl AddAssign<&Score> for Score {
    fn add_assign(&mut self, other: &Score) {
        self.versions += other.versions;
        self.mismatches += other.mismatches;
        self.writes += other.writes;
        self.least += other.least;
        self.held += other.held;
        self.runs += other.runs;
        self.faults += other.faults;
    }
}

/// The fewest writes that lead a mailbox from one content to another: one for each contact that differs.
pub fn least(before: &Expected, after: &Expected) -> u64 {
    let came_or_changed = after.iter().filter(|(id, contact)| before.get(*id) != Some(contact)).count();
    let left = before.keys().filter(|id| !after.contains_key(*id)).count();
    (came_or_changed + left) as u64
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn expected(contacts: Value) -> Expected {
        serde_json::from_value(contacts).unwrap()
    }

    #[test]
    fn each_contact_that_differs_is_one_write() {
        let before = expected(
            json!({ "left": { "n": 1 }, "same": { "n": 1 }, "changed": { "n": 1 }, "emptied": { "n": 1 } }),
        );
        let after = expected(
            json!({ "same": { "n": 1 }, "changed": { "n": 2, "m": 3 }, "emptied": {}, "came": { "n": 1 } }),
        );
        assert_eq!(least(&before, &after), 4);
        assert_eq!(least(&after, &after), 0);
    }
}
