//! The few `$filter` and `$expand` forms that Graph takes for contacts and directory objects.

use serde_json::{Map, Value};

use crate::state::contact::Contact;
use crate::state::extended::{Extended, ExtendedId};
use crate::state::refusal::Refusal;

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
        let (subject, condition) = any(text).ok_or_else(|| invalid(text))?;
        match subject.to_ascii_lowercase().as_str() {
            "emailaddresses" => address(condition).ok_or_else(|| invalid(text)),
            "singlevalueextendedproperties" => tag(condition).ok_or_else(|| invalid(text))?,
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

/// Splits `subject/any(v: condition)` and takes the variable off the condition's paths.
fn any(text: &str) -> Option<(&str, String)> {
    let (subject, rest) = text.trim().split_once('/')?;
    let inner =
        rest.strip_suffix(')')?.split_once('(').filter(|(word, _)| word.eq_ignore_ascii_case("any"))?.1;
    let (variable, condition) = inner.split_once(':')?;
    Some((subject, condition.trim().replace(&format!("{}/", variable.trim()), "~")))
}

fn address(condition: String) -> Option<Filter> {
    literal(condition.strip_prefix("~address eq ")?.trim()).map(Filter::Email)
}

/// Reads `~id eq 'x' and ~value eq 'y'`, `contains(~value,'y')`, `startswith(~value,'y')`.
fn tag(condition: String) -> Option<Result<Filter, Refusal>> {
    let (id, value) = condition.split_once("' and ")?;
    let id = literal(&format!("{}'", id.strip_prefix("~id eq ")?))?;
    let (test, wanted) = comparison(value.trim())?;
    Some(ExtendedId::read(&id).map(|id| Filter::Tag(id, test, wanted)))
}

fn comparison(text: &str) -> Option<(Test, String)> {
    let call = |name: &str| text.strip_prefix(name)?.strip_prefix("(~value,")?.strip_suffix(')');
    let simple = |name: &str| text.strip_prefix("~value ")?.strip_prefix(name);
    let forms = [
        (Test::Equal, simple("eq ")),
        (Test::Different, simple("ne ")),
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
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let all = text.contains(" and ");
        let terms: Option<Vec<_>> = text.split(if all { " and " } else { " or " }).map(term).collect();
        let unsupported =
            || Refusal::new(400, "Request_UnsupportedQuery", format!("Unsupported Query: '{text}'."));
        terms.map(|terms| Self { all, terms }).ok_or_else(unsupported)
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
