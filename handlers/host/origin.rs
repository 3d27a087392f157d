//! Who is calling: the Functions host itself, this machine, or the world behind the host.
//!
//! The host forwards callers' requests to the same port on which it posts its own envelopes, and stamps both with an invocation
//! id. What tells them apart is what a forwarder keeps: the caller's `Host`, and the traces of the way it came. A web page in an
//! operator's browser is kept out by the same marks: it can send neither a foreign `Host` nor headers of its own unasked.

use std::net::IpAddr;

use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Uri};

use super::envelope::BadEnvelope;
use super::invocation::INVOCATION_ID;

/// What front ends add on the way; App Service always leaves several of them.
const TRACES: [&str; 11] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-original-url",
    "x-waws-unencoded-url",
    "x-arr-log-id",
    "x-arr-ssl",
    "client-ip",
    "disguised-host",
    "via",
];

/// Whether a request began on this machine: its `Host` is a loopback name and no front end has touched it.
#[must_use]
pub fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(is_loopback) && !TRACES.iter().any(|trace| headers.contains_key(*trace))
}

fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<axum::http::uri::Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Refuses what cannot be an envelope of the host.
///
/// # Errors
/// [`BadEnvelope`] naming the first mark of the host that is missing.
pub(super) fn check_envelope(uri: &Uri, headers: &HeaderMap) -> Result<(), BadEnvelope> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !is_local(headers) {
        Err(BadEnvelope::new("it was forwarded from outside"))
    } else if uri.query().is_some() {
        Err(BadEnvelope::new("it has a query"))
    } else if !headers.contains_key(INVOCATION_ID) {
        Err(BadEnvelope::new(format!("it lacks the header {INVOCATION_ID}")))
    } else if kind.split(';').next().map(str::trim) != Some("application/json") {
        Err(BadEnvelope::new("its content type is not application/json"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn local_is_loopback_by_every_name() {
        for host in ["127.0.0.1:7071", "127.0.0.1", "localhost:7071", "LOCALHOST", "[::1]:80", "127.8.8.8"] {
            assert!(is_local(&headers(&[("host", host)])), "{host}");
        }
        for host in
            ["wheelhouse.example", "127.0.0.1.example", "localhost.example:80", "10.0.0.1", "0.0.0.0", ""]
        {
            assert!(!is_local(&headers(&[("host", host)])), "{host}");
        }
        assert!(!is_local(&HeaderMap::new()));
    }

    #[test]
    fn a_trace_of_a_front_end_makes_it_foreign() {
        for trace in TRACES {
            assert!(!is_local(&headers(&[("host", "127.0.0.1"), (trace, "x")])), "{trace}");
        }
    }

    #[test]
    fn an_envelope_has_all_marks_of_the_host() {
        let marks = [
            ("host", "127.0.0.1:5000"),
            (INVOCATION_ID, "6b4cf4a9"),
            ("content-type", "application/json; charset=utf-8"),
        ];
        let refusal = |path: &str, headers: &HeaderMap| check_envelope(&path.parse().unwrap(), headers).err();
        assert_eq!(refusal("/gather", &headers(&marks)), None);
        assert!(refusal("/gather?code=1", &headers(&marks)).is_some());
        for missing in 0..marks.len() {
            let mut fewer = marks.to_vec();
            fewer.remove(missing);
            assert!(refusal("/gather", &headers(&fewer)).is_some(), "without {}", marks[missing].0);
        }
    }
}
