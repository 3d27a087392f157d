//! The handler as the host sees it: posts an envelope and judges the answer.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::stream;
use reqwest::{
    Body, Client, Response,
    header::{CONTENT_TYPE, HeaderMap},
    redirect::Policy,
};
use serde_json::Value;

use crate::{
    clock::Clock,
    error::{Error, Kind, Result},
    random::Random,
};

/// How often a handler that does not listen yet is asked, and how many times: 30 seconds in all.
const READY_POLL: Duration = Duration::from_millis(25);
const READY_POLLS: u32 = 1200;
/// The largest answer that is read.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// What the host calls itself.
const VERSION: &str = "4.1037.0.0";

/// The handler on this machine.
pub(super) struct Handler {
    client: Client,
    base: String,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

/// Why an invocation failed, in words for the log.
pub(super) type Failure = String;

impl Handler {
    pub(super) fn new(port: u16, timeout: Duration, clock: Arc<dyn Clock>) -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .user_agent(format!("Azure-Functions-Host/{VERSION}"))
            .build()
            .map_err(|error| Error::new(Kind::Refused, "no HTTP client can be made").because(error))?;
        Ok(Self { client, base: format!("http://127.0.0.1:{port}"), timeout, clock })
    }

    /// Waits until the handler answers `GET /`, whatever it answers; a process starts by the machine's own time.
    pub(super) async fn ready(&self) -> Result<()> {
        for _ in 0..READY_POLLS {
            match self.client.get(&self.base).timeout(Duration::from_secs(5)).send().await {
                Ok(_) => return Ok(()),
                Err(_) => tokio::time::sleep(READY_POLL).await,
            }
        }
        let message = format!("the handler does not answer on {}; is it running?", self.base);
        Err(Error::new(Kind::Unavailable, message))
    }

    /// Calls a function and waits for its end, or for its time-out.
    pub(super) async fn call(
        &self,
        function: &str,
        envelope: &Value,
        random: &dyn Random,
    ) -> std::result::Result<(), Failure> {
        let id = random.uuid();
        let request = self
            .client
            .post(format!("{}/{function}", self.base))
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header("x-azure-functions-hostversion", VERSION)
            .header("x-azure-functions-invocationid", id.to_string())
            .header("traceparent", format!("00-{}-{:016x}-01", random.uuid().simple(), id.as_u64_pair().1))
            .body(chunked(envelope));
        let answered = async {
            let response =
                request.send().await.map_err(|error| format!("the handler did not answer: {error}"))?;
            judge(function, response).await
        };
        tokio::select! {
            outcome = answered => outcome,
            () = self.clock.sleep(self.timeout) => Err(format!("it took longer than {:?}", self.timeout)),
        }
    }
}

/// A body of unknown length, which is sent in chunks as the real host does.
fn chunked(envelope: &Value) -> Body {
    let text = Bytes::from(envelope.to_string());
    Body::wrap_stream(stream::iter([Ok::<_, std::convert::Infallible>(text)]))
}

/// Judges an answer as the real host does; one without a body never completes.
async fn judge(function: &str, mut response: Response) -> std::result::Result<(), Failure> {
    let status = response.status();
    if !status.is_success() {
        return Err(format!("the handler answered {status}"));
    }
    let json = is_json(response.headers());
    let body = read(&mut response).await?;
    if body.is_empty() || body.as_ref() == b"null" {
        tracing::error!(function, "answered {status} without a body: the host waits until its time-out");
        return std::future::pending().await;
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(answer)) if json => {
            if answer.keys().any(|key| key.eq_ignore_ascii_case("outputs")) {
                tracing::error!(function, "answered with Outputs, which this host does not send on");
            }
            Ok(())
        }
        _ => Err("the handler's answer is not JSON".to_owned()),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["application/json", "text/json"].contains(&content_type.split(';').next().unwrap_or_default().trim())
}

async fn read(response: &mut Response) -> std::result::Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| format!("the answer broke off: {error}"))?
    {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("the handler's answer is larger than {MAX_ANSWER} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
