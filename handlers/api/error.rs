//! What a caller is told when something is refused or fails.

use std::fmt;

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::gather::Trouble;
use crate::host::Failure;

/// Why a call did not do its work.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiError {
    #[serde(skip)]
    status: StatusCode,
    /// What is wrong.
    error: String,
    /// What to do.
    fix: String,
}

impl ApiError {
    /// Says what is wrong and what to do; ids are fine in it, personal data is not.
    pub fn new(status: StatusCode, error: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self { status, error: error.to_string(), fix: fix.into() }
    }

    /// The answer's status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// What to do.
    pub fn fix(&self) -> &str {
        &self.fix
    }

    /// The call itself can't be right.
    pub fn bad(error: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, fix)
    }

    /// What the path names is not there.
    pub fn missing(error: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error, fix)
    }

    /// The state of things does not allow it.
    pub fn conflict(error: impl fmt::Display, fix: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, error, fix)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<platform::Error> for ApiError {
    fn from(error: platform::Error) -> Self {
        tracing::error!(%error, "the store failed a call of the API");
        match error.kind() {
            platform::Kind::Unavailable | platform::Kind::Taken => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error, "try again in a minute")
            }
            platform::Kind::Conflict => Self::conflict(error, "read it again, and decide anew"),
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, error, "the log of this call says more"),
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        tracing::error!(reason = %failure, "a call of the API failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, failure, "try again in a minute")
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Config(problem) => {
                let place = format!("{}: {}", problem.field, problem.problem);
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, place, problem.fix)
            }
            failed => Self::new(StatusCode::BAD_GATEWAY, failed, "try again when the directory can be read"),
        }
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body is larger than this API takes",
                "send less, or raise the setting WHEELHOUSE_HTTP_BODY_BYTES",
            ),
            status => Self::new(status, "the body could not be read to its end", "send it again"),
        }
    }
}
