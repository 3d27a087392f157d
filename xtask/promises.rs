//! `cargo xtask promises`: every promise of `docs/SECURITY.md`, proven by its own command.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::job::{Job, Lines};
use crate::places;
use crate::tally::Tally;

/// Which promises, and whether they are proven or only named.
#[derive(Args)]
pub struct Options {
    /// Name the promises and their commands, and stop.
    #[arg(long)]
    list: bool,
    /// Only this one, by its number; may be given several times.
    #[arg(long, value_name = "NUMBER")]
    only: Vec<usize>,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Promise {
    number: usize,
    promise: String,
    /// What proves it: the words after `cargo`, per command.
    proofs: Vec<Vec<String>>,
}

/// Runs the commands of the chosen rows.
///
/// # Errors
/// The table can't be read, or a promise is not proven.
pub fn run(options: &Options, lines: Lines<'_>) -> Result<()> {
    let promises = read()?;
    let is_chosen = |promise: &&Promise| options.only.is_empty() || options.only.contains(&promise.number);
    let chosen: Vec<_> = promises.iter().filter(is_chosen).collect();
    if options.list {
        chosen.iter().for_each(|promise| lines(&format!("{:>3}  {}", promise.number, promise.promise)));
        return Ok(());
    }
    let mut broken = Vec::new();
    for promise in &chosen {
        let proven = prove(promise);
        let verdict = proven.as_ref().map_or_else(|error| format!("NOT PROVEN: {error:#}"), Clone::clone);
        lines(&format!("{:>3}  {}: {verdict}", promise.number, promise.promise));
        broken.extend(proven.is_err().then_some(promise.number));
    }
    lines(&format!(
        "promises={} proven={} broken={}",
        chosen.len(),
        chosen.len() - broken.len(),
        broken.len()
    ));
    ensure!(broken.is_empty(), "not proven: {broken:?}");
    Ok(())
}

/// Runs what proves a promise; how many tests that were.
fn prove(promise: &Promise) -> Result<String> {
    let mut passed = 0;
    for proof in &promise.proofs {
        let words: Vec<&str> = proof.iter().map(String::as_str).collect();
        let (mut tally, mut last) = (Tally::default(), String::new());
        let ran = Job::cargo(&words).run(&mut |line| {
            tally.line(line);
            line.clone_into(&mut last);
        });
        ran.with_context(|| last)?;
        let named = test_names(proof).map_or(0, |(_, names)| names.len() as u64);
        let ran = tally.passed();
        ensure!(ran >= named, "`cargo {}` names {named} tests and ran {ran}", proof.join(" "));
        passed += ran;
    }
    Ok(format!("proven, {passed} tests"))
}

/// The options of `cargo test` and the names of tests behind them: without `--` it takes one name only.
fn test_names(words: &[String]) -> Option<(&[String], &[String])> {
    let at = words.iter().position(|word| word == "--")?;
    let (options, names) = words.split_at(at);
    let names = names.get(1..)?;
    (options.first().is_some_and(|word| word == "test") && !names.is_empty()).then_some((options, names))
}

fn read() -> Result<Vec<Promise>> {
    let file = places::root().join("docs/SECURITY.md");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let promises: Vec<_> = text.lines().filter_map(row).collect::<Result<_>>()?;
    let numbers: BTreeSet<_> = promises.iter().map(|promise| promise.number).collect();
    ensure!(numbers.len() == promises.len(), "two promises have one number");
    Ok(promises)
}

/// A row of the table, `| number | promise | what holds it | commands |`; other lines are none.
fn row(line: &str) -> Option<Result<Promise>> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").map(str::trim).collect();
    let [number, promise, _, proofs] = cells.as_slice() else { return None };
    let number = number.parse().ok()?;
    let commands = proofs.split('`').skip(1).step_by(2).map(command);
    let proofs = commands.collect::<Result<Vec<_>>>();
    Some(proofs.and_then(|proofs| {
        ensure!(!proofs.is_empty(), "promise {number} names no command");
        Ok(Promise { number, promise: (*promise).to_owned(), proofs })
    }))
}

