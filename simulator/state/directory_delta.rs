//! Deltas of the directory: tracked properties, members, removals, replays.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::chance::Dice;
use super::directory::{Collection, Directory, Gone, Object};
use super::schema::Kind;

/// How long a directory delta token lives.
pub(crate) const TOKEN_SECONDS: i64 = 7 * 24 * 3600;
/// How many members one entry of a groups delta names.
const MEMBERS_PER_ENTRY: usize = 40;

/// Where a reader stands; the opaque part of a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) kind: String,
    /// Everything up to this version has been seen.
    pub(crate) after: u64,
    /// How many entries of the object logged at a version have been seen; a large group has several.
    pub(crate) part: (u64, usize),
    /// The version at which this round compares: what the reader knew when it began.
    pub(crate) since: u64,
    /// In a first round: the version at which it began. What left before that was never shown.
    pub(crate) began: Option<u64>,
    /// Set between rounds.
    pub(crate) complete: bool,
    pub(crate) select: Option<Vec<String>>,
    pub(crate) ids: Vec<Uuid>,
    /// Second of issue.
    pub(crate) issued: i64,
}

/// One page, and where the next one starts.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Value>,
    pub(crate) next: Cursor,
    pub(crate) more: bool,
}

/// What shapes a page besides the cursor.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) size: usize,
    pub(crate) minimal: bool,
    /// The chance that an entry comes twice, older content first, or that an unchanged object comes again.
    pub(crate) replays: f64,
    pub(crate) dice: Dice,
}

/// Which of the selected properties an entry shows.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    /// Only those that changed after this version.
    changed_since: Option<u64>,
    /// Unset ones are left out if they were so at this version: the reader never saw a value.
    unset_before: Option<u64>,
}

impl Cursor {
    /// The version from which on this reader may have been told something that is no longer so.
    fn told(&self) -> u64 {
        self.began.unwrap_or(self.since)
    }
}

struct Reader<'a> {
    directory: &'a Directory,
    kind: Kind,
    select: Vec<&'static str>,
    members: bool,
    minimal: bool,
}

impl Directory {
    /// Reads the next page after a cursor; `select` are the tracked properties.
    pub(crate) fn delta_page(&self, kind: Kind, mut cursor: Cursor, mut manner: Manner) -> Page {
        let reader = Reader::new(self, kind, &cursor, manner.minimal);
        let (mut entries, mut more) = (Vec::new(), false);
        for (version, id) in self.of(kind).log.range(cursor.after + 1..) {
            let parts = reader.parts(&cursor, *id);
            let skip = if cursor.part.0 == *version { cursor.part.1 } else { 0 };
            cursor.part = (*version, skip);
            for part in parts.into_iter().skip(skip) {
                if entries.len() >= manner.size {
                    more = true;
                    break;
                }
                cursor.part.1 += 1;
                reader.push(&mut entries, part, (*id, cursor.since), &mut manner);
            }
            if more {
                break;
            }
            cursor.after = *version;
        }
        if cursor.ids.is_empty() {
            reader.replay(&mut entries, &mut manner);
        }
        cursor.complete = !more;
        if !more {
            cursor.after = self.version.max(cursor.after);
            (cursor.since, cursor.began) = (cursor.after, None);
        }
        Page { entries, next: cursor, more }
    }
}

impl<'a> Reader<'a> {
    fn new(directory: &'a Directory, kind: Kind, cursor: &Cursor, minimal: bool) -> Self {
        let chosen = cursor.select.as_ref().map(|names| kind.select(&names.join(",")).unwrap_or_default());
        let members = kind == Kind::Group && chosen.as_ref().is_none_or(|names| names.contains(&"members"));
        let mut select = chosen.unwrap_or_else(|| kind.defaults());
        select.retain(|name| *name != "members");
        Self { directory, kind, select, members, minimal }
    }

