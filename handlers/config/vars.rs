//! Reads variables one by one and remembers everything that is wrong with them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};
use uuid::Uuid;

const PREFIX: &str = "WHEELHOUSE_";
/// What the platform sets, with a prefix of its own.
const OF_THE_PLATFORM: &str = "IDENTITY_";

/// One variable that cannot be used; its value is never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The variable's full name.
    pub variable: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.variable, self.problem, self.fix)
    }
}

/// The settings cannot be used; names every variable that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// What is wrong, in the order of reading.
    pub refusals: Vec<Refusal>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.refusals.iter().map(ToString::to_string).collect();
        f.write_str(&all.join("; "))
    }
}

impl std::error::Error for SettingsError {}

/// What is wrong with a value, and what to do.
pub(super) type Bad = (String, String);

pub(super) struct Vars {
    left: BTreeMap<String, String>,
    refusals: Vec<Refusal>,
}

impl Vars {
    /// Keeps the variables with our prefix; an empty value counts as not set.
    pub(super) fn collect(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut found = Self { left: BTreeMap::new(), refusals: Vec::new() };
        for (name, value) in vars {
            let is_ours = |name: &&str| name.starts_with(PREFIX) || name.starts_with(OF_THE_PLATFORM);
            let Some(name) = name.to_str().filter(is_ours) else { continue };
            match value.into_string() {
                Ok(value) if value.is_empty() => {}
                Ok(value) => drop(found.left.insert(name.to_owned(), value)),
                Err(_) => found.refuse(name, "is not UTF-8", "set it as plain text"),
            }
        }
        found
    }

    pub(super) fn required<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, Bad>) -> Option<T> {
        let name = format!("{PREFIX}{name}");
        let Some(value) = self.left.remove(&name) else {
            // A value that could not even be taken as text was refused already.
            if !self.refusals.iter().any(|refusal| refusal.variable == name) {
                let fix = read("").err().map(|(_, fix)| fix);
                self.refuse(&name, "is not set", &fix.unwrap_or_default());
            }
            return None;
        };
        self.accept(&name, read(&value))
    }

    /// A variable that the platform sets and nobody else has to.
    pub(super) fn of_the_platform<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, Bad>,
    ) -> Option<T> {
        let Some(value) = self.left.remove(name) else {
            self.refuse(
                name,
                "is not set",
                "assign the managed identity to the app; the platform sets it then",
            );
            return None;
        };
        self.accept(name, read(&value))
    }

    pub(super) fn optional<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, Bad>) -> Option<T> {
        let name = format!("{PREFIX}{name}");
        let value = self.left.remove(&name)?;
        self.accept(&name, read(&value))
    }

    pub(super) fn or<T>(
        &mut self,
        name: &str,
        default: &str,
        read: impl FnOnce(&str) -> Result<T, Bad>,
    ) -> Option<T> {
        let name = format!("{PREFIX}{name}");
        let value = self.left.remove(&name).unwrap_or_else(|| default.to_owned());
        self.accept(&name, read(&value))
    }

    /// Nothing may be left over: a misspelt setting must not be a silent default.
    pub(super) fn finish<T>(mut self, settings: Option<T>) -> Result<T, SettingsError> {
        let left = std::mem::take(&mut self.left).into_keys();
        for name in left.filter(|name| name.starts_with(PREFIX)) {
            self.refuse(
                &name,
                "is not a setting here",
                "mind the spelling, or remove it: it is unknown, or not used with the chosen platform or identity",
            );
        }
        match settings {
            Some(settings) if self.refusals.is_empty() => Ok(settings),
            _ => Err(SettingsError { refusals: self.refusals }),
        }
    }

    fn accept<T>(&mut self, name: &str, value: Result<T, Bad>) -> Option<T> {
        value.map_err(|(problem, fix)| self.refuse(name, &problem, &fix)).ok()
    }

    fn refuse(&mut self, variable: &str, problem: &str, fix: &str) {
        let (variable, problem, fix) = (variable.to_owned(), problem.to_owned(), fix.to_owned());
        self.refusals.push(Refusal { variable, problem, fix });
    }
}

