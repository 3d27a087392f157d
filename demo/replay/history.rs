//! A directory's history: one version a line.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use simulator::{Tenant, changes, person, person_id};

/// What changed from one version of the directory to the next.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// When the directory looked so.
    pub date: String,
    /// In their order.
    pub changes: Vec<Change>,
}

/// One change of one person.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Change {
    /// Somebody joins.
    Add {
        /// The fields, as in a file of people.
        user: Value,
    },
    /// Somebody's fields change; null clears.
    Update {
        /// The person.
        id: String,
        /// The fields.
        set: Map<String, Value>,
    },
    /// Somebody leaves.
    Remove {
        /// The person.
        id: String,
    },
}

/// Reads a history; an error names file and line.
pub fn read(file: &Path) -> Result<Vec<Version>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let version = |(at, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{}:{}: not a version", file.display(), at + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(version).collect()
}

impl Version {
    /// Makes the directory look as in this version.
    pub fn apply(&self, tenant: &Tenant) -> Result<()> {
        let mut all = self.changes.iter();
        all.try_for_each(|change| change.apply(tenant)).with_context(|| format!("version {}", self.date))
    }
}

impl Change {
    fn apply(&self, tenant: &Tenant) -> Result<()> {
        match self {
            Change::Add { user } => tenant.add_user(person(user).map_err(|why| anyhow!(why))?).map(drop)?,
            Change::Update { id, set } => {
                let set = changes(set).map_err(|why| anyhow!("{id}: {why}"))?;
                tenant.update_user(person_id(id), &json!(set)).map(drop)?;
            }
            Change::Remove { id } => tenant.purge_user(person_id(id))?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let good = r#"{"date":"2012-09-27","changes":[{"op":"remove","id":"A1"}]}"#;
        fs::write(file.path(), format!("{good}\n\n{{\"date\":1}}\n")).unwrap();
        let said = format!("{:#}", read(file.path()).unwrap_err());
        assert!(said.contains(":3: not a version"), "{said}");
        fs::write(file.path(), good).unwrap();
        assert!(matches!(&read(file.path()).unwrap()[0].changes[..], [Change::Remove { id }] if id == "A1"));
    }
}
