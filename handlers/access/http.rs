//! Requests to Microsoft's sign-in service.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::{Client, RequestBuilder, redirect};

use crate::host::StartError;

/// No answer of the service is near this.
const LARGEST: usize = 1 << 20;
const CONNECT: Duration = Duration::from_secs(10);

/// A client with time-outs, without redirects: an assertion goes where we send it and nowhere else.
pub(super) fn client(timeout: Duration) -> Result<Client, StartError> {
    let client = Client::builder().timeout(timeout).connect_timeout(CONNECT);
    Ok(client.redirect(redirect::Policy::none()).build()?)
}

/// One request and its whole answer.
pub(super) async fn once(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), ()> {
    // The library's own words name the address and may name more.
    let mut response = request.send().await.map_err(drop)?;
    let (status, mut body) = (response.status(), Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(drop)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(());
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}
