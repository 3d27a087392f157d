//! The directory's properties: names, kinds, limits and default selections.

use serde_json::Value;

use super::refusal::Refusal;

/// The kinds of directory objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    User,
    Group,
    OrgContact,
}

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text(usize),
    Flag,
    Texts,
    Object,
    Objects,
    /// Lives in SharePoint: only a single read gives it.
    Profile,
}

const LONG: usize = 1024;

const USER: [(&str, Shape); 63] = [
    ("accountEnabled", Shape::Flag),
    ("ageGroup", Shape::Text(LONG)),
    ("businessPhones", Shape::Texts),
    ("city", Shape::Text(128)),
    ("companyName", Shape::Text(64)),
    ("country", Shape::Text(128)),
    ("createdDateTime", Shape::Text(LONG)),
    ("creationType", Shape::Text(LONG)),
    ("deletedDateTime", Shape::Text(LONG)),
    ("department", Shape::Text(64)),
    ("displayName", Shape::Text(256)),
    ("employeeHireDate", Shape::Text(LONG)),
    ("employeeId", Shape::Text(16)),
    ("employeeLeaveDateTime", Shape::Text(LONG)),
    ("employeeOrgData", Shape::Object),
    ("employeeType", Shape::Text(LONG)),
    ("externalUserState", Shape::Text(LONG)),
    ("faxNumber", Shape::Text(64)),
    ("givenName", Shape::Text(64)),
    ("id", Shape::Text(36)),
    ("imAddresses", Shape::Texts),
    ("isManagementRestricted", Shape::Flag),
    ("isResourceAccount", Shape::Flag),
    ("jobTitle", Shape::Text(128)),
    ("mail", Shape::Text(LONG)),
    ("mailNickname", Shape::Text(64)),
    ("mobilePhone", Shape::Text(64)),
    ("officeLocation", Shape::Text(128)),
    ("onPremisesDistinguishedName", Shape::Text(LONG)),
    ("onPremisesDomainName", Shape::Text(LONG)),
    ("onPremisesExtensionAttributes", Shape::Object),
    ("onPremisesImmutableId", Shape::Text(LONG)),
    ("onPremisesLastSyncDateTime", Shape::Text(LONG)),
    ("onPremisesSamAccountName", Shape::Text(LONG)),
    ("onPremisesSecurityIdentifier", Shape::Text(LONG)),
    ("onPremisesSyncEnabled", Shape::Flag),
    ("onPremisesUserPrincipalName", Shape::Text(LONG)),
    ("otherMails", Shape::Texts),
    ("postalCode", Shape::Text(40)),
    ("preferredDataLocation", Shape::Text(LONG)),
    ("preferredLanguage", Shape::Text(LONG)),
    ("proxyAddresses", Shape::Texts),
    ("securityIdentifier", Shape::Text(LONG)),
    ("showInAddressList", Shape::Flag),
    ("state", Shape::Text(128)),
    ("streetAddress", Shape::Text(1024)),
    ("surname", Shape::Text(64)),
    ("usageLocation", Shape::Text(2)),
    ("userPrincipalName", Shape::Text(LONG)),
    ("userType", Shape::Text(LONG)),
    ("manager", Shape::Object),
    ("assignedLicenses", Shape::Objects),
    ("identities", Shape::Objects),
    ("aboutMe", Shape::Profile),
    ("birthday", Shape::Profile),
    ("hireDate", Shape::Profile),
    ("interests", Shape::Profile),
    ("mySite", Shape::Profile),
    ("pastProjects", Shape::Profile),
    ("preferredName", Shape::Profile),
    ("responsibilities", Shape::Profile),
    ("schools", Shape::Profile),
    ("skills", Shape::Profile),
];

const GROUP: [(&str, Shape); 20] = [
    ("classification", Shape::Text(LONG)),
    ("createdDateTime", Shape::Text(LONG)),
    ("deletedDateTime", Shape::Text(LONG)),
    ("description", Shape::Text(LONG)),
    ("displayName", Shape::Text(256)),
    ("groupTypes", Shape::Texts),
    ("hideFromAddressLists", Shape::Flag),
    ("id", Shape::Text(36)),
    ("isAssignableToRole", Shape::Flag),
    ("mail", Shape::Text(LONG)),
    ("mailEnabled", Shape::Flag),
    ("mailNickname", Shape::Text(64)),
    ("members", Shape::Objects),
    ("membershipRule", Shape::Text(LONG)),
    ("onPremisesSyncEnabled", Shape::Flag),
    ("preferredLanguage", Shape::Text(LONG)),
    ("proxyAddresses", Shape::Texts),
    ("securityEnabled", Shape::Flag),
    ("uniqueName", Shape::Text(LONG)),
    ("visibility", Shape::Text(LONG)),
];

