//! What the second act plays with: a room with its calendar, and a list of customers that sales keeps.

use anyhow::{Context, Result};
use chrono::{Datelike, Days, NaiveDate};
use demo::Stage;
use demo::api::Api;
use demo::stage::directory_spoke;
use serde_json::{Value, json};
use uuid::Uuid;

/// The calendar that the room's hub keeps in every mailbox.
pub const ROOM: &str = "Board room";
/// The folder that the hub of customers keeps in every mailbox, and the one that it comes from.
pub const CUSTOMERS: &str = "Customers";
/// Where everything takes place.
const ZONE: &str = "Europe/Vienna";
/// How many colleagues get both.
const COLLEAGUES: usize = 10;
/// How many of them stand in the list of customers, too.
const IN_SALES: usize = 4;

/// The room, the list, who gets them and the hubs that bring them.
pub struct Office {
    /// The room's mailbox.
    pub room: Uuid,
    /// The shared mailbox of sales.
    pub sales: Uuid,
    /// Who gets both; edits of the first flow back.
    pub colleagues: Vec<Uuid>,
    /// Those of the company who stand in the list of customers.
    pub in_sales: Vec<Uuid>,
    /// The hub of the room's calendar.
    pub room_hub: Api,
    /// The hub of the customers.
    pub customers_hub: Api,
}

impl Office {
    /// Furnishes it; nothing is synced yet.
    pub async fn open(stage: &Stage, monday: NaiveDate) -> Result<Self> {
        let simulator = &stage.simulator;
        let room = simulator.add_room("Board room")?;
        let sales = simulator.add_room("Sales")?;
        let colleagues: Vec<Uuid> = stage.cast.owners.iter().take(COLLEAGUES).copied().collect();
        let in_sales: Vec<Uuid> = colleagues.iter().take(IN_SALES).copied().collect();
        for event in events(monday, colleague(stage, 0)?) {
            simulator.user_creates_event(room, "Calendar", event)?;
        }
        simulator.user_creates_folder(sales, CUSTOMERS)?;
        for contact in contacts(stage, &in_sales)? {
            simulator.user_creates_contact(sales, CUSTOMERS, contact)?;
        }
        let group = simulator.add_group(json!({ "displayName": "Sales people", "members": in_sales }))?;
        let room_hub = stage.api.of("board-room");
        room_hub.configure(&room_config(room, &colleagues)).await?;
        let customers_hub = stage.api.of("customers");
        customers_hub.configure(&customers_config(sales, group, &colleagues)).await?;
        Ok(Office { room, sales, colleagues, in_sales, room_hub, customers_hub })
    }

    /// The colleague whose edits flow back.
    pub fn assistant(&self) -> Result<Uuid> {
        self.colleagues.first().copied().context("there is no mailbox; ask for one at least")
    }

    /// Both hubs.
    pub fn hubs(&self) -> [&Api; 2] {
        [&self.room_hub, &self.customers_hub]
    }
}

/// The Monday after a day.
pub fn next_monday(today: NaiveDate) -> NaiveDate {
    let days = 7 - u64::from(today.weekday().num_days_from_monday());
    today.checked_add_days(Days::new(days)).unwrap_or(today)
}

/// A time of the office.
pub fn time(day: NaiveDate, at: &str) -> Value {
    json!({ "dateTime": format!("{day}T{at}:00"), "timeZone": ZONE })
}

/// The day so many days later.
pub fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// Single, of whole days, a series, private, with people and a link.
fn events(monday: NaiveDate, host: Value) -> Vec<Value> {
    let at = |day: u64, time_of_day: &str| time(later(monday, day), time_of_day);
    vec![
        json!({ "subject": "Board meeting", "start": at(1, "10:00"), "end": at(1, "11:30"),
            "location": { "displayName": "Board room, 3rd floor" }, "importance": "high",
            "body": { "contentType": "html", "content": "<p>Agenda: budget &amp; plan</p>" } }),
        json!({ "subject": "Painters are in", "isAllDay": true, "start": at(3, "00:00"), "end": at(5, "00:00"),
            "showAs": "oof", "categories": ["Facilities"] }),
        json!({ "subject": "Weekly stand-up", "start": at(0, "09:00"), "end": at(0, "09:15"),
            "recurrence": {
                "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday" },
                "range": { "type": "numbered", "startDate": monday, "numberOfOccurrences": 12 } } }),
        json!({ "subject": "Salary talks", "start": at(2, "14:00"), "end": at(2, "15:00"), "sensitivity": "private",
            "location": { "displayName": "Behind closed doors" },
            "body": { "contentType": "text", "content": "Everybody's pay" } }),
        json!({ "subject": "Customer call", "start": at(4, "15:00"), "end": at(4, "16:00"),
            "organizer": host, "attendees": [host, guest("Ida Vale", "ida.vale@customer.example")],
            "onlineMeeting": { "joinUrl": "https://meet.example/join/4711" },
            "body": { "contentType": "text", "content": "Bring the offer" } }),
    ]
}

