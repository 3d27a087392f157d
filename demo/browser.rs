//! A browser as small as the story needs: it keeps cookies, follows redirects and sends the forms of pages.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// How often a browser lets itself be sent on.
const MOST_HOPS: usize = 10;

/// A browser with its own cookies, for addresses of this machine.
pub struct Browser {
    http: Client,
    /// By name; there is one host only, and browsers don't tell its ports apart either.
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What a browser shows.
#[derive(Debug)]
pub struct Page {
    /// Where it was led to.
    pub url: Url,
    /// The status of the answer.
    pub status: u16,
    /// The HTML.
    pub text: String,
    /// Where the answer sends the browser, if it does.
    pub next: Option<Url>,
}

/// A form of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent.
    pub action: Url,
    /// Its hidden fields.
    pub fields: Vec<(String, String)>,
    /// The fields of its buttons.
    pub buttons: Vec<(String, String)>,
}

impl Browser {
    /// A browser without cookies.
    pub fn new() -> Result<Self> {
        let http = Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(240)).build()?;
        Ok(Self { http, cookies: Mutex::default() })
    }

    /// Opens an address and goes wherever it leads.
    pub async fn open(&self, url: &Url) -> Result<Page> {
        let page = self.visit(url).await?;
        self.follow(page).await
    }

    /// Opens an address and stays there.
    pub async fn visit(&self, url: &Url) -> Result<Page> {
        self.send(self.http.get(url.clone()), url).await
    }

    /// Goes wherever a page leads.
    pub async fn follow(&self, mut page: Page) -> Result<Page> {
        for _ in 0..MOST_HOPS {
            let Some(next) = page.next.take() else { return Ok(page) };
            page = self.visit(&next).await?;
        }
        anyhow::bail!("{}: sent on and on", page.url.path())
    }

    /// Sends a form with further fields and stays at the answer.
    pub async fn submit(&self, page: &Page, form: &Form, more: &[(&str, &str)]) -> Result<Page> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form.fields).extend_pairs(more);
        let request = self.http.post(form.action.clone()).body(body.finish());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.header(ORIGIN, page.url.origin().ascii_serialization()), &form.action).await
    }

    /// Calls the API by the session of this browser; status and JSON of the answer.
    pub async fn call(&self, method: &str, url: &Url, csrf: &str, body: &Value) -> Result<(u16, Value)> {
        let request = self.http.request(method.parse::<Method>()?, url.clone());
        let request = self.with_cookies(request).header("x-csrf-token", csrf);
        let request = if body.is_null() { request } else { request.json(body) };
        let response = request.send().await?;
        self.keep(&response);
        Ok((response.status().as_u16(), response.json().await.unwrap_or_default()))
    }

    /// The cookies by name.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the cookies.
    pub fn set_cookies(&self, cookies: BTreeMap<String, String>) {
        *self.cookies.lock().unwrap_or_else(PoisonError::into_inner) = cookies;
    }

    async fn send(&self, request: RequestBuilder, url: &Url) -> Result<Page> {
        let response = self.with_cookies(request).send().await?;
        self.keep(&response);
        let location =
            response.headers().get(LOCATION).map(|to| to.to_str().map(str::to_owned)).transpose()?;
        let next = location.map(|to| url.join(&to)).transpose()?;
        let status = response.status().as_u16();
        Ok(Page { url: url.clone(), status, text: response.text().await?, next })
    }

    fn with_cookies(&self, request: RequestBuilder) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    fn keep(&self, response: &Response) {
        let mut cookies = self.cookies();
        for cookie in response.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok())
        {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if attributes.to_ascii_lowercase().contains("max-age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.set_cookies(cookies);
    }
}

impl Page {
    /// The forms of the page.
    pub fn forms(&self) -> Result<Vec<Form>> {
        let forms = self.text.split("<form").skip(1);
        forms.map(|text| self.form(text.split("</form>").next().unwrap_or_default())).collect()
    }

    /// The first form that has all these fields or buttons.
    pub fn form_with(&self, wanted: &[(&str, &str)]) -> Result<Form> {
        let has = |form: &Form, (name, value): &(&str, &str)| {
            let mut all = form.fields.iter().chain(&form.buttons);
            all.any(|(its, own)| its == name && (value.is_empty() || own == value))
        };
        let found = self.forms()?.into_iter().find(|form| wanted.iter().all(|field| has(form, field)));
        found.with_context(|| format!("{} ({}) has no form with {wanted:?}", self.url.path(), self.status))
    }

    /// Where the first link to a path leads.
    pub fn link(&self, path: &str) -> Result<Url> {
        ensure!(self.text.contains(&format!("href=\"{path}\"")), "{} has no link to {path}", self.url.path());
        Ok(self.url.join(path)?)
    }

    fn form(&self, text: &str) -> Result<Form> {
        let named = |tag: &str| {
            let opening = format!("<{tag} ");
            let field = |tag: &str| Some((attribute(tag, "name")?, attribute(tag, "value")?));
            let tags = text.split(&opening).skip(1);
            tags.filter_map(|rest| field(rest.split('>').next()?)).collect::<Vec<_>>()
        };
        let action = self.url.join(&attribute(text, "action").unwrap_or_default())?;
        let radio = |name: &str| text.contains(&format!("type=\"radio\" name=\"{name}\""));
        let fields = named("input").into_iter().filter(|(name, _)| !radio(name)).collect();
        Ok(Form { action, fields, buttons: named("button") })
    }
}

/// The value of an attribute that stands in double quotes.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    Some(value.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
}
