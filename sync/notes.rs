//! Our text in a contact's notes, beside the user's own.

const OPEN: &str = "\u{2014}\u{2014} from the company directory \u{2014}\u{2014}\n";
const CLOSE: &str = "\n\u{2014}\u{2014} end \u{2014}\u{2014}";

/// Our text as the block that stands in the notes; nothing for an empty text.
pub fn block(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{OPEN}{text}{CLOSE}") }
}

/// Our block within the notes, if there is one.
pub fn ours(notes: &str) -> Option<&str> {
    let from = notes.find(OPEN)?;
    let rest = notes.get(from..)?;
    let length = rest.find(CLOSE)? + CLOSE.len();
    rest.get(..length)
}

/// The notes with our block replaced by `block`, and every other character as the user left it.
pub fn beside(notes: &str, block: &str) -> String {
    match ours(notes) {
        Some(old) => notes.replacen(old, block, 1),
        None if notes.is_empty() || block.is_empty() => format!("{notes}{block}"),
        None => format!("{notes}\n\n{block}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_words_stay_around_our_block() {
        let first = beside("met in Graz", &block("Building 7"));
        assert_eq!(ours(&first), Some(block("Building 7").as_str()));
        let edited = format!("{first}\nlikes tea");
        let second = beside(&edited, &block("Building 9"));
        assert!(second.starts_with("met in Graz\n\n") && second.ends_with("\nlikes tea"));
        assert!(!second.contains("Building 7"));
    }

    #[test]
    fn a_cleared_block_leaves_only_the_users_words() {
        assert_eq!(beside(&block("x"), ""), "");
        assert_eq!(beside("mine", ""), "mine");
        assert_eq!(ours("mine"), None);
    }
}
