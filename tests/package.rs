//! The package itself, as `cargo xtask package` made it: what is in the zip, and whether it starts.
//!
//! `WHEELHOUSE_PACKAGE` names the zip.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use fake_host::front::{Mode, send_on};
use fake_host::host::{FakeHost, Times};
use fake_host::package::{Package, lint_program};
use fake_host::wire::Call;
use fake_host::worker::Program;
use tempfile::TempDir;
use zip::ZipArchive;

fn zip() -> ZipArchive<File> {
    let path = std::env::var("WHEELHOUSE_PACKAGE").expect("WHEELHOUSE_PACKAGE names the zip");
    ZipArchive::new(File::open(path).unwrap()).unwrap()
}

fn unpacked() -> (TempDir, Package, PathBuf) {
    let folder = TempDir::new().unwrap();
    zip().extract(folder.path()).unwrap();
    let package = Package::read(&folder.path().join("host.json"), folder.path());
    let named = package.host["customHandler"]["description"]["defaultExecutablePath"].as_str().unwrap();
    let program = folder.path().join(named);
    (folder, package, program)
}

#[test]
#[ignore = "cargo xtask package runs it on the zip"]
fn the_zip_holds_the_functions_the_program_and_nothing_else() {
    let mut zip = zip();
    let names: BTreeSet<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let declared = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("function-defs")).unwrap();
    let folders = declared.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let functions =
        folders.map(|path| format!("{}/function.json", path.file_name().unwrap().to_str().unwrap()));
    let expected: BTreeSet<_> = functions.chain(["host.json".to_owned(), "wheelhouse".to_owned()]).collect();
    assert_eq!(names, expected);
    assert_eq!(zip.by_name("wheelhouse").unwrap().unix_mode(), Some(0o100_755));
}

#[test]
#[ignore = "cargo xtask package runs it on the zip"]
fn nothing_is_wrong_with_what_is_unpacked() {
    let (_folder, package, program) = unpacked();
    assert_eq!(package.lint(), Vec::<String>::new());
    let mut wrong = lint_program(&package.host, &program);
    // A build for the machine itself is for trying only.
    if std::env::var("WHEELHOUSE_PACKAGE_STATIC").is_ok_and(|is_static| is_static == "no") {
        wrong.retain(|line| !line.contains("build it for musl"));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "cargo xtask package runs it on the zip"]
async fn what_is_unpacked_starts_under_the_strict_host_and_answers() {
    let (_folder, package, program) = unpacked();
    let data = TempDir::new().unwrap();
    let program = Program::new(program)
        .setting("WHEELHOUSE_PLATFORM", "embedded")
        .setting("WHEELHOUSE_DATA_FOLDER", data.path().to_str().unwrap())
        .setting("WHEELHOUSE_IDENTITY", "developer")
        .setting("WHEELHOUSE_APP_CLIENT_ID", "7a1c9e50-3b64-4f0e-9d55-0c2f8f6b1a11");
    let host = FakeHost::start(program.launch(), Times::default()).await.unwrap();
    let call = send_on(&package, Mode::Proxying, &Call::new("GET", "/health")).unwrap();
    let reply = host.http(&call).await.unwrap();
    assert_eq!((reply.status, &reply.json()["status"]), (200, &"ready".into()));
    assert_eq!((host.starts(), host.complaints()), (1, Vec::new()));
}
