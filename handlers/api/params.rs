//! The parameters after the path.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use url::form_urlencoded;

/// The parameters of a call; what nobody asks for is passed over, as the host itself adds some.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of an address.
    pub fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter; the Functions host joins repeated ones with commas.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// Whether a parameter says `true`.
    pub fn says(&self, name: &str) -> bool {
        self.one(name) == Some("true")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}
