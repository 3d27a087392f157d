//! The documents, and everything that they may name.

pub mod links;
pub mod names;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A document.
pub struct Page {
    pub path: String,
    pub text: String,
}

/// All documents, and all other files with their text.
pub struct Project {
    pub pages: Vec<Page>,
    pub files: BTreeMap<String, String>,
}

impl Project {
    /// The project as git keeps it.
    pub fn ours() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
        let output = Command::new("git").args(listed).current_dir(root).output().unwrap();
        let names = String::from_utf8(output.stdout).unwrap();
        let files: BTreeMap<_, _> = names
            .split_terminator('\0')
            .filter_map(|name| Some((name.to_owned(), fs::read_to_string(root.join(name)).ok()?)))
            .collect();
        let documents = files.iter().filter(|(path, _)| path.ends_with(".md"));
        let pages = documents.map(|(path, text)| Page { path: path.clone(), text: text.clone() }).collect();
        Self { pages, files }
    }

    pub fn file(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }
}

impl Page {
    /// The lines of all code blocks, and what stands between two backticks elsewhere.
    pub fn code(&self) -> Vec<&str> {
        let mut code = Vec::new();
        for (fenced, line) in lines(&self.text) {
            match fenced {
                true => code.push(line),
                false => code.extend(line.split('`').skip(1).step_by(2)),
            }
        }
        code
    }

    /// The text without any code.
    pub fn prose(&self) -> String {
        let prose = lines(&self.text).filter(|(fenced, _)| !fenced);
        let without = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join("");
        prose.map(|(_, line)| without(line) + "\n").collect()
    }
}

/// Each line, and whether it is one of a code block.
pub fn lines(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut fenced = false;
    text.lines().filter_map(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!is_fence).then_some((fenced, line))
    })
}
