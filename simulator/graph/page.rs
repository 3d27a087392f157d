//! One page of a collection, and the frame around it.

use super::answer::Answer;
use super::call::Call;
use super::serve::Visit;
use crate::state::contact::json;
use crate::state::refusal::Refusal;

/// How many entries a page has that nobody asked to be larger.
const PAGE: usize = 10;
/// The most entries of a page.
const MOST: usize = 1000;

/// The page of `found` that the call asks for, with the link to the next one.
pub(crate) fn paged<T>(
    visit: &Visit<'_>,
    call: &Call,
    context: &str,
    found: &[T],
    show: impl Fn(&T, &mut Vec<u8>),
) -> Result<Answer, Refusal> {
    let options = call.options();
    let preferred = call.headers.page_size.map(|size| size.min(MOST));
    let top = options.number("$top", MOST)?.or(preferred).unwrap_or(PAGE);
    let skip = options.number("$skip", usize::MAX)?.unwrap_or(0);
    let page: Vec<&T> = found.iter().skip(skip).take(top).collect();
    let next = (found.len() > skip + page.len()).then(|| visit.skip_link(call, skip + page.len()));
    let frame = Frame::new(&visit.context(context))
        .member("@odata.count", options.get("$count").filter(|wanted| *wanted == "true").map(|_| found.len()))
        .member("@odata.nextLink", next);
    Ok(frame.entries(&page, |entry, out| show(entry, out)))
}

/// Collects the entries of a page.
pub(crate) struct Frame(Vec<u8>);

impl Frame {
    pub(crate) fn new(context: &str) -> Self {
        let mut body = Vec::with_capacity(4096);
        body.extend_from_slice(b"{\"@odata.context\":");
        json(context, &mut body);
        Self(body)
    }

    /// Adds a member such as a link or a count.
    pub(crate) fn member<T: serde::Serialize>(mut self, name: &str, value: Option<T>) -> Self {
        if let Some(value) = value {
            self.0.extend_from_slice(format!(",\"{name}\":").as_bytes());
            json(&value, &mut self.0);
        }
        self
    }

    /// Adds the entries and closes the frame.
    pub(crate) fn entries<T>(mut self, entries: &[T], show: impl Fn(&T, &mut Vec<u8>)) -> Answer {
        self.0.extend_from_slice(b",\"value\":[");
        for (position, entry) in entries.iter().enumerate() {
            if position > 0 {
                self.0.push(b',');
            }
            show(entry, &mut self.0);
        }
        self.0.extend_from_slice(b"]}");
        Answer::json(200, self.0)
    }
}
