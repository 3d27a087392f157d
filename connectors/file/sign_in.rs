//! Who asks for a feed, where its server wants to know.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::HeaderValue;
use url::Url;

use super::error::Error;

/// A user and a secret, sent by HTTP Basic over `https` to the origin that they are for and nowhere else.
///
/// <https://www.rfc-editor.org/rfc/rfc7617>
#[derive(Clone)]
pub struct SignIn {
    user: String,
    header: HeaderValue,
}

impl SignIn {
    /// Takes a user and the secret that proves it.
    ///
    /// # Errors
    /// [`Kind::Refused`](super::Kind::Refused) if the user holds a colon, which the protocol can't send.
    pub fn basic(user: &str, secret: &[u8]) -> Result<Self, Error> {
        let unfit = || Error::refused("its user can't be sent; it must not hold a colon");
        if user.contains(':') {
            return Err(unfit());
        }
        let pair = STANDARD.encode([user.as_bytes(), b":", secret].concat());
        let mut header = HeaderValue::try_from(format!("Basic {pair}")).map_err(|_| unfit())?;
        // Then no `Debug` and no log of the library shows it.
        header.set_sensitive(true);
        Ok(SignIn { user: user.to_owned(), header })
    }

    /// Who asks.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The header for a request, if it goes encrypted to the server that the feed's address names.
    ///
    /// # Errors
    /// [`Kind::Refused`](super::Kind::Refused) if the feed's own address is not `https`.
    pub(super) fn header(&self, feed: &Url, asked: &Url) -> Result<Option<&HeaderValue>, Error> {
        if feed.scheme() != "https" {
            return Err(Error::refused(
                "its secret is sent by https only; its address must begin with https://",
            ));
        }
        Ok((feed.origin() == asked.origin()).then_some(&self.header))
    }
}
