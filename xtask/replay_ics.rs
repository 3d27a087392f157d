//! `cargo xtask replay-ics`: every calendar of a folder through the whole product, judged by the oracle.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::job::{Job, Lines};
use crate::oracle::{Answer, Oracle, Question};
use crate::places;
use crate::words::Words;

/// The calendars that `cargo verify` replays.
const CALENDARS: &str = "../shared/data/ics";
/// How many differences of a file are shown.
const MOST_SHOWN: usize = 5;

/// What came of one file.
#[derive(Deserialize)]
struct File {
    name: String,
    path: PathBuf,
    error: Option<String>,
    refused: Vec<(String, String)>,
    remarks: Vec<String>,
    windows: Vec<Window>,
    invitations: usize,
}

/// What stands in the mailboxes of one window of a file.
#[derive(Deserialize)]
struct Window {
    from: String,
    until: String,
    refused: Vec<String>,
    mirrors: Vec<Vec<Value>>,
}

/// The sums of a replay.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    files: usize,
    parsed: usize,
    refused: usize,
    events: usize,
    occurrences: usize,
    mismatches: usize,
    invitations: usize,
    refused_events: usize,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Score { files, parsed, refused, events, occurrences, mismatches, invitations, refused_events } =
            self;
        write!(
            f,
            "files={files} parsed={parsed} refused={refused} events={events} occurrences={occurrences} \
             mismatches={mismatches} invitations={invitations} refused_events={refused_events}"
        )
    }
}

/// Replays a folder and prints what was refused, what differs, and the sums.
///
/// # Errors
/// Mirror and source differ, somebody would have been invited, or a program broke off.
pub fn run(words: &Words, lines: Lines<'_>) -> Result<()> {
    judged(words.job("replay-ics")?, lines)
}

/// All calendars, as they are and with single events for what can't be repeated; says so loudly where they are absent.
///
/// # Errors
/// As [`run`].
pub fn slice(lines: Lines<'_>) -> Result<()> {
    if !places::root().join(CALENDARS).exists() {
        lines(&format!("SKIPPED replay-ics: {CALENDARS} is absent"));
        return Ok(());
    }
    let run =
        ["run", "--quiet", "--package", "demo", "--bin", "replay-ics", "--", CALENDARS, "--mailboxes", "2"];
    judged(Job::cargo(&run), lines)?;
    judged(Job::cargo(&run).words(&["--unroll"]), lines)
}

fn judged(job: Job, lines: Lines<'_>) -> Result<()> {
    let text = job.output(lines)?;
    let mut files = Vec::new();
    for line in text.lines() {
        match serde_json::from_str::<File>(line) {
            Ok(file) => files.push(file),
            Err(_) => lines(line),
        }
    }
    if files.is_empty() {
        return Ok(());
    }
    let questions: Vec<Question> = files.iter().flat_map(questions).collect();
    let answers = Oracle::install(lines)?.ask(&questions, lines)?;
    let score = tell(&files, &answers, lines);
    lines(&score.to_string());
    ensure!(score.mismatches == 0, "{} occurrences differ between sources and mirrors", score.mismatches);
    ensure!(score.invitations == 0, "{} invitations would have been mailed", score.invitations);
    Ok(())
}

fn questions(file: &File) -> Vec<Question> {
    let question = |window: &Window, mirror: &Vec<Value>| Question {
        name: file.name.clone(),
        source: file.path.clone(),
        mirror: mirror.clone().into(),
        from: window.from.clone(),
        until: window.until.clone(),
        time_zone: "UTC".to_owned(),
        refused: window.refused.clone(),
    };
    file.windows
        .iter()
        .flat_map(|window| window.mirrors.iter().map(move |mirror| question(window, mirror)))
        .collect()
}

/// Tells of each file what is worth telling, and sums up. The answers stand in the order of the questions.
fn tell(files: &[File], answers: &[Answer], lines: Lines<'_>) -> Score {
    let mut score = Score { files: files.len(), ..Score::default() };
    let mut answers = answers.iter();
    for file in files {
        match &file.error {
            Some(why) => {
                score.refused += 1;
                lines(&format!("{}: refused: {why}", file.name));
            }
            None => score.parsed += 1,
        }
        file.refused.iter().for_each(|(uid, why)| lines(&format!("{}: left out {uid}: {why}", file.name)));
        file.remarks.iter().for_each(|remark| lines(&format!("{}: {remark}", file.name)));
        score.refused_events += file.refused.len();
        score.invitations += file.invitations;
        for window in &file.windows {
            score.events += window.mirrors.first().map_or(0, Vec::len);
            for (nth, answer) in answers.by_ref().take(window.mirrors.len()).enumerate() {
                score.occurrences += if nth == 0 { answer.occurrences } else { 0 };
                score.mismatches += differences(answer, nth == 0, lines);
            }
        }
    }
    score
}

/// How many occurrences differ; those of the first mailbox are shown.
fn differences(answer: &Answer, is_shown: bool, lines: Lines<'_>) -> usize {
    let sides = [("missing", &answer.only_source), ("too much", &answer.only_mirror)];
    if is_shown {
        answer
            .error
            .iter()
            .for_each(|why| lines(&format!("{}: the oracle can't read it: {why}", answer.name)));
        for event in &answer.unreadable {
            lines(&format!("{}: the oracle can't read {}: {}", answer.name, event.uid, event.why));
        }
        for (what, all) in sides {
            let shown = all.iter().take(MOST_SHOWN);
            shown.for_each(|(start, end, title)| {
                lines(&format!("{}: {what}: {start} to {end} {title}", answer.name));
            });
        }
    }
    let count: usize = sides.iter().map(|(_, all)| all.len()).sum();
    if answer.error.is_none() && !answer.equal { count.max(1) } else { count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(line: &str) -> Answer {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn every_mailbox_is_judged_and_each_file_counted_once() {
        let file = r#"{"name":"a.ics","path":"/a.ics","error":null,"refused":[["U","no start"]],"remarks":[],"invitations":0,
            "windows":[{"from":"f","until":"u","refused":["U"],"mirrors":[[{}],[{}]]}]}"#;
        let broken = r#"{"name":"b.ics","path":"/b.ics","error":"no calendar","refused":[],"remarks":[],"invitations":0,"windows":[]}"#;
        let files: Vec<File> =
            [file, broken].iter().map(|file| serde_json::from_str(file).unwrap()).collect();
        assert_eq!(files.iter().flat_map(questions).count(), 2);
        let answers = [
            answer(r#"{"name":"a.ics","equal":true,"occurrences":7}"#),
            answer(
                r#"{"name":"a.ics","occurrences":7,"only_source":[["s","e","t"]],"only_mirror":[["s","x","t"]]}"#,
            ),
        ];
        let mut said = Vec::new();
        let score = tell(&files, &answers, &mut |line| said.push(line.to_owned()));
        assert_eq!(
            score.to_string(),
            "files=2 parsed=1 refused=1 events=1 occurrences=7 mismatches=2 invitations=0 refused_events=1"
        );
        assert_eq!(said, ["a.ics: left out U: no start", "b.ics: refused: no calendar"]);
    }
}
