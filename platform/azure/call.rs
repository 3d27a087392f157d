//! One call to Azure: its deadline, and what its errors mean.

use std::time::Duration;

use azure_core::{error::ErrorKind, http::StatusCode};

use crate::error::{Error, Kind, Result};

/// How long a call may take with all its retries; a value of 64 MiB passes at 9 Mbit/s.
const DEADLINE: Duration = Duration::from_secs(60);

/// What an error means: its kind, and what to do.
pub(super) type Meaning = (Kind, &'static str);

/// Waits for a call to the storage account, but not longer than its deadline; `what` names it in errors.
pub(super) async fn within<T>(what: &str, call: impl Future<Output = azure_core::Result<T>>) -> Result<T> {
    told_by(meaning, what, call).await
}

/// The same for a service whose errors mean something else.
pub(super) async fn told_by<T>(
    meaning: impl FnOnce(&azure_core::Error) -> Meaning,
    what: &str,
    call: impl Future<Output = azure_core::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(done) => done.map_err(|error| {
            let (kind, why) = meaning(&error);
            Error::new(kind, format!("{what}: {why}")).because(error)
        }),
        Err(late) => {
            Err(Error::new(Kind::Unavailable, format!("{what}: no answer within {DEADLINE:?}")).because(late))
        }
    }
}

/// The service's own code of an error, such as `BlobNotFound`.
pub(super) fn code(error: &azure_core::Error) -> &str {
    match error.kind() {
        ErrorKind::HttpResponse { error_code: Some(code), .. } => code,
        _ => "",
    }
}

/// The service's own code of an error that [`within`] gave.
pub(super) fn code_of(error: &Error) -> &str {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    source.map_or("", code)
}

fn meaning(error: &azure_core::Error) -> Meaning {
    match (code(error), error.http_status()) {
        ("BlobAlreadyExists" | "ConditionNotMet" | "TargetConditionNotMet", _) => {
            (Kind::Conflict, "the value is not in the expected state; read it again")
        }
        (code, _) if code.starts_with("Lease") => (Kind::Taken, "somebody else holds its lease"),
        ("PopReceiptMismatch" | "MessageNotFound", _) => {
            (Kind::Gone, "its receipt is stale; it was delivered again or deleted")
        }
        (_, Some(StatusCode::Unauthorized | StatusCode::Forbidden)) => {
            (Kind::Unavailable, "access is denied; check the identity's roles on the storage account")
        }
        (_, Some(StatusCode::BadRequest | StatusCode::PayloadTooLarge)) => {
            (Kind::Refused, "Azure does not take this request; see the cause")
        }
        _ => not_done(error),
    }
}

/// What the service did not do for a reason that is not its own.
pub(super) fn not_done(error: &azure_core::Error) -> Meaning {
    match error.kind() {
        ErrorKind::Credential => {
            (Kind::Unavailable, "no token for it; check that the identity is assigned to the app")
        }
        _ => (Kind::Unavailable, "Azure did not do it; see the cause and try again later"),
    }
}
