//! How Graph shows an event, or one date of a series.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::body;
use super::contact::{extended_content, extended_entry, rfc};
use super::event::{Event, Part};
use super::event_fields::shown;
use super::extended::ExtendedId;
use super::ids::Ids;
use super::zone::{Moment, Span, Zone};

/// How events are shown.
#[derive(Clone, Debug)]
pub(crate) struct EventView {
    /// The properties asked for; `None` for all.
    pub(crate) select: Option<Vec<&'static str>>,
    pub(crate) expand: Vec<ExtendedId>,
    /// A master shows its exceptions.
    pub(crate) exceptions: bool,
    pub(crate) immutable: bool,
    /// Deltas name the type of each entry.
    pub(crate) typed: bool,
    /// The zone that times are given in.
    pub(crate) zone: Zone,
    pub(crate) text_body: bool,
    pub(crate) html_wrapped: bool,
    /// All-day events are shown in the reader's zone, not at midnight.
    pub(crate) all_day_converted: bool,
    /// Whose calendar it is: an `emailAddress`.
    pub(crate) owner: Value,
}

/// What [`Event::show`] makes of when an event takes place.
const TIMES: [&str; 9] = [
    "type",
    "seriesMasterId",
    "start",
    "end",
    "isAllDay",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "originalStart",
    "recurrence",
];

impl EventView {
    fn wants(&self, name: &str) -> bool {
        self.select.as_ref().is_none_or(|select| select.contains(&name))
    }

    fn moment(&self, moment: &Moment, all_day: bool) -> Value {
        if all_day && !self.all_day_converted {
            return Moment { local: moment.local, zone: self.zone.clone() }.show();
        }
        moment.moved_to(&self.zone).show()
    }
}

impl Event {
    /// The id of a part.
    pub(crate) fn id(&self, part: Part, ids: &Ids, immutable: bool) -> String {
        match part {
            Part::Whole => ids.item(self.serial, self.calendar, immutable),
            Part::Date(date) => ids.occurrence(self.serial, self.calendar, date, immutable),
        }
    }

    /// The event or occurrence with all that was asked for.
    pub(crate) fn show(&self, part: Part, ids: &Ids, view: &EventView) -> Value {
        let content = self.content_of(part);
        let mut all = shown(&content.fields, self.outlook_made, |name| view.wants(name));
        let stored = content.fields.get("body");
        if view.wants("body") {
            all.insert("body".into(), body::show(stored, view.text_body, view.html_wrapped));
        }
        if view.wants("bodyPreview") {
            all.insert("bodyPreview".into(), body::preview(stored).into());
        }
        self.show_stamps(part, ids, view, &mut all);
        if TIMES.iter().any(|name| view.wants(name)) {
            self.show_times((part, &content.span), ids, view, &mut all);
        }
        if view.select.is_some() {
            all.retain(|name, _| view.wants(name));
        }
        let asked = view.expand.iter().filter_map(|id| content.extended.iter().find(|held| held.id.same(id)));
        let asked: Vec<Value> = asked.map(extended_entry).collect();
        if !asked.is_empty() {
            all.insert("singleValueExtendedProperties".into(), asked.into());
        }
        self.show_dates(part, ids, view, &mut all);
        self.named(part, ids, view, all)
    }

    /// What deltas show of a regular occurrence.
    pub(crate) fn show_slim(&self, part: Part, ids: &Ids, view: &EventView) -> Value {
        let mut slim = Map::new();
        slim.insert("type".into(), self.kind(part).into());
        slim.insert("seriesMasterId".into(), self.id(Part::Whole, ids, view.immutable).into());
        let span = self.span_of(part);
        slim.insert("start".into(), view.moment(&span.start, span.all_day));
        slim.insert("end".into(), view.moment(&span.end, span.all_day));
        self.named(part, ids, view, slim)
    }

