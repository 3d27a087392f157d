//! Reads the contributing spokes of a hub, each by its connector.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use connectors::graph::{self, Reader};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use platform::Row;
use sync::hub::{Connector, Contributes};
use sync::merge::TENANT;
use sync::{Contribution, Erased, HubConfig, HubId, TenantId};

use super::{directory, feed, items};
use crate::App;
use crate::host::Failure;
use crate::tables::{Source, Tables, Traffic};

/// How often everything is read from the beginning, to agree with what the deltas told.
pub(super) const FULL_READ: TimeDelta = TimeDelta::days(7);
/// How many spokes are read at a time.
const READS_AT_ONCE: usize = 4;

/// What each contributing spoke was found to hold.
pub(super) type Readings = BTreeMap<String, Reading>;

/// What one contributing spoke was found to hold.
pub(super) struct Reading {
    /// Its state, with the links of the next reading.
    pub source: Source,
    /// It is not what was stored.
    pub moved: bool,
    /// What was not read to its end, and why.
    pub problems: Vec<String>,
    /// It holds a directory, not items.
    pub is_directory: bool,
}

/// Whose spokes are read.
#[derive(Clone, Copy)]
pub(super) struct Reads<'a> {
    pub app: &'a App,
    pub tenant: &'a TenantId,
    pub hub: &'a HubId,
    pub config: &'a HubConfig,
    pub reader: &'a Reader,
}

/// Reads all contributing spokes, and says what that asked of Graph; what can't be read is a problem of the reading, not a
/// failure.
pub(super) async fn read(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    config: &HubConfig,
) -> Result<(Readings, Traffic), Failure> {
    let reader = app.graph.reader(tenant);
    let reads = Reads { app, tenant, hub, config, reader: &reader };
    let spokes = config.contributing().map(|(spoke, what)| (spoke.id.as_str(), spoke.connector, Some(what)));
    // Where no spoke contributes the directory, the audience may need it all the same.
    let tenant = config.reads_tenant().then_some((TENANT, Connector::Directory, None));
    let all: Vec<_> = spokes.chain(tenant).collect();
    let spokes: Vec<_> = all.into_iter().map(|one| reads.spoke(one).boxed()).collect();
    let readings = stream::iter(spokes).buffered(READS_AT_ONCE).try_collect().await?;
    Ok((readings, reader.traffic().into()))
}

impl Reads<'_> {
    async fn spoke(
        self,
        (name, connector, what): (&str, Connector, Option<&Contributes>),
    ) -> Result<(String, Reading), Failure> {
        let key = Tables::source_key(self.tenant, self.hub, name);
        let stored = self.app.tables.sources.get(&key).await?;
        let source = stored.map(|Row { record, .. }| record).unwrap_or_default();
        let reading = match (connector, what) {
            (Connector::Mailbox, Some(what)) => items::read(self, name, what, source).await?,
            (Connector::File, Some(what)) => feed::read(self, name, what, source).await?,
            _ => directory::read(self, source).await?,
        };
        Ok((name.to_owned(), reading))
    }

    /// Notes what was not read to its end; the text is for the run's problems.
    ///
    /// Without consent the tenant is suspended.
    pub(super) async fn failed(self, what: &str, error: &graph::Error) -> Result<String, Failure> {
        tracing::warn!(feed = what, %error, "source not read to its end");
        self.app.heed(self.tenant, error).await?;
        Ok(format!("{what}: {error}"))
    }
}

/// Takes those out who were erased: whatever a source tells of them enters nothing that is kept.
pub(super) fn strike(readings: &mut Readings, erased: &Erased) {
    for (spoke, reading) in readings {
        let any = match reading.is_directory {
            true => erased.strike_directory(spoke, &mut reading.source.directory).0,
            false => erased.strike_items(spoke, &mut reading.source.items).0,
        };
        reading.moved |= any;
    }
}

/// What was read, as the core wants it, the problems, and what was passed over.
pub(super) fn split(readings: Readings) -> (BTreeMap<String, Contribution>, Vec<String>, Vec<String>) {
    let (mut known, mut problems, mut warnings) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (spoke, reading) in readings {
        let complete = reading.problems.is_empty();
        problems.extend(reading.problems);
        let Source { directory, items, refused, .. } = reading.source;
        warnings.extend(refused.into_iter().map(|entry| format!("{spoke}: {entry}")));
        let source = match reading.is_directory {
            true => sync::Source::Directory(directory),
            false => sync::Source::Items(items),
        };
        known.insert(spoke, Contribution { source, complete });
    }
    (known, problems, warnings)
}
