//! What a tenant granted to an app, and when that has reached every server.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::world::Quirks;

/// The app registrations of this world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum App {
    /// The app that is consented with all permissions, and that people sign in to.
    #[default]
    Main,
    /// The app with permissions of the directory only; mailboxes come by [`Tenant::scope`](crate::Tenant::scope).
    Scoped,
}

impl App {
    /// Both of them.
    pub const ALL: [App; 2] = [App::Main, App::Scoped];

    /// The permissions for Graph that the registration asks for: what an admin's consent grants.
    #[must_use]
    pub const fn permissions(self) -> &'static [&'static str] {
        const ALL: [&str; 5] = [
            "User.Read.All",
            "OrgContact.Read.All",
            "GroupMember.Read.All",
            "Contacts.ReadWrite",
            "Calendars.ReadWrite",
        ];
        match self {
            App::Main => &ALL,
            App::Scoped => ALL.split_at(3).0,
        }
    }
}

/// How the app stands in a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Consented: tokens are issued.
    #[default]
    Consented,
    /// The enterprise application was deleted or never consented: AADSTS7000229.
    Missing,
    /// An admin disabled sign-in: AADSTS7000112.
    Disabled,
    /// The directory does not know the application: AADSTS700016.
    Unknown,
}

/// What a tenant granted to one app.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) principal: Uuid,
    pub(crate) standing: Standing,
    pub(crate) roles: Vec<String>,
    settling: Option<Settling>,
}

/// Exchange's own roles for the scoped app, over some mailboxes; a change takes its time.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    held: Assignment,
    coming: Option<(i64, Assignment)>,
}

#[derive(Clone, Debug, Default)]
struct Assignment {
    roles: Vec<String>,
    mailboxes: BTreeSet<Uuid>,
}

impl Scope {
    /// Assigns roles over mailboxes, instead of what was there, from a second on.
    pub(crate) fn assign(&mut self, roles: Vec<String>, mailboxes: BTreeSet<Uuid>, from: i64) {
        self.coming = Some((from, Assignment { roles, mailboxes }));
    }

    fn settle(&mut self, now: i64) {
        if let Some((_, assignment)) = self.coming.take_if(|(from, _)| *from <= now) {
            self.held = assignment;
        }
    }

    /// The app has no mailbox at all.
    pub(crate) fn is_empty(&mut self, now: i64) -> bool {
        self.settle(now);
        self.held.mailboxes.is_empty()
    }

    /// One of these permissions counts for this mailbox.
    pub(crate) fn allows(&self, mailbox: Uuid, permissions: &[String]) -> bool {
        let named = |role: &String| {
            role.strip_prefix("Application ")
                .is_some_and(|role| permissions.iter().any(|known| known == role))
        };
        self.held.mailboxes.contains(&mailbox) && self.held.roles.iter().any(named)
    }
}

/// A consent on its way to all servers.
#[derive(Clone, Debug)]
struct Settling {
    standing: Standing,
    roles: Vec<String>,
    since: i64,
    seconds: i64,
    calls: u64,
    asked: u64,
}

impl Grant {
    pub(crate) fn new(principal: Uuid, standing: Standing, roles: Vec<String>) -> Self {
        Self { principal, standing, roles, settling: None }
    }

    /// The app has a service principal in the tenant.
    pub(crate) fn exists(&self) -> bool {
        matches!(self.standing, Standing::Consented | Standing::Disabled)
    }

    pub(crate) fn set(&mut self, standing: Standing) {
        self.standing = standing;
        self.settling = None;
    }

    /// Consents to permissions; servers learn of it as the quirks say.
    pub(crate) fn consent(&mut self, roles: Vec<String>, now: i64, quirks: &Quirks) {
        let before = Settling {
            standing: self.standing,
            roles: std::mem::replace(&mut self.roles, roles),
            since: now,
            seconds: i64::try_from(quirks.consent_lag_seconds).unwrap_or(i64::MAX),
            calls: quirks.consent_lag_calls,
            asked: 0,
        };
        self.standing = Standing::Consented;
        self.settling = (before.seconds > 0 || before.calls > 0).then_some(before);
    }

    /// Standing and roles as a server sees them that is asked for a token now.
    pub(crate) fn seen(&mut self, now: i64) -> (Standing, Vec<String>) {
        let Some(settling) = &mut self.settling else { return (self.standing, self.roles.clone()) };
        settling.asked += 1;
        if settling.over(now) {
            self.settling = None;
            return (self.standing, self.roles.clone());
        }
        let first = settling.first_half(now);
        (if first { settling.standing } else { self.standing }, settling.roles.clone())
    }
}

impl Settling {
    fn over(&self, now: i64) -> bool {
        now - self.since >= self.seconds && self.asked > self.calls
    }

    /// At first the service principal is missing, then it has no roles yet.
    fn first_half(&self, now: i64) -> bool {
        now - self.since < self.seconds / 2 || self.asked <= self.calls / 2
    }
}
