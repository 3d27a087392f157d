//! What publishers are known to get wrong in a way that the parser would not forgive.

use std::borrow::Cow;

const DAY: &str = ";VALUE=DATE";

/// The text with times that are declared to be days, such as `DTSTART;VALUE=DATE:20260801T120000`, declared right.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    if !text.split_inclusive('\n').any(|line| wrong(line).is_some()) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n');
    Cow::Owned(lines.map(|line| wrong(line).unwrap_or(Cow::Borrowed(line))).collect())
}

/// A line put right, if it is wrong.
fn wrong(line: &str) -> Option<Cow<'_, str>> {
    let (head, value) = line.split_once(':')?;
    let at = head.find(DAY)?;
    let (name, rest) = (head.get(..at)?, head.get(at + DAY.len()..)?);
    let has_time =
        value.as_bytes().get(8) == Some(&b'T') && value.bytes().take(8).all(|c| c.is_ascii_digit());
    (has_time && (rest.is_empty() || rest.starts_with(';'))).then(|| format!("{name}{rest}:{value}").into())
}
