//! The few `$filter` and `$expand` forms that Graph takes for contacts and directory objects.

use serde_json::{Map, Value};

use crate::state::contact::Contact;
use crate::state::extended::{Extended, ExtendedId};
use crate::state::refusal::Refusal;
use crate::state::schema::Kind;

/// A condition on contacts or folders.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    Email(String),
    Tag(ExtendedId, Test, String),
}

/// How a value is compared; never with regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Equal,
    Different,
    Contains,
    StartsWith,
}

impl Test {
    fn holds(self, value: &str, wanted: &str) -> bool {
        let (value, wanted) = (value.to_lowercase(), wanted.to_lowercase());
        match self {
            Self::Equal => value == wanted,
            Self::Different => value != wanted,
            Self::Contains => value.contains(&wanted),
            Self::StartsWith => value.starts_with(&wanted),
        }
    }
}

impl Filter {
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let Any { subject, variable, condition } = Any::read(text).ok_or_else(|| invalid(text))?;
        match subject.to_ascii_lowercase().as_str() {
            "emailaddresses" => address(variable, condition).ok_or_else(|| invalid(text)),
            "singlevalueextendedproperties" => tag(variable, condition).ok_or_else(|| invalid(text))?,
            _ => Err(invalid(text)),
        }
    }

    pub(crate) fn matches_contact(&self, contact: &Contact) -> bool {
        match self {
            Self::Email(wanted) => addresses(contact).any(|address| address.eq_ignore_ascii_case(wanted)),
            Self::Tag(..) => self.matches_tags(&contact.extended),
        }
    }

    pub(crate) fn matches_tags(&self, held: &[Extended]) -> bool {
        match self {
            Self::Email(_) => false,
            Self::Tag(id, test, wanted) => {
                held.iter().any(|held| held.id.same(id) && test.holds(&held.value, wanted))
            }
        }
    }
}

fn addresses(contact: &Contact) -> impl Iterator<Item = &str> {
    let emails = contact.get("emailAddresses").as_array().into_iter().flatten();
    emails.filter_map(|email| email.get("address").and_then(Value::as_str))
}

/// The parts of `subject/any(v: condition)`.
struct Any<'a> {
    subject: &'a str,
    variable: &'a str,
    condition: &'a str,
}

impl<'a> Any<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (subject, rest) = text.trim().split_once('/')?;
        let inner =
            rest.strip_suffix(')')?.split_once('(').filter(|(word, _)| word.eq_ignore_ascii_case("any"))?.1;
        let (variable, condition) = inner.split_once(':')?;
        Some(Self { subject, variable: variable.trim(), condition: condition.trim() })
    }
}

/// What follows `v/member`.
fn after<'a>(text: &'a str, variable: &str, member: &str) -> Option<&'a str> {
    text.trim().strip_prefix(variable)?.strip_prefix('/')?.strip_prefix(member)
}

fn address(variable: &str, condition: &str) -> Option<Filter> {
    literal(after(condition, variable, "address eq ")?.trim()).map(Filter::Email)
}

/// Reads `v/id eq 'x' and v/value eq 'y'`, and `contains(v/value,'y')` or `startswith(v/value,'y')` for the value.
fn tag(variable: &str, condition: &str) -> Option<Result<Filter, Refusal>> {
    let (id, value) = condition.split_once("' and ")?;
    let id = literal(&format!("{}'", after(id, variable, "id eq ")?.trim()))?;
    let (test, wanted) = comparison(variable, value.trim())?;
    Some(ExtendedId::read(&id).map(|id| Filter::Tag(id, test, wanted)))
}

fn comparison(variable: &str, text: &str) -> Option<(Test, String)> {
    let call = |name: &str| {
        let inside = text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?;
        after(inside, variable, "value")?.trim().strip_prefix(',')
    };
    let forms = [
        (Test::Equal, after(text, variable, "value eq ")),
        (Test::Different, after(text, variable, "value ne ")),
        (Test::Contains, call("contains")),
        (Test::StartsWith, call("startswith")),
    ];
    forms.into_iter().find_map(|(test, rest)| Some((test, literal(rest?.trim())?)))
}

