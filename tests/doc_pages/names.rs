//! Names of settings, commands, parameters and routes, as documents write them.

use std::collections::BTreeSet;

use wheelhouse::access::rules;

use super::{Page, Project};

type Names = BTreeSet<String>;

/// Commands of cargo and of its components that need no alias of ours.
const CARGO: &[&str] = &["bench", "build", "clippy", "doc", "fmt", "fuzz", "metadata", "run", "test"];
/// Documents that tell of what is no more.
const OF_THE_PAST: &[&str] = &["CHANGELOG.md"];
/// Where the commands for a subscription stand.
const OF_OPERATORS: &[&str] = &["docs/DEPLOY.md", "docs/OPERATE.md", "infra/README.md"];

/// The test of all this, which says names that are not there.
const OWN: &str = "tests/docs.rs";

/// The names that nothing bears.
pub fn unknown(project: &Project) -> Vec<String> {
    let known = Known::of(project);
    let mut found = Vec::new();
    for page in project.pages.iter().filter(|page| !OF_THE_PAST.contains(&page.path.as_str())) {
        let mut problems = known.settings(&page.text);
        let code = page.code();
        problems.extend(code.iter().filter_map(|code| known.cargo(code)));
        problems.extend(known.fields(&code));
        if OF_OPERATORS.contains(&page.path.as_str()) {
            problems.extend(code.iter().flat_map(|code| known.infra(code)));
            problems.extend(known.variables(page));
        }
        found.extend(problems.into_iter().map(|problem| format!("{}: {problem}", page.path)));
    }
    found
}

/// What there is.
struct Known {
    words: Names,
    tests: Names,
    tasks: Names,
    steps: Names,
    aliases: Names,
    parameters: Names,
    variables: Names,
    of_azd: Names,
    outputs: Names,
    routes: Vec<(String, String)>,
}

impl Known {
    fn of(project: &Project) -> Self {
        let sources = || project.files.iter().filter(|(path, _)| !path.ends_with(".md") && *path != OWN);
        let bicep = ["main", "stamp", "entra"].map(|name| project.file(&format!("infra/bicep/{name}.bicep")));
        let terraform =
            ["infra/terraform/outputs.tf", "infra/terraform/entra/main.tf"].map(|path| project.file(path));
        let azd = ["infra/bicep/main.parameters.json", "infra/package.sh"].map(|path| project.file(path));
        let tests = project.files.keys().filter_map(|path| path.strip_suffix(".rs")?.split_once("tests/"));
        Self {
            words: sources().flat_map(|(_, text)| words(text)).map(str::to_owned).collect(),
            tests: tests.map(|(_, name)| name.to_owned()).collect(),
            tasks: variants(project.file("xtask/main.rs")),
            steps: between(project.file("xtask/steps.rs"), "name: \"", "\""),
            aliases: starts(project.file(".cargo/config.toml"), "", " = "),
            parameters: bicep.iter().flat_map(|text| parameters(text)).collect(),
            variables: between(project.file("infra/terraform/variables.tf"), "variable \"", "\""),
            of_azd: azd.iter().flat_map(|text| settings(text)).collect(),
            outputs: bicep
                .iter()
                .flat_map(|text| starts(text, "output ", " "))
                .chain(terraform.iter().flat_map(|text| between(text, "output \"", "\"")))
                .collect(),
            routes: rules().routes().map(|route| (route.method.to_string(), route.path.clone())).collect(),
        }
    }

    fn settings(&self, text: &str) -> Vec<String> {
        let unknown = settings(text).into_iter().filter(|name| !self.words.contains(name));
        unknown.map(|name| format!("{name} is no setting")).collect()
    }

