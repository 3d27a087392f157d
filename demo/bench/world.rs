//! Handler, tenant and the host that drives the one against the other.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use demo::api::Api;
use platform::embedded::{Database, SqliteQueue, host};
use platform::{RealClock, RealRandom};
use simulator::{Info, Settings};
use tempfile::TempDir;

use crate::control::Control;
use crate::process::Process;

/// What is measured.
#[derive(Args, Debug)]
pub struct Handler {
    /// The deployed binary.
    #[arg(long, value_name = "FILE")]
    wheelhouse: PathBuf,
}

/// Everything that a measurement needs; the processes end with it.
pub struct World {
    /// Where the tenant is, and its ids.
    pub info: Info,
    /// The tenant's remote control.
    pub control: Control,
    /// The Functions host, which runs in this process.
    pub host: host::Host,
    /// Its queues.
    pub queue: SqliteQueue,
    /// The deployed binary.
    pub handler: Process,
    /// The tenant.
    pub simulator: Process,
    api: Api,
    _data: TempDir,
}

impl World {
    /// Starts the processes and connects the tenant; there is no hub yet.
    pub async fn open(binary: &Handler, tenant: &Settings) -> Result<Self> {
        let data = TempDir::new().context("no folder for the data")?;
        let (simulator, info) = Process::simulator(tenant)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let handler = Process::handler(&binary.wheelhouse, port, data.path(), &info)?;
        let (host, queue) = drive(data.path(), port).await?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let api = Api::new(http.clone(), port, info.tenant_id.clone(), "");
        api.connect().await?;
        let control = Control::new(http, info.control_url.clone());
        Ok(World { info, control, host, queue, handler, simulator, api, _data: data })
    }

    /// The handler's API for one hub.
    pub fn api(&self, hub: &str) -> Api {
        self.api.of(hub)
    }
}

async fn drive(data: &Path, port: u16) -> Result<(host::Host, SqliteQueue)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let clock = Arc::new(RealClock::new());
    let database = Database::open(data.join("wheelhouse.db"), clock.clone()).await?;
    let setup = host::Setup {
        definitions: host::read_definitions(project.join("function-defs"))?,
        settings: host::Settings::from_host_json(&fs::read_to_string(project.join("host.json"))?)?,
        queue: database.queue(),
        clock,
        random: Arc::new(RealRandom::new()),
        port,
        timers_run: false,
    };
    Ok((host::Host::start(setup).await?, database.queue()))
}
