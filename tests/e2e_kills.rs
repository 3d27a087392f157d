//! The real binary, killed without warning at random moments: afterwards every mailbox is right and holds nothing twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use demo::directory::Cast;
use demo::truth;
use fake_host::answer::{Verdict, judge};
use fake_host::envelope::{self, Delivery, Form};
use fake_host::host::{FakeHost, Times};
use fake_host::wire::{Call, Sent, send};
use fake_host::worker::{Launch, Program, Worker};
use futures::future::join_all;
use platform::embedded::{Database, SqliteQueue};
use platform::{Message, Queue, Random, RealClock, SeededRandom};
use serde_json::{Value, json};
use simulator::{Options, Simulator};
use tempfile::TempDir;

const KILLS: usize = 100;
const PEOPLE: usize = 30;
const MAILBOXES: usize = 4;
/// Longer than every lease, delay and rest.
const AGE_MS: i64 = 3_600_000;
/// How long a process may live before it is killed, at most.
const LONGEST_LIFE_MS: u64 = 450;

struct Killing {
    simulator: Simulator,
    cast: Cast,
    queue: SqliteQueue,
    folder: TempDir,
    launch: Launch,
    random: SeededRandom,
}

impl Killing {
    async fn begin() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let latency = Duration::from_millis(15);
        let simulator = Simulator::start(Options { latency, ..Options::default() }).await.unwrap();
        let cast = stage::cast(&simulator, PEOPLE, MAILBOXES);
        let folder = TempDir::new().unwrap();
        let database = Database::open(folder.path().join("wheelhouse.db"), Arc::new(RealClock::new())).await;
        let launch = program(&simulator, folder.path()).launch();
        let random = SeededRandom::new(7);
        Self { simulator, cast, queue: database.unwrap().queue(), folder, launch, random }
    }

    /// A number below `most`.
    fn dice(&self, most: u64) -> u64 {
        self.random.uuid().as_u64_pair().0 % most
    }

    /// Hands out the only message of a queue through a strict host, once.
    async fn invoke(&self, host: &FakeHost, function: &str, message: &Message) -> Verdict {
        let delivery = Delivery {
            queue: function.to_owned(),
            id: message.id.clone(),
            bytes: message.bytes.to_vec(),
            dequeue_count: message.dequeue_count,
        };
        host.invoke(function, &envelope::queue(function, "message", Form::Binary, &delivery)).await
    }

    async fn take(&self, queue: &str) -> Message {
        let mut taken = self.queue.receive(queue, 8, Duration::from_secs(600)).await.unwrap();
        assert_eq!(taken.len(), 1, "{queue}");
        taken.remove(0)
    }

    async fn start(&self) -> Worker {
        let worker = (self.launch)();
        while send(worker.port, &Call::new("GET", "/")).await.is_err() {
            tokio::task::yield_now().await;
        }
        worker
    }

    async fn api(&self, worker: &Worker, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let path = format!("/api/tenants/{}{path}", self.simulator.tenant_id());
        let call = Call::new(method, &path).header("content-type", "application/json");
        let reply = send(worker.port, &call.body(Sent::Sized(body.to_string().into_bytes()))).await?;
        assert!((200..300).contains(&reply.status), "{method} {path}: {}", reply.json());
        Ok(reply.json())
    }

    /// Hands messages out as the host does until all queues are empty; ends with an error when the handler is gone.
    async fn work_off(&self, worker: &Worker) -> Result<(), String> {
        loop {
            let mut due = Vec::new();
            for queue in stage::host::QUEUES {
                due.extend(self.queue.receive(queue, 8, Duration::from_secs(600)).await.unwrap());
            }
            if due.is_empty() && self.waiting().await == 0 {
                return Ok(());
            }
            if due.is_empty() {
                self.age();
            }
            join_all(due.into_iter().map(|message| self.hand_out(worker, message)))
                .await
                .into_iter()
                .collect::<Result<(), _>>()?;
        }
    }

    async fn waiting(&self) -> u64 {
        let counts = stage::host::QUEUES.map(|queue| self.queue.len(queue));
        join_all(counts).await.into_iter().map(Result::unwrap).sum()
    }

    async fn hand_out(&self, worker: &Worker, message: Message) -> Result<(), String> {
        let function = message.queue.clone();
        let (id, bytes, dequeue_count) = (message.id.clone(), message.bytes.to_vec(), message.dequeue_count);
        if dequeue_count > 5 && !function.ends_with("-poison") {
            let poison = format!("{function}-poison");
            self.queue.send(&poison, Bytes::from(bytes), Duration::ZERO).await.unwrap();
            self.queue.delete(message).await.unwrap();
            return Ok(());
        }
        let delivery = Delivery { queue: function.clone(), id, bytes, dequeue_count };
        let envelope = envelope::queue(&function, "message", Form::Binary, &delivery);
        let call = envelope::call(&function, "6b4cf4a9-4e2e-4b5c-8f2e-1f2c3d4e5f60", None, &envelope);
        let verdict = judge(&send(worker.port, &call).await?);
        assert!(verdict.is_success(), "{function}: {verdict:?}");
        self.queue.delete(message).await.unwrap();
        Ok(())
    }

    /// Lets an hour pass for what is stored: leases end, delayed and rested messages are due.
    fn age(&self) {
        let file = rusqlite::Connection::open(self.folder.path().join("wheelhouse.db")).unwrap();
        file.busy_timeout(Duration::from_secs(10)).unwrap();
        file.execute("UPDATE lease SET until = until - ?1", [AGE_MS]).unwrap();
        file.execute("UPDATE message SET visible = visible - ?1", [AGE_MS]).unwrap();
    }

    /// Something changes in the directory, and something in a mailbox.
    fn change(&self, nth: usize) {
        for _ in 0..3 {
            let person = self.cast.people[usize::try_from(self.dice(PEOPLE as u64)).unwrap()];
            self.simulator.update_user(person, &json!({ "jobTitle": format!("Title {nth}") })).unwrap();
        }
        let name = format!("Joiner {nth}");
        let joiner = json!({ "displayName": name, "givenName": "Joiner", "surname": nth.to_string() });
        let joiner = self.simulator.add_user(joiner).unwrap();
        if self.dice(2) == 0 {
            self.simulator.purge_user(joiner).unwrap();
        }
        if self.dice(3) == 0 {
            let owner = self.cast.owners[usize::try_from(self.dice(MAILBOXES as u64)).unwrap()];
            // There may be none at the moment.
            let _ = self.simulator.user_deletes_folder(owner, stage::FOLDER);
        }
    }

    fn wrong(&self) -> Vec<usize> {
        let expected = truth::expected_of(&self.simulator, &self.cast);
        let owners = self.cast.owners.iter();
        owners.map(|owner| truth::in_mailbox(&self.simulator, *owner, &expected)).collect()
    }
}

