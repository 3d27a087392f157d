//! Up to twenty requests in one.
//!
//! <https://learn.microsoft.com/graph/json-batching>

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize as Read, Serialize};
use serde_json::value::RawValue;

use super::body::Body;
use super::client::IMMUTABLE;
use super::error::{Error, Fault, Kind};
use super::http::{Answer, seconds};
use super::json;

/// More requests are refused.
pub(super) const BATCH_ITEMS: usize = 20;

/// A batch that would be larger is sent in halves.
pub(super) const BATCH_BYTES: usize = 4 << 20;

/// The answers of a batch by the place of their requests; `None` where what happened is not known.
pub(super) type Answers = Vec<Option<Answer>>;

/// One request of a batch; its URL begins with a slash below the version.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    #[serde(serialize_with = "as_text")]
    id: usize,
    method: &'static str,
    url: String,
    headers: Headers,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body<'a>>,
}

#[derive(Serialize)]
struct Headers {
    #[serde(rename = "Prefer")]
    prefer: &'static str,
    #[serde(rename = "Content-Type", skip_serializing_if = "Option::is_none")]
    content_type: Option<&'static str>,
    #[serde(rename = "If-Match", skip_serializing_if = "Option::is_none")]
    if_match: Option<String>,
}

impl<'a> Request<'a> {
    pub(super) fn new(method: &'static str, url: String) -> Self {
        let headers = Headers { prefer: IMMUTABLE, content_type: None, if_match: None };
        Request { id: 0, method, url, headers, body: None }
    }

    pub(super) fn prefer(mut self, prefer: &'static str) -> Self {
        self.headers.prefer = prefer;
        self
    }

    pub(super) fn if_match(mut self, etag: Option<String>) -> Self {
        self.headers.if_match = etag;
        self
    }

    pub(super) fn body(mut self, body: Body<'a>) -> Self {
        self.headers.content_type = Some("application/json");
        self.body = Some(body);
        self
    }
}

fn as_text<S: serde::Serializer>(id: &usize, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

/// The batch as it is sent: each request's id is its place.
pub(super) fn encode(place: &str, mut requests: Vec<Request<'_>>) -> Result<Bytes, Error> {
    #[derive(Serialize)]
    struct Requests<'a> {
        requests: &'a [Request<'a>],
    }
    requests.iter_mut().enumerate().for_each(|(at, request)| request.id = at);
    let body = serde_json::to_vec(&Requests { requests: &requests });
    body.map(Bytes::from).map_err(|_| Error::new(Kind::Refused, place, "this can't be written as JSON"))
}

#[derive(Read)]
struct Envelope<'a> {
    #[serde(borrow)]
    responses: Option<Vec<Response<'a>>>,
    error: Option<Fault>,
}

#[derive(Read)]
struct Response<'a> {
    id: std::borrow::Cow<'a, str>,
    status: u16,
    #[serde(default)]
    headers: RetryAfter,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// The answers to `count` requests by their place. An answer that is missing, or that came twice, is `None`:
/// what happened to its request is not known.
pub(super) fn decode(place: &str, body: Bytes, count: usize) -> Result<Answers, Error> {
    match sort(place, &body, count) {
        Err(error) if error.kind() == Kind::Protocol => sort(place, &Bytes::from(json::tamed(&body)), count),
        sorted => sorted,
    }
}

fn sort(place: &str, body: &Bytes, count: usize) -> Result<Answers, Error> {
    let answers: Envelope<'_> =
        serde_json::from_slice(body).map_err(|_| Error::nonsense(place, json::what(body)))?;
    if let Some(fault) = answers.error {
        return Err(fault.into_error(place, 200, None));
    }
    let responses = answers.responses.ok_or_else(|| Error::nonsense(place, "a batch without responses"))?;
    let mut sorted: Vec<Vec<Answer>> = std::iter::repeat_with(Vec::new).take(count).collect();
    for response in responses {
        match response.id.parse().ok().and_then(|at: usize| sorted.get_mut(at)) {
            Some(answers) => answers.push(response.answer(body)),
            None => tracing::warn!(place, "an answer to a request that was not in the batch"),
        }
    }
    Ok(sorted.into_iter().map(only).collect())
}

fn only(mut answers: Vec<Answer>) -> Option<Answer> {
    if answers.len() > 1 { None } else { answers.pop() }
}

