//! The zip: the same bytes whoever packs it, and whenever.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use crate::places;

/// Packs `host.json`, the functions and the program, under the name that `host.json` calls it by.
pub fn pack(program: &Path) -> Result<Vec<u8>> {
    let root = places::root();
    let host = fs::read(root.join("host.json")).context("host.json")?;
    let mut files = functions(&root.join("function-defs"))?;
    files.insert(executable(&host)?, (fs::read(program)?, 0o755));
    files.insert("host.json".to_owned(), (host, 0o644));
    zipped(&files)
}

type Files = BTreeMap<String, (Vec<u8>, u32)>;

/// Every function's declaration; the folders lie at the root of the package.
fn functions(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(name) = path.is_dir().then(|| path.file_name()).flatten() {
            let declared =
                fs::read(path.join("function.json")).with_context(|| path.display().to_string())?;
            files.insert(format!("{}/function.json", name.to_string_lossy()), (declared, 0o644));
        }
    }
    Ok(files)
}

fn executable(host: &[u8]) -> Result<String> {
    let host: Value = serde_json::from_slice(host).context("host.json")?;
    let path = host.pointer("/customHandler/description/defaultExecutablePath").and_then(Value::as_str);
    path.map(str::to_owned).context("host.json names no defaultExecutablePath")
}

/// Sorted, with one time and one owner for all: nothing of the machine or the hour is in it.
fn zipped(files: &Files) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, (bytes, mode)) in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(*mode);
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_and_the_program_may_be_executed() {
        let program = std::env::current_exe().unwrap();
        let packed = pack(&program).unwrap();
        assert!(packed == pack(&program).unwrap());
        let mut zip = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        let mode = zip.by_name("wheelhouse").unwrap().unix_mode();
        assert_eq!(mode, Some(0o100_755));
        assert_eq!(zip.by_name("gather/function.json").unwrap().unix_mode(), Some(0o100_644));
    }
}
