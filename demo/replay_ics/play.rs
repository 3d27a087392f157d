//! One look at one file: a hub of its own brings it into the mailboxes.

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use connectors::file::{self, Events, Feed, Guard, Location, Marks, Round};
use demo::api::field;
use demo::truth::events;
use demo::{Setup, Stage};
use serde_json::{Value, json};

use crate::Options;
use crate::files::{File, Window};
use crate::windows::{MONTHS_AHEAD, MONTHS_BACK, Play};

/// A replay on its way.
pub struct Replay {
    stage: Stage,
    unroll: bool,
}

impl Replay {
    /// Opens a tenant with some mailboxes, at the time of the first play.
    pub async fn open(options: &Options, begin: DateTime<Utc>) -> Result<Self> {
        let tenant = simulator::Settings {
            mailboxes: options.mailboxes,
            seed: options.seed,
            ..simulator::Settings::default()
        };
        let setup = Setup { tenant, empty: true, port: 0, haste: true, begin: Some(begin), sign_in: false };
        let stage = Stage::set(&setup).await?;
        stage.api.connect().await?;
        Ok(Replay { stage, unroll: options.unroll })
    }

    /// Looks at a file on the day of the play, and notes what came of it.
    pub async fn play(&self, play: &Play, file: &mut File) -> Result<()> {
        self.stage.go_to(play.now);
        let events = match self.read(play, file).await? {
            Ok(events) => events,
            Err(why) => {
                file.error = Some(why);
                return Ok(());
            }
        };
        let calendar = format!("{} {}", file.name, play.now.date_naive());
        let hub = self.stage.api.of(&format!("file-{}-{}", play.file, file.windows.len()));
        hub.configure(&self.config(&calendar, file)).await?;
        let ran = self.stage.run_hubs(&[&hub]).await?;
        for name in ["problems", "outcomes"] {
            let said = ran.progress.iter().flat_map(|run| field(run, name).as_array()).flatten();
            file.remarks.extend(said.filter_map(remark));
        }
        let refused: Vec<_> = events.refused.iter().map(|one| (id(one), one.why.to_string())).collect();
        let (from, until) = play.window();
        let mirrors = &self.stage.cast.owners;
        file.windows.push(Window {
            from: from.to_rfc3339(),
            until: until.to_rfc3339(),
            refused: refused.iter().map(|(uid, _)| uid.clone()).collect(),
            mirrors: mirrors
                .iter()
                .map(|owner| events::calendar(&self.stage.simulator, *owner, &calendar))
                .collect(),
        });
        file.refused.extend(refused);
        file.invitations += self.stage.simulator.outbox().len();
        self.stage.simulator.clear_outbox();
        Ok(())
    }

    /// What the product's reader makes of a file: here only which events it refuses, and why.
    async fn read(&self, play: &Play, file: &File) -> Result<Result<Box<Events>, String>> {
        let location = Location::Bytes(file.text.clone().into_bytes());
        let options = file::Options { time_zone: Tz::UTC, unroll: self.unroll, window: play.window() };
        match Feed::new(Guard::default()).read(&location, &Marks::default(), &options).await {
            Ok(Round::Read(events, _)) => Ok(Ok(events)),
            Ok(Round::Unchanged) => bail!("a file without a past can't be unchanged"),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    fn config(&self, calendar: &str, file: &File) -> Value {
        json!({
            "name": calendar, "kind": "events", "schedule": "0 * * * *",
            "spokes": [
                { "id": "feed", "connector": "file", "contributes": {
                    "file": { "text": file.text },
                    "events": {
                        "monthsBack": MONTHS_BACK, "monthsAhead": MONTHS_AHEAD, "privateEvents": "asTheyAre",
                        "declined": true, "reminders": "keep", "unroll": self.unroll } } },
                { "id": "mailboxes", "connector": "mailbox", "receives": {
                    "folder": calendar, "audience": { "users": self.stage.cast.owners } } }
            ]
        })
    }

    /// Ends the product.
    pub async fn close(self) {
        self.stage.strike().await;
    }
}

/// What the product says beside numbers: a problem, or a mailbox that is not simply done.
fn remark(said: &Value) -> Option<String> {
    let state = field(said, "state").as_str();
    match said {
        Value::String(text) => Some(text.clone()),
        _ if matches!(state, Some("done" | "unchanged")) => None,
        _ => Some(said.to_string()),
    }
}

fn id(refused: &file::Refused) -> String {
    refused.uid.clone().unwrap_or_else(|| format!("#{}", refused.number))
}
