//! Everything in one process: the simulated tenant, the functions behind their port, the embedded host.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use platform::embedded::{Database, host};
use platform::{Clock, RealRandom};
use serde_json::{Value, json};
use simulator::{Counts, Simulator};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wheelhouse::config::{Cloud, Feeds, Hidden, HttpLimits, Identity, Platform, Residency, Settings};

use crate::api::Api;
use crate::clock::SkippingClock;
use crate::directory::Cast;
use crate::door::Door;

/// The hub of the demo.
pub const HUB: &str = "company";
/// The folder that it keeps in every mailbox.
pub const FOLDER: &str = "Company contacts";
/// How long a run may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(1800);
/// The same where time is skipped: it passes quickly.
const PATIENCE_IN_HASTE: Duration = Duration::from_secs(48 * 3600);
/// How long nothing may move before time is skipped.
const STILL: Duration = Duration::from_millis(10);
/// How much time is skipped at first; it doubles as long as nothing moves.
const FIRST_SKIP: Duration = Duration::from_millis(250);
/// The most that is skipped at once while messages wait.
const MOST_WAITING: Duration = Duration::from_secs(30);
/// The most that is skipped at once while functions run: far below their deadlines.
const MOST_RUNNING: Duration = Duration::from_secs(1);

/// How the stage is set.
pub struct Setup {
    /// What lives in the tenant, and how slow it is.
    pub tenant: simulator::Settings,
    /// Whether nobody is in the list yet: then the mailboxes' owners are users of their own, outside it.
    pub empty: bool,
    /// The port of the API on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Whether time in which nothing moves is skipped instead of waited for.
    pub haste: bool,
    /// When it begins; now if absent.
    pub begin: Option<DateTime<Utc>>,
    /// Whether people can sign in, at the next port: this one answers to its own machine alone.
    pub sign_in: bool,
}

/// A company, its Microsoft 365 tenant and its Wheelhouse.
pub struct Stage {
    /// The tenant.
    pub simulator: Simulator,
    /// Who is who.
    pub cast: Cast,
    /// Wheelhouse's API.
    pub api: Api,
    /// Where it answers.
    pub port: u16,
    /// Where people sign in.
    pub door: Option<Door>,
    clock: Arc<SkippingClock>,
    haste: bool,
    host: host::Host,
    server: JoinHandle<()>,
    _data: TempDir,
}

/// What the runs did, as the tenant counted it.
pub struct RunResult {
    /// What the tenant counted.
    pub counts: Counts,
    /// What the run of each hub recorded.
    pub progress: Vec<Value>,
    /// How long they took.
    pub time: Duration,
}

