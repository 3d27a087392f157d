//! Events as lines: the fields of an event and those of the spans around it side by side in one JSON object.

use std::fmt::{self, Debug, Write};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::is_ours;

/// The most characters of one value: whatever is in it, a line stays small.
const LONGEST: usize = 2_000;

/// Writes a line for each event.
pub(super) struct Lines<W>(pub W);

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let what = event.metadata();
        let mut line = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.0.extend(fields.clone());
            }
        }
        event.record(&mut line);
        line.put("timestamp", now().into());
        line.put("level", what.level().as_str().into());
        if !is_ours(what) {
            line.put("target", what.target().into());
        }
        let Ok(mut bytes) = serde_json::to_vec(&line.0) else { return };
        bytes.push(b'\n');
        // Where the log can't be written, there is nobody to be told.
        let _ = std::io::Write::write_all(&mut self.0.make_writer_for(what), &bytes);
    }
}

/// The time now, as RFC 3339.
fn now() -> String {
    let mut time = String::new();
    // A `String` takes everything.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    time
}

/// Fields by name; those of a span lie in its extensions.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        let mut cut = Cut { text: String::new(), left: LONGEST };
        // Fails where the rest is cut off.
        let _ = cut.write_fmt(text);
        self.put(field.name(), cut.text.into());
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, format_args!("{value:?}"));
    }
}

/// A text that ends with `…` where it becomes too long.
struct Cut {
    text: String,
    left: usize,
}

impl Write for Cut {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        match more.char_indices().nth(self.left) {
            None => {
                self.left -= more.chars().count();
                self.text.push_str(more);
                Ok(())
            }
            Some((end, _)) => {
                self.text.push_str(more.get(..end).unwrap_or_default());
                self.text.push('…');
                self.left = 0;
                Err(fmt::Error)
            }
        }
    }
}
