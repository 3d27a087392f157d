//! What every colleague should see of the room and the customers.

use std::collections::BTreeMap;

use anyhow::Result;
use demo::Stage;
use demo::api::field;
use demo::truth::entry::{Entry, entry};
use demo::truth::{Expected, contact, contacts_in, events, in_folder};
use serde_json::{Value, json};

use super::office::{CUSTOMERS, Office, ROOM, user};
use crate::tell::Teller;

/// The room's own name, as the organizer of what it holds by itself.
const OWNER: &str = "Board room";
/// What nobody but the room may know.
const SECRETS: [&str; 3] = ["Salary", "closed doors", "Everybody's pay"];

/// What every colleague should see.
pub struct Sight {
    /// The calendar.
    pub events: Vec<Entry>,
    /// The contacts, by their names.
    pub contacts: Expected,
}

impl Sight {
    /// What the sources hold now, by the story's own knowledge.
    pub fn of(stage: &Stage, office: &Office) -> Result<Self> {
        let room = user(stage, office.room)?;
        let owner = format!("{OWNER} <{}>", field(&room, "mail").as_str().unwrap_or_default());
        let events = events::shown(&events::calendar(&stage.simulator, office.room, "Calendar"), &owner);
        Ok(Sight { events, contacts: contacts(stage, office)? })
    }

    /// Changes an event by its title: what Graph's properties say now.
    pub fn change_event(&mut self, title: &str, properties: &Value) {
        let changed = entry(properties);
        let names = properties.as_object().into_iter().flat_map(|all| all.keys());
        let names: Vec<&String> = names.collect();
        let of_title = |event: &&mut Entry| event.get("subject") == Some(&json!(title));
        for event in self.events.iter_mut().filter(of_title) {
            for name in &names {
                event.insert((*name).clone(), changed.get(*name).cloned().unwrap_or_default());
            }
        }
    }

    /// Changes a contact by its name: what Graph's properties say now.
    pub fn change_contact(&mut self, name: &str, properties: &Value) {
        if let Some(contact) = self.contacts.get_mut(name) {
            contact.extend(properties.as_object().cloned().unwrap_or_default());
        }
    }

    /// Counts all differences in all mailboxes, and each secret that is anywhere.
    pub fn mismatches(&self, stage: &Stage, office: &Office, teller: &Teller) -> usize {
        let mut mismatches = 0;
        for owner in &office.colleagues {
            let wrong = events::differences(&stage.simulator, *owner, ROOM, &self.events);
            wrong.iter().for_each(|wrong| teller.line(&format!("  wrong: {wrong}")));
            let place = (*owner, CUSTOMERS);
            mismatches += wrong.len() + in_folder(&stage.simulator, place, name, &self.contacts);
            let everything = stage.simulator.calendar_contents(*owner).to_string();
            mismatches += SECRETS.iter().filter(|secret| everything.contains(*secret)).count();
        }
        mismatches
    }
}

fn name(contact: &Value) -> String {
    field(contact, "displayName").as_str().unwrap_or_default().to_owned()
}

/// People of the company with what sales knows beside, and the customers as they stand there.
fn contacts(stage: &Stage, office: &Office) -> Result<Expected> {
    let mut all = Expected::new();
    let mut by_mail = BTreeMap::new();
    for id in &office.in_sales {
        let user = user(stage, *id)?;
        let contact = contact(&user);
        let name = field(&user, "displayName").as_str().unwrap_or_default().to_owned();
        by_mail.insert(field(&user, "mail").as_str().unwrap_or_default().to_lowercase(), name.clone());
        all.insert(name, contact);
    }
    for noted in contacts_in(&stage.simulator, office.sales, CUSTOMERS) {
        let mail = field(&noted, "emailAddresses").get(0).map(|mail| field(mail, "address"));
        let mail = mail.and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let known = by_mail.get(&mail).and_then(|name| all.get_mut(name));
        let properties = noted.as_object().cloned().unwrap_or_default();
        let properties = properties.into_iter().filter(|(name, value)| is_held(name, value));
        match known {
            Some(known) => {
                for (property, value) in properties {
                    known.entry(property).or_insert(value);
                }
            }
            None => drop(all.insert(name(&noted), properties.collect())),
        }
    }
    Ok(all)
}

/// What of a contact is somebody's: neither empty nor the server's.
fn is_held(name: &str, value: &Value) -> bool {
    let is_empty = value.is_null() || *value == json!("") || *value == json!([]) || *value == json!({});
    !is_empty && !demo::truth::THE_SERVERS.contains(&name)
}
