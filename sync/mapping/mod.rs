//! From a person of the directory to the content of a contact.
//!
//! What a contact can't hold is left out and said, never cut silently. A fax number is always left out:
//! Graph's v1.0 contact has no field for it.

mod clean;
mod draft;
mod event;
mod options;
mod shape;

use crate::directory::Person;
use crate::{Address, Content, Field, notes};

use clean::{clean, clean_lines};
use draft::Draft;
pub use draft::LeftOut;
pub use event::{EventOptions, Privacy, PrivateEvents, Reminders, ShowAs, Skipped};
pub use options::{FileAs, Mapping};
pub use shape::Shape;

/// Moves with every change of what the same person and the same options are mapped to.
pub const MAPPING_VERSION: u32 = 1;

impl Mapping {
    /// What a contact of this person shall hold, and what had to be left out.
    ///
    /// The content never exceeds Graph's limits, and its given name is never empty.
    pub fn contact(&self, person: &Person<'_>) -> (Content, Vec<LeftOut>) {
        let mut draft = Draft::new(self, &person.unreadable);
        self.names(&mut draft, person);
        work(&mut draft, person);
        self.addresses(&mut draft, person);
        self.extensions(&mut draft, person);
        self.own(&mut draft);
        draft.finish(person)
    }

    fn names(&self, draft: &mut Draft<'_>, person: &Person<'_>) {
        draft.put_some(Field::DisplayName, person.display_name);
        draft.put_some(Field::GivenName, person.given_name);
        draft.put_some(Field::Surname, person.surname);
        draft.put(Field::FileAs, &self.file_as.of(person));
    }

    /// The primary address comes first, and the rest only if the options say so.
    fn addresses(&self, draft: &mut Draft<'_>, person: &Person<'_>) {
        draft.put_some(Field::EmailAddresses, person.mail);
        if self.aliases {
            let aliases = person.proxy_addresses.iter().filter_map(|proxy| smtp(proxy));
            aliases.for_each(|alias| draft.put(Field::EmailAddresses, alias));
        }
        if self.other_mails {
            person.other_mails.iter().for_each(|mail| draft.put(Field::EmailAddresses, mail));
        }
    }

    /// A filled attribute takes the place of a text that the directory has, and joins a list.
    fn extensions(&self, draft: &mut Draft<'_>, person: &Person<'_>) {
        for (attribute, &field) in &self.extension_attributes {
            draft.put_some(field, person.extension_attributes.get(attribute.as_str()).copied());
        }
    }

    /// What the admin wrote into the options.
    fn own(&self, draft: &mut Draft<'_>) {
        self.categories.iter().for_each(|category| draft.put(Field::Categories, category));
        draft.set(Field::PersonalNotes, notes::block(&self.notes.trim().replace("\r\n", "\n")));
        self.fixed.iter().for_each(|(&field, text)| draft.fix(field, text));
    }
}

fn work(draft: &mut Draft<'_>, person: &Person<'_>) {
    draft.put_some(Field::JobTitle, person.job_title);
    draft.put_some(Field::Department, person.department);
    draft.put_some(Field::CompanyName, person.company_name);
    draft.put_some(Field::OfficeLocation, person.office_location);
    draft.put_some(Field::MobilePhone, person.mobile_phone);
    person.business_phones.iter().for_each(|phone| draft.put(Field::BusinessPhones, phone));
    draft.set(Field::BusinessAddress, address(person));
}

fn address(person: &Person<'_>) -> Address {
    let part = |text: Option<&str>| text.map(clean).unwrap_or_default();
    Address {
        street: person.street.map(clean_lines).unwrap_or_default(),
        city: part(person.city),
        state: part(person.state),
        postal_code: part(person.postal_code),
        country_or_region: part(person.country),
    }
}

/// The address of a proxy entry of kind SMTP; others are X.500, SIP and the like.
fn smtp(proxy: &str) -> Option<&str> {
    let (kind, address) = proxy.split_once(':')?;
    kind.eq_ignore_ascii_case("smtp").then_some(address)
}

#[cfg(test)]
mod tests;
