//! Feeds behind a user and a secret: over TLS, to the one server that they are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use chrono_tz::Tz;
use connectors::file::{Error, Feed, Guard, Kind, Location, Marks, Options, Round, SignIn};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Tells the child process of this test where the certificates are.
const CHILD: &str = "WHEELHOUSE_TEST_CERTIFICATES";
const CALENDAR: &str =
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260301T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
/// `team:p:ss w0rd`, as the protocol writes it.
const RIGHT: &str = "authorization: Basic dGVhbTpwOnNzIHcwcmQ=";

/// The system's trust is read from the environment, so the story runs as a process of its own.
#[tokio::test]
async fn a_secret_goes_to_its_server_and_nowhere_else() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Some(folder) = std::env::var_os(CHILD) {
        return story(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["a_secret_goes_to_its_server_and_nowhere_else", "--exact", "--nocapture"]);
    child.env(CHILD, folder.path()).env("SSL_CERT_FILE", folder.path().join("ca.pem"));
    let status = tokio::task::spawn_blocking(move || child.status().unwrap()).await.unwrap();
    assert!(status.success(), "the story failed: see above");
}

async fn story(folder: &Path) {
    let calendar = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{CALENDAR}", CALENDAR.len());
    let closed =
        |status: &str, headers: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n{headers}\r\n");
    let who = SignIn::basic("team", b"p:ss w0rd").unwrap();

    let server = Server::with(folder, vec![closed("302 Found", "Location: /b.ics\r\n"), calendar.clone()]);
    assert!(read(&server, Some(who.clone())).await.is_ok());
    assert!(server.asked().iter().all(|request| request.contains(RIGHT)), "{:?}", server.asked());

    let other = Server::with(folder, vec![calendar.clone()]);
    let elsewhere = format!("Location: {}\r\n", other.url());
    let server = Server::with(folder, vec![closed("302 Found", &elsewhere)]);
    assert!(read(&server, Some(who.clone())).await.is_ok());
    assert!(server.asked()[0].contains(RIGHT));
    assert!(!other.asked()[0].contains("authorization"), "{:?}", other.asked());

    let server = Server::with(folder, vec![closed("401 Unauthorized", "")]);
    let error = read(&server, Some(who)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    insta::assert_snapshot!(error, @"the calendar feed: its server answers 401 Unauthorized; check the user and the secret");
    assert_eq!(server.asked().len(), 1, "a wrong secret is not tried again: accounts are locked that way");

    let server = Server::with(folder, vec![calendar]);
    assert!(read(&server, None).await.is_ok());
    assert!(!server.asked()[0].contains("authorization"));
}

#[tokio::test]
async fn a_secret_is_never_sent_in_the_open() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/a.ics", listener.local_addr().unwrap()).parse().unwrap();
    let who = SignIn::basic("team", b"secret").unwrap();
    let error = fetch(Location::Url(url, Some(who))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    insta::assert_snapshot!(error, @"the calendar feed: its secret is sent by https only; its address must begin with https://");
    assert!(listener.accept().is_err(), "nobody was asked");
    assert!(SignIn::basic("te:am", b"secret").is_err());
}

async fn read(server: &Server, who: Option<SignIn>) -> Result<(), Error> {
    fetch(Location::Url(server.url().parse().unwrap(), who)).await
}

async fn fetch(location: Location) -> Result<(), Error> {
    let guard = Guard { allow_http: true, allowed: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)] };
    let window = ("2026-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse().unwrap());
    let options = Options { time_zone: Tz::UTC, unroll: false, window };
    match Feed::new(guard).read(&location, &Marks::default(), &options).await? {
        Round::Read(events, _) if events.items.contains_key("u") => Ok(()),
        _ => panic!("the calendar was not read"),
    }
}

/// A server with TLS that gives each request the next of its answers; its thread ends with the process.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn with(folder: &Path, answers: Vec<String>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<String>>>::default());
        let (config, heard) = (tls(folder), asked.clone());
        std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                let connection = ServerConnection::new(config.clone()).unwrap();
                let mut stream = BufReader::new(StreamOwned::new(connection, stream));
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") {
                    assert!(stream.read_line(&mut request).unwrap() > 0, "the request broke off");
                }
                heard.lock().unwrap().push(request);
                let stream = stream.get_mut();
                stream.write_all(answer.as_bytes()).unwrap();
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        Server { port, asked }
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}/a.ics", self.port)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tls(folder: &Path) -> Arc<ServerConfig> {
    let [certificate, key] = ["server.der", "server.key"].map(|name| fs::read(folder.join(name)).unwrap());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key));
    let config = ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate.into()], key).unwrap())
}

/// A CA of our own and a server certificate for 127.0.0.1.
fn certificates(folder: &Path) {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    fs::write(folder.join("ca.pem"), ca.self_signed(&ca_key).unwrap().pem()).unwrap();
    let mut server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    server.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let key = KeyPair::generate().unwrap();
    let signed = server.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    fs::write(folder.join("server.der"), signed.der()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_der()).unwrap();
}
