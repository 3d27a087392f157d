//! The infrastructure, checked without a cloud: Bicep against Azure's types, Terraform by its own tests.

use anyhow::Result;

use crate::job::{Job, Lines};
use crate::{places, python};

/// The checker; it brings the types and schemas, and asks no registry and no cloud.
const CHECKER: &str = "../shared/tools/infra-check";
/// The folders that terraform is run in.
const TERRAFORM: [&str; 2] = ["infra/terraform", "infra/terraform/entra"];

/// Checks both trees; says so loudly where the checker or terraform is absent.
///
/// # Errors
/// A finding, or what the checker needs can't be had.
pub fn run(lines: Lines<'_>) -> Result<()> {
    let Ok(checker) = places::root().join(CHECKER).canonicalize() else {
        lines(&format!("SKIPPED infra: {CHECKER} is absent"));
        return Ok(());
    };
    Job::new("python3", &[checker.join("check-bicep").as_os_str(), "infra/bicep".as_ref()]).run(lines)?;
    if !Job::new("terraform", &["version"]).succeeds() {
        lines("SKIPPED infra: terraform is not installed, so that only Bicep was checked");
        return Ok(());
    }
    let python = python::install("infra-check", &checker, &[], lines)?;
    let program = checker.join("terraform-offline");
    TERRAFORM
        .iter()
        .try_for_each(|folder| Job::new(&python, &[program.as_os_str(), folder.as_ref()]).run(lines))
}
