//! Seats: which mailboxes of a tenant are served, since when, and how many it were on each day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::{HubId, MailboxId, TenantId};

use super::Tables;

/// The mailboxes of a tenant that are served: one record, written when one comes or goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seats(pub BTreeMap<MailboxId, Seat>);

/// One mailbox that is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seat {
    /// Since when: where the plan does not serve all, those come first that were first.
    pub since: DateTime<Utc>,
    /// By which hubs.
    pub hubs: BTreeSet<HubId>,
}

impl Record for Seats {
    const VERSION: u32 = 1;
}

impl Seats {
    /// Gives the mailboxes of a hub's audience their seats, as far as the limit goes; those that got none.
    ///
    /// Only a `complete` audience tells who left it.
    pub fn allot<'a>(
        &mut self,
        hub: &HubId,
        audience: impl Iterator<Item = &'a MailboxId>,
        complete: bool,
        limit: Option<u32>,
        now: DateTime<Utc>,
    ) -> BTreeSet<MailboxId> {
        let audience: BTreeSet<&MailboxId> = audience.collect();
        if complete {
            self.free(hub, |mailbox| !audience.contains(mailbox));
        }
        let most = most(limit);
        if self.0.len() > most {
            let first = self.first(limit);
            self.0.retain(|mailbox, _| first.contains(mailbox));
        }
        let mut without = BTreeSet::new();
        for mailbox in audience {
            if let Some(seat) = self.0.get_mut(mailbox) {
                seat.hubs.insert(hub.clone());
            } else if self.0.len() < most {
                self.0.insert(mailbox.clone(), Seat { since: now, hubs: [hub.clone()].into() });
            } else {
                without.insert(mailbox.clone());
            }
        }
        without
    }

    /// A hub that is gone, or rests, takes no seats.
    pub fn leave(&mut self, hub: &HubId) {
        self.free(hub, |_| true);
    }

    fn free(&mut self, hub: &HubId, goes: impl Fn(&MailboxId) -> bool) {
        self.0.retain(|mailbox, seat| !goes(mailbox) || !seat.hubs.remove(hub) || !seat.hubs.is_empty());
    }

    /// Those that a limit serves: whoever was served last loses the seat where there are too many.
    pub fn first(&self, limit: Option<u32>) -> BTreeSet<MailboxId> {
        let mut all: Vec<_> = self.0.iter().map(|(mailbox, seat)| (seat.since, mailbox)).collect();
        all.sort();
        all.into_iter().take(most(limit)).map(|(_, mailbox)| mailbox.clone()).collect()
    }
}

/// A limit as a number of seats.
fn most(limit: Option<u32>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// How many mailboxes of a tenant were served on each day of a month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Month {
    /// The number by day of the month.
    pub days: BTreeMap<u32, usize>,
    /// Which ones they were on the last of these days: who comes and goes on one day counts once.
    pub last: BTreeSet<MailboxId>,
}

impl Record for Month {
    const VERSION: u32 = 1;
}

impl Month {
    /// Notes who is served on a day; whether that is news.
    pub fn note<'a>(&mut self, day: u32, served: impl Iterator<Item = &'a MailboxId>) -> bool {
        let known = self.days.contains_key(&day);
        if !known {
            self.last.clear();
        }
        let before = self.last.len();
        self.last.extend(served.cloned());
        self.days.insert(day, self.last.len());
        !known || self.last.len() > before
    }

    /// The sum over all days.
    pub fn mailbox_days(&self) -> usize {
        self.days.values().sum()
    }
}

impl Tables {
    /// The seats of a tenant.
    pub fn seats_key(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/seats")
    }

    /// The prefix of a tenant's months; their names are like `2026-11`.
    pub fn months_prefix(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/licence/")
    }

    /// The month of a day.
    pub fn month_key(tenant: &TenantId, day: NaiveDate) -> String {
        format!("{}{:04}-{:02}", Self::months_prefix(tenant), day.year(), day.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(number: u32) -> MailboxId {
        MailboxId::new(format!("00000000-0000-4000-8000-{number:012}")).unwrap()
    }

    /// Gives seats at an hour of the day; the numbers of those that got none.
    fn allot(
        seats: &mut Seats,
        hub: &str,
        audience: &[u32],
        complete: bool,
        limit: u32,
        hour: i64,
    ) -> Vec<u32> {
        let audience: Vec<_> = audience.iter().copied().map(mailbox).collect();
        let hub = HubId::new(hub).unwrap();
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour);
        let without = seats.allot(&hub, audience.iter(), complete, Some(limit), now);
        (1..100).filter(|number| without.contains(&mailbox(*number))).collect()
    }

    #[test]
    fn those_that_were_first_go_on() {
        let mut seats = Seats::default();
        assert_eq!(allot(&mut seats, "a", &[7, 8, 9], true, 4, 1), [0; 0]);
        assert_eq!(allot(&mut seats, "a", &[1, 2, 7, 8, 9], true, 4, 2), [2], "one seat was left");
        assert_eq!(allot(&mut seats, "b", &[2, 7], true, 4, 3), [2], "who has a seat has it for all hubs");
        assert_eq!(allot(&mut seats, "a", &[1, 2, 7, 8, 9], true, 2, 4), [1, 2, 9], "a smaller plan");
        assert_eq!(allot(&mut seats, "a", &[1, 2, 8, 9], true, 2, 5), [1, 2, 9], "7 is b's still");
        assert_eq!(allot(&mut seats, "b", &[], false, 2, 6), [0; 0], "who was not read has not left");
        assert_eq!(allot(&mut seats, "b", &[], true, 2, 7), [0; 0]);
        assert_eq!(allot(&mut seats, "a", &[1, 2, 8, 9], true, 2, 8), [2, 9], "a seat was free");
        seats.leave(&HubId::new("a").unwrap());
        assert_eq!(seats, Seats::default());
    }

    #[test]
    fn who_comes_and_goes_on_a_day_counts_once() {
        let mut month = Month::default();
        let mut note = |day, served: &[u32]| {
            let served: Vec<_> = served.iter().copied().map(mailbox).collect();
            (month.note(day, served.iter()), month.mailbox_days())
        };
        assert_eq!(note(1, &[1, 2]), (true, 2));
        assert_eq!(note(1, &[2]), (false, 2), "nothing to write");
        assert_eq!(note(1, &[2, 3]), (true, 3));
        assert_eq!(note(2, &[2, 3]), (true, 5));
        assert_eq!(note(5, &[]), (true, 5), "a day with nobody is a day that was noted");
    }
}
