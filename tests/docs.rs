//! What the documents name is there: files, headings, settings, commands, parameters, routes. The plantings are what must be caught.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod doc_pages;

use doc_pages::{Page, Project, links, names};

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let project = Project::ours();
    assert!(project.pages.len() > 20, "the documents are found");
    assert_eq!(links::broken(&project), Vec::<String>::new());
}

#[test]
fn every_setting_command_parameter_and_route_exists() {
    let project = Project::ours();
    assert_eq!(names::unknown(&project), Vec::<String>::new());
}

/// What is found in a page of this text, that stands where DEPLOY.md does.
fn found(text: &str) -> String {
    let mut project = Project::ours();
    project.pages = vec![Page { path: "docs/DEPLOY.md".to_owned(), text: text.to_owned() }];
    [links::broken(&project), names::unknown(&project)].concat().join("; ")
}

#[test]
fn a_wrong_link_is_caught() {
    assert_eq!(found("[a](API.md), [b](../infra/README.md#what-to-choose), [c](#here)\n\n## Here\n"), "");
    assert_eq!(found("[a](APIS.md)"), "docs/DEPLOY.md: there is no docs/APIS.md");
    assert_eq!(found("[a](API.md#nowhere)"), "docs/DEPLOY.md: docs/API.md has no heading #nowhere");
    assert_eq!(
        found("[![b](https://example.com/b.svg)](nothing.md)"),
        "docs/DEPLOY.md: there is no docs/nothing.md"
    );
    assert_eq!(found("`[a](b.md)`\n```\n[a](c.md)\n```\n"), "", "code is no link");
}

#[test]
fn a_wrong_name_is_caught() {
    let right = "`WHEELHOUSE_REGION` `cargo xtask cost` `cargo verify --only infra` `cargo test --test docs`\n\
                 ```sh\naz deployment sub create --parameters stamp=$stamp\nazd env set WHEELHOUSE_RELEASE v1\n\
                 x=$(azd env get-value WHEELHOUSE_APP_NAME) y=$(made app_name)\ncall PUT hubs/company\n```\n";
    assert_eq!(found(right), "");
    for (text, finding) in [
        ("`WHEELHOUSE_NOWHERE`", "WHEELHOUSE_NOWHERE is no setting"),
        ("`cargo xtask costs`", "there is no `cargo xtask costs`"),
        ("`cargo verify --only infrastructure`", "`cargo verify` has no step infrastructure"),
        ("`cargo test --test nothing`", "there is no test nothing"),
        ("`cargo fly`", "there is no `cargo fly`"),
        ("```sh\naz deployment sub create --parameters stamps_=x\n```", "stamps_ is no parameter"),
        ("```sh\nazd env set WHEELHOUSE_PLATFORM x\n```", "azd reads no WHEELHOUSE_PLATFORM"),
        ("```sh\nx=$(azd env get-value WHEELHOUSE_NAME)\n```", "there is no output WHEELHOUSE_NAME"),
        ("```sh\nx=$(made name_of_app)\n```", "there is no output name_of_app"),
        ("```sh\njq '{ $stamp, stamps: 1 }' > \"a.tfvars.json\"\n```", "stamps is no variable"),
        ("`call GET hub`", "no route answers GET hub"),
        ("`networkModus`", "nothing is called networkModus"),
        ("`limits.deletesPerWalk`", "nothing is called deletesPerWalk"),
    ] {
        assert!(found(text).contains(finding), "{text}: {}", found(text));
    }
}

#[test]
fn what_a_button_or_a_command_downloads_is_what_a_release_holds() {
    let project = Project::ours();
    let made =
        [".github/workflows/release.yml", "xtask/package/mod.rs"].map(|path| project.file(path)).concat();
    let project_page = "github.com/wheelhouse-sync/wheelhouse/releases/";
    for page in &project.pages {
        let text = page.text.replace("%2F", "/");
        for rest in text.split(project_page).skip(1) {
            let address = rest.split([')', '`', ' ', '"']).next().unwrap();
            let asset = address.rsplit('/').next().unwrap();
            assert!(
                address.starts_with("latest/download/") && made.contains(asset),
                "{}: {address}",
                page.path
            );
        }
    }
    assert!(project.file("README.md").contains("azuredeploy.json"));
}

#[test]
fn every_parameter_is_explained_and_no_other() {
    let project = Project::ours();
    let explained = names::explained(project.file("infra/README.md"));
    let asked = ["stamp", "location", "dataRegion", "appClientId"].map(str::to_owned);
    let told = explained.into_iter().chain(asked).collect();
    assert_eq!(names::parameters(project.file("infra/bicep/main.bicep")), told);
}

#[test]
fn the_page_of_permissions_has_exchanges_roles_and_what_the_registration_offers() {
    let project = Project::ours();
    let page = project.file("docs/PERMISSIONS.md");
    let roles = names::between(project.file("handlers/consent/exchange.rs"), "-Role \\\"", "\\\"");
    assert_eq!(roles.len(), 2, "{roles:?}");
    assert_eq!(
        names::between(page, "\n| `Application ", "`"),
        names::between(&format!("{roles:?}"), "Application ", "\"")
    );
    let entra: serde_json::Value = serde_json::from_str(project.file("infra/common/entra.json")).unwrap();
    for (list, field) in [("signIn", "name"), ("scopes", "value"), ("clients", "name")] {
        for row in entra[list].as_array().unwrap() {
            let name = row[field].as_str().unwrap();
            assert!(page.contains(name), "docs/PERMISSIONS.md does not speak of {name}");
        }
    }
}
