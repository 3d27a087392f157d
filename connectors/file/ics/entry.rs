//! A component's properties, by name.

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameterName,
    ICalendarProperty, ICalendarValue,
};

/// One component with its calendar around it.
#[derive(Clone, Copy)]
pub(super) struct Component<'a> {
    calendar: &'a ICalendar,
    component: &'a ICalendarComponent,
}

impl<'a> Component<'a> {
    /// All components of one kind, however deep they lie: an unclosed one swallows those that follow.
    pub fn all(
        calendar: &'a ICalendar,
        kind: &'a ICalendarComponentType,
    ) -> impl Iterator<Item = Component<'a>> {
        let of_kind = calendar.components.iter().filter(move |component| component.component_type == *kind);
        of_kind.map(move |component| Component { calendar, component })
    }

    /// The components of one kind in this one.
    pub fn inner(self, kind: &'a ICalendarComponentType) -> impl Iterator<Item = Component<'a>> {
        let inner = self.component.component_ids.iter();
        let inner = inner.filter_map(move |&id| self.calendar.components.get(id as usize));
        let of_kind = inner.filter(move |component| component.component_type == *kind);
        of_kind.map(move |component| Component { component, ..self })
    }

    /// The properties of one name.
    pub fn entries(self, name: &'a ICalendarProperty) -> impl Iterator<Item = &'a ICalendarEntry> {
        self.component.entries.iter().filter(move |entry| entry.name == *name)
    }

    /// The first property of one name.
    pub fn entry(self, name: &ICalendarProperty) -> Option<&'a ICalendarEntry> {
        self.component.entries.iter().find(|entry| entry.name == *name)
    }

    /// The first text of one name, without the space around it; none if it is empty.
    pub fn text(self, name: &ICalendarProperty) -> Option<&'a str> {
        self.entry(name).and_then(text)
    }

    /// The first text of a name that is not in any standard.
    pub fn other(self, name: &str) -> Option<&'a str> {
        self.others(name).find_map(text)
    }

    /// The properties of a name that is not in any standard.
    pub fn others(self, name: &str) -> impl Iterator<Item = &'a ICalendarEntry> {
        let entries = self.component.entries.iter();
        entries.filter(move |entry| matches!(&entry.name, ICalendarProperty::Other(other) if other.eq_ignore_ascii_case(name)))
    }

    /// The first number of one name.
    pub fn integer(self, name: &ICalendarProperty) -> Option<i64> {
        self.entry(name)?.values.first()?.as_integer()
    }
}

/// A property's first text, without the space around it; none if it is empty.
pub(super) fn text(entry: &ICalendarEntry) -> Option<&str> {
    let text = entry.values.first()?.as_text()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The first value of a property's parameter.
pub(super) fn parameter<'a>(entry: &'a ICalendarEntry, name: &ICalendarParameterName) -> Option<&'a str> {
    entry.parameters(name).find_map(|value| value.as_text())
}

/// All texts of a property.
pub(super) fn texts(entry: &ICalendarEntry) -> impl Iterator<Item = &str> {
    entry.values.iter().filter_map(ICalendarValue::as_text).map(str::trim).filter(|text| !text.is_empty())
}
