//! The fingerprint of everything that decides what the hub's items are.

use serde::Serialize;
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::{Contributes, HubConfig, Spoke};
use crate::mapping::MAPPING_VERSION;

impl HubConfig {
    /// The scope of the contributing side: rules, mapping options and version, spokes.
    ///
    /// It moves when one of them does; then nothing is deleted on the strength of absence until somebody agrees.
    /// Only choices that differ from the defaults count, so that a new option does not move every hub's scope.
    pub fn scope(&self) -> u64 {
        let spokes: Vec<Value> = self.contributing().map(|(spoke, what)| choices_of(spoke, what)).collect();
        xxh3_64(json!([MAPPING_VERSION, spokes]).to_string().as_bytes())
    }
}

fn choices_of(spoke: &Spoke, contributes: &Contributes) -> Value {
    json!([spoke.id, spoke.connector, choices(&contributes.rules), choices(&contributes.mapping)])
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
