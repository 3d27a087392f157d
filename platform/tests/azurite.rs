//! The Azure implementations pass every suite against Azurite, by the managed identity that they use in Azure.
//!
//! `WHEELHOUSE_AZURITE` names the folder that holds `node_modules` with Azurite (`npm ci` in `platform/azurite`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../conformance/mod.rs"]
mod conformance;

use std::{
    collections::HashMap,
    fs,
    net::{Ipv4Addr, TcpListener as StdListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::Query,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::{AsyncRawResponse, HttpClient, Method, Request, Transport},
    time::OffsetDateTime,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use conformance::{Time, fails};
use platform::{
    Clock, Kind, Queue, RealClock, RealRandom, Record, Sealed, Store, When, azure::Azure, embedded::FileKeys,
};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

/// Names the folder with Azurite.
const AZURITE: &str = "WHEELHOUSE_AZURITE";
/// Tells the child process of this test where Azurite listens: blob port, queue port.
const PORTS: &str = "WHEELHOUSE_TEST_PORTS";
const CLIENT_ID: &str = "11111111-2222-3333-4444-555555555555";
const IDENTITY_HEADER: &str = "only-this-app-knows";

/// Starts Azurite and an identity endpoint, and then this test again in the environment of an app in Azure.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: run npm ci in platform/azurite and set WHEELHOUSE_AZURITE to that folder"]
async fn azure_passes_every_suite() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    if let Ok(ports) = std::env::var(PORTS) {
        let (blob, queue) = ports.split_once(' ').unwrap();
        return in_azure(blob.parse().unwrap(), queue.parse().unwrap()).await;
    }
    let Some(modules) = std::env::var_os(AZURITE) else {
        println!("SKIPPED: {AZURITE} is not set, so the Azure implementations were NOT tested");
        return;
    };
    let folder = TempDir::new().unwrap();
    certificates(folder.path());
    let azurite = Azurite::start(Path::new(&modules), folder.path());
    let identity = identity_endpoint().await;
    let mut stories = Command::new(std::env::current_exe().unwrap());
    stories
        .args(["azure_passes_every_suite", "--exact", "--ignored", "--nocapture"])
        .env(PORTS, format!("{} {}", azurite.blob, azurite.queue))
        .env("IDENTITY_ENDPOINT", identity)
        .env("IDENTITY_HEADER", IDENTITY_HEADER)
        .env("SSL_CERT_FILE", folder.path().join("ca.pem"));
    let status = tokio::task::spawn_blocking(move || stories.status().unwrap()).await.unwrap();
    assert!(status.success(), "the stories failed: see above");
}

/// Azurite as a child process; killed by its id at the end.
struct Azurite {
    process: Child,
    blob: u16,
    queue: u16,
}

impl Azurite {
    fn start(modules: &Path, folder: &Path) -> Self {
        let script = modules.join("node_modules/azurite/dist/src/azurite.js");
        assert!(script.is_file(), "{AZURITE}: no Azurite in that folder; run npm ci in platform/azurite");
        let [blob, queue, table] = free_ports();
        let process = Command::new("node")
            .arg(script)
            .args(["--silent", "--disableTelemetry", "--inMemoryPersistence", "--oauth", "basic"])
            .args([
                "--blobPort",
                &blob.to_string(),
                "--queuePort",
                &queue.to_string(),
                "--tablePort",
                &table.to_string(),
            ])
            .args([
                Path::new("--cert"),
                &folder.join("server.pem"),
                Path::new("--key"),
                &folder.join("server.key"),
            ])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("node is needed to run Azurite");
        let azurite = Self { process, blob, queue };
        let open = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let ready = (0..600).any(|_| {
            let open = open(blob) && open(queue);
            if !open {
                std::thread::sleep(Duration::from_millis(50));
            }
            open
        });
        assert!(ready, "Azurite does not listen after 30 seconds");
        azurite
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Azurite does not say which port it took, so three free ones are chosen for it.
fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// A CA of our own and a server certificate for 127.0.0.1.
fn certificates(folder: &Path) {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    fs::write(folder.join("ca.pem"), ca.self_signed(&ca_key).unwrap().pem()).unwrap();

    let mut server = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    server.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let server_key = KeyPair::generate().unwrap();
    let signed = server.signed_by(&server_key, &Issuer::new(ca, ca_key)).unwrap();
    fs::write(folder.join("server.pem"), signed.pem()).unwrap();
    fs::write(folder.join("server.key"), server_key.serialize_pem()).unwrap();
}

/// The endpoint that App Service gives an app for its tokens; Azurite believes tokens without a signature.
async fn identity_endpoint() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let router = Router::new().route("/token", get(token));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn token(
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let known = headers.get("x-identity-header").is_some_and(|header| header == IDENTITY_HEADER);
    if !known || query["client_id"] != CLIENT_ID || query["api-version"] != "2019-08-01" {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "unknown identity" })));
    }
    let (resource, now) = (&query["resource"], RealClock::new().now().timestamp());
    let issuer = "https://sts.windows.net/00000000-0000-0000-0000-000000000000/";
    let claims = json!({ "aud": resource, "iss": issuer, "iat": now - 5, "nbf": now - 5, "exp": now + 3600 });
    let part = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let jwt = format!("{}.{}.", part(json!({ "alg": "none", "typ": "JWT" })), part(claims));
    let answer = json!({ "access_token": jwt, "expires_on": (now + 3600).to_string(), "resource": resource, "token_type": "Bearer" });
    (StatusCode::OK, Json(answer))
}

