//! HTTP/1.1 as it goes over the wire: no path is tidied up, no header added, and bodies are chunked where the host chunks them.

use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::HeaderMap;
use hyper::body::{Bytes, Frame};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use tokio::net::TcpStream;

/// A request, exactly as it is to be sent.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    /// Path and query, verbatim.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Sent,
}

/// How a body is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    Nothing,
    /// With a `Content-Length`.
    Sized(Vec<u8>),
    /// With `Transfer-Encoding: chunked`.
    Chunked(Vec<u8>),
}

impl Call {
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Sent::Nothing,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: Sent) -> Self {
        self.body = body;
        self
    }

    /// Every value of a header, in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// Sends a request over a connection of its own; the error says what broke.
pub async fn send(port: u16, call: &Call) -> Result<Reply, String> {
    let stream =
        TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| format!("connect: {error}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let request = request(port, call)?;
    let response = sender.send_request(request).await.map_err(|error| format!("broken off: {error}"))?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| format!("broken off in the body: {error}"))?;
    Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes().to_vec() })
}

type Body = BoxBody<Bytes, Infallible>;

fn request(port: u16, call: &Call) -> Result<hyper::Request<Body>, String> {
    let mut builder = hyper::Request::builder().method(call.method.as_str()).uri(call.target.as_str());
    if call.values("host").is_empty() {
        builder = builder.header("Host", format!("127.0.0.1:{port}"));
    }
    for (name, value) in &call.headers {
        builder = builder.header(name, value);
    }
    builder.body(body(&call.body)).map_err(|error| format!("{call:?} cannot be sent: {error}"))
}

fn body(sent: &Sent) -> Body {
    match sent {
        Sent::Nothing => Empty::new().boxed(),
        Sent::Sized(bytes) => Full::new(Bytes::from(bytes.clone())).boxed(),
        Sent::Chunked(bytes) => {
            let parts: Vec<_> =
                bytes.chunks(4096).map(|part| Ok(Frame::data(part.to_vec().into()))).collect();
            BodyExt::boxed(StreamBody::new(stream::iter(parts)))
        }
    }
}
