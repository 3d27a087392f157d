//! The directory of a tenant: users, groups, org contacts, and the log that deltas read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::schema::Kind;

/// Why an object left the directory, as a delta says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// Soft-deleted; it can come back.
    Changed,
    Deleted,
}

/// One object with the history that deltas need.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) props: Map<String, Value>,
    /// The content before the last change, for replays.
    pub(crate) previous: Option<Map<String, Value>>,
    /// The version at which each property last changed.
    pub(crate) stamps: BTreeMap<String, u64>,
    pub(crate) born: u64,
    pub(crate) version: u64,
    pub(crate) gone: Option<Gone>,
    /// Of a group: each present or former member, when that changed, and whether it is one now.
    pub(crate) members: BTreeMap<Uuid, (u64, bool)>,
}

impl Object {
    pub(crate) fn member_ids(&self) -> impl Iterator<Item = Uuid> {
        self.members.iter().filter(|(_, (_, present))| *present).map(|(id, _)| *id)
    }

    /// Sets a property; whether that changed anything. Objects take the members that are named.
    fn set(&mut self, name: &str, value: Value, version: u64) -> bool {
        let value = match (self.props.get(name), value) {
            (Some(Value::Object(held)), Value::Object(members)) => merged(held.clone(), members),
            (_, Value::Object(members)) => merged(Map::new(), members),
            (_, value) => value,
        };
        let same = self.props.get(name).map_or(value.is_null(), |held| *held == value);
        if !same {
            self.props.insert(name.to_owned(), value);
            self.stamps.insert(name.to_owned(), version);
        }
        !same
    }
}

/// All objects of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collection {
    pub(crate) items: BTreeMap<Uuid, Object>,
    /// The latest change of each object, by version.
    pub(crate) log: BTreeMap<u64, Uuid>,
}

impl Collection {
    pub(crate) fn present(&self, id: &Uuid) -> Option<&Object> {
        self.items.get(id).filter(|object| object.gone.is_none())
    }

    pub(crate) fn all_present(&self) -> impl Iterator<Item = (&Uuid, &Object)> {
        self.items.iter().filter(|(_, object)| object.gone.is_none())
    }

    fn relog(&mut self, id: Uuid, version: u64) {
        if let Some(object) = self.items.get_mut(&id) {
            self.log.remove(&object.version);
            object.version = version;
            self.log.insert(version, id);
        }
    }
}

/// The directory of one tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    pub(crate) users: Collection,
    pub(crate) groups: Collection,
    pub(crate) org_contacts: Collection,
    pub(crate) version: u64,
}

