//! From a filter back to its text.

use std::fmt;

use super::{Filter, Test};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::Or(parts) => joined(f, parts, " or ", |part| matches!(part, Filter::Or(_))),
            Filter::And(parts) => joined(f, parts, " and ", is_joined),
            Filter::Not(filter) => {
                f.write_str("not ")?;
                part(f, filter, is_joined(filter))
            }
            Filter::Where(field, test) => write!(f, "{field} {test}"),
        }
    }
}

fn is_joined(filter: &Filter) -> bool {
    matches!(filter, Filter::Or(_) | Filter::And(_))
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Filter],
    word: &str,
    in_brackets: fn(&Filter) -> bool,
) -> fmt::Result {
    for (at, one) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(word)?;
        }
        part(f, one, in_brackets(one))?;
    }
    Ok(())
}

fn part(f: &mut fmt::Formatter<'_>, filter: &Filter, in_brackets: bool) -> fmt::Result {
    if in_brackets { write!(f, "({filter})") } else { write!(f, "{filter}") }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::Equals(text) => write!(f, "= {}", quoted(text)),
            Test::OneOf(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                write!(f, "one of ({})", texts.join(", "))
            }
            Test::StartsWith(text) => write!(f, "starts with {}", quoted(text)),
            Test::Present => f.write_str("present"),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
