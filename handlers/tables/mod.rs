//! What is kept, one file per table. Keys hold ids only; every value is sealed with its tenant's data key.

mod audit;
mod changes;
mod consents;
mod dead_letters;
mod edits;
mod erased;
mod files;
mod forgotten;
mod held;
mod hubs;
mod mailboxes;
mod open;
mod overlays;
mod requests;
mod rulings;
mod runs;
mod seats;
mod snapshots;
mod sources;
mod tenants;

use platform::{Record, Result, Row, Sealed, Table, When};

use crate::consent::Pending;

pub use audit::{Entry, Head, Log, People};
pub use changes::{Changes, Deed, FolderDeed};
pub use dead_letters::DeadLetter;
pub use edits::Edits;
pub use erased::{ErasedPeople, ErasedPerson};
pub use files::Upload;
pub use forgotten::Forgotten;
pub use held::{Decision, HeldPlan};
pub use hubs::{Hub, HubState};
pub use mailboxes::{MailboxState, Trouble};
pub use open::{Open, Why};
pub use overlays::Taken;
pub use requests::{Document, Found, Holds, Mention, Progress, Report, Request, Stays, Step, What};
pub use rulings::{Ruled, Rulings};
pub use runs::{MailboxOutcome, Outcomes, Run, State, Tally, Traffic, together};
pub use seats::{Month, Seat, Seats};
pub use snapshots::Newest;
pub use sources::Source;
pub use tenants::{Consent, Mode, Plan, Retention, Suspension, Tenant, Withdrawn};

/// The most keys that one listing goes through.
const MOST_KEYS: usize = 100_000;

/// All tables.
pub struct Tables {
    sealed: Sealed,
    /// The tenants that consented.
    pub tenants: Table<Tenant>,
    /// What each tenant's administrators agreed to, as it was proven.
    pub consents: Table<Consent>,
    /// What somebody is about to agree to, one per session.
    pub pending: Table<Pending>,
    /// The mailboxes that are served.
    pub seats: Table<Seats>,
    /// How many they were, by month.
    pub months: Table<Month>,
    /// The hubs' configurations.
    pub hubs: Table<Hub>,
    /// Where each hub stands.
    pub states: Table<HubState>,
    /// What each contributing spoke was last known to hold.
    pub sources: Table<Source>,
    /// Each hub's merged content.
    pub snapshots: Table<Newest>,
    /// What users of two-way spokes changed in each hub.
    pub overlays: Table<Taken>,
    /// What each mailbox of a two-way spoke proposes.
    pub edits: Table<Edits>,
    /// What each run decided about proposals.
    pub rulings: Table<Rulings>,
    /// Uploaded calendar files.
    pub files: Table<Upload>,
    /// What is known of each mailbox of a hub.
    pub mailboxes: Table<MailboxState>,
    /// Mailboxes that must be visited although nothing changed.
    pub open: Table<Open>,
    /// Runs.
    pub runs: Table<Run>,
    /// What came of each message of a run.
    pub outcomes: Table<Outcomes>,
    /// Plans that wait for somebody to agree.
    pub held: Table<HeldPlan>,
    /// Messages that could not be worked on.
    pub dead_letters: Table<DeadLetter>,
    /// What was done, in the order of its numbers.
    pub entries: Table<Entry>,
    /// Where each log of that ended last.
    pub heads: Table<Head>,
    /// Who stands in it.
    pub people: Table<People>,
    /// What was asked for people.
    pub requests: Table<Request>,
    /// What exports found.
    pub documents: Table<Document>,
    /// In which mailboxes copies of the erased were.
    pub reports: Table<Report>,
    /// Who was erased.
    pub erased: Table<ErasedPeople>,
    /// What is left of tenants that were forgotten.
    pub forgotten: Table<Forgotten>,
}

impl Tables {
    /// The tables in a sealed store.
    pub fn over(sealed: &Sealed) -> Self {
        Tables {
            sealed: sealed.clone(),
            tenants: sealed.table(),
            consents: sealed.table(),
            pending: sealed.table(),
            seats: sealed.table(),
            months: sealed.table(),
            hubs: sealed.table(),
            states: sealed.table(),
            sources: sealed.table(),
            snapshots: sealed.table(),
            overlays: sealed.table(),
            edits: sealed.table(),
            rulings: sealed.table(),
            files: sealed.table(),
            mailboxes: sealed.table(),
            open: sealed.table(),
            runs: sealed.table(),
            outcomes: sealed.table(),
            held: sealed.table(),
            dead_letters: sealed.table(),
            entries: sealed.table(),
            heads: sealed.table(),
            people: sealed.table(),
            requests: sealed.table(),
            documents: sealed.table(),
            reports: sealed.table(),
            erased: sealed.table(),
            forgotten: sealed.table(),
        }
    }

    /// The last segments of all keys under a prefix, at most 100,000.
    pub async fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let (mut names, mut page) = (Vec::new(), None);
        loop {
            let listing = self.sealed.store().list(prefix, page).await?;
            let last = |key: &String| key.strip_prefix(prefix).map(str::to_owned);
            names.extend(listing.keys.iter().filter_map(last));
            page = listing.next;
            if page.is_none() || names.len() >= MOST_KEYS {
                return Ok(names);
            }
        }
    }
}

/// How often a record is read and written anew when somebody else was quicker.
const MOST_TRIES: usize = 20;

/// Reads a record, changes it and writes it back, anew whenever somebody else was quicker; absent ones begin empty.
pub async fn change<R: Record + Default>(
    table: &Table<R>,
    key: &str,
    mut how: impl FnMut(&mut R) + Send,
) -> Result<()> {
    change_or(table, key, || Some(R::default()), &mut always(&mut how)).await.map(drop)
}

/// The same for a record that must be there already; if it is not, nothing happens.
pub async fn change_existing<R: Record>(
    table: &Table<R>,
    key: &str,
    mut how: impl FnMut(&mut R) + Send,
) -> Result<()> {
    change_or(table, key, || None, &mut always(&mut how)).await.map(drop)
}

/// The same where `how` says whether anything is to be written; the record as it is then.
pub async fn change_if<R: Record + Default>(
    table: &Table<R>,
    key: &str,
    mut how: impl FnMut(&mut R) -> bool + Send,
) -> Result<R> {
    Ok(change_or(table, key, || Some(R::default()), &mut how).await?.unwrap_or_default())
}

fn always<R>(how: &mut (impl FnMut(&mut R) + Send)) -> impl FnMut(&mut R) -> bool + Send {
    |record| {
        how(record);
        true
    }
}

async fn change_or<R: Record>(
    table: &Table<R>,
    key: &str,
    absent: impl Fn() -> Option<R> + Send,
    how: &mut (dyn FnMut(&mut R) -> bool + Send),
) -> Result<Option<R>> {
    for _ in 0..MOST_TRIES {
        let (record, when) = match table.get(key).await? {
            Some(Row { record, etag }) => (Some(record), When::Match(etag)),
            None => (absent(), When::Absent),
        };
        let Some(mut record) = record else { return Ok(None) };
        if !how(&mut record) {
            return Ok(Some(record));
        }
        match table.put(key, &record, when).await {
            Err(error) if error.kind() == platform::Kind::Conflict => {}
            done => return done.map(|_| Some(record)),
        }
    }
    Err(platform::Error::new(
        platform::Kind::Unavailable,
        format!("{key}: others keep changing it; try again"),
    ))
}
