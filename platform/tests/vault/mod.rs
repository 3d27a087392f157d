//! A Key Vault on loopback, as strict as the real one: challenges, versions, real RSA-OAEP-256, RBAC, disabled and
//! deleted keys, throttling.
//!
//! <https://learn.microsoft.com/rest/api/keyvault/>
#![allow(dead_code, reason = "each test file uses what it needs")]

mod answers;
mod keys;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method},
    response::Response,
};
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    http::{AsyncRawResponse, HttpClient, Request as SdkRequest, Transport},
    time::OffsetDateTime,
};
use platform::azure::Azure;
use serde_json::Value;
use tokio::net::TcpListener;

pub use answers::Fault;
use keys::{Key, Version};

/// The vault's name in the world outside.
pub const HOST: &str = "unit.vault.azure.net";
const API_VERSION: &str = "api-version=2025-07-01";
/// What a token must be made for.
const SCOPE: &str = "https://vault.azure.net/.default";
const LARGEST_BODY: usize = 64 * 1024;

/// A vault that listens.
#[derive(Clone)]
pub struct Vault {
    port: u16,
    state: Arc<Mutex<Inside>>,
}

/// What a vault holds, and what it was asked.
#[derive(Default)]
pub struct Inside {
    /// Keys by name.
    pub keys: BTreeMap<String, Key>,
    /// Secrets by name, with their versions, newest last; none of a secret that was deleted.
    pub secrets: BTreeMap<String, Vec<Version<String>>>,
    /// What the caller's roles do not include, such as `keys/wrap/action`.
    pub denied: BTreeSet<&'static str>,
    /// What the next requests are answered with, whatever they ask.
    pub faults: VecDeque<Fault>,
    /// Requests that were challenged for a token.
    pub challenged: usize,
    /// Requests that were carried out or refused for good.
    pub answered: usize,
}

impl Vault {
    /// Starts an empty vault on a free port of loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let vault = Self { port: listener.local_addr().unwrap().port(), state: Arc::default() };
        let router = Router::new().fallback(answer).with_state(vault.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        vault
    }

    /// What it holds.
    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap()
    }

    /// The way to it, for somebody whose tokens are for the vault.
    pub fn azure(&self) -> Azure {
        self.azure_with(SCOPE)
    }

    /// The way to it, for somebody whose tokens are for something else.
    pub fn azure_with(&self, audience: &'static str) -> Azure {
        Azure::with(Arc::new(Tokens(audience)), self.transport())
    }

    /// The connection to it.
    pub fn transport(&self) -> Transport {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Transport::new(Arc::new(Redirected { client, port: self.port }))
    }

    /// Sends a request without any library, and tells the status.
    pub async fn post(&self, path: &str, body: &Value) -> u16 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("http://127.0.0.1:{}{path}", self.port)).json(body);
        let answer = request.header("authorization", format!("Bearer for {SCOPE}")).send().await;
        answer.unwrap().status().as_u16()
    }
}

/// Takes requests for the vault's real address to loopback, so that the client's check of the challenge stays on.
#[derive(Debug)]
struct Redirected {
    client: reqwest::Client,
    port: u16,
}

#[async_trait]
impl HttpClient for Redirected {
    async fn execute_request(&self, request: &SdkRequest) -> azure_core::Result<AsyncRawResponse> {
        let mut request = request.clone();
        assert_eq!(request.url().scheme(), "https");
        assert_eq!(request.url().host_str(), Some(HOST));
        let url = request.url_mut();
        url.set_scheme("http").unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        self.client.execute_request(&request).await
    }
}

/// Tokens that say what they are for, if that is what was asked for.
#[derive(Debug)]
struct Tokens(&'static str);

#[async_trait]
impl TokenCredential for Tokens {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, [SCOPE]);
        let expires = OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap();
        Ok(AccessToken::new(format!("for {}", self.0), expires))
    }
}

async fn answer(State(vault): State<Vault>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.unwrap();
    let mut inside = vault.inside();
    if let Err(refusal) = inside.admit(&parts.headers, parts.uri.query(), &parts.method, &body) {
        return *refusal;
    }
    let answer = inside.carry_out(&parts.method, parts.uri.path(), &body);
    answer.unwrap_or_else(|refusal| *refusal)
}

type Answer = Result<Response, Box<Response>>;

impl Inside {
    /// Who is there, and does the request have its form?
    fn admit(
        &mut self,
        headers: &HeaderMap,
        query: Option<&str>,
        method: &Method,
        body: &Bytes,
    ) -> Result<(), Box<Response>> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(token) = header("authorization") else {
            self.challenged += 1;
            assert!(body.is_empty(), "the body was shown before it was known who asks for the token");
            return Err(answers::challenge());
        };
        self.answered += 1;
        if let Some(fault) = self.faults.pop_front() {
            return Err(fault.answer());
        }
        if token != format!("Bearer for {SCOPE}") {
            return Err(answers::bad_audience());
        }
        if query != Some(API_VERSION) {
            return Err(answers::bad_parameter("The specified version is not recognized."));
        }
        if method != Method::GET && header("content-type") != Some("application/json") {
            return Err(answers::unsupported_media());
        }
        Ok(())
    }

    /// Paths are told apart by their segments: one that is empty stands for the newest version.
    fn carry_out(&mut self, method: &Method, path: &str, body: &Bytes) -> Answer {
        let segments: Vec<_> = path.split('/').skip(1).collect();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["keys", name, "create"]) => self.create_key(name, body),
            ("GET", ["keys", name, version]) => self.get_key(name, version),
            ("POST", ["keys", name, version, "wrapkey"]) => self.wrap_key(name, version, body),
            ("POST", ["keys", name, version, "unwrapkey"]) => self.unwrap_key(name, version, body),
            ("PUT", ["secrets", name]) => self.set_secret(name, body),
            ("GET", ["secrets", name, version]) => self.get_secret(name, version),
            _ => Err(answers::not_found("NotFound", "There is no such resource.")),
        }
    }

    fn allow(&self, action: &'static str) -> Result<(), Box<Response>> {
        if self.denied.contains(action) { Err(answers::forbidden_by_rbac(action)) } else { Ok(()) }
    }
}
