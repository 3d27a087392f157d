use serde_json::json;

use super::{content, mapped, options, shown, single, window, with};
use crate::mapping::Skipped;
use crate::{Field, Value};

#[test]
fn everything_is_shown_with_people_and_link_as_text() {
    insta::assert_snapshot!(shown(json!({}), &with(json!({}))), @r#"
    categories = {"list":["Red"]}
    body = {"body":{"contentType":"text","content":"Join: https://meet.example/1?a=1&b=2\nOrganizer: Ana <ana@contoso.example>\nAttendees: ben@contoso.example, X <x@y.example>\n\nNumbers"}}
    importance = {"text":"high"}
    location = {"text":"Room 4"}
    sensitivity = {"text":"normal"}
    showAs = {"text":"oof"}
    subject = {"text":"Budget"}
    "#);
}

#[test]
fn title_and_place_show_no_more() {
    let raw = with(json!({"sensitivity": "personal"}));
    insta::assert_snapshot!(shown(json!({"privacy": "titleAndPlace", "reminders": "keep"}), &raw), @r#"
    importance = {"text":"normal"}
    location = {"text":"Room 4"}
    reminderMinutesBeforeStart = {"text":"15"}
    sensitivity = {"text":"personal"}
    showAs = {"text":"oof"}
    subject = {"text":"Budget"}
    "#);
}

#[test]
fn busy_only_shows_when_it_is() {
    let raw = with(json!({"sensitivity": "personal"}));
    insta::assert_snapshot!(shown(json!({"privacy": "busyOnly", "titlePrefix": "Ana: ", "reminders": "keep"}), &raw), @r#"
    importance = {"text":"normal"}
    sensitivity = {"text":"normal"}
    showAs = {"text":"oof"}
    subject = {"text":"Ana: Busy"}
    "#);
    insta::assert_snapshot!(shown(json!({"privacy": "busyOnly", "replaceTitle": "Taken", "category": "Rooms", "showAs": "free"}), &raw), @r#"
    categories = {"list":["Rooms"]}
    importance = {"text":"normal"}
    sensitivity = {"text":"normal"}
    showAs = {"text":"free"}
    subject = {"text":"Taken"}
    "#);
}

#[test]
fn a_private_event_is_left_out_or_shows_when_it_is_unless_the_admin_says_otherwise() {
    for sensitivity in ["private", "confidential", "somethingNew"] {
        let raw = with(json!({"sensitivity": sensitivity}));
        assert_eq!(mapped(json!({}), &raw), Err(Skipped::Private));
        let (hidden, _) = mapped(json!({"privateEvents": "busyOnly"}), &raw).unwrap();
        assert_eq!((hidden.text(Field::Subject), hidden.get(Field::Body)), (Some("Busy"), None));
        let (open, _) = mapped(json!({"privateEvents": "asTheyAre"}), &raw).unwrap();
        let known = if sensitivity == "somethingNew" { "private" } else { sensitivity };
        assert_eq!((open.text(Field::Subject), open.text(Field::Sensitivity)), (Some("Budget"), Some(known)));
    }
}

#[test]
fn titles_categories_and_reminders_are_as_the_admin_says() {
    let raw = with(json!({"subject": " Bud\tget "}));
    let choices = json!({"titlePrefix": "[Board] ", "category": "Board", "reminders": "keep", "showAs": "workingElsewhere"});
    let (content, _) = mapped(choices, &raw).unwrap();
    let text = |field| content.text(field).unwrap();
    assert_eq!(text(Field::Subject), "[Board] Bud get");
    assert_eq!(text(Field::ReminderMinutesBeforeStart), "15");
    assert_eq!(text(Field::ShowAs), "workingElsewhere");
    assert_eq!(
        content.get(Field::Categories),
        Some(&Value::from(vec!["Red".to_owned(), "Board".to_owned()]))
    );
    let (content, _) = mapped(json!({"replaceTitle": "Board"}), &raw).unwrap();
    assert_eq!(
        (content.text(Field::Subject), content.get(Field::ReminderMinutesBeforeStart)),
        (Some("Board"), None)
    );
}

#[test]
fn what_is_not_wanted_is_not_in() {
    let day = json!({"timing": {"start": "2026-12-01T00:00:00", "end": "2026-12-02T00:00:00", "zone": "UTC", "allDay": true}});
    let table = [
        (json!({}), json!({"isCancelled": "true"}), Some(Skipped::Cancelled)),
        (json!({}), json!({"responseStatus": "declined"}), Some(Skipped::Declined)),
        (json!({"declined": true}), json!({"responseStatus": "declined"}), None),
        (json!({}), json!({"showAs": "tentative"}), None),
        (json!({"tentative": false}), json!({"showAs": "tentative"}), Some(Skipped::Tentative)),
        (
            json!({"tentative": false}),
            json!({"responseStatus": "tentativelyAccepted"}),
            Some(Skipped::Tentative),
        ),
        (json!({"allDay": false}), json!({"timing": day}), Some(Skipped::AllDay)),
        (json!({}), json!({"timing": day}), None),
        (
            json!({}),
            json!({"timing": single("2026-11-04T22:00:00", "2026-11-05T00:00:00")}),
            Some(Skipped::OutsideWindow),
        ),
        (json!({}), json!({"timing": single("2026-11-04T22:00:00", "2026-11-05T00:00:01")}), None),
        (json!({}), json!({"timing": single("2027-12-05T23:59:59", "2027-12-07T00:00:00")}), None),
        (
            json!({}),
            json!({"timing": single("2027-12-06T00:00:00", "2027-12-07T00:00:00")}),
            Some(Skipped::OutsideWindow),
        ),
    ];
    for (choices, raw, expected) in table {
        assert_eq!(mapped(choices.clone(), &with(raw.clone())).err(), expected, "{choices} {raw}");
    }
    assert_eq!(mapped(json!({}), &content(json!({"subject": "x"}))).err(), Some(Skipped::WithoutTime));
}

#[test]
fn the_window_rolls_once_a_day() {
    let at = |text: &str| options(json!({"monthsBack": 0, "monthsAhead": 1})).window(text.parse().unwrap());
    let day = |text: &str| text.parse().unwrap();
    let expected = (day("2026-01-31T00:00:00Z"), day("2026-03-01T00:00:00Z"));
    assert_eq!((at("2026-01-31T00:00:00Z"), at("2026-01-31T23:59:59Z")), (expected, expected));
    assert_eq!(window(), (day("2026-11-05T00:00:00Z"), day("2027-12-06T00:00:00Z")));
}

#[test]
fn html_gets_what_is_added_as_escaped_html() {
    let body = |html: &str| {
        with(json!({"body": {"body": {"contentType": "html", "content": html}}, "attendees": "-"}))
    };
    let text = |html: &str| match mapped(json!({}), &body(html)).unwrap().0.get(Field::Body) {
        Some(Value::Body(body)) => body.content.clone(),
        _ => String::new(),
    };
    insta::assert_snapshot!(text("<html><Body lang=en><b>Numbers</b></body></html>"), @"
    <html><Body lang=en><p>Join: https://meet.example/1?a=1&amp;b=2<br>
    Organizer: Ana &lt;ana@contoso.example&gt;</p>
    <b>Numbers</b></body></html>
    ");
    insta::assert_snapshot!(text("<b>Numbers</b>"), @"
    <p>Join: https://meet.example/1?a=1&amp;b=2<br>
    Organizer: Ana &lt;ana@contoso.example&gt;</p>
    <b>Numbers</b>
    ");
}

#[test]
fn what_is_too_long_is_cut_and_said() {
    let people: Vec<_> = (0..60).map(|n| json!({"address": format!("p{n}@contoso.example")})).collect();
    let body = format!("{}<img alt='x'>", "é".repeat(16 * 1024));
    let raw = with(json!({
        "subject": "é".repeat(300), "attendees": {"emails": people},
        "body": {"body": {"contentType": "html", "content": body}},
    }));
    let (content, left_out) = mapped(json!({}), &raw).unwrap();
    let said: Vec<String> = left_out.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    subject: cut: a title takes 255 characters
    body: cut: a mirrored text takes 32 KB
    ");
    assert_eq!(content.text(Field::Subject).unwrap().chars().count(), 255);
    let Some(Value::Body(body)) = content.get(Field::Body) else { panic!("no body") };
    assert!(body.content.len() <= 32 * 1024 && body.content.contains("p49@contoso.example, and 10 more"));
    assert!(!body.content.contains("p50@"));
}

#[test]
fn half_a_tag_is_not_left_at_the_end() {
    let html = format!("{}<a href='https://example'>", "x".repeat(32 * 1024 - 10));
    let raw = content(json!({
        "timing": single("2026-12-01T09:00:00", "2026-12-01T10:00:00"),
        "body": {"body": {"contentType": "html", "content": html}},
    }));
    let (content, _) = mapped(json!({}), &raw).unwrap();
    let Some(Value::Body(body)) = content.get(Field::Body) else { panic!("no body") };
    assert_eq!(body.content.len(), 32 * 1024 - 10);
}
