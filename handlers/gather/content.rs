//! The hub's content: what its sources hold, and what users of two-way spokes changed, laid over it.

use std::collections::BTreeMap;

use platform::{Etag, Row, When};
use sync::two_way::{Told, Verdict, lay};
use sync::{
    Contribution, Erased, HubConfig, HubId, MailboxId, Merged, Overlay, Problem, Snapshot, TenantId,
    contributions,
};

use crate::App;
use crate::host::Failure;
use crate::messages::Gather;
use crate::tables::{Edits, Newest, Rulings, Tables, Taken, change};

/// What is kept of a hub's content from one gathering to the next.
pub(super) struct Kept {
    /// The newest snapshot.
    newest: Option<Snapshot>,
    /// Only of a hub in which users change something, or did once.
    users: Option<Users>,
    /// Who must not come back.
    erased: Erased,
}

/// What is kept of users' changes.
struct Users {
    /// What the sources held.
    merged: Option<Snapshot>,
    overlay: Overlay,
    etag: Option<Etag>,
    /// What mailboxes proposed.
    told: BTreeMap<MailboxId, Told>,
}

/// The hub's next content.
pub(super) struct Next {
    /// What the hub holds, and for whom.
    pub merged: Merged,
    /// What was decided about users' changes.
    pub verdicts: Vec<Verdict>,
    /// What was there before.
    kept: Kept,
    /// What the sources hold, where users' changes lie over it.
    sources: Option<Snapshot>,
    overlay: Overlay,
}

/// Whether users change something through one of the spokes.
pub(crate) fn is_two_way(config: &HubConfig) -> bool {
    config.receiving().any(|(spoke, _)| spoke.two_way)
}

impl Kept {
    pub(super) async fn load(
        app: &App,
        tenant: &TenantId,
        hub: &HubId,
        config: &HubConfig,
        erased: Erased,
    ) -> Result<Self, Failure> {
        let newest = snapshot(app, &Tables::snapshot_key(tenant, hub), &erased).await?;
        let stored = app.tables.overlays.get(&Tables::overlay_key(tenant, hub)).await?;
        if stored.is_none() && !is_two_way(config) {
            return Ok(Kept { newest, users: None, erased });
        }
        let (mut overlay, etag) = stored
            .map_or((Overlay::default(), None), |Row { record: Taken(overlay), etag }| (overlay, Some(etag)));
        erased.strike_overlay(&mut overlay);
        let merged = snapshot(app, &Tables::merged_key(tenant, hub), &erased).await?;
        let told = told(app, tenant, hub, config).await?;
        Ok(Kept { newest, users: Some(Users { merged, overlay, etag, told }), erased })
    }
}

async fn snapshot(app: &App, key: &str, erased: &Erased) -> Result<Option<Snapshot>, Failure> {
    let row = app.tables.snapshots.get(key).await?;
    Ok(row.map(|Row { record: Newest(mut snapshot), .. }| {
        erased.strike_snapshot(&mut snapshot);
        snapshot
    }))
}

/// What mailboxes propose whose spoke is still two-way.
async fn told(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    config: &HubConfig,
) -> Result<BTreeMap<MailboxId, Told>, Failure> {
    let mut told = BTreeMap::new();
    for name in app.tables.names(&Tables::edits_prefix(tenant, hub)).await? {
        let Ok(mailbox) = MailboxId::new(name) else { continue };
        let row = app.tables.edits.get(&Tables::edits_key(tenant, hub, &mailbox)).await?;
        let known = |edits: &Edits| config.spoke(&edits.spoke).is_some_and(|spoke| spoke.two_way);
        if let Some(edits) = row.map(|row| row.record).filter(known) {
            told.insert(mailbox, edits.into());
        }
    }
    Ok(told)
}

impl Next {
    /// Merges the sources and lays users' changes over them; nothing is stored.
    pub(super) fn compose(
        app: &App,
        config: &HubConfig,
        known: &BTreeMap<String, Contribution>,
        mut kept: Kept,
    ) -> Result<Self, Problem> {
        let now = app.now();
        let Some(users) = &mut kept.users else {
            let mut merged = contributions(config, known, kept.newest.as_ref(), now)?;
            kept.erased.strike_audience(&mut merged.audience);
            return Ok(Next {
                merged,
                verdicts: Vec::new(),
                kept,
                sources: None,
                overlay: Overlay::default(),
            });
        };
        let last = users.merged.as_ref().or(kept.newest.as_ref());
        let mut merged = contributions(config, known, last, now)?;
        kept.erased.strike_audience(&mut merged.audience);
        let mut overlay = users.overlay.clone();
        let laid = lay(config, &merged.snapshot, &mut overlay, &users.told, kept.newest.as_ref());
        let sources = std::mem::replace(&mut merged.snapshot, laid.snapshot);
        Ok(Next { merged, verdicts: laid.verdicts, kept, sources: Some(sources), overlay })
    }

    /// Whether a source was not read to its end, and what it held before is not kept: an item would lose what came from it.
    pub(super) fn is_blind(&self) -> bool {
        !self.merged.snapshot.complete && self.kept.newest.as_ref().is_some_and(Snapshot::is_emptied)
    }

    /// Stores what moved.
    ///
    /// The decisions first and what was decided on last: whoever dies in between decides the same again.
    pub(super) async fn store(&self, app: &App, job: &Gather, config: &HubConfig) -> Result<(), Failure> {
        let Gather { tenant, hub, .. } = job;
        if !self.verdicts.is_empty() {
            let key = Tables::rulings_key(tenant, hub, &job.run);
            let add = |rulings: &mut Rulings| rulings.add(app.now(), &self.verdicts);
            change(&app.tables.rulings, &key, add).await?;
        }
        if let (Some(users), Some(sources)) = (&self.kept.users, &self.sources) {
            self.store_users(app, job, config, (users, sources)).await?;
        }
        if self.kept.newest.as_ref() != Some(&self.merged.snapshot) {
            let record = Newest(self.merged.snapshot.clone());
            app.tables.snapshots.put(&Tables::snapshot_key(tenant, hub), &record, When::Any).await?;
        }
        Ok(())
    }

    /// Whoever changed the overlay meanwhile wins: this gathering is done again.
    async fn store_users(
        &self,
        app: &App,
        job: &Gather,
        config: &HubConfig,
        (users, sources): (&Users, &Snapshot),
    ) -> Result<(), Failure> {
        let key = Tables::overlay_key(&job.tenant, &job.hub);
        let below = Tables::merged_key(&job.tenant, &job.hub);
        if !is_two_way(config) && self.overlay == Overlay::default() {
            app.tables.overlays.delete(&key, When::Any).await?;
            return Ok(app.tables.snapshots.delete(&below, When::Any).await?);
        }
        if self.overlay != users.overlay {
            let when = users.etag.clone().map_or(When::Absent, When::Match);
            app.tables.overlays.put(&key, &Taken(self.overlay.clone()), when).await?;
        }
        if users.merged.as_ref() != Some(sources) {
            app.tables.snapshots.put(&below, &Newest(sources.clone()), When::Any).await?;
        }
        Ok(())
    }
}
