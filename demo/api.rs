//! Wheelhouse's own API, as a script would use it.

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// A field of a JSON object; null if there is none.
pub fn field<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

/// A client of the API for one hub.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base: String,
    tenant: String,
    hub: String,
}

impl Api {
    /// Talks to a Wheelhouse on this machine.
    pub fn new(http: Client, port: u16, tenant: String, hub: &str) -> Self {
        Api { http, base: format!("http://127.0.0.1:{port}/api"), tenant, hub: hub.to_owned() }
    }

    /// The same for another hub.
    pub fn of(&self, hub: &str) -> Self {
        Api { hub: hub.to_owned(), ..self.clone() }
    }

    /// The same for a hub of another tenant.
    pub fn at(&self, tenant: String, hub: &str) -> Self {
        Api { tenant, ..self.of(hub) }
    }

    /// How the tenant stands.
    pub async fn tenant(&self) -> Result<Value> {
        let all = self.call(Method::GET, &format!("{}/tenants", self.base), None).await?;
        let own = |tenant: &&Value| *field(tenant, "tenant") == self.tenant.as_str();
        all.as_array().and_then(|all| all.iter().find(own)).cloned().context("the tenant is not connected")
    }

    /// The address of the hub.
    pub fn hub_url(&self) -> String {
        format!("{}/tenants/{}/hubs/{}", self.base, self.tenant, self.hub)
    }

    /// Connects the tenant, as consent will.
    pub async fn connect(&self) -> Result<()> {
        let url = format!("{}/tenants/{}", self.base, self.tenant);
        self.call(Method::PUT, &url, None).await.map(drop)
    }

    /// Makes the hub, or changes its configuration.
    pub async fn configure(&self, config: &Value) -> Result<()> {
        self.call(Method::PUT, &self.hub_url(), Some(config)).await.map(drop)
    }

    /// What a run would do in one mailbox, as text.
    pub async fn preview(&self, mailbox: &str) -> Result<String> {
        let url = format!("{}/preview?mailbox={mailbox}", self.hub_url());
        let answer = self.http.get(url).header("Accept", "text/plain").send().await?;
        Ok(good(answer).await?.text().await?)
    }

    /// Starts a run; answers its id.
    pub async fn run(&self) -> Result<String> {
        let started = self.call(Method::POST, &format!("{}/run", self.hub_url()), None).await?;
        field(&started, "run").as_str().map(str::to_owned).context("the API named no run")
    }

    /// How a run stands.
    pub async fn progress(&self, run: &str) -> Result<Value> {
        self.call(Method::GET, &format!("{}/runs/{run}", self.hub_url()), None).await
    }

    /// The plans that wait for somebody to agree, by hash.
    pub async fn held(&self) -> Result<Vec<Value>> {
        let held = self.call(Method::GET, &format!("{}/held", self.hub_url()), None).await?;
        Ok(held.as_array().cloned().unwrap_or_default())
    }

    /// Decides a held plan: `approve` or `reject`.
    pub async fn decide(&self, hash: &str, decision: &str) -> Result<()> {
        self.call(Method::POST, &format!("{}/held/{hash}/{decision}", self.hub_url()), None).await.map(drop)
    }

    /// What the hub decided about users' changes, the newest first, with the values that lost.
    pub async fn rulings(&self) -> Result<Vec<Value>> {
        let page = self.call(Method::GET, &format!("{}/rulings?values=true", self.hub_url()), None).await?;
        Ok(field(&page, "rulings").as_array().cloned().unwrap_or_default())
    }

    /// Where the value that lost by a decision is brought back.
    pub fn restore_url(&self, ruling: &Value) -> String {
        let run = field(ruling, "run").as_str().unwrap_or_default();
        format!("{}/rulings/{run}/{}/restore", self.hub_url(), field(ruling, "n"))
    }

    /// Brings back the value that lost by a decision.
    pub async fn restore(&self, ruling: &Value) -> Result<()> {
        self.call(Method::POST, &self.restore_url(ruling), None).await.map(drop)
    }

    async fn call(&self, method: Method, url: &str, body: Option<&Value>) -> Result<Value> {
        let request = self.http.request(method, url);
        let request = body.map_or(request.try_clone().context("a request")?, |body| request.json(body));
        let answer = good(request.send().await?).await?;
        Ok(answer.json().await.unwrap_or(Value::Null))
    }
}

async fn good(answer: Response) -> Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    bail!("{} answered {status}: {}", answer.url().path().to_owned(), answer.text().await.unwrap_or_default())
}
