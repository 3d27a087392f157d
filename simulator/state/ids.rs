//! Ids as Exchange shapes them: long, opaque, case-sensitive, valid in one mailbox only.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{Datelike, NaiveDate};

use super::chance::mix;

/// The id forms of one mailbox.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    folder: String,
    movable: String,
    immutable: String,
    movable_occurrence: String,
    immutable_occurrence: String,
    change: String,
    global: String,
}

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// An id that no longer fits: the item lies in another folder now, or belongs to another mailbox.
    Stale,
    /// The serial number of the folder or item, with the folder for the movable form.
    Serial(u64, Option<u64>),
    /// One date of the series with this serial number.
    Occurrence(u64, Option<u64>, NaiveDate),
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            folder: format!("AQMkAD{}", filler(seed, 1, 72)),
            movable: format!("AAMkAD{}", filler(seed, 1, 72)),
            immutable: format!("AAkALg{}", filler(seed, 2, 48)),
            movable_occurrence: format!("AAMkAD{}FRAAgI", filler(seed, 4, 72)),
            immutable_occurrence: format!("AAkALg{}FRAAgI", filler(seed, 5, 48)),
            change: format!("EQAAABYAAA{}", filler(seed, 3, 12)),
            global: format!("040000008200E00074C5B7101A82E008{:016X}", mix(&[seed, 6])),
        }
    }

    pub(crate) fn folder(&self, serial: u64) -> String {
        format!("{}{serial:016x}AAA=", self.folder)
    }

    /// The id of an item: its immutable form, or the one that changes when the item moves.
    pub(crate) fn item(&self, serial: u64, folder: u64, immutable: bool) -> String {
        if immutable {
            format!("{}{serial:016x}AA==", self.immutable)
        } else {
            format!("{}{folder:016x}{serial:016x}AAA=", self.movable)
        }
    }

    /// The id of one date of a series, whatever became of that date.
    pub(crate) fn occurrence(&self, serial: u64, folder: u64, date: NaiveDate, immutable: bool) -> String {
        let day = date.num_days_from_ce();
        if immutable {
            format!("{}{serial:016x}{day:08x}AA==", self.immutable_occurrence)
        } else {
            format!("{}{folder:016x}{serial:016x}{day:08x}AAA=", self.movable_occurrence)
        }
    }

    /// The name of an event in all calendars that hold it.
    pub(crate) fn global(&self, serial: u64) -> String {
        format!("{}{serial:016X}", self.global)
    }

    pub(crate) fn change_key(&self, version: u64) -> String {
        format!("{}{version:012x}", self.change)
    }

    /// Reads a folder id; `None` when the text was never an id.
    pub(crate) fn read_folder(&self, id: &str) -> Option<Named> {
        well_formed(id)
            .then(|| self.folder_serial(id).map_or(Named::Stale, |serial| Named::Serial(serial, None)))
    }

    /// Reads an item id of either form, or `OID.{master}.{date}`; `None` when the text was never an id.
    pub(crate) fn read_item(&self, id: &str) -> Option<Named> {
        if let Some(rest) = id.strip_prefix("OID.") {
            let (master, date) = rest.rsplit_once('.')?;
            let date = date.parse().ok()?;
            return self.read_item(master).map(|named| match named {
                Named::Serial(serial, folder) => Named::Occurrence(serial, folder, date),
                _ => Named::Stale,
            });
        }
        let whole = || self.immutable_serial(id).or_else(|| self.movable_serial(id));
        well_formed(id).then(|| whole().or_else(|| self.dated(id)).unwrap_or(Named::Stale))
    }

    fn dated(&self, id: &str) -> Option<Named> {
        if let Some(rest) = id.strip_prefix(&self.immutable_occurrence) {
            let (serial, day) = rest.strip_suffix("AA==")?.split_at_checked(16)?;
            return Some(Named::Occurrence(hex(serial)?, None, day_of(day)?));
        }
        let rest = id.strip_prefix(&self.movable_occurrence)?.strip_suffix("AAA=")?;
        let (folder, rest) = rest.split_at_checked(16)?;
        let (serial, day) = rest.split_at_checked(16)?;
        Some(Named::Occurrence(hex(serial)?, Some(hex(folder)?), day_of(day)?))
    }

    fn folder_serial(&self, id: &str) -> Option<u64> {
        hex(id.strip_prefix(&self.folder)?.strip_suffix("AAA=")?)
    }

    fn immutable_serial(&self, id: &str) -> Option<Named> {
        let serial = hex(id.strip_prefix(&self.immutable)?.strip_suffix("AA==")?)?;
        Some(Named::Serial(serial, None))
    }

    fn movable_serial(&self, id: &str) -> Option<Named> {
        let (folder, serial) = id.strip_prefix(&self.movable)?.strip_suffix("AAA=")?.split_at_checked(16)?;
        Some(Named::Serial(hex(serial)?, Some(hex(folder)?)))
    }
}

/// Case matters in ids, so only lower-case digits are ours.
fn hex(digits: &str) -> Option<u64> {
    let ours = digits.len() == 16 && !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    ours.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

fn day_of(digits: &str) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::from_str_radix(digits, 16).ok()?)
}

fn well_formed(id: &str) -> bool {
    id.len() >= 40
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
}

fn filler(seed: u64, kind: u64, length: usize) -> String {
    let words = (0..).map(|part| mix(&[seed, kind, part]).to_be_bytes());
    let bytes: Vec<u8> = words.flatten().take(length * 3 / 4).collect();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
