use serde_json::{Value, json};

use super::{daily, mapped, single, with};
use crate::mapping::Skipped;

/// The daily meeting with these occurrences.
fn series(occurrences: Value) -> crate::Content {
    with(json!({"timing": daily(), "occurrences": {"occurrences": occurrences}}))
}

fn occurrences(choices: Value, raw: &crate::Content) -> String {
    let (content, _) = mapped(choices, raw).unwrap();
    let occurrences = content.get(crate::Field::Occurrences).map(serde_json::to_value);
    let Some(Ok(Value::Object(map))) = occurrences else { return String::new() };
    let Some(Value::Object(days)) = map.get("occurrences") else { return String::new() };
    days.iter().map(|(day, what)| format!("{day} {what}")).collect::<Vec<_>>().join("\n")
}

fn changed(mut fields: Value, timing: Value) -> Value {
    fields["timing"] = timing;
    json!({"changed": fields})
}

fn text(text: &str) -> Value {
    json!({"text": text})
}

fn at(day: u32, hour: u32) -> Value {
    single(&format!("2026-12-{day:02}T{hour:02}:00:00"), &format!("2026-12-{day:02}T{:02}:00:00", hour + 1))
}

#[test]
fn occurrences_keep_what_differs() {
    let raw = series(json!({
        "2026-12-02": "cancelled",
        "2026-12-03": changed(json!({}), at(3, 12)),
        "2026-12-04": changed(json!({"subject": text("Budget, last"), "location": text("Room 4")}), at(4, 8)),
        "2026-12-05": changed(json!({"isCancelled": text("true")}), at(5, 8)),
        "2026-12-06": changed(json!({"responseStatus": text("declined")}), at(6, 8)),
        "2026-12-07": changed(json!({"showAs": text("tentative"), "reminderMinutesBeforeStart": text("30")}), at(7, 8)),
        "2026-12-08": changed(json!({"responseStatus": text("notResponded")}), at(8, 8)),
    }));
    insta::assert_snapshot!(occurrences(json!({}), &raw), @r#"
    2026-12-02 "cancelled"
    2026-12-03 {"changed":{"timing":{"timing":{"end":"2026-12-03T13:00:00","start":"2026-12-03T12:00:00","zone":"UTC"}}}}
    2026-12-04 {"changed":{"subject":{"text":"Budget, last"},"timing":{"timing":{"end":"2026-12-04T09:00:00","start":"2026-12-04T08:00:00","zone":"UTC"}}}}
    2026-12-05 "cancelled"
    2026-12-06 "cancelled"
    2026-12-07 {"changed":{"showAs":{"text":"tentative"},"timing":{"timing":{"end":"2026-12-07T09:00:00","start":"2026-12-07T08:00:00","zone":"UTC"}}}}
    "#);
    insta::assert_snapshot!(occurrences(json!({"privacy": "busyOnly", "titlePrefix": "Ana: ", "tentative": false}), &raw), @r#"
    2026-12-02 "cancelled"
    2026-12-03 {"changed":{"timing":{"timing":{"end":"2026-12-03T13:00:00","start":"2026-12-03T12:00:00","zone":"UTC"}}}}
    2026-12-05 "cancelled"
    2026-12-06 "cancelled"
    2026-12-07 "cancelled"
    "#);
}

#[test]
fn a_private_occurrence_of_a_public_series_is_hidden_like_a_private_event() {
    let raw = series(json!({
        "2026-12-03": changed(json!({"subject": text("Doctor"), "sensitivity": text("private")}), at(3, 12)),
    }));
    insta::assert_snapshot!(occurrences(json!({}), &raw), @r#"2026-12-03 "cancelled""#);
    insta::assert_snapshot!(occurrences(json!({"privateEvents": "busyOnly"}), &raw), @r#"2026-12-03 {"changed":{"importance":{"text":"normal"},"subject":{"text":"Busy"},"timing":{"timing":{"end":"2026-12-03T13:00:00","start":"2026-12-03T12:00:00","zone":"UTC"}}}}"#);
    insta::assert_snapshot!(occurrences(json!({"privateEvents": "asTheyAre"}), &raw), @r#"2026-12-03 {"changed":{"sensitivity":{"text":"private"},"subject":{"text":"Doctor"},"timing":{"timing":{"end":"2026-12-03T13:00:00","start":"2026-12-03T12:00:00","zone":"UTC"}}}}"#);
}

#[test]
fn a_public_occurrence_of_a_private_series_shows_nothing_of_it() {
    let raw = with(json!({
        "timing": daily(), "sensitivity": "private",
        "occurrences": {"occurrences": {"2026-12-03": changed(json!({"sensitivity": text("normal")}), at(3, 12))}},
    }));
    insta::assert_snapshot!(occurrences(json!({"privateEvents": "busyOnly"}), &raw), @r#"2026-12-03 {"changed":{"timing":{"timing":{"end":"2026-12-03T13:00:00","start":"2026-12-03T12:00:00","zone":"UTC"}}}}"#);
}

#[test]
fn a_series_that_is_over_is_in_as_long_as_a_moved_occurrence_is() {
    let mut timing = daily();
    timing["timing"]["start"] = json!("2026-10-01T09:00:00");
    timing["timing"]["end"] = json!("2026-10-01T10:00:00");
    timing["timing"]["recurrence"]["bounds"] = json!({"type": "endDate", "endDate": "2026-10-05"});
    let raw =
        |occurrences: Value| with(json!({"timing": timing, "occurrences": {"occurrences": occurrences}}));
    assert_eq!(
        mapped(json!({}), &raw(json!({"2026-10-03": "cancelled"}))).err(),
        Some(Skipped::OutsideWindow)
    );
    assert!(mapped(json!({}), &raw(json!({"2026-10-03": changed(json!({}), at(1, 12))}))).is_ok());
}
