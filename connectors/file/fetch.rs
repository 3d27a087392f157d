//! Getting a feed: from an address that is checked at each step, within bounds of time and size.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER, USER_AGENT,
};
use reqwest::{Client, Response, StatusCode, redirect};
use sync::Value;
use url::{Host, Url};

use super::error::Error;
use super::guard::{Guard, Target};
use super::{Events, Location, Marks, Options, SignIn, ics, limits, unpack};

/// Moves whenever the same text is read otherwise than before.
const READER_VERSION: &str = "1";

/// Reads feeds.
pub struct Feed {
    guard: Guard,
    time: Duration,
}

/// What a reading brought.
pub enum Round {
    /// The feed is as it was when it got its marks.
    Unchanged,
    /// The feed as it is now, and its new marks.
    Read(Box<Events>, Marks),
}

/// What a download brought; none of it if the feed is as it was.
struct Download {
    bytes: Vec<u8>,
    marks: Marks,
}

impl Feed {
    /// Reads feeds from where the guard lets it.
    pub fn new(guard: Guard) -> Self {
        Feed { guard, time: limits::DOWNLOAD_TIME }
    }

    /// The same with another limit of time.
    pub fn within(self, time: Duration) -> Self {
        Feed { time, ..self }
    }

    /// Reads a feed, unless it is as it was when it got these marks.
    ///
    /// # Errors
    /// The address is refused, the server does not answer or refuses, or what came is too large or no calendar.
    pub async fn read(&self, location: &Location, marks: &Marks, options: &Options) -> Result<Round, Error> {
        let (bytes, marks) = match location {
            Location::Bytes(bytes) => (bytes.clone(), Marks::default()),
            Location::Url(url, who) => match self.download(url, who.as_ref(), marks, options).await? {
                Some(download) => (download.bytes, download.marks),
                None => return Ok(Round::Unchanged),
            },
        };
        let options = options.clone();
        let read = tokio::task::spawn_blocking(move || ics::read(&unpack::text(&bytes)?, &options));
        let events = read.await.map_err(|_| Error::unreadable("reading it failed"))??;
        Ok(Round::Read(Box::new(events), marks))
    }

    async fn download(
        &self,
        url: &Url,
        who: Option<&SignIn>,
        marks: &Marks,
        options: &Options,
    ) -> Result<Option<Download>, Error> {
        let scope = scope(url, who, options);
        let known = if marks.scope == scope { marks.clone() } else { Marks::default() };
        let download = tokio::time::timeout(self.time, self.follow(url, who, &known));
        let late = || format!("it did not come within {} s", self.time.as_secs());
        let download = download.await.map_err(|_| Error::retry(late(), None))??;
        Ok(download.map(|download| Download { marks: Marks { scope, ..download.marks }, ..download }))
    }

    async fn follow(
        &self,
        feed: &Url,
        who: Option<&SignIn>,
        known: &Marks,
    ) -> Result<Option<Download>, Error> {
        let mut url = feed.clone();
        for _ in 0..=limits::REDIRECTS {
            let proof = who.map(|who| who.header(feed, &url)).transpose()?.flatten();
            let response = self.ask(&url, proof, known).await?;
            if !is_redirect(response.status()) {
                return answer(response, who.is_some(), known).await;
            }
            let next = header(response.headers(), LOCATION).and_then(|next| url.join(&next).ok());
            url = next.ok_or_else(|| Error::unreadable("its server redirects to nowhere"))?;
        }
        Err(Error::refused(format!("its server redirects more than {} times", limits::REDIRECTS)))
    }

    async fn ask(&self, url: &Url, who: Option<&HeaderValue>, known: &Marks) -> Result<Response, Error> {
        let client = self.client(&self.guard.target(url)?).await?;
        let mut request = client.get(url.clone());
        request = request.header(USER_AGENT, "Wheelhouse").header(ACCEPT, "text/calendar, */*;q=0.1");
        request = request.header(ACCEPT_ENCODING, "gzip");
        for (name, value) in [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if let Some(who) = who {
            request = request.header(AUTHORIZATION, who);
        }
        request.send().await.map_err(|error| lost(&error))
    }

    /// A client that connects to nothing but the addresses that were checked.
    async fn client(&self, target: &Target) -> Result<Client, Error> {
        let mut client = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(self.time);
        if let Host::Domain(name) = &target.host {
            client = client.resolve_to_addrs(name, &self.look_up(name, target.port).await?);
        }
        client.build().map_err(|_| Error::retry("TLS can't be set up", None))
    }

    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let found = tokio::net::lookup_host((name, port)).await;
        let found: Vec<SocketAddr> =
            found.map_err(|_| Error::retry("its host is not found", None))?.collect();
        found.iter().map(SocketAddr::ip).try_for_each(|address: IpAddr| self.guard.address(address))?;
        if found.is_empty() { Err(Error::retry("its host is not found", None)) } else { Ok(found) }
    }
}

/// What a feed's content depends on beside its text.
fn scope(url: &Url, who: Option<&SignIn>, options: &Options) -> String {
    let window = if options.unroll { format!("{:?}", options.window) } else { String::new() };
    let user = who.map_or("", SignIn::user);
    let parts = [READER_VERSION, url.as_str(), options.time_zone.name(), &window, user];
    format!("{:?}", Value::from(parts.map(str::to_owned).to_vec()).print())
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

async fn answer(response: Response, signed_in: bool, known: &Marks) -> Result<Option<Download>, Error> {
    let status = response.status();
    match status.as_u16() {
        200 => {}
        304 if known.etag.is_some() || known.last_modified.is_some() => return Ok(None),
        408 | 429 | 500..=599 => {
            let after = header(response.headers(), RETRY_AFTER).and_then(|after| after.trim().parse().ok());
            return Err(Error::retry(format!("its server answers {status}"), after.map(Duration::from_secs)));
        }
        401 | 403 if signed_in => {
            return Err(Error::refused(format!(
                "its server answers {status}; check the user and the secret"
            )));
        }
        _ => return Err(Error::refused(format!("its server answers {status}; check the address"))),
    }
    let marks = Marks {
        etag: header(response.headers(), ETAG),
        last_modified: header(response.headers(), LAST_MODIFIED),
        ..Marks::default()
    };
    Ok(Some(Download { bytes: body(response).await?, marks }))
}

async fn body(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if bytes.len() + chunk.len() > limits::FEED_BYTES {
            return Err(unpack::too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Names what was lost; the library's own text would show the URL.
fn lost(error: &reqwest::Error) -> Error {
    let why = match error {
        error if error.is_builder() => return Error::refused("its address can't be asked for"),
        error if error.is_timeout() => "its server does not answer in time",
        error if error.is_connect() => "its server can't be reached, or its certificate is not trusted",
        _ => "the connection to its server broke",
    };
    Error::retry(why, None)
}
