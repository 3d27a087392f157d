//! Stories of feeds at an address: marks, redirects, and servers that mean no good.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono_tz::Tz;
use connectors::file::{Error, Events, Feed, Guard, Kind, Location, Marks, Options, Round, limits};
use flate2::{Compression, write::GzEncoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nSUMMARY:Title\r\nDTSTART:20260301T090000Z\r\n\
                        END:VEVENT\r\nEND:VCALENDAR\r\n";

/// A server that gives each request the next of its answers; the last one for ever.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn with(answers: Vec<Vec<u8>>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heard = asked.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = heard.lock().unwrap().len().min(answers.len() - 1);
                answer(stream, &answers[number], &heard).await;
            }
        });
        Server { address, asked, task }
    }

    fn location(&self) -> Location {
        Location::Url(format!("http://{}/a.ics?key=secret", self.address).parse().unwrap(), None)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, answer: &[u8], heard: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    heard.lock().unwrap().push(String::from_utf8(request).unwrap());
    // Whoever has read enough hangs up: that is no fault here.
    let _ = stream.write_all(answer).await;
    if answer.is_empty() {
        std::future::pending::<()>().await;
    }
}

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn status(line: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nConnection: close\r\nContent-Length: 0\r\n{headers}\r\n").into_bytes()
}

fn feed() -> Feed {
    Feed::new(Guard { allow_http: true, allowed: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)] })
}

fn options() -> Options {
    let window = ("2026-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse().unwrap());
    Options { time_zone: Tz::UTC, unroll: false, window }
}

async fn read(server: &Server) -> Result<(Events, Marks), Error> {
    match feed().read(&server.location(), &Marks::default(), &options()).await? {
        Round::Read(events, marks) => Ok((*events, marks)),
        Round::Unchanged => panic!("it was never read before"),
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn a_feed_is_read_anew_only_when_it_changed() {
    let server = Server::with(vec![
        ok("ETag: \"7\"\r\nLast-Modified: Sun, 01 Mar 2026 09:00:00 GMT\r\n", CALENDAR.as_bytes()),
        status("304 Not Modified", ""),
    ])
    .await;
    let (events, marks) = read(&server).await.unwrap();
    assert!(events.complete && events.items.contains_key("u"));
    let again = feed().read(&server.location(), &marks, &options()).await.unwrap();
    assert!(matches!(again, Round::Unchanged));
    let second = server.asked()[1].to_lowercase();
    assert!(
        second.contains("if-none-match: \"7\"") && second.contains("if-modified-since: sun, 01 mar 2026")
    );
}

#[tokio::test]
async fn other_options_make_it_be_read_anew() {
    let server = Server::with(vec![ok("ETag: \"7\"\r\n", CALENDAR.as_bytes())]).await;
    let (_, marks) = read(&server).await.unwrap();
    let vienna = Options { time_zone: Tz::Europe__Vienna, ..options() };
    assert!(matches!(feed().read(&server.location(), &marks, &vienna).await, Ok(Round::Read(..))));
    assert!(!server.asked()[1].to_lowercase().contains("if-none-match"));
}

#[tokio::test]
async fn a_packed_feed_is_unpacked() {
    let server = Server::with(vec![ok("Content-Encoding: gzip\r\n", &packed(CALENDAR.as_bytes()))]).await;
    assert!(read(&server).await.unwrap().0.items.contains_key("u"));
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_fills_the_memory() {
    let bomb = packed(&vec![b' '; limits::FEED_BYTES * 4]);
    assert!(bomb.len() < 100_000);
    let server = Server::with(vec![ok("Content-Encoding: gzip\r\n", &bomb)]).await;
    let error = read(&server).await.unwrap_err();
    insta::assert_snapshot!(error, @"
    the calendar feed: it is larger than 10 MB, packed or unpacked; choose a smaller calendar
    ");
    let server = Server::with(vec![ok("", &vec![b' '; limits::FEED_BYTES + 1])]).await;
    assert_eq!(read(&server).await.unwrap_err(), error);
}

#[tokio::test]
async fn redirects_are_followed_and_each_is_checked() {
    let server =
        Server::with(vec![status("302 Found", "Location: /b.ics\r\n"), ok("", CALENDAR.as_bytes())]).await;
    assert!(read(&server).await.is_ok());
    assert!(server.asked()[1].starts_with("GET /b.ics "));
    for target in
        ["http://127.0.0.2/", "http://169.254.169.254/metadata", "http://[::1]/", "file:///etc/passwd"]
    {
        let server = Server::with(vec![status("301 Moved", &format!("Location: {target}\r\n"))]).await;
        let error = read(&server).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Refused, "{target}: {error}");
        assert_eq!(server.asked().len(), 1);
    }
    let server = Server::with(vec![status("307 Temporary Redirect", "Location: /a.ics\r\n")]).await;
    insta::assert_snapshot!(read(&server).await.unwrap_err(), @"the calendar feed: its server redirects more than 5 times");
    assert_eq!(server.asked().len(), limits::REDIRECTS + 1);
}

#[tokio::test]
async fn a_name_is_looked_up_before_anything_is_sent() {
    let server = Server::with(vec![ok("", CALENDAR.as_bytes())]).await;
    let url = format!("http://localhost:{}/a.ics", server.address.port()).parse().unwrap();
    let strict = Feed::new(Guard { allow_http: true, ..Guard::default() });
    let error = strict.read(&Location::Url(url, None), &Marks::default(), &options()).await.err().unwrap();
    insta::assert_snapshot!(error, @"
    the calendar feed: its address leads into a network that is not public
    ");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn each_answer_says_what_to_do() {
    let retry = |seconds: Option<u64>| Kind::Retry { after: seconds.map(Duration::from_secs) };
    for (line, headers, kind) in [
        ("503 Service Unavailable", "Retry-After: 120\r\n", retry(Some(120))),
        ("429 Too Many Requests", "", retry(None)),
        ("404 Not Found", "", Kind::Refused),
        ("401 Unauthorized", "", Kind::Refused),
        ("304 Not Modified", "", Kind::Refused),
        ("301 Moved Permanently", "", Kind::Unreadable),
    ] {
        let server = Server::with(vec![status(line, headers)]).await;
        let error = read(&server).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{line}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let server = Server::with(vec![Vec::new()]).await;
    let hasty = feed().within(Duration::from_millis(200));
    let error = hasty.read(&server.location(), &Marks::default(), &options()).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Retry { after: None });
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let half = CALENDAR.as_bytes().split_at(60).0;
    let server = Server::with(vec![ok("Content-Length: 600\r\n", half)]).await;
    assert_eq!(read(&server).await.unwrap_err().kind(), Kind::Retry { after: None });
}

#[tokio::test]
async fn a_feed_may_have_many_events_but_not_any_number() {
    let event = "BEGIN:VEVENT\nUID:#\nDTSTART;VALUE=DATE:20260301\nEND:VEVENT\n";
    let calendar = |events: usize| {
        let events: String = (0..events).map(|number| event.replace('#', &number.to_string())).collect();
        Location::Bytes(format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n").into_bytes())
    };
    let read = async |events| feed().read(&calendar(events), &Marks::default(), &options()).await;
    let Ok(Round::Read(events, _)) = read(limits::EVENTS).await else { panic!("it is small enough") };
    assert_eq!(events.items.len(), limits::EVENTS);
    insta::assert_snapshot!(read(limits::EVENTS + 1).await.err().unwrap(), @"
    the calendar feed: it has 50001 events, and at most 50000 are read; choose a smaller calendar
    ");
}
