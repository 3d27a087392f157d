//! The fingerprint of everything that decides what the hub's items are.

use serde::Serialize;
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::{Contributes, HubConfig, Spoke};
use crate::mapping::MAPPING_VERSION;

impl HubConfig {
    /// The scope of the contributing side: rules, filters, mapping options and version, matching, spokes.
    ///
    /// It moves when one of them does; then nothing is deleted on the strength of absence until somebody agrees.
    /// Only choices that differ from the defaults count, so that a new option does not move every hub's scope.
    pub fn scope(&self) -> u64 {
        let spokes: Vec<Value> = self.contributing().map(|(spoke, what)| choices_of(spoke, what)).collect();
        let matching = self.matching.iter().map(|rule| json!(rule));
        let all = [json!(MAPPING_VERSION), json!(spokes)].into_iter().chain(matching);
        xxh3_64(Value::from_iter(all).to_string().as_bytes())
    }
}

fn choices_of(spoke: &Spoke, contributes: &Contributes) -> Value {
    let Contributes { rules, mapping, mailbox, folder, file, sign_in, events, filter } = contributes;
    let named = [
        ("mailbox", mailbox.as_ref().map(|id| json!(id))),
        ("folder", folder.as_ref().map(|name| json!(name))),
        ("file", file.as_ref().map(|file| json!(file))),
        // Another user may be shown other events; another secret of the same user may not.
        ("signIn", sign_in.as_ref().map(|who| json!(who.user))),
        ("events", Some(choices(events)).filter(|choices| !choices.is_empty()).map(|choices| json!(choices))),
        ("filter", filter.as_ref().map(|filter| json!(filter))),
    ];
    let chosen = named.into_iter().filter_map(|(name, value)| Some(json!([name, value?])));
    let first = [json!(spoke.id), json!(spoke.connector), json!(choices(rules)), json!(choices(mapping))];
    first.into_iter().chain(chosen).collect()
}

/// The options that differ from their defaults, in the order of their names.
fn choices<T: Serialize + Default>(options: &T) -> Vec<(String, Value)> {
    let (chosen, default) = (object(options), object(&T::default()));
    let mut choices: Vec<_> =
        chosen.into_iter().filter(|(name, value)| default.get(name) != Some(value)).collect();
    choices.sort_by(|(one, _), (other, _)| one.cmp(other));
    choices
}

fn object<T: Serialize>(options: &T) -> Map<String, Value> {
    match serde_json::to_value(options) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
