//! What stands between a caller and an HTTP function: paths are tidied up and matched, and the call is sent on in one of two ways.

use super::package::{Package, Trigger};
use super::wire::{Call, Sent};

/// How the host sends a call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Old hosts: a rebuilt copy; bodies without a length are lost, and escapes in the path are undone once more.
    Forwarding,
    /// New hosts: as it came.
    Proxying,
}

/// A route, as the host matches it: without regard to case, segment by segment.
#[derive(Debug, Clone)]
pub struct Template {
    segments: Vec<String>,
}

impl Template {
    pub fn new(prefix: &str, route: &str) -> Self {
        let whole = format!("{prefix}/{route}");
        Self { segments: whole.split('/').filter(|part| !part.is_empty()).map(str::to_lowercase).collect() }
    }

    /// The first segment, if it is a word and not a parameter.
    pub fn first_segment(&self) -> Option<&str> {
        self.segments.first().map(String::as_str).filter(|first| !first.contains('{'))
    }

    pub fn matches(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix('/') else { return false };
        let mut parts = rest.split('/');
        for segment in &self.segments {
            if segment.starts_with("{*") {
                return true;
            }
            let is_optional = segment.ends_with("?}");
            match parts.next() {
                None if is_optional => {}
                None => return false,
                Some(part) if segment.starts_with('{') => {
                    if part.is_empty() && !is_optional {
                        return false;
                    }
                }
                Some(part) if part.to_lowercase() == *segment => {}
                Some(_) => return false,
            }
        }
        parts.all(str::is_empty)
    }
}

/// What reaches the handler when somebody calls the host from outside; `None` when the host answers 404 itself.
pub fn send_on(package: &Package, mode: Mode, call: &Call) -> Option<Call> {
    let (raw, query) =
        call.target.split_once('?').map_or((call.target.as_str(), None), |(path, query)| (path, Some(query)));
    let path = without_dots(&unescape(raw, &['/']));
    let is_routed = package.functions.iter().any(|function| match &function.trigger {
        Trigger::Http { route, methods } => route.matches(&path) && methods.contains(&call.method),
        _ => false,
    });
    is_routed.then(|| match mode {
        Mode::Proxying => proxied(call),
        Mode::Forwarding => forwarded(call, &path, query),
    })
}

fn proxied(call: &Call) -> Call {
    with_traces(call.clone()).header("x-ms-invocation-id", "6b4cf4a9-4e2e-4b5c-8f2e-000000000000")
}

/// The path goes through one more parser, which undoes what was escaped twice.
fn forwarded(call: &Call, path: &str, query: Option<&str>) -> Call {
    let mut copy = with_traces(call.clone());
    let again = escape(&without_dots(&unescape(path, &['/'])));
    copy.target = query.map_or_else(|| again.clone(), |query| format!("{again}?{}", joined(query)));
    let agent = copy.values("user-agent").join(" ");
    copy.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("user-agent"));
    copy = copy.header("User-Agent", format!("{agent} Azure-Functions-Host/4.1037.0.0").trim());
    if matches!(copy.body, Sent::Chunked(_)) {
        copy.body = Sent::Nothing;
    }
    copy
}

/// What App Service's front end always adds.
fn with_traces(call: Call) -> Call {
    call.header("X-Forwarded-For", "203.0.113.7:51000")
        .header("X-Forwarded-Proto", "https")
        .header("X-ARR-LOG-ID", "3a2b")
        .header("X-Azure-Functions-HostVersion", "4.1037.0.0")
}

/// Repeated keys become one, their values joined by commas.
fn joined(query: &str) -> String {
    let mut keys: Vec<(&str, String)> = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => *values = format!("{values},{value}"),
            None => keys.push((key, value.to_owned())),
        }
    }
    keys.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

/// Undoes percent escapes, but for those of some characters.
fn unescape(path: &str, but: &[char]) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| tail.get(..2).and_then(hex)).flatten();
        match escaped {
            Some(byte) if !but.contains(&char::from(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn escape(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=%".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Removes `.` and `..`; empty segments stay.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(kept.pop()),
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}
