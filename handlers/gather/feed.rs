//! Reads a contributing iCalendar file: from its address, or as it was uploaded.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono_tz::Tz;
use connectors::file::{Error, Events, Location, Options, Round, SignIn};
use platform::Kind;
use sync::hub::{self, Contributes, File};
use url::Url;

use super::read::{Reading, Reads};
use crate::host::Failure;
use crate::tables::{Source, Tables};

/// Reads the file, if it is not as it was.
pub(super) async fn read(
    reads: Reads<'_>,
    name: &str,
    what: &Contributes,
    source: Source,
) -> Result<Reading, Failure> {
    let location = match location(reads, name, what).await? {
        Ok(location) => location,
        Err(why) => return Ok(unread(source, format!("{name}: {why}"))),
    };
    let options = Options {
        time_zone: what.events.time_zone.unwrap_or(Tz::UTC),
        unroll: what.events.unroll,
        window: what.events.window(reads.app.now()),
    };
    let place = place(&location, &options);
    if source.place == place && source.read_fully.is_some() && matches!(location, Location::Bytes(_)) {
        return Ok(Reading { source, moved: false, problems: Vec::new(), is_directory: false });
    }
    match reads.app.feeds.read(&location, &source.marks, &options).await {
        Ok(Round::Unchanged) => {
            Ok(Reading { source, moved: false, problems: Vec::new(), is_directory: false })
        }
        Ok(Round::Read(events, marks)) => {
            let read_fully = events.complete.then(|| reads.app.now());
            let before = source.clone();
            let (source, problems) = taken(Source { marks, place, read_fully, ..source }, *events, name);
            // When it was read does not matter by itself: an unchanged file is not written anew.
            let moved = source != Source { read_fully, ..before };
            Ok(Reading { source, moved, problems, is_directory: false })
        }
        Err(error) => Ok(failed(source, name, &error)),
    }
}

/// Where the file is; what keeps it from being read is told in words.
async fn location(
    reads: Reads<'_>,
    name: &str,
    what: &Contributes,
) -> Result<Result<Location, String>, Failure> {
    let text = match &what.file {
        Some(File::Url(url)) => {
            let Ok(url) = Url::parse(url) else {
                return Ok(Err("its address can't be read; write a URL".to_owned()));
            };
            let Some(who) = &what.sign_in else { return Ok(Ok(Location::Url(url, None))) };
            return Ok(sign_in(reads, who).await.map(|who| Location::Url(url, Some(who))));
        }
        Some(File::Text(text)) => Some(text.clone()),
        None => {
            let key = Tables::file_key(reads.tenant, reads.hub, name);
            reads.app.tables.files.get(&key).await?.map(|row| row.record.text)
        }
    };
    let missing = "no file was uploaded yet; PUT …/spokes/{spoke}/file brings one";
    Ok(text.map(|text| Location::Bytes(text.into_bytes())).ok_or_else(|| missing.to_owned()))
}

/// Who asks for the file; its secret is known for as long as this reading lasts.
///
/// A secret belongs to one tenant: its name in the vault begins with the tenant's id, so that nobody can have another's
/// sent to a server of their own.
async fn sign_in(reads: Reads<'_>, who: &hub::SignIn) -> Result<SignIn, String> {
    let hub::SignIn { user, secret } = who;
    let reference = format!("{}-{secret}", reads.tenant);
    let found = reads.app.keys.secret(&reference).await.map_err(|error| {
        tracing::warn!(reference, %error, "no secret for a feed");
        match error.kind() {
            Kind::Gone => {
                format!("its secret `{secret}` is missing; put it into the vault under the name {reference}")
            }
            _ => format!("its secret `{secret}` can't be had from the vault now; the log says why"),
        }
    })?;
    SignIn::basic(user, found.expose()).map_err(|error| error.to_string())
}

/// What was read belongs to this file under these options.
fn place(location: &Location, options: &Options) -> String {
    let Options { time_zone, unroll, window: (from, to) } = options;
    let mut hasher = DefaultHasher::new();
    match location {
        Location::Url(url, who) => (url, who.as_ref().map(SignIn::user)).hash(&mut hasher),
        Location::Bytes(bytes) => bytes.hash(&mut hasher),
    }
    format!("{:016x}/{time_zone}/{unroll}/{}/{}", hasher.finish(), from.date_naive(), to.date_naive())
}

fn unread(source: Source, problem: String) -> Reading {
    Reading { source, moved: false, problems: vec![problem], is_directory: false }
}

fn failed(source: Source, name: &str, error: &Error) -> Reading {
    tracing::warn!(feed = name, %error, "source not read to its end");
    unread(source, format!("{name}: {error}"))
}

/// What a feed without its end does not name need not be gone.
fn taken(mut source: Source, events: Events, name: &str) -> (Source, Vec<String>) {
    let Events { items, refused, cut, complete } = events;
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for one in &refused {
        *reasons.entry(one.why.to_string()).or_default() += 1;
    }
    source.refused = reasons.into_iter().map(|(why, count)| format!("{count} left out: {why}")).collect();
    if !cut.is_empty() {
        source.refused.push(format!("{} cut: their text is longer than a mailbox takes", cut.len()));
    }
    if complete {
        source.items = items;
        return (source, Vec::new());
    }
    source.items.extend(items);
    (
        source,
        vec![format!("{name}: the calendar feed breaks off before its end; its publisher has to mend it")],
    )
}
