//! From text to a filter.

use thiserror::Error;
use winnow::Parser;
use winnow::combinator::{alt, delimited, repeat};
use winnow::error::ParserError;
use winnow::stream::Stream;
use winnow::token::{any, none_of, one_of, take_while};

use super::{Filter, Test};
use crate::Field;

/// The longest text of a filter, in bytes.
const LONGEST: usize = 4_000;
/// How deep brackets and `not` may lie in each other.
const DEEPEST: usize = 32;

const FIELD: &str = "a field by Graph's name, such as `department`";
const TEST: &str = "`=`, `one of`, `starts with` or `present`";
const TEXT: &str = "a text between double quotes that is not empty";
const CLOSED: &str = "`and`, `or` or a closing bracket";
const END: &str = "`and`, `or` or the end";

/// A text that is no filter: where, and what may stand there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Something else may stand there.
    #[error("in column {column} should be {expected}")]
    At {
        /// Counted in characters, from 1.
        column: usize,
        /// What may stand there.
        expected: &'static str,
    },
    /// It is too long.
    #[error("is longer than 4000 bytes; use a shorter condition")]
    TooLong,
}

pub(super) fn parse(text: &str) -> Result<Filter, Unreadable> {
    if text.len() > LONGEST {
        return Err(Unreadable::TooLong);
    }
    let mut rest = text;
    let wrong = match either(&mut rest, 0) {
        Ok(filter) if space(&mut rest).is_ok() && rest.is_empty() => return Ok(filter),
        Ok(_) => Wrong { left: rest.len(), expected: END },
        Err(wrong) => wrong,
    };
    let before = text.get(..text.len().saturating_sub(wrong.left)).unwrap_or(text);
    Err(Unreadable::At { column: before.chars().count() + 1, expected: wrong.expected })
}

/// What was expected where so many bytes are left.
#[derive(Debug, Clone, Copy)]
struct Wrong {
    left: usize,
    expected: &'static str,
}

type Found<T> = Result<T, Wrong>;

impl<'t> ParserError<&'t str> for Wrong {
    type Inner = Self;

    fn from_input(input: &&'t str) -> Self {
        Wrong { left: input.len(), expected: "" }
    }

    /// Of two ways that lead nowhere, the one that leads further is what was meant.
    fn or(self, other: Self) -> Self {
        if other.left <= self.left { other } else { self }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// What `parser` finds after white space, or that it expects something there.
fn expect<'t, T>(
    input: &mut &'t str,
    expected: &'static str,
    mut parser: impl Parser<&'t str, T, Wrong>,
) -> Found<T> {
    space(input)?;
    let start = input.checkpoint();
    parser.parse_next(input).map_err(|_| {
        input.reset(&start);
        Wrong { left: input.len(), expected }
    })
}

fn space(input: &mut &str) -> Found<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

fn word<'t>(input: &mut &'t str) -> Found<&'t str> {
    take_while(1.., char::is_alphanumeric).parse_next(input)
}

/// Whether this word comes next; then it is taken.
fn takes(input: &mut &str, keyword: &str) -> bool {
    let start = input.checkpoint();
    let found = space(input).and_then(|()| word(input)).is_ok_and(|word| word.eq_ignore_ascii_case(keyword));
    if !found {
        input.reset(&start);
    }
    found
}

fn either(input: &mut &str, depth: usize) -> Found<Filter> {
    let mut parts = vec![both(input, depth)?];
    while takes(input, "or") {
        parts.push(both(input, depth)?);
    }
    Ok(joined(parts, Filter::Or))
}

fn both(input: &mut &str, depth: usize) -> Found<Filter> {
    let mut parts = vec![one(input, depth)?];
    while takes(input, "and") {
        parts.push(one(input, depth)?);
    }
    Ok(joined(parts, Filter::And))
}

fn joined(mut parts: Vec<Filter>, by: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            by(parts)
        }
    }
}

fn one(input: &mut &str, depth: usize) -> Found<Filter> {
    space(input)?;
    if depth > DEEPEST {
        return Err(Wrong {
            left: input.len(),
            expected: "less: at most 32 brackets and `not` in each other",
        });
    }
    if takes(input, "not") {
        return Ok(Filter::Not(Box::new(one(input, depth + 1)?)));
    }
    if input.starts_with('(') {
        expect(input, FIELD, any)?;
        let filter = either(input, depth + 1)?;
        expect(input, CLOSED, ')')?;
        return Ok(filter);
    }
    let field = expect(input, FIELD, word.verify_map(named))?;
    if matches!(field, Field::Timing | Field::Occurrences) && !input.trim_start().starts_with("present") {
        space(input)?;
        return Err(Wrong { left: input.len(), expected: "`present`, which alone can be asked of a time" });
    }
    Ok(Filter::Where(field, test(input)?))
}

fn named(name: &str) -> Option<Field> {
    Field::ALL.iter().find(|field| field.name().eq_ignore_ascii_case(name)).copied()
}

fn test(input: &mut &str) -> Found<Test> {
    space(input)?;
    let start = input.checkpoint();
    if takes(input, "present") {
        Ok(Test::Present)
    } else if takes(input, "one") && takes(input, "of") {
        Ok(Test::OneOf(texts(input)?))
    } else {
        input.reset(&start);
        if takes(input, "starts") && takes(input, "with") {
            return Ok(Test::StartsWith(expect(input, TEXT, text)?));
        }
        input.reset(&start);
        expect(input, TEST, '=')?;
        Ok(Test::Equals(expect(input, TEXT, text)?))
    }
}

fn texts(input: &mut &str) -> Found<Vec<String>> {
    expect(input, "an opening bracket and texts between double quotes", '(')?;
    let mut texts = vec![expect(input, TEXT, text)?];
    while expect(input, "a comma or a closing bracket", one_of([',', ')']))? == ',' {
        texts.push(expect(input, TEXT, text)?);
    }
    Ok(texts)
}

/// A text between double quotes; a quote or backslash in it has a backslash before it.
fn text(input: &mut &str) -> Found<String> {
    let escaped = ('\\', one_of(['"', '\\'])).map(|(_, c)| c);
    let letters = repeat(1.., alt((none_of(['"', '\\']), escaped)));
    delimited('"', letters, '"').parse_next(input)
}
