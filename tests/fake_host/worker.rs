//! A handler as the host sees it: something that listens on a port, ends with a code, and can be killed.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The code with which a handler asks to be started anew.
const ASKED_FOR: i32 = 200;

/// How a handler is started, again and again.
pub type Launch = Arc<dyn Fn() -> Worker + Send + Sync>;

/// A started handler; dropping it kills it.
pub struct Worker {
    pub port: u16,
    kind: Kind,
    lines: Lines,
    readers: Mutex<Vec<JoinHandle<()>>>,
    is_restarting: AtomicBool,
}

enum Kind {
    Process(Mutex<Child>),
    /// Lives on a runtime of its own, so that killing it breaks off every connection, as it does for a process.
    Within {
        runtime: Mutex<Option<tokio::runtime::Runtime>>,
        exit: ExitCode,
    },
}

/// What a handler within this process sets to end "itself" with a code.
pub type ExitCode = Arc<Mutex<Option<i32>>>;

type Lines = Arc<Mutex<Vec<Line>>>;

/// A line that a handler has written to its console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The host takes a line of standard error for an error.
    pub is_error: bool,
    pub text: String,
}

/// A program with settings, for [`Launch`].
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<String>,
    pub settings: Vec<(String, String)>,
    port: Option<u16>,
}

impl Program {
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), arguments: Vec::new(), settings: Vec::new(), port: None }
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// On this port, instead of any that is free.
    pub fn on_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    pub fn launch(self) -> Launch {
        Arc::new(move || self.start())
    }

    /// Starts the program with the host's variables and its settings, and with nothing of ours.
    fn start(&self) -> Worker {
        let port = self.port.unwrap_or_else(free_port);
        let mut child = Command::new(&self.path)
            .args(&self.arguments)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .envs(host_variables(port))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the handler can be started");
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let worker = Worker::new(port, Kind::Process(Mutex::new(child)));
        worker.read_lines(out, false);
        worker.read_lines(err, true);
        worker
    }
}

fn host_variables(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
        ("FUNCTIONS_HTTPWORKER_PORT", port.to_string()),
        ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", "2f5c9a52-6a37-4c1e-8d43-1be1a9e8d2a7".to_owned()),
        ("FUNCTIONS_HTTPWORKER_ID", "2f5c9a52-6a37-4c1e-8d43-1be1a9e8d2a7".to_owned()),
        ("FUNCTIONS_APP_ROOT_PATH", "/var/site/wwwroot".to_owned()),
        ("WEBSITE_INSTANCE_ID", "instance".to_owned()),
    ]
}

/// A port that is free now, and below those that systems give to connections: nobody takes it before the handler does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id().wrapping_mul(97);
    let mut ports = (0..1000).map(|_| {
        let next = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        u16::try_from(10_000 + first.wrapping_add(next) % 20_000).expect("a port")
    });
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("a free port")
}

/// Launches a handler within this process; `make` gets what ends it with a code.
pub fn within(make: impl Fn(ExitCode) -> axum::Router + Send + Sync + 'static) -> Launch {
    Arc::new(move || {
        let exit = ExitCode::default();
        let router = make(exit.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await
        });
        let runtime = Mutex::new(Some(runtime));
        Worker::new(port, Kind::Within { runtime, exit })
    })
}

impl Worker {
    fn new(port: u16, kind: Kind) -> Self {
        let (lines, readers) = Default::default();
        Self { port, kind, lines, readers, is_restarting: AtomicBool::new(false) }
    }

    fn read_lines(&self, from: impl Read + Send + 'static, is_error: bool) {
        let into = self.lines.clone();
        let reader = std::thread::spawn(move || {
            for text in BufReader::new(from).lines().map_while(Result::ok) {
                into.lock().unwrap().push(Line { is_error, text });
            }
        });
        self.readers.lock().unwrap().push(reader);
    }

    /// Kills it to start it anew, as the host does after a time-out: this is not its error.
    pub fn restart(&self) {
        self.is_restarting.store(true, Ordering::Relaxed);
        self.kill();
    }

    /// Whether its end counts against it.
    pub fn has_failed(&self) -> bool {
        let is_unasked = self.exit_code().is_some_and(|code| code != ASKED_FOR);
        is_unasked && !self.is_restarting.load(Ordering::Relaxed)
    }

    /// SIGKILL: no warning, every connection breaks.
    pub fn kill(&self) {
        match &self.kind {
            Kind::Process(child) => {
                let mut child = child.lock().unwrap();
                // Fails only if it has ended already.
                let _ended = child.kill();
                child.wait().expect("it has ended");
            }
            Kind::Within { runtime, exit } => {
                exit.lock().unwrap().get_or_insert(137);
                if let Some(runtime) = runtime.lock().unwrap().take() {
                    runtime.shutdown_background();
                }
            }
        }
    }

    /// The code with which it has ended, if it has; a killed one counts as 137.
    pub fn exit_code(&self) -> Option<i32> {
        match &self.kind {
            Kind::Process(child) => {
                let status = child.lock().unwrap().try_wait().expect("its state");
                status.map(|status| status.code().unwrap_or(137))
            }
            Kind::Within { exit, .. } => {
                let code = *exit.lock().unwrap();
                if code.is_some() {
                    self.kill();
                }
                code
            }
        }
    }

    /// Waits for its own end, for a while; its code and everything that it has written.
    pub fn wait(&self) -> (i32, Vec<Line>) {
        let ended = (0..2000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            self.exit_code()
        });
        (ended.expect("it should have ended by itself"), self.all_lines())
    }

    /// What it has written so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    /// What it has written in all; only when it has ended.
    pub fn all_lines(&self) -> Vec<Line> {
        let readers = std::mem::take(&mut *self.readers.lock().unwrap());
        readers.into_iter().for_each(|reader| reader.join().expect("a reader"));
        self.lines()
    }

    pub fn process_id(&self) -> Option<u32> {
        match &self.kind {
            Kind::Process(child) => Some(child.lock().unwrap().id()),
            Kind::Within { .. } => None,
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}
