//! `cargo xtask bench start`: how soon the deployed binary answers, and how large it is.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::job::Job;
use crate::musl::{self, MUSL};
use crate::places;
use crate::stopwatch::Stopwatch;

/// Any app registration will do: nobody signs in.
const APP: &str = "00000000-0000-4000-8000-000000000000";
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_micros(200);

/// How often to start it.
#[derive(Args)]
pub struct Options {
    /// Starts to measure, after one that warms up the page cache.
    #[arg(long, default_value_t = 50)]
    starts: usize,
}

/// Builds the release binary, starts it many times, prints median, 90th percentile and size.
///
/// # Errors
/// The build failed, or the binary did not answer within ten seconds.
pub fn run(options: &Options) -> Result<()> {
    let binary = build()?;
    first_answer(&binary)?;
    let mut times = (0..options.starts.max(1)).map(|_| first_answer(&binary)).collect::<Result<Vec<_>>>()?;
    times.sort_unstable();
    println!(
        "start starts={} median_ms={:.1} p90_ms={:.1} size_mb={:.2}",
        times.len(),
        milliseconds(&times, 50),
        milliseconds(&times, 90),
        fs::metadata(&binary)?.len() as f64 / 1e6,
    );
    Ok(())
}

fn milliseconds(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn build() -> Result<PathBuf> {
    let mut arguments = vec!["build", "--release", "--package", "wheelhouse", "--bin", "wheelhouse"];
    let mut folder = places::target();
    if musl::is_there() {
        arguments.extend(["--target", MUSL]);
        folder.push(MUSL);
    } else {
        println!(
            "measured for this host: for the static binary run `rustup target add {MUSL}` and install musl-tools"
        );
    }
    Job::cargo(&arguments).run(&mut |line| println!("{line}"))?;
    Ok(folder.join("release/wheelhouse"))
}

/// A child that does not outlive this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn first_answer(binary: &Path) -> Result<Duration> {
    let data = tempfile::tempdir()?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let watch = Stopwatch::start();
    let mut running = Running(spawn(binary, port, data.path())?);
    while watch.elapsed() < PATIENCE {
        if answers(port) {
            return Ok(watch.elapsed());
        }
        if let Some(status) = running.0.try_wait()? {
            bail!("{} ended before it answered ({status})", binary.display());
        }
        std::thread::sleep(PAUSE);
    }
    bail!("{} did not answer on / within {} s", binary.display(), PATIENCE.as_secs())
}

fn spawn(binary: &Path, port: u16, data: &Path) -> Result<Child> {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
        .env("WHEELHOUSE_PLATFORM", "embedded")
        .env("WHEELHOUSE_DATA_FOLDER", data)
        .env("WHEELHOUSE_IDENTITY", "developer")
        .env("WHEELHOUSE_APP_CLIENT_ID", APP)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command.spawn().with_context(|| format!("{} could not be started", binary.display()))
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) else {
        return false;
    };
    let mut start = [0; 9];
    stream.write_all(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").is_ok()
        && stream.read_exact(&mut start).is_ok()
        && start.starts_with(b"HTTP/1.1 ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_measured_values() {
        let times: Vec<_> = (1..=10).map(Duration::from_millis).collect();
        assert_eq!(milliseconds(&times, 50), 5.0);
        assert_eq!(milliseconds(&times, 90), 9.0);
        assert_eq!(milliseconds(&times[..1], 90), 1.0);
    }
}
