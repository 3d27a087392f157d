//! The demo's own figures, judged.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::job::{Job, Lines};

const STEPS: [&str; 12] = [
    "first",
    "unchanged",
    "edits",
    "source-503",
    "source-halved",
    "calendar-first",
    "calendar-unchanged",
    "two-way-edit",
    "two-way-conflict",
    "consent",
    "withdrawn",
    "reconsent",
];

/// What `cargo demo --once --json` prints.
#[derive(Deserialize)]
struct Story {
    people: u64,
    mailboxes: u64,
    steps: Vec<Chapter>,
}

#[derive(Deserialize)]
struct Chapter {
    name: String,
    creates: u64,
    updates: u64,
    deletes: u64,
    failed: u64,
    mismatches: u64,
    invitations: u64,
}

/// Runs the demo's story to its end and judges its figures.
///
/// # Errors
/// The demo failed, or its figures are not those of a right sync.
pub fn run(lines: Lines<'_>) -> Result<()> {
    let text = Job::cargo(&["demo", "--once", "--json"]).output(lines)?;
    lines(text.trim());
    let story = serde_json::from_str(&text).context("the demo did not print its JSON document")?;
    judge(&story)
}

fn judge(story: &Story) -> Result<()> {
    let names: Vec<_> = story.steps.iter().map(|chapter| chapter.name.as_str()).collect();
    ensure!(names == STEPS, "the demo's steps are {names:?}, not {STEPS:?}");
    for chapter in &story.steps {
        let Chapter { name, mismatches, failed, invitations, .. } = chapter;
        ensure!(*mismatches == 0 && *failed == 0, "step `{name}`: {mismatches} mismatches, {failed} failed");
        ensure!(*invitations == 0, "step `{name}`: {invitations} invitations were mailed");
    }
    let writes = |chapter: &Chapter| (chapter.creates, chapter.updates, chapter.deletes);
    let [first, unchanged, _, broken, _, calendar, calendar_unchanged, _, _, consent, withdrawn, reconsent] =
        story.steps.as_slice()
    else {
        bail!("the demo has fewer steps than it should")
    };
    let all = story.people * story.mailboxes;
    ensure!(writes(first) == (all, 0, 0), "the first run made {:?} writes, not {all} creates", writes(first));
    ensure!(calendar.creates > 0, "the first run of the calendar created nothing");
    ensure!(consent.creates > 0, "the first run after the consent created nothing");
    for chapter in [unchanged, calendar_unchanged, withdrawn, reconsent] {
        ensure!(writes(chapter) == (0, 0, 0), "the {} run wrote {:?}", chapter.name, writes(chapter));
    }
    ensure!(broken.deletes == 0, "a broken source deleted {}", broken.deletes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(first_creates: u64, unchanged_updates: u64, mismatches: u64) -> Story {
        let chapter = |name: &str, creates, updates| {
            serde_json::json!({ "name": name, "creates": creates, "updates": updates, "deletes": 0,
                "held": 0, "failed": 0, "mismatches": mismatches, "invitations": 0 })
        };
        let steps = STEPS.map(|name| match name {
            "first" => chapter(name, first_creates, 0),
            "unchanged" => chapter(name, 0, unchanged_updates),
            "calendar-unchanged" | "withdrawn" | "reconsent" => chapter(name, 0, 0),
            _ => chapter(name, 1, 3),
        });
        serde_json::from_value(serde_json::json!({ "people": 4, "mailboxes": 3, "steps": steps })).unwrap()
    }

    #[test]
    fn a_right_story_passes_and_each_wrong_figure_is_named() {
        assert!(judge(&story(12, 0, 0)).is_ok());
        assert!(judge(&story(11, 0, 0)).unwrap_err().to_string().contains("12 creates"));
        assert!(judge(&story(12, 1, 0)).unwrap_err().to_string().contains("unchanged"));
        assert!(judge(&story(12, 0, 2)).unwrap_err().to_string().contains("2 mismatches"));
    }
}
