//! The text of an event, with what can't be mirrored otherwise: the link to its meeting, and its people.
//!
//! Attendees of a mirrored event would get invitations, and an online meeting would become a second one.

use super::show::Shown;
use crate::{Body, Content, ContentType, Email, Field, Value};

/// The longest text of a mirrored event, in bytes.
const LONGEST: usize = 32 * 1024;
/// How many people are named.
const MOST_PEOPLE: usize = 50;

/// Sets the text. What is added stands first, so that nothing that is cut off or left open can hide it.
pub fn body(shown: &mut Shown, raw: &Content) {
    let lines = lines(raw);
    let body = match raw.get(Field::Body) {
        Some(Value::Body(body)) if body.content_type == ContentType::Html => {
            html(shown, &lines, &body.content)
        }
        Some(Value::Body(body)) => text(shown, &lines, &body.content),
        _ => text(shown, &lines, ""),
    };
    shown.content.set(Field::Body, body);
}

fn lines(raw: &Content) -> Vec<String> {
    let join = raw.text(Field::JoinUrl).map(|url| format!("Join: {url}"));
    let organizer = people(raw, Field::Organizer).map(|people| format!("Organizer: {people}"));
    let attendees = people(raw, Field::Attendees).map(|people| format!("Attendees: {people}"));
    [join, organizer, attendees].into_iter().flatten().collect()
}

fn people(raw: &Content, field: Field) -> Option<String> {
    let Some(Value::Emails(all)) = raw.get(field) else { return None };
    let mut people: Vec<String> = all.iter().take(MOST_PEOPLE).map(person).collect();
    if all.len() > people.len() {
        people.push(format!("and {} more", all.len() - people.len()));
    }
    Some(people.join(", "))
}

fn person(Email { address, name }: &Email) -> String {
    if name.is_empty() || name == address { address.clone() } else { format!("{name} <{address}>") }
}

fn text(shown: &mut Shown, lines: &[String], body: &str) -> Body {
    let head = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let gap = if head.is_empty() || body.is_empty() { "" } else { "\n" };
    let content = cut(shown, &format!("{head}{gap}{body}"));
    Body { content_type: ContentType::Text, content: content.trim_end().to_owned() }
}

fn html(shown: &mut Shown, lines: &[String], body: &str) -> Body {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    let head = if lines.is_empty() { String::new() } else { format!("<p>{}</p>\n", lines.join("<br>\n")) };
    let (before, after) = body.split_at(body_start(body));
    let mut content = cut(shown, &format!("{before}{head}{after}"));
    // Half a tag at the end would be shown as text, or swallow what a mail program puts after it.
    if content.rfind('<') > content.rfind('>') {
        content.truncate(content.rfind('<').unwrap_or_default());
    }
    Body { content_type: ContentType::Html, content }
}

/// Where the shown part of a document begins: after the body's own tag, if that comes early enough to be kept.
fn body_start(html: &str) -> usize {
    let lower = html.to_ascii_lowercase();
    let after_tag = |tag: usize| Some(tag + lower.get(tag..)?.find('>')? + 1);
    let start = lower.find("<body").and_then(after_tag);
    start.filter(|start| *start < LONGEST / 2).unwrap_or_default()
}

fn cut(shown: &mut Shown, text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    shown.leave_out(Field::Body, "cut: a mirrored text takes 32 KB");
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default().to_owned()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
