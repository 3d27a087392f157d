//! Has what is kept about a person be what their sources hold.

use std::time::Duration;

use platform::{Kind, Row, When};
use sync::{Erased, HubId};

use super::Work;
use crate::host::Failure;
use crate::lease::{Leased, leased};
use crate::messages::{Gather, Reason};
use crate::tables::{Step, Tables, Taken};

/// How long a gathering is waited for.
const GATHERING: Duration = Duration::from_secs(30);
/// How often the runs are waited for; then they are left to themselves.
const MOST_WAITS: u32 = 120;

impl Work<'_> {
    /// Has the sources that hold the person read from their beginning, without what users changed of them.
    pub(super) async fn read_anew(&mut self) -> Result<Option<Duration>, Failure> {
        let erased = Erased { who: self.request.who.clone(), ..Erased::default() };
        for hub in self.app.tables.hub_ids(self.tenant).await? {
            if self.request.runs.contains_key(hub.as_str()) {
                continue;
            }
            let gathering = format!("{}gather", Tables::hub_prefix(self.tenant, &hub));
            match leased(self.app, &gathering, self.forget_reading(&hub, &erased)).await? {
                Leased::Done(false) => {}
                Leased::Done(true) => {
                    let run = self.start(&hub).await?;
                    self.request.runs.insert(hub.to_string(), run);
                }
                Leased::Taken => return Ok(Some(GATHERING)),
            }
        }
        self.go_on(Step::AwaitRuns);
        Ok(None)
    }

    /// Whether the hub holds the person.
    async fn forget_reading(&self, hub: &HubId, erased: &Erased) -> Result<bool, Failure> {
        let tables = &self.app.tables;
        let prefix = format!("{}sources/", Tables::hub_prefix(self.tenant, hub));
        let mut any = false;
        for spoke in tables.names(&prefix).await? {
            let key = format!("{prefix}{spoke}");
            let Some(Row { record: mut source, etag }) = tables.sources.get(&key).await? else { continue };
            let (mut directory, mut items) = (source.directory.clone(), source.items.clone());
            if erased.strike_directory(&spoke, &mut directory).0 || erased.strike_items(&spoke, &mut items).0
            {
                source.forget_reading();
                tables.sources.put(&key, &source, When::Match(etag)).await?;
                any = true;
            }
        }
        let key = Tables::overlay_key(self.tenant, hub);
        if let Some(Row { record: Taken(mut overlay), etag }) = tables.overlays.get(&key).await? {
            let before = overlay.clone();
            erased.strike_overlay(&mut overlay);
            if overlay != before {
                tables.overlays.put(&key, &Taken(overlay), When::Match(etag)).await?;
                any = true;
            }
        }
        Ok(any)
    }

    async fn start(&self, hub: &HubId) -> Result<String, Failure> {
        let run = self.app.new_run();
        let (tenant, hub) = (self.tenant.clone(), hub.clone());
        let message = Gather { tenant, hub, run: run.clone(), reason: Reason::Manual, waited: 0 };
        self.app.send(&message, Duration::ZERO).await?;
        Ok(run)
    }

    /// A run's record appears once its sources are read; how long to wait for those that are missing.
    pub(super) async fn await_runs(&mut self) -> Result<Option<Duration>, Failure> {
        let mut missing = 0;
        for (hub, run) in &self.request.runs {
            let Ok(hub) = HubId::new(hub.clone()) else { continue };
            let row = self.app.tables.runs.get(&Tables::run_key(self.tenant, &hub, run)).await;
            match row {
                Err(error) if error.kind() == Kind::Unreadable => {}
                row => missing += usize::from(row?.is_none()),
            }
        }
        if missing > 0 && self.request.waited < MOST_WAITS {
            self.request.waited += 1;
            return Ok(Some(GATHERING));
        }
        self.request.progress.found = self.request.runs.len();
        self.go_on(Step::Done);
        Ok(None)
    }
}
