//! Other programs, run in the project's root, with what they print handed on line by line.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, PipeReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::places;

/// Takes a line of output.
pub type Lines<'a> = &'a mut dyn FnMut(&str);

/// A program with its arguments, not yet run.
pub struct Job {
    command: Command,
    shown: String,
}

impl Job {
    /// The program and its arguments; it reads no standard input.
    pub fn new<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[S]) -> Self {
        let mut command = Command::new(&program);
        command.stdin(Stdio::null()).current_dir(places::root());
        Self { command, shown: program.as_ref().to_string_lossy().into_owned() }.words(arguments)
    }

    /// Cargo, the one that runs this.
    pub fn cargo(arguments: &[&str]) -> Self {
        let mut job = Self::new::<&str>(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), &[]);
        job.shown = "cargo".to_owned();
        // `cargo run` set these for this package. Build scripts that watch them (ring's does) would run anew.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PKG_") {
                job.command.env_remove(name);
            }
        }
        job.command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH");
        job.words(arguments)
    }

    /// More arguments.
    pub fn words<S: AsRef<OsStr>>(mut self, words: &[S]) -> Self {
        for word in words.iter().map(AsRef::as_ref) {
            self.command.arg(word);
            self.shown.push(' ');
            self.shown.push_str(&word.to_string_lossy());
        }
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it in this folder.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it to its end; both of its output streams go to `lines`, in their order.
    pub fn run(mut self, lines: Lines<'_>) -> Result<()> {
        lines(&format!("$ {}", self.shown));
        let (reader, writer) = std::io::pipe()?;
        self.command.stdout(writer.try_clone()?).stderr(writer);
        let child = self.spawn()?;
        // The command holds the pipe's writing end: without this drop the reading never ends.
        let shown = std::mem::take(&mut self.shown);
        drop(self);
        hand_on(reader, lines)?;
        finish(child, &shown)
    }

    /// Runs it to its end on the developer's own terminal.
    pub fn show(mut self) -> Result<()> {
        let child = self.spawn()?;
        finish(child, &self.shown)
    }

    /// Runs it to its end and returns its standard output; its error stream goes to `lines`.
    pub fn output(mut self, lines: Lines<'_>) -> Result<String> {
        lines(&format!("$ {}", self.shown));
        let (reader, writer) = std::io::pipe()?;
        self.command.stdout(Stdio::piped()).stderr(writer);
        let mut child = self.spawn()?;
        let shown = std::mem::take(&mut self.shown);
        drop(self);
        let mut stdout = child.stdout.take().context("standard output is piped")?;
        let output = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_| text)
        });
        hand_on(reader, lines)?;
        let text = output.join().map_err(|_| anyhow::anyhow!("`{shown}`: reading its output failed"))??;
        finish(child, &shown)?;
        Ok(text)
    }

    /// Whether it runs and ends well, without a word.
    pub fn succeeds(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn spawn(&mut self) -> Result<Child> {
        self.command.spawn().with_context(|| format!("`{}` could not be started", self.shown))
    }
}

fn hand_on(pipe: PipeReader, lines: Lines<'_>) -> Result<()> {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        lines(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(())
}

fn finish(mut child: Child, shown: &str) -> Result<()> {
    let status = child.wait()?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_arrive_and_a_failure_names_the_command() {
        let mut seen = Vec::new();
        let job = Job::new("sh", &["-c", "echo one; echo two >&2; exit 3"]);
        let failure = job.run(&mut |line| seen.push(line.to_owned())).unwrap_err();
        assert_eq!(seen.get(1..).unwrap(), ["one", "two"]);
        assert!(failure.to_string().contains("exit 3"), "{failure}");
    }

    #[test]
    fn captured_output_is_kept_apart_from_the_error_stream() {
        let mut seen = Vec::new();
        let job = Job::new("sh", &["-c", "echo document; echo progress >&2"]);
        let text = job.output(&mut |line| seen.push(line.to_owned())).unwrap();
        assert_eq!(text, "document\n");
        assert_eq!(seen.get(1..).unwrap(), ["progress"]);
    }
}