const ORG_CONTACT: [(&str, Shape); 15] = [
    ("addresses", Shape::Objects),
    ("companyName", Shape::Text(LONG)),
    ("deletedDateTime", Shape::Text(LONG)),
    ("department", Shape::Text(LONG)),
    ("displayName", Shape::Text(256)),
    ("givenName", Shape::Text(LONG)),
    ("id", Shape::Text(36)),
    ("jobTitle", Shape::Text(LONG)),
    ("mail", Shape::Text(LONG)),
    ("mailNickname", Shape::Text(LONG)),
    ("onPremisesLastSyncDateTime", Shape::Text(LONG)),
    ("onPremisesSyncEnabled", Shape::Flag),
    ("phones", Shape::Objects),
    ("proxyAddresses", Shape::Texts),
    ("surname", Shape::Text(LONG)),
];

const USER_DEFAULTS: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

impl Kind {
    /// The path segment and metadata name of the collection.
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::OrgContact => "contacts",
        }
    }

    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::User => "microsoft.graph.user",
            Self::Group => "microsoft.graph.group",
            Self::OrgContact => "microsoft.graph.orgContact",
        }
    }

    fn table(self) -> &'static [(&'static str, Shape)] {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
            Self::OrgContact => &ORG_CONTACT,
        }
    }

    fn shape(self, name: &str) -> Option<(&'static str, Shape)> {
        self.table().iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
    }

    /// The properties of an answer without `$select`.
    pub(crate) fn defaults(self) -> Vec<&'static str> {
        match self {
            Self::User => USER_DEFAULTS.to_vec(),
            Self::Group => GROUP.iter().map(|(name, _)| *name).filter(|name| plain_of_group(name)).collect(),
            Self::OrgContact => ORG_CONTACT.iter().map(|(name, _)| *name).collect(),
        }
    }

    /// Reads `$select`; unknown names are refused as Graph refuses them.
    pub(crate) fn select(self, list: &str) -> Result<Vec<&'static str>, Refusal> {
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut chosen: Vec<&'static str> = names.map(|name| self.known(name)).collect::<Result<_, _>>()?;
        if !chosen.contains(&"id") {
            chosen.push("id");
        }
        Ok(chosen)
    }

    fn known(self, name: &str) -> Result<&'static str, Refusal> {
        self.shape(name).map(|(known, _)| known).ok_or_else(|| {
            let message = format!("Could not find a property named '{name}' on type '{}'.", self.type_name());
            Refusal::bad_request(message)
        })
    }

    /// Refuses the properties that a collection cannot give.
    pub(crate) fn only_listable(self, select: &[&str]) -> Result<(), Refusal> {
        let profile = |name: &&&str| matches!(self.shape(name), Some((_, Shape::Profile)));
        match select.iter().find(profile) {
            Some(_) => {
                Err(Refusal::new(501, "NotImplemented", "This operation target is not yet supported."))
            }
            None => Ok(()),
        }
    }

    /// What an unset property reads.
    pub(crate) fn unset(self, name: &str) -> Value {
        match self.shape(name) {
            Some((_, Shape::Texts | Shape::Objects)) => Value::Array(Vec::new()),
            _ => Value::Null,
        }
    }

    /// Checks a value that a test puts into the directory against Graph's own limits.
    pub(crate) fn check(self, name: &str, value: &Value) -> Result<(), String> {
        let Some((known, shape)) = self.shape(name).filter(|(known, _)| *known == name) else {
            return Err(format!("{name} is not a property of {}", self.type_name()));
        };
        let fits = match (shape, value) {
            (_, Value::Null) => true,
            (Shape::Text(most), Value::String(text)) => text.chars().count() <= most,
            (Shape::Flag, Value::Bool(_)) | (Shape::Object, Value::Object(_)) | (Shape::Profile, _) => true,
            (Shape::Objects, Value::Array(list)) => list.iter().all(Value::is_object),
            (Shape::Texts, Value::Array(list)) => {
                list.iter().all(Value::is_string) && (known != "businessPhones" || list.len() <= 1)
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("{name} does not fit the directory: {}", describe(shape))) }
    }
}

fn plain_of_group(name: &str) -> bool {
    !matches!(name, "members" | "hideFromAddressLists" | "isAssignableToRole")
}

fn describe(shape: Shape) -> String {
    match shape {
        Shape::Text(most) => format!("a string of at most {most} characters"),
        Shape::Flag => "true or false".into(),
        Shape::Texts => "a list of strings (businessPhones takes one)".into(),
        Shape::Object => "an object".into(),
        Shape::Objects => "a list of objects".into(),
        Shape::Profile => "anything".into(),
    }
}
