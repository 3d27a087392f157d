//! What all functions work with: the ports, the way to Graph, the tables.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::file::{Feed, Guard};
use connectors::graph::login::{
    Assertion, Developer, Federated, Login, ManagedIdentity, ManagedIdentityOptions, Secret,
};
use connectors::graph::{Endpoints, Graph, Options, Pace};
use platform::azure::Azure;
use platform::embedded::{Database, FileKeys};
use platform::{Clock, Keys, Queue, Random, RealRandom, Sealed, Store};
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::config::{Identity, Platform, Settings};
use crate::grants::Granted;
use crate::host::{Failure, StartError};
use crate::tables::Tables;

/// The key that wraps the tenants' data keys.
const WRAPPING_KEY: &str = "wheelhouse";
/// How many states of mailboxes are written at a time.
const WRITERS: usize = 4;
/// How many messages read folders as a whole at a time.
const READERS: usize = 2;
/// The container of all blobs.
const CONTAINER: &str = "wheelhouse";

/// One running Wheelhouse.
pub struct App {
    /// How it was set up.
    pub settings: Settings,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub random: Arc<dyn Random>,
    /// Unsealed values: nothing but ids and leases.
    pub store: Arc<dyn Store>,
    /// Where messages wait.
    pub queue: Arc<dyn Queue>,
    /// Secrets by reference.
    pub keys: Arc<dyn Keys>,
    /// Sealed values.
    pub sealed: Sealed,
    /// What is kept.
    pub tables: Tables,
    /// The way to Microsoft Graph.
    pub graph: Graph,
    /// The way to calendar feeds.
    pub feeds: Feed,
    /// What is held to know callers.
    pub access: Access,
    /// Turns at writing a mailbox's state: a hundred serialised and sealed at once would fill the memory.
    pub writing: Semaphore,
    /// Turns at reading folders as a whole: twenty of them are megabytes.
    pub reading: Semaphore,
    /// Turns at appending to the audit log: within one process nobody is in another's way.
    pub auditing: Semaphore,
}

impl App {
    /// Opens what the settings name.
    ///
    /// Fails, saying what to mend, if the data file, the key or TLS can't be used; the network is not touched.
    pub async fn open(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let random: Arc<dyn Random> = Arc::new(RealRandom::new());
        let (store, queue, keys) = ports(&settings, &clock, &random).await?;
        let sealed = Sealed::new(
            Arc::clone(&store),
            Arc::clone(&keys),
            Arc::clone(&clock),
            Arc::clone(&random),
            WRAPPING_KEY,
        );
        let tables = Tables::over(&sealed);
        let granted = Granted::new(&settings, &tables);
        let graph = Graph::new(graph_options(&settings, granted, &clock, &random)?)?;
        let feeds = &settings.feeds;
        let guard = Guard { allow_http: feeds.http, allowed: feeds.addresses.clone() };
        let feeds = Feed::new(guard);
        let [writing, reading, auditing] = [WRITERS, READERS, 1].map(Semaphore::new);
        let of_graph: Arc<dyn connectors::Clock> = Arc::new(GraphClock(Arc::clone(&clock)));
        let access = Access::new(&settings, identity(&settings, &of_graph)?)?;
        Ok(App {
            access,
            settings,
            clock,
            random,
            store,
            queue,
            keys,
            sealed,
            tables,
            graph,
            feeds,
            writing,
            reading,
            auditing,
        })
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A moment so much later than now.
    pub fn later(&self, by: Duration) -> DateTime<Utc> {
        self.now() + TimeDelta::from_std(by).unwrap_or_default()
    }

    /// A new run's id: it sorts by time and goes into keys.
    pub fn new_run(&self) -> String {
        let chance = self.random.uuid().simple().to_string();
        format!("{}-{}", self.now().format("%Y%m%dt%H%M%S"), chance.get(..8).unwrap_or_default())
    }

    /// How long a listing may hide what was written: the setting, and the time that writing itself may take.
    pub fn read_lag(&self, hub: Option<u32>) -> TimeDelta {
        let lag = hub.map_or(self.settings.read_lag, |seconds| Duration::from_secs(seconds.into()));
        TimeDelta::from_std(lag).unwrap_or_default()
    }
}

type Ports = (Arc<dyn Store>, Arc<dyn Queue>, Arc<dyn Keys>);

async fn ports(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Ports, StartError> {
    match &settings.platform {
        Platform::Embedded { data_folder, key_folder } => {
            let database = Database::open(data_folder.join("wheelhouse.db"), Arc::clone(clock)).await?;
            let keys = FileKeys::open(key_folder, Arc::clone(random))?;
            Ok((Arc::new(database.store()), Arc::new(database.queue()), Arc::new(keys)))
        }
        Platform::Azure { blob_url, queue_url, vault_url } => {
            let Identity::Managed { client_id, .. } = &settings.identity else {
                return Err("the platform azure needs WHEELHOUSE_IDENTITY=managed-identity".into());
            };
            let azure = Azure::managed_identity(&client_id.to_string())?;
            let store = azure.store(blob_url.clone(), CONTAINER, Arc::clone(random))?;
            let keys = azure.keys(vault_url)?;
            Ok((Arc::new(store), Arc::new(azure.queue(queue_url.clone())?), Arc::new(keys)))
        }
    }
}

fn graph_options(
    settings: &Settings,
    granted: Granted,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Options, StartError> {
    let cloud = &settings.cloud;
    let endpoints = Endpoints::new(cloud.login_url.as_str(), cloud.graph_url.as_str())?;
    let clock: Arc<dyn connectors::Clock> = Arc::new(GraphClock(Arc::clone(clock)));
    let chance = Arc::clone(random);
    Ok(Options {
        login: login(settings, granted, &endpoints, &clock)?,
        endpoints,
        clock,
        new_id: Arc::new(move || chance.uuid()),
        pace: Pace { batches: settings.http.lanes, timeout: settings.http.timeout, ..Pace::default() },
        if_match: true,
    })
}

fn login(
    settings: &Settings,
    granted: Granted,
    endpoints: &Endpoints,
    clock: &Arc<dyn connectors::Clock>,
) -> Result<Arc<dyn Login>, StartError> {
    let Some(identity) = identity(settings, clock)? else {
        return Ok(Arc::new(Developer::new(endpoints)?));
    };
    Ok(Arc::new(Federated::new(endpoints.clone(), Arc::new(granted), identity, Arc::clone(clock))?))
}

/// What proves that we are the app; a developer proves only who they are.
fn identity(
    settings: &Settings,
    clock: &Arc<dyn connectors::Clock>,
) -> Result<Option<Arc<dyn Assertion>>, StartError> {
    let Identity::Managed { client_id, endpoint, header } = &settings.identity else { return Ok(None) };
    let options = ManagedIdentityOptions {
        endpoint: endpoint.to_string(),
        header: Secret::new(header.expose()),
        client_id: client_id.to_string(),
        audience: settings.cloud.token_audience.clone(),
    };
    Ok(Some(Arc::new(ManagedIdentity::new(options, Arc::clone(clock))?)))
}

/// The platform's clock, as the connectors know it.
struct GraphClock(Arc<dyn Clock>);

#[async_trait]
impl connectors::Clock for GraphClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    async fn sleep(&self, time: Duration) {
        self.0.sleep(time).await;
    }
}

impl From<platform::Error> for Failure {
    /// What a port could not do now it may do at the next attempt; after the last one the poison function records it.
    fn from(error: platform::Error) -> Self {
        Failure::retry(error)
    }
}