/// A string literal: quotes outside, doubled quotes inside.
fn literal(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let lone = inner.replace("''", "").contains('\'');
    (!lone).then(|| inner.replace("''", "'"))
}

fn invalid(text: &str) -> Refusal {
    Refusal::new(400, "ErrorInvalidUrlQueryFilter", format!("The filter '{text}' is not supported."))
}

/// Reads `singleValueExtendedProperties($filter=id eq 'A' or id eq 'B')`.
pub(crate) fn expand(text: &str) -> Result<Vec<ExtendedId>, Refusal> {
    let inner = || {
        let (name, rest) = text.trim().split_once('(')?;
        name.eq_ignore_ascii_case("singleValueExtendedProperties").then_some(())?;
        rest.strip_suffix(')')?.trim().strip_prefix("$filter=")
    };
    let refused = || Refusal::bad_request(format!("The expand expression '{text}' is not supported."));
    inner().ok_or_else(refused)?.split(" or ").map(|part| one_id(part).ok_or_else(refused)?).collect()
}

fn one_id(part: &str) -> Option<Result<ExtendedId, Refusal>> {
    literal(part.trim().strip_prefix("id eq ")?.trim()).map(|id| ExtendedId::read(&id))
}

/// A condition on directory objects: comparisons joined by `and`, or by `or`.
#[derive(Clone, Debug)]
pub(crate) struct DirectoryFilter {
    all: bool,
    terms: Vec<(String, Test, Value)>,
}

impl DirectoryFilter {
    pub(crate) fn read(text: &str, kind: Kind) -> Result<Self, Refusal> {
        let conjuncts = outside_quotes(text, " and ");
        let all = conjuncts.len() > 1;
        let parts = if all { conjuncts } else { outside_quotes(text, " or ") };
        let terms: Option<Vec<_>> = parts.into_iter().map(term).collect();
        let unsupported =
            || Refusal::new(400, "Request_UnsupportedQuery", format!("Unsupported Query: '{text}'."));
        let terms = terms.ok_or_else(unsupported)?;
        terms.iter().try_for_each(|(name, ..)| kind.select(name).map(|_| ()))?;
        Ok(Self { all, terms })
    }

    pub(crate) fn matches(&self, props: &Map<String, Value>) -> bool {
        let holds = |(name, test, wanted): &(String, Test, Value)| match (props.get(name), wanted) {
            (Some(Value::String(value)), Value::String(wanted)) => test.holds(value, wanted),
            (Some(value), wanted) => value == wanted,
            (None, wanted) => wanted.is_null(),
        };
        if self.all { self.terms.iter().all(holds) } else { self.terms.iter().any(holds) }
    }
}

/// Splits at a word that is not inside a string literal.
fn outside_quotes<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let (mut parts, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find(word)).map(|at| at + from) {
        let (before, after) =
            (rest.get(..at).unwrap_or_default(), rest.get(at + word.len()..).unwrap_or_default());
        if before.matches('\'').count() % 2 == 0 {
            parts.push(before);
            (rest, from) = (after, 0);
        } else {
            from = at + word.len();
        }
    }
    parts.push(rest);
    parts
}

fn term(text: &str) -> Option<(String, Test, Value)> {
    let text = text.trim();
    if let Some(inside) = text.strip_prefix("startswith(").and_then(|rest| rest.strip_suffix(')')) {
        let (name, wanted) = inside.split_once(',')?;
        return Some((name.trim().to_owned(), Test::StartsWith, literal(wanted.trim())?.into()));
    }
    let (name, wanted) = text.split_once(" eq ")?;
    let wanted = match wanted.trim() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        quoted => literal(quoted)?.into(),
    };
    Some((name.trim().to_owned(), Test::Equal, wanted))
}
