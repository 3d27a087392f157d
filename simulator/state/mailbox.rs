//! One side of a mailbox, contacts or events: folders, items, and every way they change.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use super::chance::Dice;
use super::contact::{Contact, extended_content};
use super::event::{Event, Part};
use super::folder::Folder;
use super::ids::{Ids, Named};
use super::lag::{Journal, Lag, Overlay};
use super::refusal::Refusal;

/// The serial of the default folder: "Contacts", or the calendar named "Calendar".
pub(crate) const DEFAULT: u64 = 1;
/// Names the default calendar; no path can hold it, for clients reach that calendar at a place of its own.
pub(crate) const CALENDAR: &str = "";
/// The serial of the folder above all folders.
const ROOT: u64 = 0;

/// Something that lies in a folder.
pub(crate) trait Item: Clone {
    fn serial(&self) -> u64;
    /// The serial of its folder.
    fn folder(&self) -> u64;
    /// The mailbox's write count when this version was written.
    fn version(&self) -> u64;
    /// Marks a new version, written at `now` (milliseconds).
    fn stamp(&mut self, version: u64, now: i64);
}

/// The folders and items of one kind.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    pub(crate) ids: Ids,
    /// The well-known name of the default folder.
    alias: &'static str,
    pub(crate) folders: BTreeMap<u64, Folder>,
    pub(crate) items: HashMap<u64, Arc<T>>,
    /// Soft-deleted items, as Deleted Items would hold them.
    deleted: BTreeMap<u64, Arc<T>>,
    /// Events only: what each `transactionId` made.
    pub(crate) transactions: HashMap<String, u64>,
    serials: u64,
    pub(crate) version: u64,
    journal: Journal<T>,
    pub(crate) lag: Option<Lag>,
    pub(crate) dice: Dice,
}

impl<T: Item> Mailbox<T> {
    fn empty(seed: u64, name: &str, alias: &'static str) -> Self {
        let folder = Folder::new(DEFAULT, ROOT, name.into());
        Self {
            ids: Ids::new(seed),
            alias,
            folders: BTreeMap::from([(DEFAULT, folder)]),
            items: HashMap::new(),
            deleted: BTreeMap::new(),
            transactions: HashMap::new(),
            serials: DEFAULT,
            version: 0,
            journal: Journal::new(),
            lag: None,
            dice: Dice::new(seed),
        }
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serials += 1;
        self.serials
    }

    // --- folders ---------------------------------------------------------------------------------------------

    /// Finds a folder by its id or by the well-known name of the default one.
    pub(crate) fn folder(&self, id: &str) -> Result<&Folder, Refusal> {
        let serial = self.folder_serial(id)?;
        self.folders.get(&serial).filter(|folder| !folder.deleted).ok_or_else(Refusal::item_not_found)
    }

    pub(crate) fn folder_mut(&mut self, id: &str) -> Result<&mut Folder, Refusal> {
        let serial = self.folder_serial(id)?;
        self.folders.get_mut(&serial).filter(|folder| !folder.deleted).ok_or_else(Refusal::item_not_found)
    }

