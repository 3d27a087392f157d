//! SHA-256 sums, as `sha256sum --check` reads them.

use std::fs;
use std::path::Path;

use anyhow::Result;
use ring::digest::{SHA256, digest};

/// Writes `SHA256SUMS` for these files of a folder.
pub fn write(folder: &Path, names: &[&str]) -> Result<()> {
    let mut sums = String::new();
    for name in names {
        let sum = digest(&SHA256, &fs::read(folder.join(name))?);
        let digits: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        sums += &format!("{digits}  {name}\n");
    }
    Ok(fs::write(folder.join("SHA256SUMS"), sums)?)
}
