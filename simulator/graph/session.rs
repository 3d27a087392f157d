//! Who calls: the bearer token and what it allows.

use std::sync::Arc;

use uuid::Uuid;

use super::route::Place;
use crate::login::jwt;
use crate::state::grant::App;
use crate::state::lock;
use crate::state::refusal::Refusal;
use crate::state::tenant::{TenantState, access_denied};
use crate::state::world::World;

/// An authenticated caller.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) tenant: Arc<TenantState>,
    roles: Arc<Vec<String>>,
    /// The app that the token was issued to; `None` for any other client.
    pub(crate) app: Option<App>,
}

impl Session {
    /// Checks a bearer token as Graph does.
    pub(crate) fn open(world: &World, authorization: Option<&str>) -> Result<Self, Refusal> {
        let token = authorization.and_then(|header| header.strip_prefix("Bearer ")).map(str::trim);
        let token =
            token.filter(|token| !token.is_empty()).ok_or_else(|| denied("Access token is empty."))?;
        let claims = jwt::read(world, token).ok_or_else(|| denied("CompactToken parsing failed."))?;
        if jwt::seconds(&claims, "exp") <= world.clock.seconds() {
            return Err(denied("Lifetime validation failed, the token is expired."));
        }
        if !audiences(world).iter().any(|known| known == jwt::text(&claims, "aud")) {
            return Err(denied("Access token validation failure. Invalid audience."));
        }
        let tenant = Uuid::parse_str(jwt::text(&claims, "tid")).ok().and_then(|id| world.tenant(id));
        let tenant = tenant.ok_or_else(|| denied("The token is for a tenant that is not known here."))?;
        let roles = claims.get("roles").and_then(|roles| serde_json::from_value(roles.clone()).ok());
        let app = world.ids.app(jwt::text(&claims, "appid"));
        Ok(Self { tenant, roles: Arc::new(roles.unwrap_or_default()), app })
    }

    fn has_any(&self, wanted: &[&str]) -> bool {
        self.roles.iter().any(|role| wanted.contains(&role.as_str()))
    }

    /// A permission of the directory.
    pub(crate) fn directory(&self, wanted: &[&str]) -> Result<(), Refusal> {
        if self.has_any(wanted) || self.has_any(&["Directory.Read.All"]) {
            return Ok(());
        }
        let message = "Insufficient privileges to complete the operation.";
        Err(Refusal::new(403, "Authorization_RequestDenied", message))
    }

    pub(crate) fn may_read_users(&self) -> bool {
        self.has_any(&["User.Read.All", "User.ReadBasic.All", "Directory.Read.All"])
    }

    /// A permission of Exchange, for a mailbox: the token's, which counts for all, or Exchange's own for this one.
    pub(crate) fn mailbox(&self, place: &Place, write: bool, user: &str, now: i64) -> Result<(), Refusal> {
        let what = if matches!(place, Place::Calendars(_)) { "Calendars" } else { "Contacts" };
        let reads = (!write).then(|| format!("{what}.Read"));
        let wanted: Vec<String> = reads.into_iter().chain([format!("{what}.ReadWrite")]).collect();
        let granted = self.roles.iter().any(|role| wanted.contains(role));
        if granted || self.scoped(user, &wanted, now)? { Ok(()) } else { Err(access_denied()) }
    }

    /// Without any mailbox of its own an app learns nothing, not even who exists.
    fn scoped(&self, user: &str, wanted: &[String], now: i64) -> Result<bool, Refusal> {
        if self.app != Some(App::Scoped) || lock(&self.tenant.grants).scope.is_empty(now) {
            return Ok(false);
        }
        let user = self.tenant.user_id(user)?;
        Ok(lock(&self.tenant.grants).scope.allows(user, wanted))
    }
}

/// The names under which Graph is an audience.
pub(crate) fn audiences(world: &World) -> [String; 2] {
    ["https://graph.microsoft.com".to_owned(), world.base().to_owned()]
}

fn denied(message: &'static str) -> Refusal {
    Refusal::new(401, "InvalidAuthenticationToken", message)
        .header("www-authenticate", "Bearer realm=\"\", error=\"invalid_token\"")
}