    fn collection(&self) -> &'a Collection {
        self.directory.of(self.kind)
    }

    /// The entries that one object needs: none, one, or several for a large group.
    fn parts(&self, cursor: &Cursor, id: Uuid) -> Vec<Value> {
        let Some(object) = self.collection().items.get(&id) else { return Vec::new() };
        if !cursor.ids.is_empty() && !cursor.ids.contains(&id) {
            return Vec::new();
        }
        match object.gone {
            Some(gone) if cursor.began.is_none_or(|began| object.version > began) => vec![removed(id, gone)],
            Some(_) => Vec::new(),
            None => self.present_parts(cursor, object),
        }
    }

    fn present_parts(&self, cursor: &Cursor, object: &Object) -> Vec<Value> {
        let since = cursor.since;
        let new = object.born > since;
        let tracked = |name: &&&str| object.stamps.get(**name).is_some_and(|version| *version > since);
        let changed = new || self.select.iter().any(|name| tracked(&name));
        let members = if self.members { self.members(cursor, object) } else { Vec::new() };
        if !changed && members.is_empty() {
            return Vec::new();
        }
        let what = Shown {
            changed_since: (self.minimal && !new).then_some(since),
            unset_before: new.then_some(cursor.told()),
        };
        let shown = self.shown(&object.props, object, what);
        if members.is_empty() {
            return vec![shown.into()];
        }
        let with = |chunk: &[Value]| {
            let mut entry = shown.clone();
            entry.insert("members@delta".into(), chunk.into());
            Value::Object(entry)
        };
        members.chunks(MEMBERS_PER_ENTRY).map(with).collect()
    }

    /// The selected properties; cleared ones as `null`.
    fn shown(&self, props: &Map<String, Value>, object: &Object, what: Shown) -> Map<String, Value> {
        let mut entry = Map::new();
        for name in &self.select {
            let stamp = object.stamps.get(*name).copied().unwrap_or(0);
            let asked = *name == "id" || what.changed_since.is_none_or(|since| stamp > since);
            match props.get(*name).filter(|_| asked) {
                Some(Value::Null) if what.unset_before.is_some_and(|told| stamp <= told) => {}
                Some(Value::Object(manager)) if *name == "manager" => {
                    entry.insert("manager@delta".into(), json!([manager]));
                }
                Some(value) => {
                    entry.insert((*name).to_owned(), value.clone());
                }
                None => {}
            }
        }
        entry
    }

    fn members(&self, cursor: &Cursor, object: &Object) -> Vec<Value> {
        let told =
            |version: u64, present: bool| version > cursor.since && (present || version > cursor.told());
        let changed = object.members.iter().filter(|(_, (version, present))| told(*version, *present));
        changed.map(|(id, (_, present))| self.member(*id, *present)).collect()
    }

    fn member(&self, id: Uuid, present: bool) -> Value {
        let kind = self.directory.kind_of(id).map_or("microsoft.graph.directoryObject", Kind::type_name);
        let mut entry = json!({ "@odata.type": format!("#{kind}"), "id": id });
        if let (false, Some(entry)) = (present, entry.as_object_mut()) {
            entry.insert("@removed".into(), json!({ "reason": "deleted" }));
        }
        entry
    }

    fn push(&self, entries: &mut Vec<Value>, part: Value, (id, since): (Uuid, u64), manner: &mut Manner) {
        if manner.replays > 0.0 && part.get("@removed").is_none() && manner.dice.chance(manner.replays) {
            let object = self.collection().items.get(&id).filter(|object| object.born <= since);
            let older = object
                .and_then(|object| Some(self.shown(object.previous.as_ref()?, object, Shown::default())));
            entries.push(older.map_or_else(|| part.clone(), Value::Object));
        }
        entries.push(part);
    }

    /// An object that did not change may come again.
    fn replay(&self, entries: &mut Vec<Value>, manner: &mut Manner) {
        if manner.replays <= 0.0 || !manner.dice.chance(manner.replays) {
            return;
        }
        let skip = manner.dice.below(self.collection().items.len());
        let again = self.collection().all_present().nth(skip).map(|(_, object)| object);
        entries
            .extend(again.map(|object| Value::Object(self.shown(&object.props, object, Shown::default()))));
    }
}

fn removed(id: Uuid, gone: Gone) -> Value {
    let reason = if gone == Gone::Changed { "changed" } else { "deleted" };
    json!({ "id": id, "@removed": { "reason": reason } })
}