    pub(crate) fn kind(&self, part: Part) -> &'static str {
        match part {
            Part::Whole if self.series.is_some() => "seriesMaster",
            Part::Whole => "singleInstance",
            Part::Date(date) if self.exception(date).is_some() => "exception",
            Part::Date(_) => "occurrence",
        }
    }

    fn named(&self, part: Part, ids: &Ids, view: &EventView, mut shown: Map<String, Value>) -> Value {
        shown.insert("id".into(), self.id(part, ids, view.immutable).into());
        shown.insert("@odata.etag".into(), format!("W/\"{}\"", ids.change_key(self.version)).into());
        if view.typed {
            shown.insert("@odata.type".into(), "#microsoft.graph.event".into());
        }
        shown.into()
    }

    fn show_stamps(&self, part: Part, ids: &Ids, view: &EventView, into: &mut Map<String, Value>) {
        let (created, modified) = match part {
            Part::Date(date) => self.exception(date).map(|exception| (exception.created, exception.modified)),
            Part::Whole => None,
        }
        .unwrap_or((self.created, self.modified));
        let id = self.id(part, ids, view.immutable);
        let link = format!("https://outlook.office365.com/owa/?itemid={id}&exvsurl=1&path=/calendar/item");
        let stamps = json!({
            "changeKey": ids.change_key(self.version),
            "createdDateTime": rfc(created),
            "lastModifiedDateTime": rfc(modified),
            "iCalUId": ids.global(self.serial),
            "webLink": link,
            "hasAttachments": false,
            "isDraft": false,
        });
        into.extend(stamps.as_object().cloned().unwrap_or_default());
        let organizer = into.entry("organizer").or_insert(Value::Null);
        if organizer.is_null() {
            *organizer = json!({ "emailAddress": view.owner });
        }
    }

    fn show_times(
        &self,
        (part, span): (Part, &Span),
        ids: &Ids,
        view: &EventView,
        into: &mut Map<String, Value>,
    ) {
        let master = matches!(part, Part::Date(_)).then(|| self.id(Part::Whole, ids, view.immutable));
        let rule = self.series.as_ref().filter(|_| part == Part::Whole);
        let first_planned = match part {
            Part::Date(date) => rfc(self.content.span.on(date).start.instant().timestamp_millis()).into(),
            Part::Whole => Value::Null,
        };
        let times = json!({
            "type": self.kind(part),
            "seriesMasterId": master,
            "start": view.moment(&span.start, span.all_day),
            "end": view.moment(&span.end, span.all_day),
            "isAllDay": span.all_day,
            "originalEndTimeZone": span.end.zone.name,
            "originalStart": first_planned,
            "recurrence": rule.map(|series| series.rule.show(self.zone())),
        });
        into.extend(times.as_object().cloned().unwrap_or_default());
        let original = into.entry("originalStartTimeZone").or_insert(Value::Null);
        if original.is_null() {
            *original = span.start.zone.name.clone().into();
        }
    }

    /// What became of the dates of a series, for whoever asks by name.
    fn show_dates(&self, part: Part, ids: &Ids, view: &EventView, into: &mut Map<String, Value>) {
        let (Part::Whole, Some(series)) = (part, &self.series) else { return };
        let master = self.id(Part::Whole, ids, view.immutable);
        if view.select.is_some() && view.wants("cancelledOccurrences") {
            let named = |date: &NaiveDate| Value::from(format!("OID.{master}.{date}"));
            into.insert("cancelledOccurrences".into(), series.cancelled.iter().map(named).collect());
        }
        if view.exceptions && view.wants("exceptionOccurrences") {
            let plain = EventView { select: None, exceptions: false, ..view.clone() };
            let shown = series.exceptions.keys().map(|date| self.show(Part::Date(*date), ids, &plain));
            into.insert("exceptionOccurrences".into(), shown.collect());
        }
    }

    /// The whole event for comparison by others: set fields, times in its own zones, exceptions and cancelled dates.
    pub(crate) fn content(&self, ids: &Ids) -> Value {
        let mut plain = self.plain(Part::Whole);
        plain.insert("id".into(), self.id(Part::Whole, ids, true).into());
        plain.insert("changeKey".into(), ids.change_key(self.version).into());
        plain.insert("type".into(), self.kind(Part::Whole).into());
        if let Some(series) = &self.series {
            plain.insert("recurrence".into(), series.rule.show(self.zone()));
            let exceptions = series.exceptions.keys().map(|date| {
                let mut exception = self.plain(Part::Date(*date));
                exception.insert("date".into(), date.to_string().into());
                Value::from(exception)
            });
            plain.insert("exceptions".into(), exceptions.collect());
            plain.insert("cancelled".into(), series.cancelled.iter().map(|date| date.to_string()).collect());
        }
        plain.into()
    }

    fn plain(&self, part: Part) -> Map<String, Value> {
        let content = self.content_of(part).into_owned();
        let mut plain = content.fields;
        plain.insert("start".into(), content.span.start.show());
        plain.insert("end".into(), content.span.end.show());
        plain.insert("isAllDay".into(), content.span.all_day.into());
        plain.insert("singleValueExtendedProperties".into(), extended_content(&content.extended));
        plain
    }
}
