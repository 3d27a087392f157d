//! `cargo xtask laws`: the laws of the sync core, over as many random worlds as one likes to wait for.

use anyhow::{Result, bail};
use clap::Args;

use crate::job::{Job, Lines};

/// How long to look for a violation.
#[derive(Args)]
pub struct Options {
    /// Random worlds for each law.
    #[arg(long, default_value_t = 1_000_000)]
    pub cases: u64,
    /// Where chance starts; the same seed gives the same worlds.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What a law's closing line says: `law=<name> cases=<n> seed=<s> violations=<v>`.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    cases: u64,
    violations: u64,
}

/// Runs every law and sums up.
///
/// # Errors
/// A law was violated, ran fewer cases than asked for, or none ran at all.
pub fn run(options: &Options, lines: Lines<'_>) -> Result<()> {
    let mut outcomes = Vec::new();
    let ran = Job::cargo(&["test", "--package", "sync", "--test", "laws", "--", "--nocapture"])
        .env("WHEELHOUSE_LAW_CASES", options.cases.to_string())
        .env("WHEELHOUSE_LAW_SEED", options.seed.to_string())
        .run(&mut |line| {
            outcomes.extend(outcome(line));
            lines(line);
        });
    lines(&summary(&outcomes, options.seed));
    ran?;
    judge(&outcomes, options.cases)
}

fn summary(outcomes: &[Outcome], seed: u64) -> String {
    let cases: u64 = outcomes.iter().map(|outcome| outcome.cases).sum();
    let violations: u64 = outcomes.iter().map(|outcome| outcome.violations).sum();
    format!("laws={} cases={cases} seed={seed} violations={violations}", outcomes.len())
}

fn judge(outcomes: &[Outcome], cases: u64) -> Result<()> {
    if outcomes.is_empty() {
        bail!("no law ran: `cargo test -p sync --test laws` prints one line for each");
    }
    if outcomes.iter().any(|outcome| outcome.violations > 0) {
        bail!("a law of the sync core is violated; the lines above name it and its smallest world");
    }
    if outcomes.iter().any(|outcome| outcome.cases < cases) {
        bail!("a law ran fewer than {cases} cases");
    }
    Ok(())
}

fn outcome(line: &str) -> Option<Outcome> {
    // The runner may have begun the line with the test's name.
    let fields = line.get(line.find("law=")?..)?;
    let number =
        |name: &str| fields.split_whitespace().find_map(|field| field.strip_prefix(name)?.parse().ok());
    Some(Outcome { cases: number("cases=")?, violations: number("violations=")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Outcome> {
        text.lines().filter_map(outcome).collect()
    }

    #[test]
    fn the_lines_of_the_laws_are_summed_up() {
        let outcomes = read(
            "running 2 tests\nlaw=one_item_per_key cases=500 seed=7 violations=0\n\
             test settles ... law=settles cases=500 seed=7 violations=2",
        );
        assert_eq!(summary(&outcomes, 7), "laws=2 cases=1000 seed=7 violations=2");
        assert!(judge(&outcomes, 500).is_err(), "a violation must fail the run");
    }

    #[test]
    fn too_few_cases_and_no_law_at_all_fail() {
        assert!(judge(&[], 1).is_err());
        assert!(judge(&read("law=a cases=9 seed=1 violations=0"), 10).is_err());
        assert!(judge(&read("law=a cases=10 seed=1 violations=0"), 10).is_ok());
    }
}