impl Stage {
    /// Opens the tenant, starts the functions and the host; nothing is synced yet.
    pub async fn set(setup: &Setup) -> Result<Self> {
        let simulator = Simulator::start(simulator::Options {
            seed: setup.tenant.seed,
            latency: Duration::from_millis(setup.tenant.latency_ms),
            clock: setup.begin.map_or_else(simulator::Clock::real, simulator::Clock::virtual_at),
            ..simulator::Options::default()
        })
        .await?;
        let cast = Cast::fill(&simulator, setup)?;
        let data = TempDir::new().context("no folder for the demo's data")?;
        let listener = TcpListener::bind(("127.0.0.1", setup.port)).await.with_context(|| {
            format!("port {} on 127.0.0.1 can't be used; is a demo running already?", setup.port)
        })?;
        let port = listener.local_addr()?.port();
        let clock = Arc::new(SkippingClock::beginning(setup.begin));
        let settings = settings(&simulator, data.path())?;
        let door = if setup.sign_in {
            let port = if setup.port == 0 { 0 } else { setup.port.saturating_add(1) };
            Some(Door::open(&simulator, settings.clone(), clock.clone(), port).await?)
        } else {
            None
        };
        let router = wheelhouse::router(settings, clock.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = wheelhouse::host::serve(listener, router).await {
                tracing::error!(%error, "the port broke");
            }
        });
        let database = Database::open(data.path().join("wheelhouse.db"), clock.clone()).await?;
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let host = host::Host::start(host::Setup {
            definitions: host::read_definitions(project.join("function-defs"))?,
            settings: host::Settings::from_host_json(&std::fs::read_to_string(project.join("host.json"))?)?,
            queue: database.queue(),
            clock: clock.clone(),
            random: Arc::new(RealRandom::new()),
            port,
            timers_run: false,
        })
        .await?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(240)).build()?;
        let api = Api::new(http, port, simulator.tenant_id(), HUB);
        let haste = setup.haste;
        Ok(Stage { simulator, cast, api, port, door, clock, haste, host, server, _data: data })
    }

    /// The time in the product and in the tenant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the time on, for the product and the tenant alike; it never goes back.
    pub fn go_to(&self, time: DateTime<Utc>) {
        self.clock.skip((time - self.clock.now()).to_std().unwrap_or_default());
        let tenant = self.simulator.clock();
        tenant.advance((time - tenant.now()).to_std().unwrap_or_default());
    }

    /// Connects the tenant and configures the hub.
    pub async fn open_hub(&self) -> Result<()> {
        self.api.connect().await?;
        self.api.configure(&self.config()).await
    }

    /// The hub's configuration.
    pub fn config(&self) -> Value {
        let Cast { mailbox_group, outside_list, .. } = &self.cast;
        hub_config(*mailbox_group, outside_list.as_slice())
    }

    /// Runs the company's hub and waits until nothing is left to do.
    pub async fn run(&self) -> Result<RunResult> {
        self.run_hubs(&[&self.api]).await
    }

    /// Runs hubs at the same time and waits until nothing is left to do.
    pub async fn run_hubs(&self, hubs: &[&Api]) -> Result<RunResult> {
        self.measured(async {
            let mut runs = Vec::with_capacity(hubs.len());
            for hub in hubs {
                runs.push((*hub, hub.run().await?));
            }
            Ok(runs)
        })
        .await
    }

    /// Does some work that starts runs, and waits until nothing is left to do.
    #[allow(clippy::disallowed_methods, reason = "the demo shows real time")]
    pub async fn measured<'a>(
        &self,
        work: impl Future<Output = Result<Vec<(&'a Api, String)>>>,
    ) -> Result<RunResult> {
        self.simulator.reset_counts();
        let begun = std::time::Instant::now();
        let runs = work.await?;
        self.settle().await?;
        let time = begun.elapsed();
        let mut progress = Vec::with_capacity(runs.len());
        for (hub, run) in runs {
            progress.push(hub.progress(&run).await?);
        }
        Ok(RunResult { counts: self.simulator.counts(), progress, time })
    }

    /// Waits until every message is worked on.
    pub async fn settle(&self) -> Result<()> {
        let patience = if self.haste { PATIENCE_IN_HASTE } else { PATIENCE };
        tokio::select! {
            drained = self.host.drain(patience) => drained.context("the run does not come to its end"),
            () = self.hasten(), if self.haste => Ok(()),
        }
    }

    /// Skips time for as long as nothing moves, for the product and the tenant alike; never ends.
    async fn hasten(&self) {
        let (mut seen, mut skip) = (Counts::default(), FIRST_SKIP);
        loop {
            tokio::time::sleep(STILL).await;
            let (now, most) = (self.simulator.counts(), self.most_skipped());
            if now == seen {
                self.clock.skip(skip.min(most));
                self.simulator.clock().advance(skip.min(most));
                skip = skip.saturating_mul(2).min(most);
            } else {
                (seen, skip) = (now, FIRST_SKIP);
            }
        }
    }

    fn most_skipped(&self) -> Duration {
        if self.host.running() == 0 { MOST_WAITING } else { MOST_RUNNING }
    }

    /// Ends the functions and the host.
    pub async fn strike(self) {
        self.host.stop().await;
        self.server.abort();
    }
}

/// A hub of everybody outside some groups, for the mailboxes of one group.
pub fn hub_config(mailboxes: Uuid, outside: &[Uuid]) -> Value {
    json!({
        "name": "Company directory",
        "kind": "contacts",
        "schedule": "0 * * * *",
        "spokes": [
            directory_spoke(&json!({ "excludeGroups": outside })),
            { "id": "mailboxes", "connector": "mailbox", "receives": {
                "folder": FOLDER, "audience": { "groups": [mailboxes] } } }
        ]
    })
}

/// The directory as a contributor, with these rules about who is in.
pub fn directory_spoke(rules: &Value) -> Value {
    json!({ "id": "directory", "connector": "directory", "contributes": {
        "rules": rules,
        "mapping": { "extensionAttributes": {
            "extensionAttribute1": "middleName", "extensionAttribute2": "nickName",
            "extensionAttribute3": "generation", "extensionAttribute4": "businessHomePage",
            "extensionAttribute5": "birthday" } } } })
}

fn settings(simulator: &Simulator, data: &Path) -> Result<Settings> {
    Ok(Settings {
        platform: Platform::Embedded { data_folder: data.to_owned(), key_folder: data.to_owned() },
        identity: Identity::Managed {
            client_id: simulator.identity_client_id().parse()?,
            endpoint: simulator.identity_url().parse()?,
            header: Hidden::new(simulator.identity_header()),
        },
        app_client_id: simulator.client_id().parse()?,
        cloud: Cloud {
            graph_url: simulator.graph_url().parse()?,
            login_url: simulator.login_url().parse()?,
            token_audience: "api://AzureADTokenExchange".to_owned(),
        },
        scoped_app_client_id: Some(simulator.scoped_client_id().parse()?),
        public: None,
        residency: Residency { region: "local".to_owned(), stamps: BTreeMap::new() },
        feeds: Feeds::default(),
        read_lag: Duration::from_secs(120),
        portion_time: Duration::from_secs(60),
        http: HttpLimits { body_bytes: 1 << 20, timeout: Duration::from_secs(60), lanes: 256 },
    })
}
