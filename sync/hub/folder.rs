//! Which names a managed folder may have.

/// Folders that Outlook and Exchange make in every mailbox; names in other languages are met at the mailbox itself.
const TAKEN: &[&str] = &[
    "archive",
    "calendar",
    "companies",
    "contacts",
    "conversation history",
    "deleted items",
    "drafts",
    "externalcontacts",
    "gal contacts",
    "inbox",
    "journal",
    "junk email",
    "lync contacts",
    "my contacts",
    "notes",
    "organizational contacts",
    "outbox",
    "peoplecentricconversation buddies",
    "recipient cache",
    "sent items",
    "skype for business contacts",
    "suggested contacts",
    "sync issues",
    "tasks",
];

/// Whether a managed folder may have this name, or why not.
pub fn check(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        Err("is empty")
    } else if name != name.trim() {
        Err("begins or ends with white space")
    } else if name.chars().count() > 128 {
        Err("is longer than 128 characters")
    } else if name.contains(|c: char| c.is_control() || c == '/' || c == '\\') {
        Err("holds a slash, a backslash or a control character")
    } else if TAKEN.contains(&name.to_lowercase().as_str()) {
        Err("is the name of a folder that every mailbox has of its own")
    } else {
        Ok(())
    }
}
