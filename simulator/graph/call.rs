//! A request to Graph, read once: path segments, query, the headers that matter, body.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::state::refusal::Refusal;

/// One request, plain or from a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// The path below `/v1.0`, as sent, without the query.
    pub(crate) path: String,
    /// The query as sent, without `?`.
    pub(crate) query: String,
    pub(crate) headers: Headers,
    pub(crate) body: Option<Value>,
    /// Bytes of the body.
    pub(crate) bytes: u64,
    /// An item of a batch.
    pub(crate) item: bool,
}

/// The request headers that change an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers {
    pub(crate) immutable_ids: bool,
    pub(crate) page_size: Option<usize>,
    pub(crate) minimal: bool,
    pub(crate) eventual: bool,
    /// `outlook.timezone`: the zone in which events are shown.
    pub(crate) time_zone: Option<String>,
    /// `outlook.body-content-type="text"`.
    pub(crate) text_body: bool,
    pub(crate) if_match: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) client_request_id: Option<String>,
    pub(crate) content_type: Option<String>,
    /// The length is known: a header says it, or the request is an item of a batch.
    pub(crate) sized: bool,
}

impl Headers {
    pub(crate) fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.take(&name.to_ascii_lowercase(), value);
        }
        headers
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "prefer" => self.prefer(value),
            "consistencylevel" => self.eventual = value.eq_ignore_ascii_case("eventual"),
            "if-match" => self.if_match = Some(value.to_owned()),
            "authorization" => self.authorization = Some(value.to_owned()),
            "client-request-id" => self.client_request_id = Some(value.to_owned()),
            "content-type" => self.content_type = Some(value.to_owned()),
            "content-length" | "transfer-encoding" => self.sized = true,
            _ => {}
        }
    }

    /// Preferences come in any order, joined by commas.
    fn prefer(&mut self, value: &str) {
        for preference in value.split([',', ';']) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let named = value.trim().trim_matches('"');
            let value = named.to_ascii_lowercase();
            match name.trim().to_ascii_lowercase().as_str() {
                "idtype" => self.immutable_ids = value == "immutableid",
                "odata.maxpagesize" | "maxpagesize" => {
                    self.page_size = value.parse().ok().filter(|size| *size > 0)
                }
                "return" => self.minimal = value == "minimal",
                "outlook.timezone" => self.time_zone = Some(named.to_owned()),
                "outlook.body-content-type" => self.text_body = value == "text",
                _ => {}
            }
        }
    }
}

impl Call {
    /// The decoded path segments; `users('id')` becomes two.
    pub(crate) fn segments(&self) -> Result<Vec<String>, Refusal> {
        let mut segments = Vec::new();
        for part in self.path.split('/').filter(|part| !part.is_empty()) {
            let part = percent_decode_str(part).decode_utf8().map_err(|_| unknown_segment(part))?;
            if matches!(&*part, "." | "..") || part.contains('/') || part.contains('\\') {
                return Err(unknown_segment(&part));
            }
            match keyed(&part) {
                Some((name, key)) => segments.extend([name.to_owned(), key]),
                None => segments.push(part.into_owned()),
            }
        }
        Ok(segments)
    }

    /// The options of the query; names that start with `$` compare without regard to case.
    pub(crate) fn options(&self) -> Options<'_> {
        Options(
            form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| name.starts_with('$')).collect(),
        )
    }

    /// A parameter of the query without `$`, such as `startDateTime`.
    pub(crate) fn parameter(&self, wanted: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.into_owned())
    }

    /// The body as an object.
    pub(crate) fn object(&mut self) -> Result<Map<String, Value>, Refusal> {
        match self.body.take() {
            Some(Value::Object(body)) => Ok(body),
            _ => Err(Refusal::bad_request("Unable to read JSON request payload. It must be a JSON object.")),
        }
    }
}

/// Splits `users('id')`; a call such as `delta()` is left alone.
fn keyed(segment: &str) -> Option<(&str, String)> {
    let (name, key) = segment.strip_suffix(')')?.split_once('(')?;
    let key = key.strip_prefix('\'')?.strip_suffix('\'')?;
    Some((name, key.replace("''", "'")))
}

pub(crate) fn unknown_segment(segment: &str) -> Refusal {
    Refusal::bad_request(format!("Resource not found for the segment '{segment}'."))
}

/// The `$` options of a query.
#[derive(Clone, Debug)]
pub(crate) struct Options<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Options<'_> {
    /// Refuses every option that is not in the list.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let strange =
            self.0.iter().find(|(name, _)| !known.iter().any(|known| known.eq_ignore_ascii_case(name)));
        match strange {
            None => Ok(()),
            Some((name, _)) => Err(unsupported(name)),
        }
    }

    pub(crate) fn get(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| &**value)
    }

    /// A count such as `$top`, within bounds.
    pub(crate) fn number(&self, wanted: &str, most: usize) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get(wanted) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (*number > 0 || wanted == "$skip") && *number <= most);
        number.map(Some).ok_or_else(|| {
            Refusal::bad_request(format!(
                "Invalid value '{text}' for {wanted} query option found; at most {most}."
            ))
        })
    }
}

pub(crate) fn unsupported(option: &str) -> Refusal {
    Refusal::new(
        400,
        "Request_UnsupportedQuery",
        format!("The query option '{option}' is not supported here."),
    )
}
