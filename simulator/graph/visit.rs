//! What all requests to a mailbox share: contexts, links, counting writes.

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::serve::Visit;
use crate::state::counters::Write;
use crate::state::refusal::Refusal;

impl Visit<'_> {
    /// The metadata address of something below the user.
    pub(crate) fn context(&self, what: &str) -> String {
        format!("{}/v1.0/$metadata#users('{}')/{what}", self.world.base(), self.cell.user)
    }

    /// The same request, further on.
    pub(crate) fn skip_link(&self, call: &Call, skip: usize) -> String {
        let others = call.query.split('&').filter(|part| {
            let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
            !part.is_empty() && !matches!(name.as_str(), "$skip" | "%24skip")
        });
        let query: Vec<String> = others.map(str::to_owned).chain([format!("$skip={skip}")]).collect();
        format!("{}/v1.0{}?{}", self.world.base(), call.path, query.join("&"))
    }

    /// The name and address of the mailbox's owner: an `emailAddress`.
    pub(crate) fn owner(&self) -> Value {
        self.tenant.owner(self.cell.user)
    }

    /// Counts the properties that Graph does not know.
    pub(crate) fn note_unknown(&self, unknown: Vec<String>) {
        if !unknown.is_empty() {
            self.world.counters.note(|counts| {
                for name in unknown {
                    *counts.unknown_properties.entry(name).or_insert(0) += 1;
                }
            });
        }
    }

    /// Runs a write and counts it: the attempt, and the effect if there was one.
    pub(crate) fn write(
        &self,
        kind: Write,
        run: impl FnOnce() -> Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        let result = run();
        self.world.counters.note(|counts| {
            counts.attempts.add(kind);
            if result.is_ok() {
                counts.writes.add(kind);
            }
        });
        result
    }
}
