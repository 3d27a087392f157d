//! Takes a person out of a calendar file.

use serde_json::Value;
use sync::Who;

/// The lines that name people.
const PEOPLE: [&str; 2] = ["ATTENDEE", "ORGANIZER"];

/// Drops the lines of people that name them, and their ids and addresses elsewhere; how many lines that were.
pub(super) fn strike(who: &Who, upload: &mut Value) -> usize {
    let Some(Value::String(text)) = upload.get_mut("text") else { return 0 };
    let unfolded = text.replace("\r\n ", "").replace("\r\n\t", "").replace("\n ", "").replace("\n\t", "");
    let is_theirs = |line: &&str| {
        let name = line.split([';', ':']).next().unwrap_or_default();
        PEOPLE.iter().any(|people| name.eq_ignore_ascii_case(people)) && who.is_in(line)
    };
    let struck = unfolded.lines().filter(|line| who.is_in(line)).count();
    let left = unfolded.lines().filter(|line| !is_theirs(line));
    let left: Vec<String> =
        left.map(|line| who.erased_from(line).unwrap_or_else(|| line.to_owned())).collect();
    *text = left.join("\r\n") + "\r\n";
    struck
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_is_invited_goes_with_their_name_and_the_event_stays() {
        let text = "BEGIN:VEVENT\r\nSUMMARY:Board\r\nATTENDEE;CN=Ana Nowak:mail\r\n to:ana@contoso.com\r\n\
            ATTENDEE;CN=Bo:mailto:bo@contoso.com\r\nDESCRIPTION:ask ana@contoso.com\r\nEND:VEVENT\r\n";
        let mut upload = json!({ "text": text });
        assert_eq!(strike(&Who::new("ana@contoso.com").unwrap(), &mut upload), 2);
        insta::assert_snapshot!(upload["text"].as_str().unwrap().replace("\r\n", "\n"), @r"
        BEGIN:VEVENT
        SUMMARY:Board
        ATTENDEE;CN=Bo:mailto:bo@contoso.com
        DESCRIPTION:ask [erased]
        END:VEVENT
        ");
    }
}
