//! How a sealed value is laid out, and what is bound to it.

use super::unreadable;
use crate::error::Result;

/// The layout that this program writes and reads.
const LAYOUT: u8 = 2;
/// One byte of layout, four of record version, four of the data key's number, big-endian; then what the cipher made.
const LENGTH: usize = 9;

/// What stands in clear before a sealed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The record's version.
    pub(super) version: u32,
    /// The number of the data key that sealed it.
    pub(super) number: u32,
}

impl Header {
    /// The header as it stands before the value.
    pub(super) fn bytes(self) -> [u8; LENGTH] {
        let [a, b, c, d] = self.version.to_be_bytes();
        let [e, f, g, h] = self.number.to_be_bytes();
        [LAYOUT, a, b, c, d, e, f, g, h]
    }

    /// What must be the same at sealing and opening: the header itself, and where the value lies.
    pub(super) fn context(self, key: &str) -> Vec<u8> {
        [self.bytes().as_slice(), key.as_bytes()].concat()
    }

    /// Takes a value apart; `None` if it has another layout.
    pub(super) fn split(value: &[u8]) -> Option<(Self, &[u8])> {
        let (&[LAYOUT, a, b, c, d, e, f, g, h], sealed) = value.split_first_chunk()? else { return None };
        let (version, number) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
        Some((Self { version, number }, sealed))
    }

    /// Takes a value of one record version apart, to tell a newer program's value from a damaged one.
    pub(super) fn split_checked<'a>(key: &str, value: &'a [u8], version: u32) -> Result<(Self, &'a [u8])> {
        let Some((header, sealed)) = Self::split(value) else {
            return Err(unreadable(
                key,
                "it has no known layout; restore it, or delete it to have it made anew",
            ));
        };
        match header.version {
            found if found == version => Ok((header, sealed)),
            found => {
                let other = if found > version { "a newer" } else { "an older" };
                let text = format!(
                    "{other} Wheelhouse wrote version {found}, this one reads {version}; run the one that wrote it"
                );
                Err(unreadable(key, &text))
            }
        }
    }
}
