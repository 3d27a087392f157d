//! A made up company: the same people for the same seed, with everything that names and numbers can do.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::company_names::{CITIES, DEPARTMENTS, NAMES, TITLES};
use crate::error::Error;
use crate::state::chance::{Dice, guid, mix};
use crate::tenant::Tenant;

/// What the company is made of. The default is `people` plain people whom every list takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// Plain people: members, enabled, in the address list.
    pub people: usize,
    /// Chooses names, numbers and ids.
    pub seed: u64,
    /// Guests besides.
    pub guests: usize,
    /// Disabled accounts besides.
    pub disabled: usize,
    /// People hidden from address lists besides.
    pub hidden: usize,
    /// Meeting rooms besides: disabled accounts with a mailbox.
    pub rooms: usize,
    /// Org contacts besides.
    pub org_contacts: usize,
    /// One group per department, and one group that nests them all.
    pub departments: bool,
}

impl Default for Company {
    fn default() -> Self {
        Self {
            people: 200,
            seed: 1,
            guests: 0,
            disabled: 0,
            hidden: 0,
            rooms: 0,
            org_contacts: 0,
            departments: false,
        }
    }
}

/// The ids of what was made, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// The plain people.
    pub people: Vec<Uuid>,
    /// The guests.
    pub guests: Vec<Uuid>,
    /// The disabled accounts.
    pub disabled: Vec<Uuid>,
    /// The hidden people.
    pub hidden: Vec<Uuid>,
    /// The meeting rooms.
    pub rooms: Vec<Uuid>,
    /// The org contacts.
    pub org_contacts: Vec<Uuid>,
    /// The department groups; the last one holds the others.
    pub groups: Vec<Uuid>,
}

/// Fills a tenant with a company.
///
/// # Errors
/// When the directory refuses one of its members; that would be a fault of the generator.
pub fn fill_company(tenant: &Tenant, company: &Company) -> Result<Filled, Error> {
    let guest = json!({ "userType": "Guest" });
    let mut filled = Filled {
        people: add_users(tenant, company, "person", company.people, &json!({}))?,
        guests: add_users(tenant, company, "guest", company.guests, &guest)?,
        disabled: add_users(
            tenant,
            company,
            "disabled",
            company.disabled,
            &json!({ "accountEnabled": false }),
        )?,
        hidden: add_users(tenant, company, "hidden", company.hidden, &json!({ "showInAddressList": false }))?,
        ..Filled::default()
    };
    for number in 1..=company.rooms {
        filled.rooms.push(tenant.add_room(&format!("Room {number}"))?);
    }
    for number in 0..company.org_contacts {
        filled.org_contacts.push(tenant.add_org_contact(org_contact(company.seed, number))?);
    }
    if company.departments {
        filled.groups = add_departments(tenant, &filled.people)?;
    }
    Ok(filled)
}

/// The user number `number` of a kind; independent of how many others there are.
#[must_use]
pub fn company_user(seed: u64, kind: &str, number: usize) -> Value {
    let count = u64::try_from(number).unwrap_or(u64::MAX);
    let id = guid(seed, kind, count);
    let mut dice = Dice::new(mix(&[seed, crate::state::chance::text(kind), count]));
    let mut user = named(&mut dice, number);
    user.insert("id".into(), id.to_string().into());
    let mail = format!("{kind}{number:04}@company.example");
    user.insert("userPrincipalName".into(), mail.clone().into());
    user.insert("mail".into(), mail.into());
    user.insert("employeeId".into(), format!("E{number:05}").into());
    work(&mut user, &mut dice, number);
    phones(&mut user, &mut dice);
    oddities(&mut user, number);
    user.into()
}

fn add_users(
    tenant: &Tenant,
    company: &Company,
    kind: &str,
    count: usize,
    besides: &Value,
) -> Result<Vec<Uuid>, Error> {
    let make = |number: usize| {
        let mut user = company_user(company.seed, kind, number);
        if let (Some(user), Some(besides)) = (user.as_object_mut(), besides.as_object()) {
            user.extend(besides.clone());
        }
        tenant.add_user(user)
    };
    (0..count).map(make).collect()
}

fn named(dice: &mut Dice, number: usize) -> Map<String, Value> {
    let mut user = Map::new();
    let Some(names) = NAMES.get(number % NAMES.len()) else { return user };
    let given = dice.pick(names.given).copied().unwrap_or_default();
    let surname = dice.pick(names.surnames).copied().unwrap_or_default();
    let whole = if names.together { format!("{surname}{given}") } else { format!("{given} {surname}") };
    user.insert("givenName".into(), given.into());
    user.insert("surname".into(), surname.into());
    user.insert("displayName".into(), whole.into());
    user
}