    fn folder_serial(&self, id: &str) -> Result<u64, Refusal> {
        if id.eq_ignore_ascii_case(self.alias) {
            return Ok(DEFAULT);
        }
        match self.ids.read_folder(id).ok_or_else(Refusal::malformed_id)? {
            Named::Serial(serial, _) => Ok(serial),
            _ => Err(Refusal::item_not_found()),
        }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Folder> {
        self.folders.values().find(|folder| !folder.deleted && folder.name.eq_ignore_ascii_case(name))
    }

    /// Makes a folder beside the default one.
    pub(crate) fn create_folder(&mut self, name: &str) -> Result<&mut Folder, Refusal> {
        self.free_name(name)?;
        let serial = self.next_serial();
        Ok(self.folders.entry(serial).or_insert(Folder::new(serial, ROOT, name.to_owned())))
    }

    pub(crate) fn free_name(&self, name: &str) -> Result<(), Refusal> {
        match self.named(name) {
            None => Ok(()),
            Some(_) => {
                let message = "A folder with the specified name already exists.";
                Err(Refusal::new(409, "ErrorFolderExists", message))
            }
        }
    }

    /// Moves a folder with its contacts to Deleted Items, or destroys it.
    pub(crate) fn delete_folder(&mut self, id: &str, for_good: bool, now: i64) -> Result<(), Refusal> {
        let (serial, name) = self.folder(id).map(|folder| (folder.serial, folder.name.clone()))?;
        if serial == DEFAULT {
            let message = "Distinguished folders cannot be deleted.";
            return Err(Refusal::new(400, "ErrorDeleteDistinguishedFolder", message));
        }
        if !for_good && self.folders.values().any(|folder| folder.deleted && folder.name == name) {
            let message = "A folder with the specified name already exists in Deleted Items.";
            return Err(Refusal::new(409, "ErrorFolderExists", message));
        }
        for item in self.folders.get(&serial).map(|folder| folder.members.clone()).unwrap_or_default() {
            self.remove(item, now);
        }
        if for_good {
            self.folders.remove(&serial);
        } else if let Some(folder) = self.folders.get_mut(&serial) {
            folder.deleted = true;
        }
        Ok(())
    }

    // --- items -----------------------------------------------------------------------------------------------

    /// Finds an item by either form of its id, below a folder if one is given.
    pub(crate) fn item(&self, folder: Option<&str>, id: &str) -> Result<&Arc<T>, Refusal> {
        let named = self.ids.read_item(id).ok_or_else(Refusal::malformed_id)?;
        self.at(folder, named)
    }

    /// Finds what an id names, below a folder if one is given.
    pub(crate) fn at(&self, folder: Option<&str>, named: Named) -> Result<&Arc<T>, Refusal> {
        let Named::Serial(serial, place) = named else { return Err(Refusal::item_not_found()) };
        let found = self.items.get(&serial).ok_or_else(Refusal::item_not_found)?;
        let below = folder.map(|folder| self.folder(folder).map(|folder| folder.serial)).transpose()?;
        let here = below.is_none_or(|below| below == found.folder())
            && place.is_none_or(|place| place == found.folder());
        here.then_some(found).ok_or_else(Refusal::item_not_found)
    }

    /// Stores a new version of an item (or its first one) and logs the change.
    pub(crate) fn store(&mut self, mut item: T, now: i64) -> Arc<T> {
        self.version += 1;
        item.stamp(self.version, now);
        let item = Arc::new(item);
        let before = self.items.insert(item.serial(), Arc::clone(&item));
        let home =
            before.as_ref().filter(|before| before.folder() == item.folder()).map(|before| before.version());
        if let Some(folder) = self.folders.get_mut(&item.folder()) {
            folder.note(item.serial(), home, item.version());
        }
        if let Some(moved) = before.as_ref().filter(|before| before.folder() != item.folder()) {
            self.bury(moved);
        }
        self.remember(item.serial(), before, now);
        item
    }

    /// Moves an item to Deleted Items.
    pub(crate) fn remove(&mut self, serial: u64, now: i64) -> bool {
        let Some(gone) = self.items.remove(&serial) else { return false };
        self.version += 1;
        self.bury(&gone);
        self.deleted.insert(serial, Arc::clone(&gone));
        self.remember(serial, Some(gone), now);
        true
    }

    /// Whether an id names an item that lies in Deleted Items.
    pub(crate) fn was_deleted(&self, id: &str) -> bool {
        matches!(self.ids.read_item(id), Some(Named::Serial(serial, _)) if self.deleted.contains_key(&serial))
    }

    /// An item that lies in Deleted Items.
    pub(crate) fn former(&self, serial: u64) -> Option<&Arc<T>> {
        self.deleted.get(&serial)
    }

    fn bury(&mut self, gone: &T) {
        if let Some(folder) = self.folders.get_mut(&gone.folder()) {
            folder.bury(gone.serial(), gone.version(), self.version);
        }
    }

    fn remember(&mut self, serial: u64, before: Option<Arc<T>>, now: i64) {
        if let Some(lag) = self.lag {
            self.journal.note(lag, self.version, now, serial, before);
        }
    }

    // --- reading ---------------------------------------------------------------------------------------------

    /// The state that the next listing shows: the current one, or a late one.
    pub(crate) fn overlay(&mut self, now: i64) -> Overlay<T> {
        self.lag.map_or_else(Overlay::current, |lag| self.journal.overlay(lag, now, &mut self.dice))
    }

    /// The items of a folder in a stable order.
    pub(crate) fn listed<'a>(&'a self, folder: &'a Folder, overlay: &'a Overlay<T>) -> Vec<&'a Arc<T>> {
        let members = folder.members.iter().filter(|item| !overlay.before.contains_key(item));
        let current = members.filter_map(|item| self.items.get(item));
        let earlier = overlay.before.values().flatten().filter(|item| item.folder() == folder.serial);
        let mut all: Vec<&Arc<T>> = current.chain(earlier).collect();
        if !overlay.before.is_empty() {
            all.sort_by_key(|item| item.serial());
        }
        all
    }
}

