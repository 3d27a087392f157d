//! One request, one bounded answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Client, RequestBuilder, Response, redirect};

use super::error::{Error, Kind};

/// No answer may be larger: 20 pages of 1,000 long contacts are far below.
const ANSWER_LIMIT: usize = 64 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What came back.
pub(super) struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

/// A client with time-outs, without redirects: a token goes where we send it and nowhere else.
pub(super) fn client(timeout: Duration) -> Result<Client, Error> {
    Client::builder()
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|_| Error::new(Kind::Credential, "HTTP client", "TLS can't be set up"))
}

/// Sends a request and reads its answer, whatever its status.
pub(super) async fn once(request: RequestBuilder, place: &str) -> Result<Answer, Error> {
    let response = request.send().await.map_err(|error| lost(place, &error))?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get("Retry-After").and_then(|after| after.to_str().ok());
    let retry_after = retry_after.and_then(seconds);
    Ok(Answer { status, retry_after, body: read(response, place).await? })
}

/// A wait as the servers give it: whole seconds.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

async fn read(mut response: Response, place: &str) -> Result<Bytes, Error> {
    let expected = response.content_length().unwrap_or(0).min(ANSWER_LIMIT as u64) as usize;
    let mut body = BytesMut::with_capacity(expected);
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(place, &error))? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(Error::nonsense(place, "the answer is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Names what was lost; the library's own text would show the URL.
fn lost(place: &str, error: &reqwest::Error) -> Error {
    let why = match error {
        error if error.is_builder() => return Error::new(Kind::Refused, place, "this can't be sent"),
        error if error.is_connect() => "no connection",
        error if error.is_timeout() => "no answer in time",
        _ => "the connection broke",
    };
    let lost = Error::new(Kind::Retry { after: None }, place, why);
    if error.is_connect() { lost } else { lost.happened() }
}
