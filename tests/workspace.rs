//! The rules that the folders keep: who may depend on whom, how large a file may grow, what no file may say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Crate → the crates of this project that it may depend on.
const MAY_USE: &[(&str, &[&str])] = &[
    ("sync", &[]),
    ("connectors", &["sync"]),
    ("platform", &[]),
    ("simulator", &[]),
    ("wheelhouse", &["connectors", "platform", "sync"]),
    ("demo", &["connectors", "platform", "simulator", "sync", "wheelhouse"]),
    ("xtask", &["connectors", "demo", "platform", "simulator", "sync", "wheelhouse"]),
];

/// Crate → what its tests may use besides. The simulator's own tests share nothing with the client that it checks.
const TESTS_MAY_USE: &[(&str, &[&str])] = &[
    ("connectors", &["platform", "simulator"]),
    ("wheelhouse", &["demo", "simulator"]),
    ("demo", &[]),
    ("xtask", &[]),
];

/// What the core must not reach through anyone: it has no I/O, no clock of its own, no chance.
const KEPT_FROM_THE_CORE: &[&str] = &[
    "async-trait",
    "axum",
    "azure_core",
    "fastrand",
    "futures",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "rusqlite",
    "socket2",
    "tokio",
    "uuid",
];

const LINES_AT_MOST: usize = 600;
const LINES_OF_HALF: usize = 200;

/// Folders of one machine, and addresses of package registries, in halves so that this file does not say them.
const UNSAYABLE: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/fa", "rm/"),
    concat!("/ho", "me/"),
    concat!("registry.np", "mjs"),
    concat!("registry.ya", "rnpkg"),
    concat!("pypi", ".org"),
    concat!("python", "hosted"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("deb.", "debian.org"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Metadata {
    MetadataCommand::new().current_dir(root()).other_options(["--offline".to_owned()]).exec().unwrap()
}

/// The project's crates that this one names under these kinds of dependency.
fn uses(package: &Package, ours: &BTreeSet<String>, tests: bool) -> BTreeSet<String> {
    let dependencies = package.dependencies.iter();
    let wanted = dependencies.filter(|dependency| (dependency.kind == DependencyKind::Development) == tests);
    wanted.map(|dependency| dependency.name.clone()).filter(|name| ours.contains(name)).collect()
}

fn allowed(table: &[(&str, &[&str])], name: &str) -> BTreeSet<String> {
    let row = table.iter().find(|(package, _)| *package == name);
    row.map(|(_, names)| names.iter().map(|name| (*name).to_owned()).collect()).unwrap_or_default()
}

#[test]
fn each_crate_uses_only_the_crates_it_may() {
    let metadata = metadata();
    let ours: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    let known: BTreeSet<String> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(ours, known, "every crate of the workspace has a row in MAY_USE, and every row a crate");

    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        let may = allowed(MAY_USE, &package.name);
        let tests_may: BTreeSet<_> = may.union(&allowed(TESTS_MAY_USE, &package.name)).cloned().collect();
        wrong.extend(
            uses(package, &ours, false).difference(&may).map(|name| format!("{} → {name}", package.name)),
        );
        let tests = uses(package, &ours, true);
        wrong.extend(tests.difference(&tests_may).map(|name| format!("tests of {} → {name}", package.name)));
    }
    assert!(wrong.is_empty(), "against the dependency rule of docs/ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

/// Everything that this package is built from, tests left out, on this platform.
fn built_from(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let nodes: BTreeMap<_, _> = nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let start =
        metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == name).unwrap();
    let mut found: BTreeSet<&PackageId> = BTreeSet::new();
    let mut open = vec![&start.id];
    while let Some(id) = open.pop() {
        let linked = nodes[id].deps.iter().filter(|dep| {
            let mut kinds = dep.dep_kinds.iter();
            kinds.any(|info| info.kind == DependencyKind::Normal && info.target.is_none())
        });
        open.extend(linked.map(|dep| &dep.pkg).filter(|id| found.insert(id)));
    }
    found.into_iter().map(|id| names[id].clone()).collect()
}

#[test]
fn the_core_reaches_no_io_no_clock_and_no_chance() {
    let metadata = metadata();
    let parts = built_from(&metadata, "sync");
    assert!(parts.contains("serde"), "the walk over the dependencies finds what is there");
    let wrong: Vec<_> = KEPT_FROM_THE_CORE.iter().filter(|name| parts.contains(**name)).collect();
    assert!(wrong.is_empty(), "`sync` is pure, but is built from {wrong:?}");
}

#[test]
fn every_crate_keeps_the_lints_of_the_workspace_and_has_no_src_folder() {
    for package in metadata().workspace_packages() {
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{}: add `[lints] workspace = true`",
            package.manifest_path
        );
        let src = package.manifest_path.parent().unwrap().join("src");
        assert!(!src.exists(), "{src}: modules lie directly in the crate's folder");
    }
}

/// Every file that git keeps and that is still there, with its text if it is text.
fn tracked() -> Vec<(String, String)> {
    let output =
        Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().expect("git is installed");
    assert!(output.status.success(), "the project is a git work tree");
    let names = String::from_utf8(output.stdout).unwrap();
    let texts = names.split_terminator('\0').filter_map(|name| {
        let text = fs::read_to_string(root().join(name)).ok()?;
        Some((name.to_owned(), text))
    });
    texts.collect()
}

#[test]
fn files_stay_small() {
    let is_rust = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "rs");
    let files = tracked().into_iter().filter(|(name, _)| is_rust(name));
    let mut sizes: Vec<_> = files.map(|(name, text)| (text.lines().count(), name)).collect();
    sizes.sort();
    let large: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > LINES_AT_MOST).collect();
    assert!(large.is_empty(), "over {LINES_AT_MOST} lines, split by what they do: {large:?}");
    let median = sizes[sizes.len() / 2].0;
    assert!(
        median <= LINES_OF_HALF,
        "half of the files have more than {median} lines; {LINES_OF_HALF} is the limit"
    );
}

/// Whether the text says the word as one of its own, not as the end of a longer path.
fn says(line: &str, word: &str) -> bool {
    let own =
        |before: &str| !before.ends_with(|last: char| last.is_ascii_alphanumeric() || "_.-".contains(last));
    line.match_indices(word).any(|(at, _)| !word.starts_with('/') || own(&line[..at]))
}

#[test]
fn no_file_names_a_folder_of_one_machine_or_a_package_registry() {
    let mut wrong = Vec::new();
    for (name, text) in tracked() {
        for (number, line) in text.lines().enumerate() {
            if UNSAYABLE.iter().any(|word| says(line, word)) {
                wrong.push(format!("{name}:{}: {}", number + 1, line.chars().take(120).collect::<String>()));
            }
        }
    }
    assert!(wrong.is_empty(), "machine paths or registry hosts:\n{}", wrong.join("\n"));
}

#[test]
fn a_path_inside_the_project_is_not_taken_for_one_of_a_machine() {
    let word = UNSAYABLE[0];
    assert!(says(&format!("cd {word}main"), word));
    assert!(!says(&format!("docs{word}main"), word));
}
