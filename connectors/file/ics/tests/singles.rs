//! Events that do not repeat.

use sync::{ContentType, Field, Value};

use super::{event, read, told};
use crate::file::limits;

#[test]
fn the_end_of_an_event_is_told_in_many_ways() {
    for (lines, expected) in [
        ("DTSTART:20260301T090000Z\nDTEND:20260301T100000Z", "2026-03-01T09:00 to 2026-03-01T10:00 UTC"),
        ("DTSTART:20260301T090000Z\nDURATION:PT1H30M", "2026-03-01T09:00 to 2026-03-01T10:30 UTC"),
        ("DTSTART:20260301T090000Z", "2026-03-01T09:00 to 2026-03-01T09:00 UTC"),
        ("DTSTART;VALUE=DATE:20260301", "2026-03-01 to 2026-03-02"),
        ("DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260301", "2026-03-01 to 2026-03-02"),
        ("DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260304", "2026-03-01 to 2026-03-04"),
        ("DTSTART;VALUE=DATE:20260301\nDURATION:P2D", "2026-03-01 to 2026-03-03"),
        ("DTSTART:20260301", "2026-03-01 to 2026-03-02"),
        // A time that is declared a day.
        ("DTSTART;VALUE=DATE:20260301T090000\nDURATION:PT1H", "2026-03-01T09:00 to 2026-03-01T10:00 UTC"),
    ] {
        assert_eq!(told(&read(&event(lines))), format!("u: Title, {expected}\n"), "{lines}");
    }
}

#[test]
fn what_no_mailbox_can_hold_is_refused_and_spoils_nothing() {
    for (lines, why) in [
        ("SEQUENCE:1", "it has no start; its publisher has to mend it"),
        ("DTSTART:soon", "one of its times can't be read; its publisher has to mend it"),
        ("DTSTART:20260230T090000Z", "one of its times can't be read; its publisher has to mend it"),
        ("DTSTART:20260301T100000Z\nDTEND:20260301T090000Z", "it ends before it starts"),
        ("DTSTART:20260301T100000Z\nDURATION:-PT1H", "it ends before it starts"),
        ("DTSTART;VALUE=DATE:20260301\nDURATION:PT1H", "it starts on a day without a time, yet lasts hours"),
        ("DTSTART:01000301T100000Z", "it lies before 1601 or after 4500, where a mailbox holds nothing"),
    ] {
        let other = "BEGIN:VEVENT\nUID:other\nSUMMARY:Other\nDTSTART;VALUE=DATE:20260301\nEND:VEVENT";
        let expected = format!("other: Other, 2026-03-01 to 2026-03-02\nrefused 1: {why}\n");
        assert_eq!(told(&read(&format!("{}{other}", event(lines)))), expected, "{lines}");
    }
}

#[test]
fn an_event_says_more_than_its_time() {
    let events = read(&event(
        "DTSTART:20260301T090000Z
LOCATION:Room 7\\, 2nd floor
DESCRIPTION:First line\\nsecond\\; line
CLASS:PRIVATE
TRANSP:TRANSPARENT
PRIORITY:1
CATEGORIES:Sales,Board
CATEGORIES:Board
ORGANIZER;CN=Ana Ilves:mailto:ana@contoso.example
ATTENDEE;CN=\"Ilves, Bo\":MAILTO:bo@contoso.example
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
END:VALARM",
    ));
    let content = &events.items["u"];
    let fields =
        content.iter().map(|(field, value)| format!("{field}: {}", serde_json::to_string(value).unwrap()));
    insta::assert_snapshot!(fields.collect::<Vec<_>>().join("\n"), @r#"
    categories: {"list":["Sales","Board"]}
    body: {"body":{"contentType":"text","content":"First line\nsecond; line"}}
    importance: {"text":"high"}
    location: {"text":"Room 7, 2nd floor"}
    reminderMinutesBeforeStart: {"text":"15"}
    sensitivity: {"text":"private"}
    showAs: {"text":"free"}
    subject: {"text":"Title"}
    timing: {"timing":{"start":"2026-03-01T09:00:00","end":"2026-03-01T09:00:00","zone":"UTC"}}
    attendees: {"emails":[{"address":"bo@contoso.example","name":"Ilves, Bo"}]}
    organizer: {"emails":[{"address":"ana@contoso.example","name":"Ana Ilves"}]}
    "#);
}

#[test]
fn html_is_taken_before_text() {
    let events =
        read(&event("DTSTART:20260301T090000Z\nDESCRIPTION:text\nX-ALT-DESC;FMTTYPE=text/html:<b>html</b>"));
    let Some(Value::Body(body)) = events.items["u"].get(Field::Body) else { panic!("no body") };
    assert_eq!((body.content_type, body.content.as_str()), (ContentType::Html, "<b>html</b>"));
}

#[test]
fn a_text_that_is_too_long_is_cut_and_said_so() {
    let events =
        read(&event(&format!("DTSTART:20260301T090000Z\nDESCRIPTION:{}", "ä".repeat(limits::BODY_BYTES))));
    let Some(Value::Body(body)) = events.items["u"].get(Field::Body) else { panic!("no body") };
    assert!(body.content.len() < limits::BODY_BYTES + 10 && body.content.ends_with("ä […]"));
    assert!(events.cut.contains("u"));
}

#[test]
fn whether_one_is_busy_is_told_in_many_ways() {
    for (lines, expected) in [
        ("TRANSP:OPAQUE", "busy"),
        ("TRANSP:TRANSPARENT", "free"),
        ("STATUS:TENTATIVE", "tentative"),
        ("TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", "oof"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", "workingElsewhere"),
    ] {
        let events = read(&event(&format!("DTSTART:20260301T090000Z\n{lines}")));
        assert_eq!(events.items["u"].text(Field::ShowAs), Some(expected), "{lines}");
    }
}

#[test]
fn of_two_events_with_a_uid_the_later_edition_counts() {
    let edition =
        |sequence: i32, day: u32| event(&format!("SEQUENCE:{sequence}\nDTSTART;VALUE=DATE:202603{day:02}"));
    let events = read(&format!("{}{}{}", edition(1, 1), edition(3, 3), edition(2, 2)));
    assert_eq!(told(&events), "u: Title, 2026-03-03 to 2026-03-04\n");
}

#[test]
fn an_event_without_a_uid_keeps_its_id() {
    let text = "BEGIN:VEVENT\nSUMMARY:Title\nDTSTART:20260301T090000Z\nEND:VEVENT";
    let (first, second) = (read(text), read(&format!("{}{text}", event("DTSTART:20260301T090000Z"))));
    assert!(first.items.keys().all(|id| id.starts_with("without-uid/") && second.items.contains_key(id)));
    assert_eq!((first.items.len(), second.items.len()), (1, 2));
}

#[test]
fn a_calendar_that_breaks_off_is_not_complete() {
    let whole =
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nDTSTART:20260301T090000Z\nEND:VEVENT\nEND:VCALENDAR\n\n";
    assert!(super::super::read(whole, &super::options()).unwrap().complete);
    let half = whole.split_at(60).0;
    assert!(!super::super::read(half, &super::options()).unwrap().complete);
    let page = super::super::read("<html><body>Please sign in</body></html>", &super::options());
    insta::assert_snapshot!(page.unwrap_err(), @"
    the calendar feed: what came is no iCalendar text; check that the address leads to an .ics file
    ");
}
