//! The contacts that each mailbox should hold, and those that it holds.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use simulator::Tenant;
use uuid::Uuid;

use crate::api::field;
use crate::directory::Cast;
use crate::stage::{FOLDER, Stage};

/// The contacts that a mailbox should hold, by what tells them apart: in the company's list the id of the directory's user.
pub type Expected = BTreeMap<String, Map<String, Value>>;

/// Properties that the server makes and nobody compares.
pub const THE_SERVERS: [&str; 7] = [
    "id",
    "changeKey",
    "parentFolderId",
    "createdDateTime",
    "lastModifiedDateTime",
    "@odata.etag",
    "singleValueExtendedProperties",
];

/// What every mailbox should hold now: one contact for each user of the list.
pub fn expected(stage: &Stage) -> Expected {
    expected_of(&stage.simulator, &stage.cast)
}

/// The same for a tenant without a stage.
pub fn expected_of(tenant: &Tenant, cast: &Cast) -> Expected {
    let outside = &cast.outside_list.map(|_| cast.owners.clone()).unwrap_or_default();
    let is_listed = |user: &Value| {
        let id = field(user, "id").as_str().unwrap_or_default();
        let is_out = outside.iter().any(|owner| owner.to_string() == id);
        !is_out
            && *field(user, "accountEnabled") != json!(false)
            && *field(user, "userType") != json!("Guest")
    };
    let users = tenant.users().into_iter().filter(is_listed);
    users.map(|user| (field(&user, "id").as_str().unwrap_or_default().to_owned(), contact(&user))).collect()
}

/// The contact that a user should become.
pub fn contact(user: &Value) -> Map<String, Value> {
    let text = |name: &str| field(user, name).as_str().map(str::trim).filter(|text| !text.is_empty());
    let attribute = |n: usize| {
        let text =
            field(field(user, "onPremisesExtensionAttributes"), &format!("extensionAttribute{n}")).as_str();
        text.map(str::trim).filter(|text| !text.is_empty())
    };
    let display = text("displayName").unwrap_or_default();
    let given = text("givenName").unwrap_or(display);
    let file_as = match (text("surname"), text("givenName")) {
        (Some(surname), Some(given)) => format!("{surname}, {given}"),
        _ => display.to_owned(),
    };
    let mut contact = Map::new();
    let mut put =
        |name: &str, value: Option<Value>| drop(value.map(|value| contact.insert(name.to_owned(), value)));
    put("displayName", Some(json!(display)));
    put("givenName", Some(json!(given)));
    put("fileAs", Some(json!(file_as)));
    for name in ["surname", "jobTitle", "department", "companyName", "officeLocation", "mobilePhone"] {
        put(name, text(name).map(|text| json!(text)));
    }
    for (n, name) in
        [(1, "middleName"), (2, "nickName"), (3, "generation"), (4, "businessHomePage"), (5, "birthday")]
    {
        put(name, attribute(n).filter(|text| name != "birthday" || is_date(text)).map(|text| json!(text)));
    }
    put(
        "businessPhones",
        field(user, "businessPhones").as_array().filter(|all| !all.is_empty()).map(|all| json!(all)),
    );
    put("emailAddresses", text("mail").map(|mail| json!([{ "address": mail, "name": display }])));
    put("businessAddress", address(user));
    contact
}

/// Only a date is anybody's birthday.
fn is_date(text: &str) -> bool {
    text.len() == "2000-01-31".len() && text.parse::<chrono::NaiveDate>().is_ok()
}

fn address(user: &Value) -> Option<Value> {
    let parts = [
        ("street", "streetAddress"),
        ("city", "city"),
        ("state", "state"),
        ("postalCode", "postalCode"),
        ("countryOrRegion", "country"),
    ];
    let filled: Map<String, Value> = parts
        .into_iter()
        .filter_map(|(to, from)| {
            let lines = field(user, from).as_str()?.lines().map(str::trim).filter(|line| !line.is_empty());
            let text = lines.collect::<Vec<_>>().join("\n");
            (!text.is_empty()).then(|| (to.to_owned(), json!(text)))
        })
        .collect();
    (!filled.is_empty()).then_some(Value::Object(filled))
}

