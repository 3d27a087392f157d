//! The oracle of recurrence: a Python program that expands a source and its mirror, and compares what people see.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::job::{Job, Lines};
use crate::{places, python};

/// A source and its mirror, and what of them is to be compared.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Named in the answer.
    pub name: String,
    /// The `.ics` file.
    pub source: PathBuf,
    /// The mirror's events as the simulator tells a calendar's contents.
    pub mirror: Value,
    /// The window's begin, RFC 3339 in UTC.
    pub from: String,
    /// The window's end.
    pub until: String,
    /// The IANA name of the zone of times that name none.
    pub time_zone: String,
    /// The UIDs that were refused, which count on neither side; of an event without one, its number as `#1`.
    pub refused: Vec<String>,
}

/// What the oracle says.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// The question's name.
    pub name: String,
    /// Why the file can't be read at all, if it can't.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether both sides show the same.
    #[serde(default)]
    pub equal: bool,
    /// How many occurrences the source has.
    #[serde(default)]
    pub occurrences: usize,
    /// Those that the mirror lacks: start, end, title.
    #[serde(default)]
    pub only_source: Vec<(String, String, String)>,
    /// Those that the source lacks.
    #[serde(default)]
    pub only_mirror: Vec<(String, String, String)>,
    /// The events that the oracle can't read, which count on neither side.
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
}

/// An event that the oracle can't read.
#[derive(Debug, Deserialize)]
pub struct Unreadable {
    /// Its UID.
    pub uid: String,
    /// What is wrong with it, in the library's words.
    pub why: String,
}

/// The oracle, ready to be asked.
pub struct Oracle {
    python: PathBuf,
}

impl Oracle {
    /// Installs what it needs into the target folder, unless that was done before.
    ///
    /// # Errors
    /// Python is missing, or its packages can't be had.
    pub fn install(lines: Lines<'_>) -> Result<Self> {
        let python = python::install("oracle", &folder(), &["--require-hashes"], lines)?;
        Ok(Oracle { python })
    }

    /// Asks all questions at once: one start of Python answers hundreds.
    ///
    /// # Errors
    /// Python broke off, or does not answer each question.
    pub fn ask(&self, questions: &[Question], lines: Lines<'_>) -> Result<Vec<Answer>> {
        let mut asked = String::new();
        for question in questions {
            asked.push_str(&serde_json::to_string(question)?);
            asked.push('\n');
        }
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), asked)?;
        let mut answers = Vec::new();
        let mut broken = Ok(());
        Job::new(&self.python, &[Path::new("compare.py"), file.path()]).folder(&folder()).run(
            &mut |line| match serde_json::from_str(line) {
                Ok(answer) => answers.push(answer),
                Err(error) if line.starts_with('{') => broken = Err(error),
                Err(_) => lines(line),
            },
        )?;
        broken.context("what the oracle says")?;
        if answers.len() != questions.len() {
            bail!("the oracle answered {} of {} questions", answers.len(), questions.len());
        }
        Ok(answers)
    }
}

fn folder() -> PathBuf {
    places::root().join("tests/oracle")
}
