//! A consent that somebody went to Microsoft for: where they come back from is known by this record alone.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use platform::{Kind, Record, Row, When};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::permissions::TEXT_VERSION;
use crate::App;
use crate::access::Session;
use crate::host::Failure;
use crate::tables::Mode;

/// How long an administrator may take at Microsoft's pages.
pub const LIFE: TimeDelta = TimeDelta::hours(1);
/// Where they lie; a name begins with the time at which its session began.
pub const PENDING: &str = "tenants/deployment/consents/";
/// The random bytes of a state.
const STATE_BYTES: usize = 32;

/// What somebody is about to agree to; one per session, so that no other session can end what this one began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// The hash of the state that Microsoft hands back; none once it was handed back.
    state: Option<String>,
    /// Which mailboxes.
    pub mode: Mode,
    /// Which version of the text they saw.
    pub text: u32,
    /// When it is too late.
    expires: DateTime<Utc>,
}

impl Record for Pending {
    const VERSION: u32 = 1;
}

impl Pending {
    /// Writes down what this session is about to agree to, in place of anything before; the answer is the state.
    pub async fn begin(app: &App, session: &Session, mode: Mode) -> Result<String, Failure> {
        let mut bytes = [0; STATE_BYTES];
        app.random.fill(&mut bytes);
        let state = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let (expires, text) = (app.now() + LIFE, TEXT_VERSION);
        let pending = Pending { state: Some(hash(&state)), mode, text, expires };
        app.tables.pending.put(&key(session), &pending, When::Any).await?;
        Ok(state)
    }

    /// What the session began with this state, once: whoever asks again or too late is told `None`.
    pub async fn take(app: &App, session: &Session, state: &str) -> Result<Option<Self>, Failure> {
        let key = key(session);
        let Some(Row { record, etag }) = app.tables.pending.get(&key).await? else { return Ok(None) };
        if record.state.as_deref() != Some(&hash(state)) || app.now() >= record.expires {
            return Ok(None);
        }
        // A conditional write and not a deletion: that would succeed for both of two who come at once.
        let spent = Pending { state: None, ..record.clone() };
        match app.tables.pending.put(&key, &spent, When::Match(etag)).await {
            Err(error) if error.kind() == Kind::Conflict => Ok(None),
            written => Ok(written.map(|_| Some(record))?),
        }
    }
}

fn key(session: &Session) -> String {
    format!("{PENDING}{}-{}", session.issued.format("%Y%m%dt%H%M%S"), session.id)
}

fn hash(state: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, state.as_bytes()))
}
