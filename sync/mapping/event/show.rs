//! The fields of an event under a privacy class.

use super::super::LeftOut;
use super::super::clean::clean;
use super::body::body;
use super::options::{EventOptions, Privacy, Reminders};
use crate::{Content, Field, Value};

/// The longest title that Exchange keeps, in characters.
const LONGEST_TITLE: usize = 255;

const SHOW_AS: &[&str] = &["busy", "free", "tentative", "oof", "workingElsewhere"];
const SENSITIVITY: &[&str] = &["private", "normal", "personal", "confidential"];
const IMPORTANCE: &[&str] = &["normal", "low", "high"];

/// The shown fields of an event but for its times, and what had to be left out.
#[derive(Default)]
pub struct Shown {
    pub content: Content,
    pub left_out: Vec<LeftOut>,
}

impl Shown {
    pub fn leave_out(&mut self, field: Field, why: &str) {
        self.left_out.push(LeftOut { field: field.name().to_owned(), why: why.to_owned() });
    }
}

impl EventOptions {
    /// What is shown of an event, or of an occurrence as if it were one.
    pub(super) fn shown(&self, class: Privacy, raw: &Content) -> Shown {
        let mut shown = Shown::default();
        self.always(&mut shown, raw);
        match class {
            Privacy::BusyOnly => self.title(&mut shown, "Busy"),
            Privacy::TitleAndPlace => self.title_and_place(&mut shown, raw),
            Privacy::Full => {
                self.title_and_place(&mut shown, raw);
                self.rest(&mut shown, raw);
            }
        }
        shown
    }

    /// What every event has, whatever else may be shown of it.
    fn always(&self, shown: &mut Shown, raw: &Content) {
        let held = raw.text(Field::ShowAs).unwrap_or("busy");
        shown.content.set(Field::ShowAs, self.show_as.map_or(known(SHOW_AS, held), |chosen| chosen.name()));
        shown.content.set(Field::Sensitivity, "normal");
        shown.content.set(Field::Importance, "normal");
        shown.content.set(Field::Categories, self.categories(None));
    }

    fn title_and_place(&self, shown: &mut Shown, raw: &Content) {
        self.title(shown, raw.text(Field::Subject).unwrap_or_default());
        shown.content.set(Field::Location, clean(raw.text(Field::Location).unwrap_or_default()));
        let sensitivity = raw.text(Field::Sensitivity).unwrap_or("normal");
        shown.content.set(Field::Sensitivity, known(SENSITIVITY, sensitivity));
        if self.reminders == Reminders::Keep {
            shown
                .content
                .put(Field::ReminderMinutesBeforeStart, raw.get(Field::ReminderMinutesBeforeStart).cloned());
        }
    }

    fn rest(&self, shown: &mut Shown, raw: &Content) {
        let importance = raw.text(Field::Importance).unwrap_or("normal");
        shown.content.set(Field::Importance, known(IMPORTANCE, importance));
        shown.content.set(Field::Categories, self.categories(raw.get(Field::Categories)));
        body(shown, raw);
    }

    fn title(&self, shown: &mut Shown, title: &str) {
        let title = if self.replace_title.is_empty() { title } else { &self.replace_title };
        let mut title = clean(&format!("{}{}", self.title_prefix, clean(title)));
        if let Some((end, _)) = title.char_indices().nth(LONGEST_TITLE) {
            title.truncate(end);
            shown.leave_out(Field::Subject, "cut: a title takes 255 characters");
        }
        shown.content.set(Field::Subject, title);
    }

    fn categories(&self, held: Option<&Value>) -> Vec<String> {
        let held = match held {
            Some(Value::List(texts)) => texts.as_slice(),
            _ => &[],
        };
        let mut categories: Vec<String> = Vec::new();
        for category in held.iter().chain([&self.category]).map(|category| clean(category)) {
            if !category.is_empty() && !categories.contains(&category) {
                categories.push(category);
            }
        }
        categories
    }
}

/// A word that Graph knows; of any other the first, for a word of the source may say what nobody shall know.
fn known(words: &[&'static str], held: &str) -> &'static str {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(held));
    found.or(words.first()).copied().unwrap_or_default()
}
