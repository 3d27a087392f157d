//! What the program is made of: a CycloneDX document.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package, PackageId, Resolve};
use cyclonedx_bom::external_models::spdx::SpdxExpression;
use cyclonedx_bom::external_models::uri::Purl;
use cyclonedx_bom::models::bom::{Bom, SpecVersion};
use cyclonedx_bom::models::component::{Classification, Component, Components};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata;

use crate::places;

/// The document, version 1.5; without a time and a serial number, so that the same source gives the same bytes.
pub fn of(target: Option<&str>) -> Result<Vec<u8>> {
    let mut command = MetadataCommand::new();
    command.current_dir(places::root());
    command.other_options(
        target
            .into_iter()
            .flat_map(|target| ["--filter-platform".to_owned(), target.to_owned()])
            .collect::<Vec<_>>(),
    );
    let metadata = command.exec()?;
    let resolve = metadata.resolve.as_ref().context("cargo resolved nothing")?;
    let packages: BTreeMap<_, _> = metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let root = packages.values().find(|package| package.name.as_str() == "wheelhouse");
    let root = root.context("there is no package wheelhouse")?;
    let parts = parts(resolve, &root.id);
    let components = parts.keys().filter(|id| **id != &root.id).filter_map(|id| packages.get(*id));
    let metadata =
        Metadata { component: Some(component(root, Classification::Application)?), ..Metadata::default() };
    let name = |id: &PackageId| packages.get(id).map(|package| reference(package)).unwrap_or_default();
    let dependency = |(id, needs): (&&PackageId, &BTreeSet<&PackageId>)| Dependency {
        dependency_ref: name(id),
        dependencies: needs.iter().map(|id| name(id)).collect(),
    };
    let bom = Bom {
        spec_version: SpecVersion::V1_5,
        serial_number: None,
        metadata: Some(metadata),
        components: Some(Components(
            components.map(|part| component(part, Classification::Library)).collect::<Result<_>>()?,
        )),
        dependencies: Some(Dependencies(parts.iter().map(dependency).collect())),
        ..Bom::default()
    };
    let mut document = Vec::new();
    bom.output_as_json_v1_5(&mut document)?;
    Ok(document)
}

/// Every package that is linked into the program, with what it needs of the others.
fn parts<'a>(resolve: &'a Resolve, root: &'a PackageId) -> BTreeMap<&'a PackageId, BTreeSet<&'a PackageId>> {
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let (mut parts, mut open) = (BTreeMap::new(), vec![root]);
    while let Some(id) = open.pop() {
        if parts.contains_key(id) {
            continue;
        }
        let deps = nodes.get(id).into_iter().flat_map(|node| &node.deps);
        let linked = deps.filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        let needs: BTreeSet<_> = linked.map(|dep| &dep.pkg).collect();
        open.extend(&needs);
        parts.insert(id, needs);
    }
    parts
}

fn component(package: &Package, kind: Classification) -> Result<Component> {
    let (name, version) = (package.name.as_str(), package.version.to_string());
    let licence = package.license.as_ref().map(|licence| {
        Licenses(vec![LicenseChoice::Expression(SpdxExpression::new(&licence.replace('/', " OR ")))])
    });
    Ok(Component {
        licenses: licence,
        purl: Some(Purl::new("cargo", name, &version)?),
        ..Component::new(kind, name, &version, Some(reference(package)))
    })
}

/// Cargo's own ids name folders of this machine.
fn reference(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_lists_what_is_linked_and_nothing_of_this_machine() {
        let text = String::from_utf8(of(None).unwrap()).unwrap();
        let bom = Bom::parse_from_json_v1_5(text.as_bytes()).unwrap();
        let names: BTreeSet<_> = bom.components.unwrap().0.iter().map(|part| part.name.to_string()).collect();
        assert!(names.contains("sync") && names.contains("rustls"), "{names:?}");
        assert!(!names.contains("insta") && !names.contains("simulator"), "tests are not deployed");
        let root = places::root().canonicalize().unwrap();
        assert!(!text.contains(&*root.to_string_lossy()));
        assert_eq!(text.as_bytes(), of(None).unwrap(), "the same source, the same document");
    }
}
