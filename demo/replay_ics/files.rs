//! The files, and what came of each.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

/// A calendar file, and what came of it.
#[derive(Debug, Default, Serialize)]
pub struct File {
    /// Its name within the folder.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Why it can't be read at all, if it can't.
    pub error: Option<String>,
    /// The events that were left out: which, and why.
    pub refused: BTreeSet<(String, String)>,
    /// What the product said of it, in each window.
    pub remarks: BTreeSet<String>,
    /// What stands in the mailboxes, window by window.
    pub windows: Vec<Window>,
    /// Mails that Exchange would have sent because of it.
    pub invitations: usize,
    /// What stands in it.
    #[serde(skip)]
    pub text: String,
}

/// One window of a file in all mailboxes.
#[derive(Debug, Serialize)]
pub struct Window {
    /// From when, RFC 3339 in UTC.
    pub from: String,
    /// Until when.
    pub until: String,
    /// The UIDs that were refused; of an event without one its number as `#1`.
    pub refused: BTreeSet<String>,
    /// The events in each mailbox, as the simulator tells them.
    pub mirrors: Vec<Vec<Value>>,
}

/// All calendar files of a folder, by name.
pub fn read(folder: &Path) -> Result<Vec<File>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ics")));
    paths.sort();
    paths.into_iter().map(file).collect()
}

fn file(path: PathBuf) -> Result<File> {
    let bytes = fs::read(&path).with_context(|| format!("{} can't be read", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let path = path.canonicalize()?;
    Ok(File { name, path, text: String::from_utf8_lossy(&bytes).into_owned(), ..File::default() })
}
