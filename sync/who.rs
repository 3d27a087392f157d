//! Whom a request of a person's is about, and where they are named.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::MailboxId;
use crate::directory::Directory;

/// What stands where somebody was named.
const ERASED: &str = "[erased]";

/// A person, by object ids and addresses in lower case. `Debug` shows counts: addresses are personal data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Who {
    /// Their object ids, and whatever else stands for them alone.
    pub ids: BTreeSet<String>,
    /// Their addresses.
    pub addresses: BTreeSet<String>,
}

impl Who {
    /// Somebody of whom one id or address is known; nobody if the text is neither.
    pub fn new(text: &str) -> Option<Self> {
        let text = plain(text);
        let mut who = Self::default();
        let is_address = text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
        if is_address && text.len() <= 320 && !text.contains(char::is_whitespace) {
            who.addresses.insert(text);
        } else if MailboxId::new(text.clone()).is_ok() {
            who.ids.insert(text);
        } else {
            return None;
        }
        Some(who)
    }

    /// Adds an id or address, as a directory writes it.
    pub fn add(&mut self, text: &str) {
        if let Some(Who { ids, addresses }) = Who::new(text) {
            self.ids.extend(ids);
            self.addresses.extend(addresses);
        }
    }

    /// Adds what a directory has of them: the id, and every address.
    pub fn learn(&mut self, directory: &Directory) {
        for person in directory.people() {
            let mut addresses = person.proxy_addresses;
            addresses.extend(person.other_mails);
            addresses.extend(person.mail.into_iter().chain(person.user_principal_name));
            if self.is(person.id) || addresses.iter().any(|address| self.is(address)) {
                self.add(person.id);
                addresses.into_iter().for_each(|address| self.add(address));
            }
        }
    }

    /// Whether nobody is meant.
    pub fn is_nobody(&self) -> bool {
        self.ids.is_empty() && self.addresses.is_empty()
    }

    /// Whether this is one of their ids or addresses, or the identity `{spoke}:{id}` of an item of theirs.
    pub fn is(&self, text: &str) -> bool {
        let text = plain(text);
        let id = text.split_once(':').map_or(text.as_str(), |(_, id)| id);
        self.addresses.contains(&text) || self.ids.contains(&text) || self.ids.contains(id)
    }

    /// Whether one of their ids or addresses stands anywhere in a text.
    pub fn is_in(&self, text: &str) -> bool {
        !self.places(&text.to_ascii_lowercase()).is_empty()
    }

    /// The text without their ids and addresses, if there are any in it.
    pub fn erased_from(&self, text: &str) -> Option<String> {
        let places = self.places(&text.to_ascii_lowercase());
        if places.is_empty() {
            return None;
        }
        let (mut left, mut at) = (String::with_capacity(text.len()), 0);
        for (from, to) in places {
            if let Some(before) = text.get(at..from) {
                left.push_str(before);
                left.push_str(ERASED);
                at = to;
            }
        }
        left.push_str(text.get(at..).unwrap_or_default());
        Some(left)
    }

    /// Where they stand in a text in lower case, in order.
    fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let all = self.ids.iter().chain(&self.addresses).filter(|name| !name.is_empty());
        let found = all.flat_map(|name| text.match_indices(name.as_str()));
        let mut places: Vec<_> = found
            .map(|(at, name)| (at, at + name.len()))
            .filter(|&(from, to)| is_whole(text, from, to))
            .collect();
        places.sort_unstable();
        places
    }
}

/// Whether what stands there is no part of a longer id or address.
fn is_whole(text: &str, from: usize, to: usize) -> bool {
    let before = text.get(..from).and_then(|text| text.chars().next_back());
    let mut after = text.get(to..).unwrap_or_default().chars();
    let goes_on = match after.next() {
        // The end of a sentence, or of a domain that goes on.
        Some('.') => after.next().is_some_and(char::is_alphanumeric),
        next => next.is_some_and(is_part),
    };
    !goes_on && !before.is_some_and(|c| is_part(c) || c == '.')
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '+')
}

/// As it is compared: without the kind of address that Exchange puts before it.
fn plain(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let kinds = ["smtp:", "sip:", "mailto:"];
    let bare = kinds.iter().find_map(|kind| text.strip_prefix(kind)).map(str::to_owned);
    bare.unwrap_or(text)
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Who({} ids, {} addresses)", self.ids.len(), self.addresses.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";

    fn ana() -> Who {
        let mut who = Who::new("Ana.Nowak@contoso.com").unwrap();
        who.add(ID);
        who
    }

    #[test]
    fn somebody_is_named_by_an_object_id_or_an_address() {
        for text in [ID, "87D349ED-44D7-43E1-9A83-5F2406DEE5BD", " ana@contoso.com ", "SMTP:Ana@Contoso.com"]
        {
            assert!(Who::new(text).is_some(), "{text}");
        }
        for text in ["", "Ana", "@", "ana@", "@contoso.com", "ana nowak@contoso.com", "a@b@c", "87d349ed"] {
            assert!(Who::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn they_are_themselves_whatever_the_case_and_the_place() {
        for text in ["ana.nowak@CONTOSO.com", "smtp:ana.nowak@contoso.com", ID, &format!("directory:{ID}")] {
            assert!(ana().is(text), "{text}");
        }
        for text in ["ana.nowak@contoso.com.au", "ana", &format!("mailboxes:{ID}/AAMk")] {
            assert!(!ana().is(text), "{text}");
        }
    }

    #[test]
    fn they_are_found_in_a_text_and_others_are_not() {
        for text in [
            "Ask <Ana.Nowak@contoso.com>.",
            "ana.nowak@contoso.com",
            &format!("delete directory:{ID} (gone)"),
        ] {
            assert!(ana().is_in(text), "{text}");
        }
        for text in [
            "joana.nowak@contoso.com",
            "x.ana.nowak@contoso.com",
            "ana.nowak@contoso.com.au",
            "",
            "ana.nowak@contoso.community",
        ] {
            assert!(!ana().is_in(text), "{text}");
        }
    }

    #[test]
    fn what_is_left_of_a_text_names_nobody() {
        let text = format!("Žöë: Ana.Nowak@contoso.com, then {ID}; ana.nowak@contoso.com");
        let left = ana().erased_from(&text).unwrap();
        assert_eq!(left, "Žöë: [erased], then [erased]; [erased]");
        assert_eq!(ana().erased_from("nobody@contoso.com"), None);
    }

    #[test]
    fn nothing_of_them_is_printed_by_chance() {
        assert_eq!(format!("{:?}", ana()), "Who(1 ids, 1 addresses)");
    }
}
