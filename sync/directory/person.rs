//! One person of the directory, a user or an org contact.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::Feed;
use super::properties::Properties;

/// The names of the attributes that a tenant fills as it likes.
///
/// <https://learn.microsoft.com/graph/api/resources/onpremisesextensionattributes>
pub const EXTENSION_ATTRIBUTES: [&str; 15] = [
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
];

/// What the directory says about a person; a property of a wrong type counts as absent.
///
/// The texts are as they stand there, not trimmed. `Debug` shows the id only.
///
/// <https://learn.microsoft.com/graph/api/resources/user>,
/// <https://learn.microsoft.com/graph/api/resources/orgcontact>
#[derive(Clone, PartialEq)]
pub struct Person<'a> {
    /// The object id.
    pub id: &'a str,
    /// [`Feed::Users`] or [`Feed::OrgContacts`].
    pub feed: Feed,
    /// A user from another tenant; an unknown kind of user is none.
    pub guest: bool,
    /// False for a disabled account; true where nothing is said.
    pub enabled: bool,
    /// Hidden from address lists. Where nothing is said, a person is visible.
    pub hidden: bool,
    /// The name shown.
    pub display_name: Option<&'a str>,
    /// First name.
    pub given_name: Option<&'a str>,
    /// Last name.
    pub surname: Option<&'a str>,
    /// The primary address.
    pub mail: Option<&'a str>,
    /// The sign-in name; org contacts have none.
    pub user_principal_name: Option<&'a str>,
    /// All addresses with their kind, such as `smtp:` and `SMTP:` (the primary one).
    pub proxy_addresses: Vec<&'a str>,
    /// Further addresses, outside the tenant as a rule.
    pub other_mails: Vec<&'a str>,
    /// The employee id; org contacts have none.
    pub employee_id: Option<&'a str>,
    /// Job title.
    pub job_title: Option<&'a str>,
    /// Department.
    pub department: Option<&'a str>,
    /// Company.
    pub company_name: Option<&'a str>,
    /// Office.
    pub office_location: Option<&'a str>,
    /// Business phones in order.
    pub business_phones: Vec<&'a str>,
    /// The mobile phone.
    pub mobile_phone: Option<&'a str>,
    /// Street and number.
    pub street: Option<&'a str>,
    /// City.
    pub city: Option<&'a str>,
    /// State or province.
    pub state: Option<&'a str>,
    /// Postal code.
    pub postal_code: Option<&'a str>,
    /// Country or region.
    pub country: Option<&'a str>,
    /// The filled ones of [`EXTENSION_ATTRIBUTES`].
    pub extension_attributes: BTreeMap<&'static str, &'a str>,
    /// The properties that could not be read, by Graph's names.
    pub unreadable: Vec<&'static str>,
}

impl<'a> Person<'a> {
    pub(super) fn user(id: &'a str, properties: &'a Map<String, Value>) -> Self {
        let mut from = Properties::new(properties);
        let mut person = Person::common(id, Feed::Users, &mut from);
        person.guest = from.text("userType").is_some_and(|kind| kind.eq_ignore_ascii_case("guest"));
        person.enabled = from.flag("accountEnabled").unwrap_or(true);
        person.hidden = from.flag("showInAddressList") == Some(false);
        person.user_principal_name = from.text("userPrincipalName");
        person.other_mails = from.texts("otherMails");
        person.employee_id = from.text("employeeId").filter(|id| !id.trim().is_empty());
        person.office_location = from.text("officeLocation");
        person.business_phones = from.texts("businessPhones");
        person.mobile_phone = from.text("mobilePhone");
        person.street = from.text("streetAddress");
        person.city = from.text("city");
        person.state = from.text("state");
        person.postal_code = from.text("postalCode");
        person.country = from.text("country");
        person.extension_attributes = extension_attributes(&mut from);
        person.unreadable = from.unreadable;
        person
    }

    pub(super) fn org_contact(id: &'a str, properties: &'a Map<String, Value>) -> Self {
        let mut from = Properties::new(properties);
        let mut person = Person::common(id, Feed::OrgContacts, &mut from);
        person.take_address(&mut from);
        person.take_phones(&mut from);
        person.unreadable = from.unreadable;
        person
    }

    /// What users and org contacts have under the same names.
    fn common(id: &'a str, feed: Feed, from: &mut Properties<'a>) -> Self {
        Person {
            id,
            feed,
            guest: false,
            enabled: true,
            hidden: false,
            display_name: from.text("displayName"),
            given_name: from.text("givenName"),
            surname: from.text("surname"),
            mail: from.text("mail"),
            user_principal_name: None,
            proxy_addresses: from.texts("proxyAddresses"),
            other_mails: Vec::new(),
            employee_id: None,
            job_title: from.text("jobTitle"),
            department: from.text("department"),
            company_name: from.text("companyName"),
            office_location: None,
            business_phones: Vec::new(),
            mobile_phone: None,
            street: None,
            city: None,
            state: None,
            postal_code: None,
            country: None,
            extension_attributes: BTreeMap::new(),
            unreadable: Vec::new(),
        }
    }

    /// An org contact has at most one address.
    fn take_address(&mut self, from: &mut Properties<'a>) {
        let Some(address) = from.objects("addresses").first().copied() else { return };
        let mut parts = Properties::new(address);
        self.office_location = parts.text("officeLocation");
        self.street = parts.text("street");
        self.city = parts.text("city");
        self.state = parts.text("state");
        self.postal_code = parts.text("postalCode");
        self.country = parts.text("countryOrRegion");
        from.unreadable.extend(parts.unreadable);
    }

    /// Faxes, pagers and kinds yet unknown have no place in a contact.
    fn take_phones(&mut self, from: &mut Properties<'a>) {
        for phone in from.objects("phones") {
            let mut phone = Properties::new(phone);
            let number = phone.text("number");
            match phone.text("type") {
                Some("business") => self.business_phones.extend(number),
                Some("mobile") => self.mobile_phone = self.mobile_phone.or(number),
                _ => {}
            }
            from.unreadable.extend(phone.unreadable);
        }
    }

    /// Whether a business or mobile phone is filled.
    pub fn has_phone(&self) -> bool {
        self.business_phones.iter().chain(&self.mobile_phone).any(|number| !number.trim().is_empty())
    }
}

fn extension_attributes<'a>(from: &mut Properties<'a>) -> BTreeMap<&'static str, &'a str> {
    let Some(attributes) = from.object("onPremisesExtensionAttributes") else { return BTreeMap::new() };
    let mut attributes = Properties::new(attributes);
    let found =
        EXTENSION_ATTRIBUTES.into_iter().filter_map(|name| Some((name, attributes.text(name)?))).collect();
    from.unreadable.extend(attributes.unreadable);
    found
}

impl fmt::Debug for Person<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({})", self.id)
    }
}
