//! From page to page, and only where it leads on.

use std::collections::HashSet;

use super::endpoints::Endpoints;
use super::error::{Error, Kind};

/// No collection has more pages: at a thousand items each this is larger than any tenant.
const PAGES: usize = 5_000;

/// The pages that were visited.
#[derive(Default)]
pub(super) struct Walk(HashSet<String>);

impl Walk {
    /// The path of the next page, unless the link leads away from Graph, back, or on for ever.
    pub(super) fn step(&mut self, endpoints: &Endpoints, place: &str, link: &str) -> Result<String, Error> {
        let path = path(endpoints, place, link)?;
        if self.0.len() >= PAGES {
            return Err(Error::new(Kind::Protocol, place, "more pages than any tenant has"));
        }
        if !self.0.insert(path.clone()) {
            return Err(Error::new(Kind::Protocol, place, "the next page is one that was read before"));
        }
        Ok(path)
    }
}

/// The path of a link of Graph's.
pub(super) fn path(endpoints: &Endpoints, place: &str, link: &str) -> Result<String, Error> {
    endpoints
        .path_of(link)
        .ok_or_else(|| Error::new(Kind::Protocol, place, "a link that leads away from Graph"))
}
