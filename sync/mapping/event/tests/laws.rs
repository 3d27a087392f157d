use proptest::prelude::*;
use serde_json::{Value, json};

use super::{content, daily, options, single, window};
use crate::{Content, Field};

/// Fields that hold this marker wherever a text can be.
fn fields(marker: &'static str) -> impl Strategy<Value = Value> {
    let text = move || prop_oneof![Just(format!("{marker}x")), Just(format!("<{marker}>"))];
    let body = (any::<bool>(), text()).prop_map(
        |(html, text)| json!({"body": {"contentType": if html { "html" } else { "text" }, "content": text}}),
    );
    let emails =
        text().prop_map(|text| json!({"emails": [{"address": format!("{text}@x.example"), "name": text}]}));
    let value = (text(), body, emails);
    let some = prop::collection::btree_set(0..9usize, 0..9);
    (some, value).prop_map(|(some, (text, body, emails))| {
        let all = [
            ("subject", json!({"text": text})),
            ("location", json!({"text": text})),
            ("importance", json!({"text": text})),
            ("showAs", json!({"text": text})),
            ("reminderMinutesBeforeStart", json!({"text": text})),
            ("categories", json!({"list": [text]})),
            ("joinUrl", json!({"text": text})),
            ("body", body),
            ("attendees", emails),
        ];
        some.into_iter()
            .map(|at| (all[at].0.to_owned(), all[at].1.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    })
}

fn sensitivity() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![
        None,
        Some("normal"),
        Some("personal"),
        Some("private"),
        Some("confidential"),
        Some("new"),
    ])
}

fn is_private(sensitivity: Option<&str>) -> bool {
    !matches!(sensitivity, None | Some("normal" | "personal"))
}

fn says(mut fields: Value, sensitivity: Option<&str>, timing: Value) -> Value {
    fields["timing"] = timing;
    if let Some(sensitivity) = sensitivity {
        fields["sensitivity"] = json!({"text": sensitivity});
    }
    fields
}

fn choices() -> impl Strategy<Value = Value> {
    let privacy = prop::sample::select(vec!["full", "titleAndPlace", "busyOnly"]);
    let private = prop::sample::select(vec!["leaveOut", "busyOnly"]);
    (privacy, private, any::<bool>()).prop_map(|(privacy, private, keep)| {
        json!({"privacy": privacy, "privateEvents": private, "reminders": if keep { "keep" } else { "off" }})
    })
}

proptest! {
    #[test]
    fn no_text_of_a_private_or_busy_only_event_appears_anywhere(
        choices in choices(), series in fields("Q7"), of_series in sensitivity(), one in fields("Q8"),
        of_one in sensitivity(), moved: bool,
    ) {
        let hour = if moved { 12 } else { 8 };
        let timing = single(&format!("2026-12-03T{hour:02}:00:00"), "2026-12-03T13:00:00");
        let mut raw = says(series, of_series, daily());
        raw["occurrences"] = json!({"occurrences": {"2026-12-03": {"changed": says(one, of_one, timing)}}});
        let raw: Content = content(raw);
        let hidden = |sensitivity| choices["privacy"] == "busyOnly" || is_private(sensitivity);
        if let Ok((mirrored, left_out)) = options(choices.clone()).event(&raw, window()) {
            let all = format!("{}{left_out:?}", serde_json::to_string(&mirrored).unwrap());
            prop_assert!(!hidden(of_series) || !all.contains("Q7"));
            prop_assert!(!(hidden(of_one) || hidden(of_series)) || !all.contains("Q8"));
            prop_assert!(mirrored.iter().all(|(field, _)| !field.is_source_only()));
            for always in [Field::ShowAs, Field::Sensitivity, Field::Importance, Field::Timing] {
                prop_assert!(mirrored.get(always).is_some());
            }
        }
    }
}