/// Counts every difference between what the mailboxes should hold and what they hold.
pub fn mismatches(stage: &Stage, expected: &Expected) -> usize {
    stage.cast.owners.iter().map(|owner| in_mailbox(&stage.simulator, *owner, expected)).sum()
}

/// Counts every difference between what one mailbox should hold and what it holds.
pub fn in_mailbox(tenant: &Tenant, owner: Uuid, expected: &Expected) -> usize {
    in_folder(tenant, (owner, FOLDER), source, expected)
}

/// The same for any folder, whose contacts are told apart by what `key` says of each.
pub fn in_folder(
    tenant: &Tenant,
    (owner, folder): (Uuid, &str),
    key: impl Fn(&Value) -> String,
    expected: &Expected,
) -> usize {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for contact in contacts_in(tenant, owner, folder) {
        found.entry(key(&contact)).or_default().push(contact);
    }
    let missing = expected.keys().filter(|id| !found.contains_key(*id)).count();
    let others: usize = found.iter().map(|(id, copies)| wrong(copies, expected.get(id))).sum();
    missing + others
}

/// Everything in the folders of that name in a user's mailbox, as the simulator tells it.
pub fn contacts_in(tenant: &Tenant, user: Uuid, folder: &str) -> Vec<Value> {
    let contents = tenant.mailbox_contents(user);
    let folders = field(&contents, "folders").as_array().cloned().unwrap_or_default();
    let named = folders.iter().filter(|known| *field(known, "displayName") == json!(folder));
    named.flat_map(|folder| field(folder, "contacts").as_array().cloned().unwrap_or_default()).collect()
}

/// The user that a contact stands for, by the tag that it carries.
fn source(contact: &Value) -> String {
    let tags = field(contact, "singleValueExtendedProperties").as_array().into_iter().flatten();
    let tag = tags.filter_map(|tag| field(tag, "value").as_str()).find(|value| value.contains(':'));
    tag.and_then(|value| value.rsplit(':').next()).unwrap_or_default().to_owned()
}

fn wrong(copies: &[Value], expected: Option<&Map<String, Value>>) -> usize {
    match (copies, expected) {
        ([one], Some(expected)) => fields_wrong(one, expected),
        (_, Some(_)) => copies.len() - 1,
        (_, None) => copies.len(),
    }
}

fn fields_wrong(contact: &Value, expected: &Map<String, Value>) -> usize {
    let found = contact.as_object().cloned().unwrap_or_default();
    let differs = expected.iter().filter(|(name, value)| !same(name, found.get(*name), value)).count();
    let is_extra = |name: &&String| !expected.contains_key(*name) && !THE_SERVERS.contains(&name.as_str());
    differs
        + found.iter().filter(|(_, value)| !is_empty(value)).map(|(name, _)| name).filter(is_extra).count()
}

/// A birthday has a time of the server's own; only its date is somebody's.
fn same(name: &str, found: Option<&Value>, expected: &Value) -> bool {
    match (name, found) {
        ("birthday", Some(Value::String(found))) => found.get(..10) == expected.as_str(),
        ("businessAddress", Some(Value::Object(found))) => {
            let filled: Map<_, _> = found.iter().filter(|(_, value)| !is_empty(value)).collect_owned();
            Value::Object(filled) == *expected
        }
        (_, found) => found == Some(expected),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(map) => map.values().all(is_empty),
        _ => false,
    }
}

trait CollectOwned {
    fn collect_owned(self) -> Map<String, Value>;
}

impl<'a, I: Iterator<Item = (&'a String, &'a Value)>> CollectOwned for I {
    fn collect_owned(self) -> Map<String, Value> {
        self.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}
