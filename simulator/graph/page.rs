//! The frame of a collection answer.

use super::answer::Answer;
use crate::state::contact::json;

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
