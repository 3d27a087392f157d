//! `wheelhouse audit …`: the log on a command line, by the same settings as the functions.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use futures::StreamExt;
use lexopt::{Arg, Parser, ValueExt};
use sync::TenantId;

use super::check::{Broken, Checked};
use super::export::Exported;
use super::people::people;
use super::verify::{entries, verify};
use crate::App;
use crate::tables::Log;

/// What can be asked for.
pub const USAGE: &str = "\
wheelhouse                                           answers the Functions host
wheelhouse audit verify [--tenant T] [--file F]      checks one log or all, or lines that were exported, or both against each other
wheelhouse audit export --tenant T [--after N]       writes a log as lines of JSON
wheelhouse audit people --tenant T                   says who is behind the pseudonyms
T is a tenant's id, or `deployment`. verify ends with 0: whole, 1: not whole, 2: that could not be found out.";

/// A command about the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Check logs.
    Verify {
        /// Which; all if none is named.
        log: Option<Log>,
        /// Lines that were exported.
        file: Option<PathBuf>,
    },
    /// Write a log out.
    Export {
        /// Which.
        log: Log,
        /// From after this number.
        after: u64,
    },
    /// Say who is behind the pseudonyms.
    People {
        /// In which log.
        log: Log,
    },
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All is well.
    Whole,
    /// A log is not as it was written.
    Broken,
    /// Nobody can say.
    Unknown,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        ExitCode::from(match verdict {
            Verdict::Whole => 0,
            Verdict::Broken => 1,
            Verdict::Unknown => 2,
        })
    }
}

impl Command {
    /// Reads the words of a command line; `None` if there are none.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(mut words: Parser) -> Result<Option<Self>, lexopt::Error> {
        let Some(first) = words.next()? else { return Ok(None) };
        if first != Arg::Value("audit".into()) {
            return Err(first.unexpected());
        }
        let what = words.value()?.string()?;
        let (mut log, mut file, mut after) = (None, None, 0);
        while let Some(option) = words.next()? {
            match option {
                Arg::Long("tenant") => log = Some(words.value()?.parse()?),
                Arg::Long("file") if what == "verify" => file = Some(words.value()?.into()),
                Arg::Long("after") if what == "export" => after = words.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        let named = || log.clone().ok_or("--tenant says whose log");
        match what.as_str() {
            "verify" => Ok(Some(Self::Verify { log, file })),
            "export" => Ok(Some(Self::Export { log: named()?, after })),
            "people" => Ok(Some(Self::People { log: named()? })),
            other => Err(format!("`audit {other}` is nothing; verify, export or people").into()),
        }
    }

    /// Checks exported lines alone, which needs neither settings nor store; `None` if more is asked for.
    #[must_use]
    pub fn alone(&self, out: &mut dyn Write) -> Option<Verdict> {
        let Self::Verify { log: None, file: Some(file) } = self else { return None };
        Some(match read(file) {
            Err(error) => unknown(out, error),
            Ok(Err(broken)) => said(out, "the file", Err(broken)),
            Ok(Ok(exported)) => {
                let all = exported.hashes.len();
                let end = exported.hashes.last_key_value().map(|(number, hash)| format!("{number} {hash}"));
                line(
                    out,
                    format!("the file: {all} entries, whole; the last is {}", end.unwrap_or("none".into())),
                )
            }
        })
    }

    /// Does what was asked for.
    pub async fn run(self, app: &App, out: &mut (dyn Write + Send)) -> Verdict {
        match self {
            Self::Verify { log: None, .. } => verify_all(app, out).await,
            Self::Verify { log: Some(log), file: None } => {
                verify_one(app, &log, &Exported::default(), out).await
            }
            Self::Verify { log: Some(log), file: Some(file) } => match read(&file) {
                Err(error) => unknown(out, error),
                Ok(Err(broken)) => said(out, "the file", Err(broken)),
                Ok(Ok(exported)) => verify_one(app, &log, &exported, out).await,
            },
            Self::Export { log, after } => export(app, &log, after, out).await,
            Self::People { log } => match people(app, &log).await {
                Err(error) => unknown(out, error),
                Ok(people) => line(out, serde_json::json!(people)),
            },
        }
    }
}

async fn verify_all(app: &App, out: &mut (dyn Write + Send)) -> Verdict {
    let tenants = match app.tables.tenant_ids().await {
        Ok(tenants) => tenants,
        Err(error) => return unknown(out, error),
    };
    let mut worst = verify_one(app, &Log::deployment(), &Exported::default(), out).await;
    let home =
        app.settings.public.as_ref().and_then(|public| TenantId::new(public.home_tenant.to_string()).ok());
    // Its log is kept whether it is connected or not.
    let unconnected = home.filter(|home| !tenants.contains(home));
    for tenant in tenants.iter().chain(&unconnected) {
        worst = worst.max(verify_one(app, &tenant.into(), &Exported::default(), out).await);
    }
    worst
}

async fn verify_one(app: &App, log: &Log, exported: &Exported, out: &mut (dyn Write + Send)) -> Verdict {
    let found = verify(app, log, |entry| exported.agrees(entry)).await;
    match found {
        Err(error) => unknown(out, format!("{log}: {error}")),
        Ok(found) => {
            let whole = found.and_then(|checked| exported.reaches(checked.end.number).map(|()| checked));
            said(out, log.name(), whole)
        }
    }
}

async fn export(app: &App, log: &Log, after: u64, out: &mut (dyn Write + Send)) -> Verdict {
    let mut entries = entries(app, log, after);
    while let Some(entry) = entries.next().await {
        let entry = match entry {
            Err(error) => return unknown(&mut io::stderr(), error),
            Ok(Err(broken)) => return said(&mut io::stderr(), log.name(), Err(broken)),
            Ok(Ok(entry)) => entry,
        };
        let text = serde_json::to_string(&entry).map_err(io::Error::other);
        if let Err(error) = text.and_then(|text| writeln!(out, "{text}")) {
            return unknown(&mut io::stderr(), error);
        }
    }
    Verdict::Whole
}

fn read(file: &PathBuf) -> Result<Result<Exported, Broken>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(Exported::read(&text))
}

fn said(out: &mut dyn Write, name: &str, found: Result<Checked, Broken>) -> Verdict {
    match found {
        Ok(Checked { end, .. }) => {
            line(out, format!("{name}: {} entries, whole; the last has the hash {}", end.number, end.hash))
        }
        Err(broken) => {
            line(out, format!("{name}: NOT WHOLE: {broken}"));
            Verdict::Broken
        }
    }
}

fn unknown(out: &mut dyn Write, error: impl Display) -> Verdict {
    line(out, format!("nothing can be said: {error}"));
    Verdict::Unknown
}

fn line(out: &mut dyn Write, text: impl Display) -> Verdict {
    match writeln!(out, "{text}") {
        Ok(()) => Verdict::Whole,
        Err(_) => Verdict::Unknown,
    }
}
