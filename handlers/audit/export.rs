//! A log as lines of JSON, and checking such lines without anything else.

use std::collections::BTreeMap;

use super::check::{Broken, Checked, What};
use crate::tables::{Entry, Log};

/// Lines that were exported, checked by themselves.
#[derive(Debug, Default)]
pub struct Exported {
    /// Whose log; none if there is no line.
    pub log: Option<Log>,
    /// The hash of each entry by number.
    pub hashes: BTreeMap<u64, String>,
}

impl Exported {
    /// Reads lines and checks that each entry follows the one before; they may begin in the middle of a log.
    pub fn read(text: &str) -> Result<Self, Broken> {
        let (mut exported, mut checked) = (Self::default(), None::<Checked>);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let number = checked.as_ref().map_or(1, Checked::next);
            let unreadable = |_| Broken { number, what: What::Unreadable };
            let entry: Entry = serde_json::from_str(line).map_err(unreadable)?;
            checked.get_or_insert_with(|| Checked::before(&entry)).go_on(&entry)?;
            if exported.log.is_none() {
                exported.log = Some(entry.log.parse().map_err(|_| Broken { number, what: What::Foreign })?);
            }
            exported.hashes.insert(entry.number, entry.hash);
        }
        Ok(exported)
    }

    /// Whether an entry is the one that was exported under its number, if one was.
    pub fn agrees(&self, entry: &Entry) -> Result<(), Broken> {
        match self.hashes.get(&entry.number) {
            Some(hash) if *hash != entry.hash => {
                Err(Broken { number: entry.number, what: What::NotAsExported })
            }
            _ => Ok(()),
        }
    }

    /// Whether a log that ends here is at least as long as what was exported of it.
    pub fn reaches(&self, end: u64) -> Result<(), Broken> {
        match self.hashes.last_key_value() {
            Some((last, _)) if *last > end => Err(Broken { number: end + 1, what: What::CutOff }),
            _ => Ok(()),
        }
    }
}
