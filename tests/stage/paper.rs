//! What the functions print, line by line.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// Takes what is printed.
#[derive(Clone, Default)]
pub struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Paper {
    /// Everything printed so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Every line so far.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The lines with a message.
    pub fn said(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["message"] == message).collect()
    }

    /// The lines of at least a warning, as `message: reason`.
    pub fn warnings(&self) -> Vec<String> {
        let serious =
            self.lines().into_iter().filter(|line| line["level"] == "WARN" || line["level"] == "ERROR");
        let said = |line: Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        serious.map(|line| format!("{}: {}", said(line.clone(), "message"), said(line, "reason"))).collect()
    }

    /// Starts anew.
    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}
