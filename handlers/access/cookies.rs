//! Cookies that nobody but us can read or write, and the keys that seal them.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::cookie::{Cookie, CookieJar, Key, PrivateCookieJar, SameSite};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use platform::Record;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::bytes;
use super::session::LONGEST;
use crate::App;
use crate::api::ApiError;
use crate::tables::change;

/// Where the keys lie.
const KEYS: &str = "tenants/deployment/session-keys";
/// How old the newest key becomes.
const RENEWED: TimeDelta = TimeDelta::days(1);
/// How long the keys are kept in memory.
const KEPT: TimeDelta = TimeDelta::minutes(5);
/// A new key seals nothing before everybody who holds older ones in memory has read it.
const KNOWN_AFTER: TimeDelta = TimeDelta::minutes(10);

/// The keys that seal cookies, the newest last.
#[derive(Default, Serialize, Deserialize)]
struct CookieKeys {
    keys: Vec<CookieKey>,
}

#[derive(Clone, Serialize, Deserialize)]
struct CookieKey {
    made: DateTime<Utc>,
    /// 64 random bytes in Base64.
    secret: String,
}

impl Record for CookieKeys {
    const VERSION: u32 = 1;
}

impl CookieKeys {
    /// Adds a key if the newest is too old, and drops those whose cookies have all ended.
    fn renew(&mut self, now: DateTime<Utc>, secret: &str) {
        if self.is_old(now) {
            self.keys.push(CookieKey { made: now, secret: secret.to_owned() });
        }
        let longest = RENEWED + KNOWN_AFTER + LONGEST + KEPT;
        self.keys.retain(|key| now - key.made < longest);
    }

    fn is_old(&self, now: DateTime<Utc>) -> bool {
        self.keys.last().is_none_or(|newest| now - newest.made >= RENEWED)
    }

    /// The key that seals first, then all others.
    fn in_order(&self, now: DateTime<Utc>) -> Vec<Key> {
        let (mut known, mut new): (Vec<_>, Vec<_>) =
            self.keys.iter().partition(|key| now - key.made >= KNOWN_AFTER);
        known.reverse();
        known.append(&mut new);
        let key = |key: &&CookieKey| Key::try_from(STANDARD.decode(&key.secret).ok()?.as_slice()).ok();
        known.iter().filter_map(key).collect()
    }
}

/// The keys as they were last read.
#[derive(Default)]
pub(crate) struct KeptKeys(Mutex<Option<(DateTime<Utc>, CookieKeys)>>);

/// All keys, the one that seals first.
async fn keys(app: &App) -> Result<Vec<Key>, ApiError> {
    let now = app.now();
    let mut kept = app.access.cookie_keys.0.lock().await;
    if let Some((_, keys)) = kept.as_ref().filter(|(read, _)| now - *read < KEPT) {
        return Ok(keys.in_order(now));
    }
    let table = app.sealed.table::<CookieKeys>();
    let read = table.get(KEYS).await?.map(|row| row.record).filter(|keys| !keys.is_old(now));
    let keys = match read {
        Some(keys) => keys,
        None => {
            let secret = STANDARD.encode(bytes::<64>(app.random.as_ref()));
            change(&table, KEYS, |keys: &mut CookieKeys| keys.renew(now, &secret)).await?;
            table.get(KEYS).await?.map(|row| row.record).unwrap_or_default()
        }
    };
    let (_, keys) = kept.insert((now, keys));
    Ok(keys.in_order(now))
}

/// A cookie's content, if one of the keys sealed it under this name.
pub(super) async fn open<T: DeserializeOwned>(
    app: &App,
    headers: &HeaderMap,
    name: &'static str,
) -> Result<Option<T>, ApiError> {
    if !headers.contains_key(COOKIE) {
        return Ok(None);
    }
    let opened = |key: Key| PrivateCookieJar::from_headers(headers, key).get(named(app, name));
    let cookie = keys(app).await?.into_iter().find_map(opened);
    Ok(cookie.and_then(|cookie| serde_json::from_str(cookie.value()).ok()))
}

/// A cookie with this content, to be put into the answer; it ends with the browser.
pub(super) async fn seal<T: Serialize + Sync>(
    app: &App,
    name: &'static str,
    content: &T,
) -> Result<PrivateCookieJar, ApiError> {
    let key = keys(app).await?.into_iter().next().ok_or_else(no_key)?;
    let content = serde_json::to_string(content).map_err(|_| no_key())?;
    Ok(PrivateCookieJar::new(key).add(cookie(named(app, name), content)))
}

/// Takes a cookie out of the browser.
pub(super) fn removal(app: &App, name: &'static str) -> CookieJar {
    let mut gone = cookie(named(app, name), String::new());
    gone.make_removal();
    CookieJar::new().add(gone)
}

/// The name over TLS; without that, which is this machine alone, not every browser takes the prefix.
fn named(app: &App, name: &'static str) -> &'static str {
    let over_tls = app.settings.public.as_ref().is_none_or(|public| public.url.scheme() == "https");
    if over_tls { name } else { name.trim_start_matches("__Host-") }
}

/// Never read by a script, never sent by another site's form, never sent without TLS.
fn cookie(name: &'static str, content: String) -> Cookie<'static> {
    let cookie = Cookie::build((name, content)).path("/").secure(true).http_only(true);
    cookie.same_site(SameSite::Lax).build()
}

fn no_key() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the cookie can't be sealed",
        format!("delete the damaged record {KEYS}: everybody then signs in anew"),
    )
}