/// Everything below runs in the child process, which sees what an app in Azure sees.
async fn in_azure(blob: u16, queue: u16) {
    let [blob, queue] =
        [blob, queue].map(|port| Url::parse(&format!("https://127.0.0.1:{port}/devstoreaccount1")).unwrap());
    let azure = Azure::managed_identity(CLIENT_ID).unwrap();
    let store =
        |azure: &Azure, container| azure.store(blob.clone(), container, Arc::new(RealRandom::new())).unwrap();
    let clock = RealClock::new();
    let time = Time::Real(RealClock::new());
    let now = || clock.now();

    tokio::join!(
        conformance::store::suite(Arc::new(store(&azure, "suite")), &time),
        conformance::queue::suite(Arc::new(azure.queue(queue.clone()).unwrap()), &time, &now),
    );
    a_missing_container_is_an_empty_one(&store(&azure, "missing")).await;
    records_are_sealed(Arc::new(store(&azure, "sealed"))).await;
    for lost in [0, 1, 5] {
        let lossy = Azure::with(azure.credential(), Transport::new(Arc::new(Lossy::new(lost))));
        a_write_whose_answer_was_lost_is_known_again(&store(&lossy, "lossy"), lost).await;
    }
    let refused = Azure::with(Arc::new(Nobody), Transport::default());
    let message = fails(store(&refused, "suite").get("a/b").await, Kind::Unavailable);
    assert!(message.contains("check the identity's roles"), "{message}");
    let message = fails(refused.queue(queue).unwrap().len("arrives").await, Kind::Unavailable);
    assert!(message.contains("check the identity's roles"), "{message}");
    a_dead_endpoint_is_given_up_soon(&azure, &clock).await;
}

async fn a_missing_container_is_an_empty_one(store: &dyn Store) {
    assert_eq!(store.get("a/b").await.unwrap(), None);
    assert_eq!(store.list("a/", None).await.unwrap().keys, Vec::<String>::new());
    store.delete("a/b", When::Any).await.unwrap();
    fails(store.put("a/b", Bytes::new(), When::Match(platform::Etag::new("\"0x1\""))).await, Kind::Conflict);
    let lease = store.lease("a/b", Duration::from_secs(15)).await.unwrap();
    store.release(lease).await.unwrap();
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Record for Note {
    const VERSION: u32 = 1;
}

async fn records_are_sealed(store: Arc<dyn Store>) {
    let folder = TempDir::new().unwrap();
    let random = Arc::new(RealRandom::new());
    let keys = Arc::new(FileKeys::open(folder.path(), random.clone()).unwrap());
    let sealed = Sealed::new(store.clone(), keys, Arc::new(RealClock::new()), random, "tenants");
    let (notes, key) = (sealed.table::<Note>(), "tenants/t1/notes/1");
    let etag = notes.put(key, &Note { text: "secret".into() }, When::Absent).await.unwrap();
    assert_eq!(notes.get(key).await.unwrap().unwrap().etag, etag);

    let held = store.lease("tenants/t1/hubs/1", Duration::from_secs(60)).await.unwrap();
    assert_eq!(sealed.forget("t1").await.unwrap_err().kind(), Kind::Taken);
    store.release(held).await.unwrap();
    sealed.forget("t1").await.unwrap();
    for prefix in ["tenants/t1/", "leases/tenants/t1/"] {
        assert_eq!(store.list(prefix, None).await.unwrap().keys, Vec::<String>::new());
    }
}

/// Writes that the service did, and whose answers never came back.
#[derive(Debug)]
struct Lossy {
    client: reqwest::Client,
    writes: AtomicUsize,
    lost: usize,
}

impl Lossy {
    /// Loses the answer of one write, after so many that it lets pass.
    fn new(lost: usize) -> Self {
        Self { client: reqwest::Client::builder().build().unwrap(), writes: AtomicUsize::new(0), lost }
    }
}

#[async_trait]
impl HttpClient for Lossy {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.client.execute_request(request).await?;
        let write =
            request.method() == Method::Put && answer.status() == azure_core::http::StatusCode::Created;
        if write && self.writes.fetch_add(1, Ordering::SeqCst) == self.lost {
            return Err(azure_core::Error::with_message(ErrorKind::Io, "the answer was lost"));
        }
        Ok(answer)
    }
}

async fn a_write_whose_answer_was_lost_is_known_again(store: &dyn Store, lost: usize) {
    let key = format!("lost/{lost}");
    let mut etag = store.put(&key, Bytes::from_static(b"0"), When::Absent).await.unwrap();
    for number in 1..5 {
        etag = store.put(&key, Bytes::from(number.to_string()), When::Match(etag)).await.unwrap();
    }
    let entry = store.get(&key).await.unwrap().unwrap();
    assert_eq!((entry.bytes, entry.etag), (Bytes::from_static(b"4"), etag));
    let lease = store.lease(&key, Duration::from_secs(15)).await.unwrap();
    store.release(lease).await.unwrap();
}

/// A credential that nobody believes.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl TokenCredential for Nobody {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let expires = OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap();
        Ok(AccessToken::new("nobody".to_owned(), expires))
    }
}

async fn a_dead_endpoint_is_given_up_soon(azure: &Azure, clock: &RealClock) {
    let [dead, ..] = free_ports();
    let url = Url::parse(&format!("https://127.0.0.1:{dead}/devstoreaccount1")).unwrap();
    let began = clock.elapsed();
    fails(azure.queue(url).unwrap().len("arrives").await, Kind::Unavailable);
    assert!(clock.elapsed() - began < Duration::from_secs(40));
}
