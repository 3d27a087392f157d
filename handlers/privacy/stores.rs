//! Goes through everything that is kept of a tenant.

use std::collections::VecDeque;

use platform::{AnyRecord, Page, Store};
use sync::TenantId;

use crate::App;
use crate::host::Failure;

/// Where a value stands.
pub struct Place<'k> {
    /// The hub; none if it is the tenant's.
    pub hub: Option<&'k str>,
    /// The table.
    pub table: &'k str,
    /// Which record of the table; empty if there is but one.
    pub name: &'k str,
}

/// The keys of a tenant's values, in order.
pub struct Keys<'a> {
    store: &'a dyn Store,
    prefix: String,
    after: String,
    listed: VecDeque<String>,
    next: Option<Page>,
    is_last: bool,
}

impl<'a> Keys<'a> {
    /// Those after a key, or all.
    pub fn of(app: &'a App, tenant: &TenantId, after: Option<&str>) -> Self {
        let (prefix, after) = (format!("tenants/{tenant}/"), after.unwrap_or_default().to_owned());
        Self { store: app.store.as_ref(), prefix, after, listed: VecDeque::new(), next: None, is_last: false }
    }

    /// The next ones, at most so many; none at the end. The data keys are no value.
    pub async fn some(&mut self, most: usize) -> Result<Vec<String>, Failure> {
        while self.listed.is_empty() && !self.is_last {
            let page = self.store.list(&self.prefix, self.next.take()).await?;
            let (after, own) = (&self.after, format!("{}key", self.prefix));
            self.listed.extend(page.keys.into_iter().filter(|key| key > after && *key != own));
            self.is_last = page.next.is_none();
            self.next = page.next;
        }
        Ok(self.listed.drain(..most.min(self.listed.len())).collect())
    }
}

/// Where a tenant's key stands.
pub fn place(key: &str) -> Place<'_> {
    let own = key.splitn(3, '/').nth(2).unwrap_or_default();
    let in_hub = own.strip_prefix("hubs/").and_then(|rest| rest.split_once('/'));
    let (hub, rest) = in_hub.map_or((None, own), |(hub, rest)| (Some(hub), rest));
    let (table, name) = rest.split_once('/').unwrap_or((rest, ""));
    Place { hub, table, name }
}

/// What stands under a key.
pub enum Opened {
    /// A record.
    Record(AnyRecord),
    /// Nothing any more.
    Gone,
    /// Something that does not open.
    Unreadable,
}

/// Opens a value; what is damaged keeps nobody from the others.
pub async fn open(app: &App, key: &str) -> Result<Opened, Failure> {
    match app.sealed.get_any(key).await {
        Ok(record) => Ok(record.map_or(Opened::Gone, Opened::Record)),
        Err(error) if error.kind() == platform::Kind::Unreadable => Ok(Opened::Unreadable),
        Err(error) => Err(error.into()),
    }
}
