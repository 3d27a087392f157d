//! The commands of the remote control.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::login::forge::Forgery;
use crate::state::fault::Fault;
use crate::state::grant::{App, Standing};
use crate::state::lag::Lag;
use crate::state::tenant::MailboxState;
use crate::state::world::Quirks;

/// One command, as JSON `{"do": "add-user", "user": {…}}`; each does what the method of its name does.
///
/// The answer is what the method returns, as JSON: `null` for nothing, a string for an id. A refused command gives
/// status 400 and `{"error": "…"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs)] // each is documented at its method
pub enum Command {
    Info,
    Token {
        #[serde(default)]
        app: App,
    },
    AddTenant,
    SetStanding {
        #[serde(default)]
        app: App,
        standing: Standing,
    },
    SetRoles {
        #[serde(default)]
        app: App,
        roles: Vec<String>,
    },
    GrantOf {
        #[serde(default)]
        app: App,
    },
    ServicePrincipalId {
        #[serde(default)]
        app: App,
    },
    Unconsent,
    Scope {
        mailboxes: Option<Vec<Uuid>>,
    },
    ScopeBy {
        roles: Vec<String>,
        mailboxes: Vec<Uuid>,
    },
    RefuseTokens {
        code: Option<u32>,
    },
    SetGone {
        gone: bool,
    },
    AnswerWithTokensOf {
        other: Option<Uuid>,
    },
    AssignRole {
        person: Uuid,
        role: String,
    },
    UnassignRole {
        person: Uuid,
        role: String,
    },
    SetAdmin {
        person: Uuid,
    },
    AddScript {
        roles: Vec<String>,
    },
    PersonToken {
        person: Uuid,
    },
    RegisterRedirect {
        url: String,
    },
    RotateSigningKey,
    WithdrawOldSigningKeys,
    Forge {
        claims: Value,
        forgery: Forgery,
    },
    AddUser {
        user: Value,
    },
    AddRoom {
        name: String,
    },
    UpdateUser {
        id: Uuid,
        set: Value,
    },
    RemoveUser {
        id: Uuid,
    },
    PurgeUser {
        id: Uuid,
    },
    RestoreUser {
        id: Uuid,
    },
    AddGroup {
        group: Value,
    },
    UpdateGroup {
        id: Uuid,
        set: Value,
    },
    RemoveGroup {
        id: Uuid,
    },
    AddMember {
        group: Uuid,
        member: Uuid,
    },
    RemoveMember {
        group: Uuid,
        member: Uuid,
    },
    AddOrgContact {
        contact: Value,
    },
    UpdateOrgContact {
        id: Uuid,
        set: Value,
    },
    RemoveOrgContact {
        id: Uuid,
    },
    Users,
    Groups,
    OrgContacts,
    SetMailboxState {
        user: Uuid,
        state: MailboxState,
    },
    MailboxContents {
        user: Uuid,
    },
    SetLag {
        user: Uuid,
        lag: Option<Lag>,
    },
    UserCreatesFolder {
        user: Uuid,
        name: String,
    },
    UserDeletesFolder {
        user: Uuid,
        folder: String,
    },
    UserCreatesContact {
        user: Uuid,
        folder: String,
        fields: Value,
    },
    UserEditsContact {
        user: Uuid,
        contact: String,
        fields: Value,
    },
    UserDeletesContact {
        user: Uuid,
        contact: String,
    },
    UserMovesContact {
        user: Uuid,
        contact: String,
        folder: String,
    },
    CalendarContents {
        user: Uuid,
    },
    UserCreatesCalendar {
        user: Uuid,
        name: String,
    },
    UserDeletesCalendar {
        user: Uuid,
        calendar: String,
    },
    UserCreatesEvent {
        user: Uuid,
        calendar: String,
        fields: Value,
    },
    UserEditsEvent {
        user: Uuid,
        event: String,
        fields: Value,
    },
    UserDeletesEvent {
        user: Uuid,
        event: String,
    },
    UserMovesEvent {
        user: Uuid,
        event: String,
        calendar: String,
    },
    Outbox,
    OutboxCount,
    ClearOutbox,
    AddFault {
        fault: Fault,
    },
    ClearFaults,
    /// Replaces all switches; those that are not named take their defaults.
    SetQuirks {
        quirks: Quirks,
    },
    SetLatency {
        milliseconds: u64,
    },
    SetTokenSeconds {
        seconds: u64,
    },
    Advance {
        seconds: u64,
    },
    Counts,
    ResetCounts,
    Record {
        on: bool,
    },
    Recorded,
}