fn program(simulator: &Simulator, folder: &Path) -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_wheelhouse"))
        .setting("WHEELHOUSE_READ_LAG_SECONDS", "0")
        .setting("WHEELHOUSE_PORTION_SECONDS", "1");
    stage::settings(simulator, folder).into_iter().fold(program, |program, (name, value)| {
        program.setting(name.to_str().unwrap(), value.to_str().unwrap())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_a_hundred_moments_it_ends_right() {
    let killing = Killing::begin().await;
    let worker = killing.start().await;
    killing.api(&worker, "PUT", "", &json!({})).await.unwrap();
    let mut config = stage::config(&killing.cast);
    config["readLagSeconds"] = json!(0);
    killing.api(&worker, "PUT", "/hubs/company", &config).await.unwrap();
    drop(worker);
    let (mut in_the_middle, mut writes) = (0, 0);
    for nth in 0..KILLS {
        killing.change(nth);
        killing.age();
        let worker = killing.start().await;
        let life = Duration::from_millis(killing.dice(LONGEST_LIFE_MS));
        let work = async {
            killing.api(&worker, "POST", "/hubs/company/run", &Value::Null).await?;
            killing.work_off(&worker).await
        };
        let is_cut = tokio::time::timeout(life, work).await.is_err();
        worker.kill();
        in_the_middle += usize::from(is_cut);
    }
    killing.simulator.set_latency(Duration::ZERO);
    killing.age();
    let worker = killing.start().await;
    for _ in 0..2 {
        killing.work_off(&worker).await.unwrap();
        killing.api(&worker, "POST", "/hubs/company/run", &Value::Null).await.unwrap();
        writes = killing.simulator.counts().writes.total();
        killing.work_off(&worker).await.unwrap();
    }
    assert_eq!(killing.wrong(), [0; MAILBOXES]);
    assert!(in_the_middle > KILLS / 2, "only {in_the_middle} kills hit work");
    killing.api(&worker, "POST", "/hubs/company/run", &Value::Null).await.unwrap();
    killing.work_off(&worker).await.unwrap();
    println!("{in_the_middle} kills hit work, {writes} writes in all");
    let quiet = killing.simulator.counts().writes.total();
    killing.api(&worker, "POST", "/hubs/company/run", &Value::Null).await.unwrap();
    killing.work_off(&worker).await.unwrap();
    assert_eq!(killing.simulator.counts().writes.total(), quiet, "nothing is left to do");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_handler_was_killed_half_way_is_handed_out_again_and_finishes() {
    let killing = Killing::begin().await;
    let worker = killing.start().await;
    killing.api(&worker, "PUT", "", &json!({})).await.unwrap();
    killing.api(&worker, "PUT", "/hubs/company", &stage::config(&killing.cast)).await.unwrap();
    killing.api(&worker, "POST", "/hubs/company/run", &Value::Null).await.unwrap();
    drop(worker);
    let host = FakeHost::start(killing.launch.clone(), Times::default()).await.unwrap();
    let gather = killing.take("gather").await;
    assert!(killing.invoke(&host, "gather", &gather).await.is_success());
    killing.queue.delete(gather).await.unwrap();

    let sync = killing.take("sync-mailbox").await;
    let half_way = async {
        while killing.simulator.counts().writes.contact_creates < 20 {
            tokio::task::yield_now().await;
        }
        host.kill().await;
    };
    let (verdict, ()) = tokio::join!(killing.invoke(&host, "sync-mailbox", &sync), half_way);
    assert!(matches!(verdict, Verdict::Failure(_)), "{verdict:?}");
    assert!(killing.wrong().iter().sum::<usize>() > 0, "it was killed too late");

    killing.age();
    // A create without an answer waits for the lag of listings and the time of a portion to pass: two real seconds here.
    while killing.waiting().await > 0 {
        for message in killing.queue.receive("sync-mailbox", 8, Duration::from_secs(600)).await.unwrap() {
            assert!(killing.invoke(&host, "sync-mailbox", &message).await.is_success());
            killing.queue.delete(message).await.unwrap();
        }
    }
    assert_eq!((killing.wrong(), host.starts()), (vec![0; MAILBOXES], 2));
    assert_eq!(host.complaints(), Vec::<String>::new());
}
