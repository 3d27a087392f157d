//! Texts as they may stand in a contact.

use chrono::NaiveDate;

/// The text on one line: no white space around it, no control characters in it.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match (c.is_control(), c.is_whitespace()) {
            (false, _) => clean.push(c),
            (true, true) if !clean.ends_with(' ') => clean.push(' '),
            (true, _) => {}
        }
    }
    clean.truncate(clean.trim_end().len());
    clean.drain(..clean.len() - clean.trim_start().len());
    clean
}

/// The text with its lines, each of them clean; lines end with LF, and empty ones are left out.
pub fn clean_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(clean).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Whether Exchange would keep this address: of one with junk in it, it silently keeps only the name.
pub fn is_email(address: &str) -> bool {
    let junk = |c: char| c.is_whitespace() || c.is_control() || "@,;:<>()[]\"\\".contains(c);
    let dotted = |part: &str| part.split('.').all(|label| !label.is_empty() && !label.contains(junk));
    let parts = address.split_once('@');
    address.len() <= 254 && parts.is_some_and(|(local, domain)| dotted(local) && dotted(domain))
}

/// Whether the text is a date, `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    date.is_ok_and(|date| date.format("%Y-%m-%d").to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_out_on_one_line() {
        for (given, expected) in [
            ("  Ana ", "Ana"),
            ("Main St 1\r\nBack door", "Main St 1 Back door"),
            ("A\u{0}na\u{7f}", "Ana"),
            ("\u{0} Ana \u{0}", "Ana"),
            (" \t\n", ""),
            ("Łukasz\u{a0}Ż 山田", "Łukasz\u{a0}Ż 山田"),
        ] {
            assert_eq!(clean(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_street_keeps_its_lines() {
        assert_eq!(clean_lines(" Main St 1 \r\n\r\nBack\u{0} door\n"), "Main St 1\nBack door");
    }

    #[test]
    fn an_address_with_junk_is_none() {
        for good in ["ana@contoso.example", "o'hara+x@contoso.example", "jürgen@bücher.example", "a@b"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ana",
            "ana@",
            "@contoso.example",
            "ana@contoso.example,",
            "ana@contoso.example;bob@contoso.example",
            "Ana <ana@contoso.example>",
            "ana@@contoso.example",
            "ana..b@contoso.example",
            "ana@contoso.example.",
            "an a@contoso.example",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email(&format!("{}@contoso.example", "a".repeat(250))));
    }

    #[test]
    fn a_date_has_one_spelling() {
        assert!(is_date("1965-07-22") && is_date("2000-02-29"));
        for bad in ["1965-7-22", "22.07.1965", "1999-02-29", "1965-07-22T00:00:00Z", "+1965-07-22", ""] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
