//! How a vault answers, in its own words.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// What any request may meet.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Too many requests: come back after so many seconds.
    Throttled(u32),
    /// Trouble inside.
    Broken,
    /// The firewall lets the caller not in.
    Firewall,
    /// An answer that is no JSON.
    Nonsense,
    /// An answer that lacks everything it should hold.
    Empty,
    /// Any status with any body.
    Raw(u16, Vec<u8>),
}

impl Fault {
    pub(super) fn answer(self) -> Box<Response> {
        match self {
            Self::Throttled(after) => {
                let text = "Request was not processed because too many requests were received.";
                let answer = error(StatusCode::TOO_MANY_REQUESTS, "Throttled", text, None);
                Box::new(([("retry-after", after.to_string())], *answer).into_response())
            }
            Self::Broken => error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                "An unexpected error occurred.",
                None,
            ),
            Self::Firewall => error(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "Client address is not authorized and caller is not a trusted service.",
                Some("ForbiddenByFirewall"),
            ),
            Self::Nonsense => Box::new((StatusCode::OK, "<html>maintenance</html>").into_response()),
            Self::Empty => Box::new(Json(json!({})).into_response()),
            Self::Raw(status, body) => {
                Box::new((StatusCode::from_u16(status).unwrap(), body).into_response())
            }
        }
    }
}

pub(super) fn challenge() -> Box<Response> {
    let header = "Bearer authorization=\"https://login.windows.net/00000000-0000-0000-0000-000000000000\", resource=\"https://vault.azure.net\"";
    let text = "AKV10000: Request is missing a Bearer or PoP token.";
    let body = error(StatusCode::UNAUTHORIZED, "Unauthorized", text, None);
    Box::new(([("www-authenticate", header)], *body).into_response())
}

pub(super) fn bad_audience() -> Box<Response> {
    error(StatusCode::UNAUTHORIZED, "Unauthorized", "AKV10022: Invalid audience.", None)
}

pub(super) fn bad_parameter(text: &str) -> Box<Response> {
    error(StatusCode::BAD_REQUEST, "BadParameter", text, None)
}

pub(super) fn unsupported_media() -> Box<Response> {
    error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", "Send application/json.", None)
}

pub(super) fn not_found(code: &str, text: &str) -> Box<Response> {
    error(StatusCode::NOT_FOUND, code, text, None)
}

pub(super) fn conflict(text: &str) -> Box<Response> {
    error(StatusCode::CONFLICT, "Conflict", text, Some("ObjectIsDeletedButRecoverable"))
}

pub(super) fn forbidden_by_rbac(action: &str) -> Box<Response> {
    let text = format!(
        "Caller is not authorized to perform action on resource.\r\nAction: 'Microsoft.KeyVault/vaults/{action}'\r\nAssignment: (not found)\r\n"
    );
    error(StatusCode::FORBIDDEN, "Forbidden", &text, Some("ForbiddenByRbac"))
}

pub(super) fn disabled(operation: &str, what: &str, code: &str) -> Box<Response> {
    let text = format!("Operation {operation} is not allowed on a disabled {what}.");
    error(StatusCode::FORBIDDEN, "Forbidden", &text, Some(code))
}

fn error(status: StatusCode, code: &str, text: &str, inner: Option<&str>) -> Box<Response> {
    let mut body = json!({ "error": { "code": code, "message": text } });
    if let (Some(inner), Some(error)) = (inner, body.get_mut("error").and_then(Value::as_object_mut)) {
        error.insert("innererror".to_owned(), json!({ "code": inner }));
    }
    Box::new((status, Json(body)).into_response())
}
