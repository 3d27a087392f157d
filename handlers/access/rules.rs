//! What a route asks of its caller: read out of the documents that the routes themselves make.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde::Deserialize;
use utoipa::openapi::OpenApi;

use super::{Caller, Role};

/// Which callers a route lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Everybody; the handler checks what it needs by itself.
    Anyone,
    /// Whoever proved who they are.
    SignedIn,
    /// Whoever may do what one of these roles may.
    Holders(BTreeSet<Role>),
}

/// What a route asks of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which callers are let in.
    pub who: Who,
    /// Which of them may see values (`values=true`); none where the route never shows any.
    pub values: Option<BTreeSet<Role>>,
}

/// One method of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path with its placeholders, such as `/api/tenants/{tenant}`.
    pub path: String,
    /// The operation's name.
    pub operation: String,
    /// What it asks; none where nobody said, and then nobody is let in.
    pub rule: Option<Rule>,
}

/// The routes of one or of all functions.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    routes: BTreeMap<String, Vec<Route>>,
}

/// What the table knows of a call.
pub(super) enum Found<'a> {
    /// This is the route.
    Route(&'a Route),
    /// The path takes other methods only.
    OtherMethod,
    /// There is no such path.
    Nothing,
}

impl Rule {
    /// Whether a caller has a role that the rule names.
    #[must_use]
    pub fn admits(&self, caller: &Caller) -> bool {
        match &self.who {
            Who::Anyone | Who::SignedIn => true,
            Who::Holders(roles) => holds_one(caller, roles),
        }
    }

    /// Whom it lets in, in words.
    #[must_use]
    pub fn names(&self) -> String {
        match &self.who {
            Who::Anyone => "Anyone".to_owned(),
            Who::SignedIn => "SignedIn".to_owned(),
            Who::Holders(roles) => names(roles),
        }
    }

    /// Who may see values, in words.
    #[must_use]
    pub fn value_names(&self) -> String {
        self.values.as_ref().map(names).unwrap_or_default()
    }

    /// Whether a caller may see values here.
    #[must_use]
    pub fn shows_values(&self, caller: &Caller) -> bool {
        self.values.as_ref().is_none_or(|roles| holds_one(caller, roles))
    }

    /// Whether a caller is let in although the path names another tenant than theirs: an owner where owners are named.
    #[must_use]
    pub fn crosses_tenants(&self, caller: &Caller) -> bool {
        matches!(&self.who, Who::Holders(roles) if roles.contains(&Role::Owner)) && caller.may(Role::Owner)
    }
}

fn names(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or ")
}

fn holds_one(caller: &Caller, roles: &BTreeSet<Role>) -> bool {
    roles.iter().any(|role| caller.may(*role))
}

impl Rules {
    /// The routes of a function, out of its document.
    #[must_use]
    pub fn of(function: &str, document: &OpenApi) -> Self {
        let paths = serde_json::to_value(&document.paths).and_then(serde_json::from_value);
        let paths: BTreeMap<String, BTreeMap<String, Operation>> = paths.unwrap_or_default();
        let mut rules = Self::default();
        for (path, operations) in paths {
            let path = format!("/{function}{path}");
            let routes =
                operations.into_iter().filter_map(|(method, operation)| route(&path, &method, operation));
            rules.routes.insert(path.clone(), routes.collect());
        }
        rules
    }

    /// The routes of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self
    }

    /// Every route, by path.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.values().flatten()
    }

    /// The route that a call goes to; a `HEAD` goes the way of a `GET`.
    pub(super) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        match self.routes.get(path) {
            None => Found::Nothing,
            Some(routes) => {
                let route = routes.iter().find(|route| route.method == *method);
                route.map_or(Found::OtherMethod, Found::Route)
            }
        }
    }
}

/// What is read of an operation of a document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    #[serde(default)]
    operation_id: String,
    #[serde(default)]
    security: Vec<BTreeMap<String, Vec<String>>>,
}

fn route(path: &str, method: &str, operation: Operation) -> Option<Route> {
    let method = method.to_uppercase().parse().ok()?;
    let rule = rule(operation.security.into_iter().flatten().collect());
    Some(Route { method, path: path.to_owned(), operation: operation.operation_id, rule })
}

/// A rule that can't be understood is none.
fn rule(mut named: BTreeMap<String, Vec<String>>) -> Option<Rule> {
    let who = match named.remove("role")?.as_slice() {
        [one] if one == "Anyone" => Who::Anyone,
        [one] if one == "SignedIn" => Who::SignedIn,
        names => Who::Holders(roles(names)?),
    };
    let values = match named.remove("values") {
        Some(names) => Some(roles(&names)?),
        None => None,
    };
    named.is_empty().then_some(Rule { who, values })
}

fn roles(names: &[String]) -> Option<BTreeSet<Role>> {
    let roles: Option<BTreeSet<_>> = names.iter().map(|name| Role::named(name)).collect();
    roles.filter(|roles| !roles.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(security: &[(&str, &[&str])]) -> Option<Rule> {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        rule(security.iter().map(|(scheme, roles)| ((*scheme).to_owned(), names(roles))).collect())
    }

    #[test]
    fn a_rule_that_is_not_understood_is_none() {
        for odd in [
            &[] as &[(&str, &[&str])],
            &[("role", &[])],
            &[("role", &["Emperor"])],
            &[("role", &["Reader", "Anyone"])],
            &[("role", &["Reader"]), ("values", &[])],
            &[("role", &["Reader"]), ("values", &["SignedIn"])],
            &[("role", &["Reader"]), ("token", &[])],
            &[("values", &["Reader"])],
        ] {
            assert_eq!(read(odd), None, "{odd:?}");
        }
        assert_eq!(read(&[("role", &["Anyone"])]).unwrap().who, Who::Anyone);
        let rule = read(&[("role", &["Reader", "Owner"]), ("values", &["Privacy"])]).unwrap();
        assert_eq!(rule.who, Who::Holders([Role::Reader, Role::Owner].into()));
        assert_eq!(rule.values, Some([Role::Privacy].into()));
    }
}