impl Directory {
    pub(crate) fn of(&self, kind: Kind) -> &Collection {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
            Kind::OrgContact => &self.org_contacts,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut Collection {
        match kind {
            Kind::User => &mut self.users,
            Kind::Group => &mut self.groups,
            Kind::OrgContact => &mut self.org_contacts,
        }
    }

    fn tick(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Adds an object, or puts a whole new content in the place of one that had this id.
    pub(crate) fn add(&mut self, kind: Kind, id: Uuid, mut props: Map<String, Value>) -> Result<(), String> {
        props.iter().try_for_each(|(name, value)| kind.check(name, value))?;
        props.insert("id".into(), id.to_string().into());
        props.retain(|_, value| !value.is_null());
        let version = self.tick();
        let collection = self.of_mut(kind);
        if let Some(former) = collection.items.get(&id) {
            collection.log.remove(&former.version);
        }
        let stamps = props.keys().map(|name| (name.clone(), version)).collect();
        let (previous, gone, members) = (None, None, BTreeMap::new());
        collection
            .items
            .insert(id, Object { props, previous, stamps, born: version, version, gone, members });
        collection.log.insert(version, id);
        Ok(())
    }

    /// Sets properties of an object (`null` clears); whether anything changed.
    pub(crate) fn update(&mut self, kind: Kind, id: Uuid, set: &Map<String, Value>) -> Result<bool, String> {
        set.iter().try_for_each(|(name, value)| kind.check(name, value))?;
        let version = self.tick();
        let collection = self.of_mut(kind);
        let object = collection.items.get_mut(&id).filter(|object| object.gone.is_none());
        let object = object.ok_or_else(|| missing(kind, id))?;
        let before = object.props.clone();
        let changed =
            set.iter().filter(|(name, value)| object.set(name, (*value).clone(), version)).count() > 0;
        if changed {
            object.previous = Some(before);
            collection.relog(id, version);
        }
        Ok(changed)
    }

    /// Removes an object; it also leaves every group.
    pub(crate) fn remove(&mut self, kind: Kind, id: Uuid, gone: Gone) -> Result<(), String> {
        let version = self.tick();
        let collection = self.of_mut(kind);
        let object = collection.items.get_mut(&id).filter(|object| object.gone != Some(Gone::Deleted));
        object.ok_or_else(|| missing(kind, id))?.gone = Some(gone);
        collection.relog(id, version);
        let holders: Vec<Uuid> = self
            .groups
            .items
            .iter()
            .filter(|(_, group)| group.member_ids().any(|m| m == id))
            .map(|(g, _)| *g)
            .collect();
        holders.into_iter().try_for_each(|group| self.set_member(group, id, false))
    }

    /// Brings a soft-deleted object back.
    pub(crate) fn restore(&mut self, kind: Kind, id: Uuid) -> Result<(), String> {
        let version = self.tick();
        let collection = self.of_mut(kind);
        let object = collection.items.get_mut(&id).filter(|object| object.gone == Some(Gone::Changed));
        let object = object.ok_or_else(|| missing(kind, id))?;
        (object.gone, object.born) = (None, version);
        collection.relog(id, version);
        Ok(())
    }

    /// Makes something a member of a group, or ends that.
    pub(crate) fn set_member(&mut self, group: Uuid, member: Uuid, present: bool) -> Result<(), String> {
        if present && self.kind_of(member).is_none() {
            return Err(format!("no user, group or org contact {member} to be a member"));
        }
        let version = self.tick();
        let object = self.groups.items.get_mut(&group).ok_or_else(|| missing(Kind::Group, group))?;
        if object.members.get(&member).is_some_and(|(_, held)| *held) != present {
            object.members.insert(member, (version, present));
            object.stamps.insert("members".into(), version);
            self.groups.relog(group, version);
        }
        Ok(())
    }

    pub(crate) fn kind_of(&self, id: Uuid) -> Option<Kind> {
        let kinds = [Kind::User, Kind::Group, Kind::OrgContact];
        kinds.into_iter().find(|kind| self.of(*kind).items.contains_key(&id))
    }

    /// Everyone in a group, nested groups included, each once.
    pub(crate) fn transitive_members(&self, group: Uuid) -> BTreeSet<Uuid> {
        let (mut found, mut open) = (BTreeSet::new(), vec![group]);
        while let Some(next) = open.pop() {
            let members = self.groups.present(&next).into_iter().flat_map(Object::member_ids);
            for member in members.filter(|member| *member != group) {
                if found.insert(member) {
                    open.push(member);
                }
            }
        }
        found
    }

    /// A user by object id or user principal name.
    pub(crate) fn user(&self, key: &str) -> Option<(Uuid, &Object)> {
        if let Ok(id) = Uuid::parse_str(key) {
            return self.users.present(&id).map(|object| (id, object));
        }
        let named = |object: &Object| {
            let name = object.props.get("userPrincipalName").and_then(Value::as_str);
            name.is_some_and(|name| name.eq_ignore_ascii_case(key))
        };
        self.users.all_present().find(|(_, object)| named(object)).map(|(id, object)| (*id, object))
    }
}

fn merged(mut held: Map<String, Value>, members: Map<String, Value>) -> Value {
    held.extend(members);
    held.retain(|_, value| !value.is_null());
    held.into()
}

fn missing(kind: Kind, id: Uuid) -> String {
    format!("no {} {id} in the directory", kind.type_name())
}