impl Response<'_> {
    fn answer(&self, whole: &Bytes) -> Answer {
        let body = self.body.map(|body| whole.slice_ref(body.get().as_bytes())).unwrap_or_default();
        Answer { status: self.status, retry_after: self.headers.0, body }
    }
}

/// The one header that is read of an answer; the others are passed over without a copy.
#[derive(Default)]
struct RetryAfter(Option<Duration>);

impl<'de> Deserialize<'de> for RetryAfter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RetryAfterVisitor)
    }
}

struct RetryAfterVisitor;

impl<'de> Visitor<'de> for RetryAfterVisitor {
    type Value = RetryAfter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_unit<E>(self) -> Result<RetryAfter, E> {
        Ok(RetryAfter(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RetryAfter, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if name.eq_ignore_ascii_case("retry-after") {
                found = seconds(&map.next_value::<String>()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(RetryAfter(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &str, count: usize) -> Vec<Option<(u16, Option<Duration>, String)>> {
        let answers = decode("batch", Bytes::from(body.to_owned()), count).unwrap();
        let plain = |answer: Answer| {
            (answer.status, answer.retry_after, String::from_utf8(answer.body.to_vec()).unwrap())
        };
        answers.into_iter().map(|answer| answer.map(plain)).collect()
    }

    #[test]
    fn a_batch_is_written_as_graph_wants_it() {
        let set = [(sync::Field::Subject, None)].into();
        let patch = Request::new("PATCH", "/users/1/events/2".into());
        let requests = vec![
            Request::new("GET", "/users/1/contacts".into()),
            patch.if_match(Some("W/\"k\"".into())).body(Body::Occurrence(&set)),
            Request::new("DELETE", "/users/1/contacts/3".into()),
        ];
        let body = encode("batch", requests).unwrap();
        let text = std::str::from_utf8(&body).unwrap().replace(r#"{"id""#, "\n{\"id\"");
        insta::assert_snapshot!(text, @r#"
        {"requests":[
        {"id":"0","method":"GET","url":"/users/1/contacts","headers":{"Prefer":"IdType=\"ImmutableId\""}},
        {"id":"1","method":"PATCH","url":"/users/1/events/2","headers":{"Prefer":"IdType=\"ImmutableId\"","Content-Type":"application/json","If-Match":"W/\"k\""},"body":{"subject":""}},
        {"id":"2","method":"DELETE","url":"/users/1/contacts/3","headers":{"Prefer":"IdType=\"ImmutableId\""}}]}
        "#);
    }

    #[test]
    fn answers_find_their_requests_in_any_order() {
        let answers = decoded(
            r#"{"responses":[{"id":"1","status":204,"headers":{},"body":null},
            {"id":"0","status":429,"headers":{"Content-Type":"x","retry-after":"12"},"body":{"error":{}}}]}"#,
            2,
        );
        let (first, second) = (answers[0].clone().unwrap(), answers[1].clone().unwrap());
        assert_eq!(first, (429, Some(Duration::from_secs(12)), r#"{"error":{}}"#.to_owned()));
        assert_eq!((second.0, second.1), (204, None));
    }

    #[test]
    fn an_answer_that_is_missing_or_came_twice_or_is_nobodys_is_none() {
        let body = r#"{"responses":[{"id":"0","status":201},{"id":"0","status":404},{"id":"2","status":201},
            {"id":"7","status":201},{"id":"x","status":201}]}"#;
        let statuses: Vec<_> =
            decoded(body, 3).into_iter().map(|answer| answer.map(|(status, ..)| status)).collect();
        assert_eq!(statuses, [None, None, Some(201)]);
    }

    #[test]
    fn what_is_no_batch_is_named() {
        let said = |body: &'static [u8]| decode("batch", Bytes::from_static(body), 1).err().unwrap();
        assert_eq!(said(b"<html>").code(), "HTML instead of JSON");
        assert_eq!(said(b"").code(), "an empty answer");
        assert_eq!(said(br#"{"responses":["#).code(), "broken JSON");
        assert_eq!(said(b"{}").code(), "a batch without responses");
        assert_eq!(said(br#"{"error":{"code":"TooManyRequests"}}"#).kind(), Kind::Throttled { after: None });
        assert!(said(b"{}").may_have_happened());
    }

    #[test]
    fn raw_control_characters_are_borne() {
        let answers =
            decoded("{\"responses\":[{\"id\":\"0\",\"status\":200,\"body\":{\"x\":\"a\u{b}b\"}}]}", 1);
        assert_eq!(answers[0].clone().unwrap().2, r#"{"x":"a b"}"#);
    }
}