fn bad<T>(problem: impl Into<String>, fix: impl Into<String>) -> Result<T, Bad> {
    Err((problem.into(), fix.into()))
}

pub(super) fn one_of(text: &str, choices: &[&'static str]) -> Result<&'static str, Bad> {
    let found = choices.iter().find(|choice| **choice == text).copied();
    found.map_or_else(|| bad("is none of its choices", format!("set it to {}", choices.join(" or "))), Ok)
}

pub(super) fn path(text: &str) -> Result<PathBuf, Bad> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { bad("is a relative path", "give the whole path, from /") }
}

pub(super) fn guid(text: &str) -> Result<Uuid, Bad> {
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 && !id.is_nil() => Ok(id),
        _ => bad("is not a client id", "copy it from the portal: 00000000-0000-…, 36 characters"),
    }
}

/// An address of a service; what carries no TLS must not leave this machine.
pub(super) fn service_url(text: &str) -> Result<Url, Bad> {
    let Ok(url) = Url::parse(text) else {
        return bad("is not a URL", "give the whole address, beginning with https://");
    };
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return bad(
            "holds a sign-in, a query or a fragment",
            "give scheme, host and path alone: access is by identity",
        );
    }
    match (url.scheme(), is_loopback(&url)) {
        ("https", _) | ("http", true) => Ok(url),
        _ => bad("is not https", "use https:// (http:// is for loopback addresses only)"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

pub(super) fn text(text: &str) -> Result<String, Bad> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { Ok(text.to_owned()) } else { bad("holds blanks or odd characters", "remove them") }
}

/// An address of its own: scheme, host and port, and nothing behind them.
pub(super) fn origin(text: &str) -> Result<Url, Bad> {
    let url = service_url(text)?;
    if url.path() == "/" { Ok(url) } else { bad("has a path", "give scheme and host alone") }
}

pub(super) fn region_class(text: &str) -> Result<String, Bad> {
    let fits = (2..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase());
    if fits { Ok(text.to_owned()) } else { bad("is no region class", "write something like eu or us") }
}

/// `{region}={address}`, separated by commas.
pub(super) fn stamps(text: &str) -> Result<BTreeMap<String, Url>, Bad> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let stamp = |part: &str| {
        let (region, url) = part.split_once('=').unwrap_or_default();
        Ok((region_class(region)?, origin(url)?))
    };
    let all: Result<_, Bad> = parts.map(stamp).collect();
    all.or_else(|_| bad("is no list of stamps", "write us=https://us.example.com,uk=https://uk.example.com"))
}

/// IP addresses, separated by commas.
pub(super) fn addresses(text: &str) -> Result<Vec<IpAddr>, Bad> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let all: Result<Vec<IpAddr>, _> = parts.map(str::parse).collect();
    all.or_else(|_| {
        bad("holds something else than IP addresses", "write them with commas: 10.0.0.7, 10.0.0.8")
    })
}

pub(super) fn number(text: &str, least: u64, most: u64) -> Result<usize, Bad> {
    whole(text, least, most)
        .and_then(|number| usize::try_from(number).or_else(|_| bad("is too large", "lower it")))
}

/// A whole number of units, each of so many seconds.
pub(super) fn duration(text: &str, unit: u64, least: u64, most: u64) -> Result<Duration, Bad> {
    whole(text, least, most).map(|number| Duration::from_secs(number * unit))
}

fn whole(text: &str, least: u64, most: u64) -> Result<u64, Bad> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        Ok(_) => bad("is out of bounds", format!("set it to {least} to {most}")),
        Err(_) => bad("is not a whole number", format!("set it to {least} to {most}")),
    }
}