fn guest(name: &str, address: &str) -> Value {
    json!({ "emailAddress": { "name": name, "address": address } })
}

/// A colleague as a recipient.
fn colleague(stage: &Stage, nth: usize) -> Result<Value> {
    let owner = stage.cast.owners.get(nth).context("there is no mailbox; ask for one at least")?;
    let user = user(stage, *owner)?;
    let text = |name: &str| user.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(guest(&text("displayName"), &text("mail")))
}

/// A user of the directory.
pub fn user(stage: &Stage, id: Uuid) -> Result<Value> {
    let id = json!(id.to_string());
    let mut users = stage.simulator.users().into_iter();
    users.find(|user| user.get("id") == Some(&id)).context("a colleague is not in the directory")
}

/// Customers, and what sales notes of two people of the company itself: they are one contact with the directory's.
fn contacts(stage: &Stage, in_sales: &[Uuid]) -> Result<Vec<Value>> {
    let mut all = vec![
        json!({ "displayName": "Ida Vale", "givenName": "Ida", "surname": "Vale", "companyName": "Vale & Sons",
            "emailAddresses": [{ "name": "Ida Vale", "address": "ida.vale@customer.example" }],
            "businessPhones": ["+44 20 5550101"] }),
        json!({ "displayName": "Oskar Blum", "givenName": "Oskar", "surname": "Blum", "companyName": "Blum AG",
            "jobTitle": "Buyer", "mobilePhone": "+41 79 5550102" }),
        json!({ "displayName": "Front desk Meran", "givenName": "Front desk", "companyName": "Hotel Meran",
            "businessPhones": ["+39 0473 555010", "+39 0473 555011"] }),
    ];
    for (nth, id) in in_sales.iter().take(2).enumerate() {
        let mail = user(stage, *id)?.get("mail").and_then(Value::as_str).unwrap_or_default().to_uppercase();
        all.push(json!({ "displayName": "Somebody of ours", "givenName": "Somebody",
            "emailAddresses": [{ "name": "Somebody", "address": mail }],
            "homePhones": [format!("+43 1 555020{nth}")], "spouseName": "Known to sales" }));
    }
    Ok(all)
}

fn room_config(room: Uuid, colleagues: &[Uuid]) -> Value {
    let source = json!({ "id": "room", "connector": "mailbox", "contributes": {
        "mailbox": room, "events": { "privateEvents": "busyOnly" } } });
    let receives = json!({ "folder": ROOM, "color": "lightTeal" });
    let spokes = [vec![source], receivers(&receives, colleagues)].concat();
    json!({ "name": ROOM, "kind": "events", "schedule": "0 * * * *", "spokes": spokes })
}

fn customers_config(sales: Uuid, group: Uuid, colleagues: &[Uuid]) -> Value {
    let directory = directory_spoke(&json!({ "groups": [group] }));
    let source = json!({ "id": "sales", "connector": "mailbox", "contributes": { "mailbox": sales, "folder": CUSTOMERS } });
    let spokes = [vec![directory, source], receivers(&json!({ "folder": CUSTOMERS }), colleagues)].concat();
    json!({
        "name": CUSTOMERS, "kind": "contacts", "schedule": "0 * * * *", "match": { "by": "emailAddresses" },
        "spokes": spokes
    })
}

/// Edits of the first colleague flow back; the others, if there are any, only receive.
fn receivers(receives: &Value, colleagues: &[Uuid]) -> Vec<Value> {
    let (first, others) = colleagues.split_at(1.min(colleagues.len()));
    let spoke = |id: &str, two_way: bool, users: &[Uuid]| {
        let mut receives = receives.clone();
        if let Some(receives) = receives.as_object_mut() {
            receives.insert("audience".to_owned(), json!({ "users": users }));
        }
        json!({ "id": id, "connector": "mailbox", "twoWay": two_way, "receives": receives })
    };
    let mut spokes = vec![spoke("assistant", true, first)];
    spokes.extend((!others.is_empty()).then(|| spoke("colleagues", false, others)));
    spokes
}
