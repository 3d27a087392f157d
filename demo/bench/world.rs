//! Handler, tenant and the host that drives the one against the other.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use demo::api::Api;
use demo::stage::{HUB, hub_config};
use platform::embedded::{Database, SqliteQueue, host};
use platform::{RealClock, RealRandom};
use simulator::Info;
use tempfile::TempDir;

use crate::Options;
use crate::control::Control;
use crate::process::Process;

/// Everything that a measurement needs; the processes end with it.
pub struct World {
    /// Where the tenant is, and its ids.
    pub info: Info,
    /// The tenant's remote control.
    pub control: Control,
    /// The handler's API.
    pub api: Api,
    /// The Functions host, which runs in this process.
    pub host: host::Host,
    /// Its queues.
    pub queue: SqliteQueue,
    /// The deployed binary.
    pub handler: Process,
    /// The tenant.
    pub simulator: Process,
    _data: TempDir,
}

impl World {
    /// Starts the processes, connects the tenant and configures the hub; nothing is synced yet.
    pub async fn open(options: &Options) -> Result<Self> {
        let binary = options.wheelhouse.as_deref().context("--wheelhouse names no binary")?;
        let data = TempDir::new().context("no folder for the data")?;
        let (simulator, info) = Process::simulator(options)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let handler = Process::handler(binary, port, data.path(), &info)?;
        let (host, queue) = drive(data.path(), port).await?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let api = Api::new(http.clone(), port, info.tenant_id.clone(), HUB);
        api.connect().await?;
        let group = info.group_id.clone().context("the tenant has no group of mailboxes")?;
        api.configure(&hub_config(group.parse()?, &[])).await?;
        let control = Control::new(http, info.control_url.clone());
        Ok(World { info, control, api, host, queue, handler, simulator, _data: data })
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
