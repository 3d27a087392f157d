//! The infrastructure as both languages describe it, and everything that must agree with it.

mod bicep;
mod code;
mod parity;
mod promises;
pub mod roles;
mod settings;
mod terraform;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// Files by their path in the project: what is checked, and what it is checked against.
#[derive(Clone)]
pub struct Tree(pub BTreeMap<String, String>);

/// A resource as a file declares it.
#[derive(Default)]
pub struct Resource {
    /// Its type: Azure's, or Terraform's own.
    pub kind: String,
    pub name: String,
    /// It is only referred to.
    pub existing: bool,
    /// What it is repeated for.
    pub each: String,
    /// When it is made at all.
    pub when: String,
    /// Literals as they are; every other expression as text behind `=`.
    pub body: Value,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |word: &str, text: &str| match text {
            "" => String::new(),
            text => format!("{word} {text} "),
        };
        let existing = if self.existing { "existing " } else { "" };
        let (each, when) = (said("for", &self.each), said("if", &self.when));
        write!(f, "{} {} {existing}{each}{when}{}", self.kind, self.name, self.body)
    }
}

/// Both trees, read.
#[derive(Default)]
pub struct Read {
    /// Resources of the stamp in Bicep.
    pub bicep: Vec<Resource>,
    /// The modules that they are in.
    pub modules: Vec<Resource>,
    pub bicep_settings: Map<String, Value>,
    /// Resources of the stamp in Terraform.
    pub terraform: Vec<Resource>,
    pub locals: Map<String, Value>,
    /// Parameters of `main.bicep`, of `stamp.bicep`, and Terraform's variables, by name with their default.
    pub parameters: [BTreeMap<String, Value>; 3],
    /// Parameters of `entra.bicep`, and the variables of Terraform's twin.
    pub entra: [BTreeMap<String, Value>; 2],
    /// What both read: `stamp.json`, `alerts.json`, `workbook.json`, `entra.json`.
    pub common: BTreeMap<String, Value>,
}

impl Tree {
    /// The project as it stands.
    pub fn ours() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = BTreeMap::new();
        for folder in [
            "infra",
            "function-defs",
            "handlers",
            "platform/azure",
            ".github/workflows",
            "docs/PERMISSIONS.md",
        ] {
            collect(root, &root.join(folder), &mut files);
        }
        collect(root, &root.join("azure.yaml"), &mut files);
        Self(files)
    }

    /// A copy with one text replaced by another, wherever it stands in the file.
    pub fn with(&self, path: &str, text: &str, instead: &str) -> Self {
        let mut copy = self.clone();
        let file = copy.0.get_mut(path).unwrap_or_else(|| panic!("there is no {path}"));
        assert!(file.contains(text), "{path} does not say `{text}`, so that the planting changes nothing");
        *file = file.replace(text, instead);
        copy
    }

    /// Writes the files below one folder into another one.
    pub fn write(&self, below: &str, folder: &Path) {
        for (path, text) in self.under(below, "") {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }

    pub fn file(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// Files below a folder with this ending.
    pub fn under<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        let all = self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
    }

    /// Everything that is wrong; nothing, if all agree.
    pub fn findings(&self) -> Vec<String> {
        let read = match self.read() {
            Ok(read) => read,
            Err(problem) => return vec![problem],
        };
        let mut found = parity::findings(&read);
        found.extend(promises::findings(self, &read));
        found.extend(roles::findings(self, &read));
        found.extend(settings::findings(self, &read));
        found.extend(code::findings(self, &read));
        found
    }

    fn read(&self) -> Result<Read, String> {
        let mut read = Read::default();
        for (path, text) in self.under("infra/bicep/", ".bicep") {
            let file = bicep::read(text).map_err(|problem| format!("{path}: {problem}"))?;
            read.bicep.extend(file.resources);
            read.modules.extend(file.modules);
            for (at, name) in ["infra/bicep/main.bicep", "infra/bicep/stamp.bicep"].iter().enumerate() {
                if path == *name {
                    read.parameters[at] = file.parameters.clone();
                }
            }
            if path == "infra/bicep/entra.bicep" {
                read.entra[0] = file.parameters;
            }
            if let Some(Value::Object(settings)) = file.variables.get("settings") {
                read.bicep_settings = settings.clone();
            }
        }
        for (path, text) in self.under("infra/terraform/", ".tf") {
            let file = terraform::read(text).map_err(|problem| format!("{path}: {problem}"))?;
            read.terraform.extend(file.resources);
            read.locals.extend(file.locals);
            match path {
                "infra/terraform/variables.tf" => read.parameters[2] = file.variables,
                "infra/terraform/entra/main.tf" => read.entra[1] = file.variables,
                _ => {}
            }
        }
        for (path, text) in self.under("infra/common/", ".json") {
            let value = serde_json::from_str(text).map_err(|problem| format!("{path}: {problem}"))?;
            read.common.insert(path.trim_start_matches("infra/common/").to_owned(), value);
        }
        Ok(read)
    }
}

impl Read {
    pub fn stamp(&self) -> &Value {
        &self.common["stamp.json"]
    }
}

fn collect(root: &Path, path: &Path, files: &mut BTreeMap<String, String>) {
    if path.is_dir() {
        let entries: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.iter().for_each(|entry| collect(root, entry, files));
    } else if let Ok(text) = fs::read_to_string(path) {
        files.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text);
    }
}

/// `camelCase` as `snake_case`: the same name in Bicep and Terraform.
pub fn snake(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
