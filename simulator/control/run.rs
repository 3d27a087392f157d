//! Running the commands of the remote control.

use std::time::Duration;

use serde_json::{Value, json};

use super::Command;
use crate::error::Error;
use crate::info::Info;
use crate::login::forge::forge;
use crate::state::lock;
use crate::tenant::Tenant;

type Outcome = Result<Value, Error>;

fn done(result: Result<(), Error>) -> Outcome {
    result.map(|()| Value::Null)
}

fn words(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

impl Tenant {
    /// Runs a command on this tenant or its world.
    ///
    /// # Errors
    /// As the method that the command names.
    pub fn execute(&self, command: Command) -> Result<Value, Error> {
        match command {
            Command::AddUser { .. } | Command::UpdateUser { .. } | Command::RemoveUser { .. } => {
                self.users_do(command)
            }
            Command::PurgeUser { .. } | Command::RestoreUser { .. } | Command::AddRoom { .. } => {
                self.users_do(command)
            }
            Command::AddGroup { .. } | Command::UpdateGroup { .. } | Command::RemoveGroup { .. } => {
                self.groups_do(command)
            }
            Command::AddMember { .. } | Command::RemoveMember { .. } => self.groups_do(command),
            Command::AddOrgContact { .. }
            | Command::UpdateOrgContact { .. }
            | Command::RemoveOrgContact { .. } => self.org_contacts_do(command),
            Command::UserCreatesFolder { .. } | Command::UserDeletesFolder { .. } => {
                self.colleague_does(command)
            }
            Command::UserCreatesContact { .. } | Command::UserEditsContact { .. } => {
                self.colleague_does(command)
            }
            Command::UserDeletesContact { .. } | Command::UserMovesContact { .. } => {
                self.colleague_does(command)
            }
            Command::RegisterRedirect { .. }
            | Command::RotateSigningKey
            | Command::WithdrawOldSigningKeys
            | Command::Forge { .. } => self.login_does(command),
            Command::Unconsent
            | Command::Scope { .. }
            | Command::ScopeBy { .. }
            | Command::RefuseTokens { .. }
            | Command::SetGone { .. }
            | Command::AnswerWithTokensOf { .. }
            | Command::AssignRole { .. }
            | Command::UnassignRole { .. }
            | Command::SetAdmin { .. }
            | Command::AddScript { .. }
            | Command::PersonToken { .. } => self.admin_does(command),
            Command::UserCreatesCalendar { .. }
            | Command::UserDeletesCalendar { .. }
            | Command::UserCreatesEvent { .. }
            | Command::UserEditsEvent { .. }
            | Command::UserDeletesEvent { .. }
            | Command::UserMovesEvent { .. } => self.colleague_plans(command),
            other => Ok(self.look(&other).unwrap_or_else(|| self.switch(other))),
        }
    }

    fn login_does(&self, command: Command) -> Outcome {
        let world = &self.world;
        match command {
            Command::RegisterRedirect { url } => {
                lock(&world.redirects).insert(url);
            }
            Command::RotateSigningKey => lock(&world.keys).rotate(world.clock.seconds())?,
            Command::WithdrawOldSigningKeys => lock(&world.keys).withdraw_old(),
            Command::Forge { claims, forgery } => return forge(world, &claims, forgery).map(Value::from),
            _ => {}
        }
        Ok(Value::Null)
    }

    fn admin_does(&self, command: Command) -> Outcome {
        match command {
            Command::Unconsent => self.unconsent(),
            Command::Scope { mailboxes } => self.scope(mailboxes.as_deref()),
            Command::ScopeBy { roles, mailboxes } => self.scope_by(&words(&roles), &mailboxes),
            Command::RefuseTokens { code } => self.refuse_tokens(code)?,
            Command::SetGone { gone } => self.set_gone(gone),
            Command::AnswerWithTokensOf { other } => *lock(&self.state.tokens_of) = other,
            Command::AssignRole { person, role } => self.assign_role(person, &role),
            Command::UnassignRole { person, role } => self.unassign_role(person, &role),
            Command::SetAdmin { person } => self.set_admin(person),
            Command::AddScript { roles } => return Ok(json!(self.add_script(&words(&roles)))),
            Command::PersonToken { person } => return self.person_token(person).map(Value::from),
            _ => {}
        }
        Ok(Value::Null)
    }

    fn users_do(&self, command: Command) -> Outcome {
        match command {
            Command::AddUser { user } => self.add_user(user).map(|id| json!(id)),
            Command::AddRoom { name } => self.add_room(&name).map(|id| json!(id)),
            Command::UpdateUser { id, set } => self.update_user(id, &set).map(|changed| json!(changed)),
            Command::RemoveUser { id } => done(self.remove_user(id)),
            Command::PurgeUser { id } => done(self.purge_user(id)),
            Command::RestoreUser { id } => done(self.restore_user(id)),
            _ => Ok(Value::Null),
        }
    }

    fn groups_do(&self, command: Command) -> Outcome {
        match command {
            Command::AddGroup { group } => self.add_group(group).map(|id| json!(id)),
            Command::UpdateGroup { id, set } => self.update_group(id, &set).map(|changed| json!(changed)),
            Command::RemoveGroup { id } => done(self.remove_group(id)),
            Command::AddMember { group, member } => done(self.add_member(group, member)),
            Command::RemoveMember { group, member } => done(self.remove_member(group, member)),
            _ => Ok(Value::Null),
        }
    }

    fn org_contacts_do(&self, command: Command) -> Outcome {
        match command {
            Command::AddOrgContact { contact } => self.add_org_contact(contact).map(|id| json!(id)),
            Command::UpdateOrgContact { id, set } => {
                self.update_org_contact(id, &set).map(|changed| json!(changed))
            }
            Command::RemoveOrgContact { id } => done(self.remove_org_contact(id)),
            _ => Ok(Value::Null),
        }
    }

    fn colleague_does(&self, command: Command) -> Outcome {
        match command {
            Command::UserCreatesFolder { user, name } => {
                self.user_creates_folder(user, &name).map(Value::from)
            }
            Command::UserDeletesFolder { user, folder } => done(self.user_deletes_folder(user, &folder)),
            Command::UserCreatesContact { user, folder, fields } => {
                self.user_creates_contact(user, &folder, fields).map(Value::from)
            }
            Command::UserEditsContact { user, contact, fields } => {
                done(self.user_edits_contact(user, &contact, fields))
            }
            Command::UserDeletesContact { user, contact } => done(self.user_deletes_contact(user, &contact)),
            Command::UserMovesContact { user, contact, folder } => {
                done(self.user_moves_contact(user, &contact, &folder))
            }
            _ => Ok(Value::Null),
        }
    }

    fn colleague_plans(&self, command: Command) -> Outcome {
        match command {
            Command::UserCreatesCalendar { user, name } => {
                self.user_creates_calendar(user, &name).map(Value::from)
            }
            Command::UserDeletesCalendar { user, calendar } => {
                done(self.user_deletes_calendar(user, &calendar))
            }
            Command::UserCreatesEvent { user, calendar, fields } => {
                self.user_creates_event(user, &calendar, fields).map(Value::from)
            }
            Command::UserEditsEvent { user, event, fields } => {
                done(self.user_edits_event(user, &event, fields))
            }
            Command::UserDeletesEvent { user, event } => done(self.user_deletes_event(user, &event)),
            Command::UserMovesEvent { user, event, calendar } => {
                done(self.user_moves_event(user, &event, &calendar))
            }
            _ => Ok(Value::Null),
        }
    }

    /// Commands that change nothing; `None` for the others.
    fn look(&self, command: &Command) -> Option<Value> {
        match command {
            Command::Info => Some(json!(Info::of(self))),
            Command::Token { app } => Some(self.token_of(*app).into()),
            Command::GrantOf { app } => Some(json!(self.grant_of(*app))),
            Command::ServicePrincipalId { app } => Some(self.service_principal_id(*app).into()),
            Command::Users => Some(self.users().into()),
            Command::Groups => Some(self.groups().into()),
            Command::OrgContacts => Some(self.org_contacts().into()),
            Command::MailboxContents { user } => Some(self.mailbox_contents(*user)),
            Command::CalendarContents { user } => Some(self.calendar_contents(*user)),
            Command::Outbox => Some(json!(self.outbox())),
            Command::OutboxCount => Some(self.outbox_count().into()),
            Command::Counts => Some(json!(self.world.counters.read())),
            Command::Recorded => Some(json!(self.world.recorder.take())),
            _ => None,
        }
    }

    fn switch(&self, command: Command) -> Value {
        let world = &self.world;
        match command {
            Command::AddTenant => return json!(world.add_tenant().id),
            Command::SetStanding { app, standing } => self.set_standing_of(app, standing),
            Command::SetRoles { app, roles } => self.set_roles_of(app, &words(&roles)),
            Command::SetMailboxState { user, state } => self.set_mailbox_state(user, state),
            Command::SetLag { user, lag } => self.set_lag(user, lag),
            Command::AddFault { fault } => world.faults.add(fault),
            Command::ClearOutbox => self.clear_outbox(),
            Command::ClearFaults => world.faults.clear(),
            Command::SetQuirks { quirks } => *lock(&world.quirks) = quirks,
            Command::SetLatency { milliseconds } => world.set_latency(Duration::from_millis(milliseconds)),
            Command::SetTokenSeconds { seconds } => world.set_lifetime(seconds),
            Command::Advance { seconds } => world.clock.advance(Duration::from_secs(seconds)),
            Command::ResetCounts => world.counters.reset(),
            Command::Record { on } => world.recorder.turn(on),
            _ => {}
        }
        Value::Null
    }
}
