//! The processes that are measured.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use simulator::{Info, Settings};

/// How many ticks the kernel counts in a second of processor time, on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// A child that does not outlive this value.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts the simulated tenant: this very program in its other role.
    pub fn simulator(tenant: &Settings) -> Result<(Self, Info)> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("simulator");
        for (name, value) in [
            ("--mailboxes", tenant.mailboxes as u64),
            ("--company", tenant.company as u64),
            ("--latency-ms", tenant.latency_ms),
            ("--seed", tenant.seed),
        ] {
            command.args([name, &value.to_string()]);
        }
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = Process(child.context("the simulator could not be started")?);
        let stdout = process.0.stdout.take().context("standard output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok((process, serde_json::from_str(&line).context("the simulator did not say where it is")?))
    }

    /// Starts the deployed binary on this machine, for that tenant.
    pub fn handler(binary: &Path, port: u16, data: &Path, info: &Info) -> Result<Self> {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
            .env("RUST_LOG", "warn")
            .env("WHEELHOUSE_PLATFORM", "embedded")
            .env("WHEELHOUSE_DATA_FOLDER", data)
            .env("WHEELHOUSE_APP_CLIENT_ID", &info.client_id)
            .env("WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID", &info.identity_client_id)
            .env("WHEELHOUSE_GRAPH_URL", &info.graph_url)
            .env("WHEELHOUSE_LOGIN_URL", &info.login_url)
            .env("IDENTITY_ENDPOINT", &info.identity_url)
            .env("IDENTITY_HEADER", &info.identity_header)
            .stdin(Stdio::null());
        let child = command.spawn();
        Ok(Process(child.with_context(|| format!("{} could not be started", binary.display()))?))
    }

    /// The most memory that it ever held, in megabytes; `None` where the system does not tell.
    pub fn peak_mb(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: f64 = peak.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1024.0 / 1e6)
    }

    /// The processor time that it took so far, in seconds; `None` where the system does not tell.
    pub fn cpu_seconds(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).ok()?;
        // The name in parentheses may hold anything; behind it user and system time are the 12th and 13th.
        let (_, fields) = stat.rsplit_once(')')?;
        let ticks: Vec<f64> =
            fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse().ok()).collect();
        Some(ticks.iter().sum::<f64>() / TICKS)
    }
}