fn command(text: &str) -> Result<Vec<String>> {
    let mut words = text.split_whitespace().map(str::to_owned);
    if words.next().as_deref() != Some("cargo") {
        bail!("`{text}` is no cargo command");
    }
    Ok(words.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    use crate::steps::STEPS;

    const FEWEST: usize = 40;

    #[test]
    fn a_row_is_read_and_everything_else_is_passed_over() {
        let promise =
            row("| 7 | no secret | a lint | `cargo test --test a -- b c`, `cargo verify --only deny` |")
                .unwrap();
        let promise = promise.unwrap();
        assert_eq!((promise.number, promise.promise.as_str(), promise.proofs.len()), (7, "no secret", 2));
        assert_eq!(test_names(&promise.proofs[0]).unwrap().1, ["b", "c"]);
        assert_eq!(promise.proofs[1], ["verify", "--only", "deny"]);
        assert!(row("| # | promise | what holds it | proven by |").is_none());
        assert!(row("| --- | --- | --- | --- |").is_none());
        assert!(row("| 8 | a promise | nothing | nothing |").unwrap().is_err());
    }

    /// The folder of a package of this workspace.
    fn folder(package: &str) -> PathBuf {
        if package == "wheelhouse" { places::root() } else { places::root().join(package) }
    }

    /// The word after an option.
    fn after<'a>(words: &'a [String], option: &str) -> Option<&'a str> {
        let at = words.iter().position(|word| word == option)?;
        words.get(at + 1).map(String::as_str)
    }

    fn sources(folder: &std::path::Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let of_entry = |path: PathBuf| match path.is_dir() {
            true => sources(&path),
            false if path.extension().is_some_and(|extension| extension == "rs") => {
                vec![fs::read_to_string(path).unwrap()]
            }
            false => Vec::new(),
        };
        entries.filter(|path| !path.ends_with("target")).flat_map(of_entry).collect()
    }

    /// What is wrong with a proof; the tests that it names are looked for and not run.
    fn wrong(words: &[String]) -> Option<String> {
        let shown = words.join(" ");
        match words.first().map(String::as_str) {
            Some("verify") => {
                let step = after(words, "--only")?;
                STEPS.iter().all(|known| known.name != step).then(|| format!("{shown}: no such step"))
            }
            Some("test") => {
                let Some((options, names)) = test_names(words) else {
                    return Some(format!("{shown}: names no test behind `--`"));
                };
                let folder = folder(after(options, "-p").unwrap_or("wheelhouse"));
                let texts = match after(options, "--test") {
                    Some(test) if folder.join(format!("tests/{test}.rs")).exists() => {
                        vec![fs::read_to_string(folder.join(format!("tests/{test}.rs"))).unwrap()]
                    }
                    Some(test) if folder.join("tests").join(test).is_dir() => {
                        sources(&folder.join("tests").join(test))
                    }
                    Some(_) => return Some(format!("{shown}: no such test file")),
                    None if folder == places::root() => sources(&folder.join("handlers")),
                    None => sources(&folder),
                };
                let is_there = |name: &str| {
                    let name = name.rsplit("::").next().unwrap_or(name);
                    texts.iter().any(|text| text.contains(&format!("fn {name}(")))
                };
                let missing: Vec<_> = names.iter().filter(|name| !is_there(name)).collect();
                (!missing.is_empty()).then(|| format!("{shown}: there is no {missing:?}"))
            }
            _ => Some(format!("cargo {shown}: neither `cargo test` nor `cargo verify`")),
        }
    }

    #[test]
    fn every_promise_names_a_test_that_is_there() {
        let promises = read().unwrap();
        let wrong: Vec<_> = promises
            .iter()
            .flat_map(|promise| {
                promise.proofs.iter().filter_map(|proof| Some((promise.number, wrong(proof)?)))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(promises.len() >= FEWEST, "{} promises, at least {FEWEST}", promises.len());
    }
}
