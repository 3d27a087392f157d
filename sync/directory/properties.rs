//! Lenient reading of a JSON object.

use serde_json::{Map, Value};

/// Reads properties of one object; one of a wrong type counts as absent, and its name is noted.
pub struct Properties<'a> {
    map: &'a Map<String, Value>,
    /// The names of the properties that could not be read.
    pub unreadable: Vec<&'static str>,
}

impl<'a> Properties<'a> {
    pub fn new(map: &'a Map<String, Value>) -> Self {
        Properties { map, unreadable: Vec::new() }
    }

    pub fn text(&mut self, name: &'static str) -> Option<&'a str> {
        self.read(name, Value::as_str)
    }

    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.read(name, Value::as_bool)
    }

    pub fn texts(&mut self, name: &'static str) -> Vec<&'a str> {
        self.list(name, Value::as_str)
    }

    pub fn object(&mut self, name: &'static str) -> Option<&'a Map<String, Value>> {
        self.read(name, Value::as_object)
    }

    pub fn objects(&mut self, name: &'static str) -> Vec<&'a Map<String, Value>> {
        self.list(name, Value::as_object)
    }

    fn list<T: 'a>(&mut self, name: &'static str, read: fn(&'a Value) -> Option<T>) -> Vec<T> {
        let values = self.read(name, Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let read: Vec<T> = values.iter().filter_map(read).collect();
        if read.len() < values.len() {
            self.unreadable.push(name);
        }
        read
    }

    fn read<T>(&mut self, name: &'static str, read: fn(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            self.unreadable.push(name);
        }
        read
    }
}