fn work(user: &mut Map<String, Value>, dice: &mut Dice, number: usize) {
    let department = DEPARTMENTS.get(number % DEPARTMENTS.len()).copied().unwrap_or_default();
    user.insert("department".into(), department.into());
    user.insert("companyName".into(), "Räder & Söhne".into());
    user.insert("jobTitle".into(), dice.pick(&TITLES).copied().unwrap_or_default().into());
    if dice.chance(0.7) {
        let (city, country, code) = dice.pick(&CITIES).copied().unwrap_or_default();
        user.insert(
            "streetAddress".into(),
            format!("Wheel Lane {}\nDoor {}", number + 1, dice.below(9)).into(),
        );
        for (name, value) in [("city", city), ("country", country), ("postalCode", code)] {
            user.insert(name.into(), value.into());
        }
        user.insert("officeLocation".into(), format!("{}/{}", dice.below(5), dice.below(40)).into());
    }
}

/// No phone at all, one, or several.
fn phones(user: &mut Map<String, Value>, dice: &mut Dice) {
    let number = |dice: &mut Dice| format!("+43 1 555 {:04}", dice.below(10_000));
    if dice.chance(0.75) {
        user.insert("businessPhones".into(), json!([number(dice)]));
    }
    if dice.chance(0.6) {
        user.insert("mobilePhone".into(), format!("+43 660 555 {:04}", dice.below(10_000)).into());
    }
    if dice.chance(0.1) {
        user.insert("faxNumber".into(), number(dice).into());
    }
}

/// What breaks careless code: doubles, very long values, emoji, quotes, empty fields.
fn oddities(user: &mut Map<String, Value>, number: usize) {
    let odd: Value = match number % 50 {
        7 | 8 => json!({ "displayName": "Anna Müller", "givenName": "Anna", "surname": "Müller" }),
        13 => {
            json!({ "displayName": "Zoë 🚲 D'Arcy \"Zed\" O'Neill", "givenName": "Zoë 🚲", "surname": "D'Arcy \"Zed\" O'Neill" })
        }
        19 => long(),
        23 => json!({ "givenName": null, "surname": null, "displayName": "Reception" }),
        29 => {
            json!({ "jobTitle": null, "department": null, "officeLocation": null, "businessPhones": [], "mobilePhone": null })
        }
        31 => {
            json!({ "givenName": "José", "displayName": "Jose\u{301} d\u{2019}Ávila", "surname": "d\u{2019}Ávila" })
        }
        37 => json!({ "mail": null }),
        _ => json!({}),
    };
    user.extend(odd.as_object().cloned().unwrap_or_default());
}

/// Every field as long as the directory takes it.
fn long() -> Value {
    let fill = |text: &str, most: usize| text.chars().cycle().take(most).collect::<String>();
    json!({
        "displayName": fill("Wolfeschlegelsteinhausen ", 255) + "X",
        "givenName": fill("Adolph Blaine ", 63) + "X",
        "surname": fill("Bergerdorff-", 63) + "X",
        "jobTitle": fill("Vice Deputy ", 127) + "X",
        "streetAddress": fill("Llanfairpwllgwyngyll Street ", 1023) + "X",
        "officeLocation": fill("Tower ", 127) + "X",
    })
}

fn org_contact(seed: u64, number: usize) -> Value {
    let count = u64::try_from(number).unwrap_or(u64::MAX);
    let mut dice = Dice::new(mix(&[seed, 31, count]));
    let mut contact = named(&mut dice, number + 3);
    contact.insert("id".into(), guid(seed, "org contact", count).to_string().into());
    contact.insert("mail".into(), format!("partner{number:03}@partner.example").into());
    contact.insert("companyName".into(), "Speichen GmbH".into());
    contact.insert(
        "phones".into(),
        json!([{ "type": "business", "number": format!("+49 30 555 {:04}", dice.below(10_000)) }]),
    );
    contact.insert(
        "addresses".into(),
        json!([{ "city": "Berlin", "countryOrRegion": "DE", "street": "Radweg 1" }]),
    );
    contact.into()
}

fn add_departments(tenant: &Tenant, people: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let mut groups = Vec::new();
    for (place, name) in DEPARTMENTS.iter().enumerate() {
        let members: Vec<&Uuid> = people.iter().skip(place).step_by(DEPARTMENTS.len()).collect();
        groups.push(tenant.add_group(json!({ "displayName": name, "members": members }))?);
    }
    groups.push(tenant.add_group(json!({ "displayName": "Everyone", "members": groups }))?);
    Ok(groups)
}
