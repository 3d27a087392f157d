//! What the tests said, in numbers, out of the lines that their runners print.

use std::fmt;

/// Tests counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
    skipped: Vec<String>,
}

impl Tally {
    /// Counts a line, if it is a runner's closing line or tells of a skip.
    pub fn line(&mut self, line: &str) {
        if let Some(counts) = line.trim_start().strip_prefix("test result: ") {
            self.passed += number_before(counts, " passed");
            self.failed += number_before(counts, " failed");
            self.ignored += number_before(counts, " ignored");
        }
        if line.contains("SKIPPED") {
            self.skipped.push(line.trim().to_owned());
        }
    }

    /// How many tests passed.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// The lines that told of a skip.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} ignored", self.passed, self.failed, self.ignored)
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let digits = text.split(word).next().and_then(|before| before.rsplit(' ').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up_and_skips_are_remembered() {
        let mut tally = Tally::default();
        tally.line(
            "test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        );
        tally.line("test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.line("test stories::a_leaver ... ok");
        tally.line("SKIPPED graph types: the file is absent");
        assert_eq!(tally.to_string(), "15 passed, 1 failed, 2 ignored");
        assert_eq!(tally.skipped(), ["SKIPPED graph types: the file is absent"]);
    }
}
