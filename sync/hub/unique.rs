//! A JSON object in which no name stands twice.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::StringDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

struct Unique<K, V>(PhantomData<(K, V)>);

/// Reads a map, and refuses one that names a key twice: JSON itself would silently take the last.
pub fn map<'de, D, K, V>(from: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    from.deserialize_map(Unique(PhantomData))
}

impl<'de, K, V> Visitor<'de> for Unique<K, V>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    type Value = BTreeMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        // Read as text first, so that an error further in knows under which name it happened.
        while let Some(name) = from.next_key::<String>()? {
            let key = K::deserialize(StringDeserializer::new(name))?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("`{key}` stands here twice")));
            }
            let value = from.next_value()?;
            map.insert(key, value);
        }
        Ok(map)
    }
}