impl Mailbox<Contact> {
    pub(crate) fn contacts(seed: u64) -> Self {
        Self::empty(seed, "Contacts", "contacts")
    }

    /// A contact that is not in the mailbox yet.
    pub(crate) fn draft(&mut self, folder: u64, now: i64) -> Contact {
        Contact::blank(self.next_serial(), folder, now)
    }

    /// Everything in the mailbox, for comparison by others.
    pub(crate) fn contents(&self) -> Value {
        let current = Overlay::current();
        let folders = self.folders.values().filter(|folder| !folder.deleted).map(|folder| {
            let contacts = self.listed(folder, &current);
            json!({
                "id": self.ids.folder(folder.serial),
                "displayName": folder.name,
                "singleValueExtendedProperties": extended_content(&folder.extended),
                "contacts": contacts.iter().map(|contact| contact.content(&self.ids)).collect::<Vec<_>>(),
            })
        });
        json!({ "folders": folders.collect::<Vec<_>>() })
    }
}

impl Mailbox<Event> {
    pub(crate) fn events(seed: u64) -> Self {
        Self::empty(seed, "Calendar", CALENDAR)
    }

    /// The event or occurrence that an id names.
    pub(crate) fn find_event(
        &self,
        calendar: Option<&str>,
        named: Named,
    ) -> Result<(&Arc<Event>, Part), Refusal> {
        let Named::Occurrence(serial, place, date) = named else {
            return Ok((self.at(calendar, named)?, Part::Whole));
        };
        let event = self.at(calendar, Named::Serial(serial, place))?;
        event.takes_place(date).then_some((event, Part::Date(date))).ok_or_else(Refusal::item_not_found)
    }

    /// All calendars with their events, for comparison by others.
    pub(crate) fn calendar_contents(&self) -> Value {
        let current = Overlay::current();
        let calendars = self.folders.values().map(|calendar| {
            let events = self.listed(calendar, &current);
            json!({
                "id": self.ids.folder(calendar.serial),
                "name": calendar.name,
                "color": calendar.color,
                "isDefaultCalendar": calendar.serial == DEFAULT,
                "singleValueExtendedProperties": extended_content(&calendar.extended),
                "events": events.iter().map(|event| event.content(&self.ids)).collect::<Vec<_>>(),
            })
        });
        json!({ "calendars": calendars.collect::<Vec<_>>() })
    }

    /// The event that a create with this `transactionId` made.
    pub(crate) fn transaction(&self, id: &str) -> Option<&Arc<Event>> {
        self.transactions.get(id).and_then(|serial| self.items.get(serial))
    }
}