    /// Parameters, fields and operations, as `networkMode` or `limits.deletesPerRun`: written in camel case, and said by some source.
    fn fields(&self, code: &[&str]) -> Vec<String> {
        let is_name = |code: &&&str| code.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        let parts = code.iter().filter(is_name).flat_map(|code| code.split('.'));
        let camel = parts.filter(|part| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.contains(|c: char| c.is_ascii_uppercase())
        });
        // Rust writes it in snake case.
        let is_known =
            |name: &str| self.words.contains(name) || self.words.contains(&kebab(name).replace('-', "_"));
        let unknown = camel.filter(|name| !is_known(name));
        unknown.map(|name| format!("nothing is called {name}")).collect()
    }

    /// `cargo …` as it stands at the beginning of a piece of code.
    fn cargo(&self, code: &str) -> Option<String> {
        let words: Vec<_> = code.split_whitespace().skip_while(|word| word.contains('=')).collect();
        let after = |flag: &str| {
            let place = words.iter().position(|word| *word == flag)?;
            words.get(place + 1).map(|word| (*word).to_owned())
        };
        match words.as_slice() {
            ["cargo", "xtask", task, ..]
                if task.starts_with(char::is_alphabetic) && !self.tasks.contains(*task) =>
            {
                Some(format!("there is no `cargo xtask {task}`"))
            }
            ["cargo", "verify", ..] => {
                let step = after("--only").filter(|step| *step != "STEP" && !self.steps.contains(step))?;
                Some(format!("`cargo verify` has no step {step}"))
            }
            ["cargo", "test", ..] => {
                let test = after("--test").filter(|test| !self.tests.contains(test))?;
                Some(format!("there is no test {test}"))
            }
            ["cargo", command, ..] if !CARGO.contains(command) && !self.aliases.contains(*command) => {
                Some(format!("there is no `cargo {command}`"))
            }
            _ => None,
        }
    }

    /// What a line of shell says to az, azd and Terraform, and what it asks of the API.
    fn infra(&self, code: &str) -> Vec<String> {
        let mut found = Vec::new();
        if let Some((_, given)) = code.split_once("parameters ").or_else(|| code.split_once("parameters=\""))
        {
            let names = given.split([' ', '"']).filter_map(|word| word.split_once('=')).map(|(name, _)| name);
            let unknown = names.filter(|name| !name.starts_with('-') && !self.parameters.contains(*name));
            found.extend(unknown.map(|name| format!("{name} is no parameter")));
        }
        for name in between(code, "azd env set ", " ").difference(&self.of_azd) {
            found.push(format!("azd reads no {name}"));
        }
        let asked = ["azd env get-value ", "$(made ", "output -raw "].map(|head| words_after(code, head));
        for name in asked.iter().flatten().filter(|name| !name.contains('$') && !self.outputs.contains(*name))
        {
            found.push(format!("there is no output {name}"));
        }
        found.extend(self.route(code));
        found
    }

    /// `call METHOD path`, below the tenant.
    fn route(&self, code: &str) -> Option<String> {
        let words: Vec<_> = code.split_whitespace().collect();
        let ["call", method, path, ..] = words.as_slice() else { return None };
        let path = format!("/api/tenants/x/{path}");
        let fits = |route: &str| {
            let (wanted, given): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
            wanted.len() == given.len()
                && wanted.iter().zip(&given).all(|(wanted, given)| wanted == given || wanted.starts_with('{'))
        };
        let is_there = self.routes.iter().any(|(known, route)| known == method && fits(route));
        (!is_there).then(|| format!("no route answers {method} {}", words[2]))
    }

    /// What jq writes into a `.tfvars.json` file: `{ $name, name: value, … }`.
    fn variables(&self, page: &Page) -> Vec<String> {
        let mut found = Vec::new();
        for (at, _) in page.text.match_indices(".tfvars.json\"\n") {
            let object = page.text[..at].rsplit("'{").next().and_then(|rest| rest.split('}').next());
            for field in object.unwrap_or_default().split(',') {
                let name = field.split(':').next().unwrap_or_default().trim().trim_start_matches('$');
                let known = self.variables.contains(name);
                found.extend((!known).then(|| format!("{name} is no variable")));
            }
        }
        found
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Whole words that begin as our settings do.
fn settings(text: &str) -> Names {
    let ours =
        words(text).filter(|word| word.strip_prefix("WHEELHOUSE_").is_some_and(|rest| !rest.is_empty()));
    ours.map(str::to_owned).collect()
}

/// Parameters of a Bicep file.
pub fn parameters(bicep: &str) -> Names {
    starts(bicep, "param ", " ")
}

/// The parameters that a table explains in its first column.
pub fn explained(page: &str) -> Names {
    let rows = page.lines().filter(|line| line.starts_with("| `") && !line.contains(".json`"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.filter(|name| !name.contains(['/', '.'])).map(str::to_owned).collect()
}

/// What stands at the beginnings of lines, between a head and an end.
fn starts(text: &str, head: &str, end: &str) -> Names {
    let lines = text.lines().filter_map(|line| line.strip_prefix(head)?.split_once(end));
    lines.map(|(name, _)| name.to_owned()).collect()
}

/// What stands between a head and an end, wherever it does.
pub fn between(text: &str, head: &str, end: &str) -> Names {
    let found = text.split(head).skip(1).filter_map(|rest| rest.split(end).next());
    found.map(str::to_owned).collect()
}

fn words_after(text: &str, head: &str) -> Vec<String> {
    let word = |rest: &str| {
        rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
    };
    text.split(head).skip(1).map(word).filter(|word| !word.is_empty()).collect()
}

/// Subcommands of `cargo xtask`: the variants of its enum, in kebab case.
fn variants(main: &str) -> Names {
    let body =
        main.split("enum Command {").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap_or_default();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    names.map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap()).map(kebab).collect()
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
