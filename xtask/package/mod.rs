//! `cargo xtask package`: what is deployed, with the list of what it is made of and its checksums.

mod archive;
mod sbom;
mod sums;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::job::{Job, Lines};
use crate::musl::{self, MUSL};
use crate::places;

/// The package's name, as the workflows and the documents know it.
const NAME: &str = "wheelhouse-linux-x64.zip";

/// How to build it.
#[derive(Args)]
pub struct Options {
    /// Build twice, in folders of their own, and compare byte by byte.
    #[arg(long)]
    twice: bool,
    /// Build for this machine where the static target is not installed: to try the way, never to deploy.
    #[arg(long)]
    host: bool,
}

/// Builds, packs, lists, sums and lints; everything lies in `dist/` then.
///
/// # Errors
/// The static target is missing, the build failed, two builds differ, or the lint found something.
pub fn run(options: &Options, lines: Lines<'_>) -> Result<()> {
    let target = target(options)?;
    let dist = places::root().join("dist");
    fs::create_dir_all(&dist)?;
    let package = dist.join(NAME);
    let program = build(target, "package", lines)?;
    fs::write(&package, archive::pack(&program)?)?;
    if options.twice {
        let again = archive::pack(&build(target, "package-again", lines)?)?;
        ensure!(fs::read(&package)? == again, "two builds of the same source differ: see {NAME}");
        lines("two builds are the same, byte by byte");
    }
    fs::write(dist.join("wheelhouse.cdx.json"), sbom::of(target)?)?;
    sums::write(&dist, &[NAME, "wheelhouse.cdx.json"])?;
    lint(&package, target == Some(MUSL), lines)?;
    lines(&format!("{} bytes in dist/{NAME}", fs::metadata(&package)?.len()));
    Ok(())
}

fn target(options: &Options) -> Result<Option<&'static str>> {
    let missing = musl::missing();
    if missing.is_empty() {
        return Ok(Some(MUSL));
    }
    ensure!(
        options.host,
        "the static program can't be built here; what is missing:\n- {}\nOr give --host to try the way with a program for this machine",
        missing.join("\n- ")
    );
    Ok(None)
}

/// Builds the program; no path of this machine gets into it.
fn build(target: Option<&str>, folder: &str, lines: Lines<'_>) -> Result<PathBuf> {
    let folder = places::target().join(folder);
    let mut arguments =
        vec!["build", "--release", "--locked", "--package", "wheelhouse", "--bin", "wheelhouse"];
    arguments.extend(target.into_iter().flat_map(|target| ["--target", target]));
    Job::cargo(&arguments)
        .env("CARGO_TARGET_DIR", &folder)
        .env("CARGO_ENCODED_RUSTFLAGS", remapped()?.join("\u{1f}"))
        .run(lines)?;
    Ok(target.map_or_else(|| folder.clone(), |target| folder.join(target)).join("release/wheelhouse"))
}

fn remapped() -> Result<Vec<String>> {
    let root = places::root().canonicalize()?;
    let cargo = home("CARGO_HOME", ".cargo")?;
    let flag = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    Ok(vec![flag(&cargo, "/cargo"), flag(&root, "/wheelhouse")])
}

fn home(variable: &str, folder: &str) -> Result<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    named
        .or_else(|| std::env::home_dir().map(|home| home.join(folder)))
        .with_context(|| format!("neither {variable} nor HOME is set"))
}

/// The tests of the package read the zip itself, unpack it and start what is in it under the strict host.
fn lint(package: &Path, is_static: bool, lines: Lines<'_>) -> Result<()> {
    Job::cargo(&["test", "--package", "wheelhouse", "--test", "package", "--", "--ignored"])
        .env("WHEELHOUSE_PACKAGE", package.canonicalize()?)
        .env("WHEELHOUSE_PACKAGE_STATIC", if is_static { "yes" } else { "no" })
        .run(lines)
}
