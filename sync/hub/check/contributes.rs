//! What can be wrong with what a spoke contributes.

use super::mapping::{self, NO_CATEGORY, is_category};
use super::{Found, check_filter};
use crate::directory::Rules;
use crate::hub::{Connector, Contributes, File, Kind, SignIn, Spoke};
use crate::mapping::{EventOptions, Mapping};

/// The longest address, and the longest name of a folder, in characters.
const LONGEST_URL: usize = 2_000;
const LONGEST_NAME: usize = 255;
/// The longest name of a secret, in characters: with the tenant's id in front it must be a name for the vault.
const LONGEST_SECRET: usize = 90;
/// The longest file within a configuration, in bytes.
const LONGEST_FILE: usize = 500_000;

pub(super) fn check(found: &mut Found, path: &str, kind: Kind, spoke: &Spoke, what: &Contributes) {
    foreign_parts(found, path, spoke.connector, what);
    let Rules { groups, exclude_groups, .. } = &what.rules;
    found.guids(format!("{path}.rules.groups"), groups);
    found.guids(format!("{path}.rules.excludeGroups"), exclude_groups);
    mapping::check(found, &format!("{path}.mapping"), &what.mapping);
    match spoke.connector {
        Connector::Directory => {}
        Connector::Mailbox => check_mailbox(found, path, what),
        Connector::File => {
            check_file(found, path, what.file.as_ref());
            if let Some(who) = &what.sign_in {
                check_sign_in(found, &format!("{path}.signIn"), who, what.file.as_ref());
            }
        }
    }
    match kind {
        Kind::Events => check_events(found, &format!("{path}.events"), spoke.connector, &what.events),
        Kind::Contacts if what.events != EventOptions::default() => {
            found.add(format!("{path}.events"), "this hub holds contacts", "remove it");
        }
        Kind::Contacts => {}
    }
    if let Some(filter) = &what.filter {
        check_filter(found, &format!("{path}.filter"), kind, filter, |_| None);
    }
}

/// What belongs to another connector would have no effect.
fn foreign_parts(found: &mut Found, path: &str, connector: Connector, what: &Contributes) {
    use Connector::{Directory, File, Mailbox};
    let parts = [
        ("rules", Directory, what.rules != Rules::default()),
        ("mapping", Directory, what.mapping != Mapping::default()),
        ("mailbox", Mailbox, what.mailbox.is_some()),
        ("folder", Mailbox, what.folder.is_some()),
        ("file", File, what.file.is_some()),
        ("signIn", File, what.sign_in.is_some()),
    ];
    for (part, of, _) in parts.iter().filter(|(_, of, is_there)| *is_there && *of != connector) {
        found.add(format!("{path}.{part}"), format!("only a `{}` spoke has it", of.name()), "remove it");
    }
}

fn check_mailbox(found: &mut Found, path: &str, what: &Contributes) {
    match (&what.mailbox, what.mailbox_id()) {
        (None, _) => {
            let fix = "write the object id of the account that owns the mailbox";
            found.add(format!("{path}.mailbox"), "is missing, so nobody knows what to read", fix);
        }
        (Some(_), None) => found.no_guid(format!("{path}.mailbox")),
        (Some(_), Some(_)) => {}
    }
    let is_name = |name: &String| !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
    if what.folder.as_ref().is_some_and(|name| !is_name(name)) {
        let fix =
            "write the folder's or calendar's name as Outlook shows it, or leave it out for the default one";
        found.add(format!("{path}.folder"), "is empty or longer than 255 characters", fix);
    }
}

fn check_file(found: &mut Found, path: &str, file: Option<&File>) {
    let path = format!("{path}.file");
    match file {
        Some(File::Url(url)) => {
            if let Err(problem) = check_url(url) {
                found.add(format!("{path}.url"), problem, "write an address that begins with `https://`");
            }
        }
        Some(File::Text(text)) if text.len() > LONGEST_FILE => {
            found.add(
                format!("{path}.text"),
                "is larger than 500 KB",
                "put the file on a web server and write its `url`, or leave `file` out and upload it",
            );
        }
        Some(File::Text(text))
            if !text.trim_start_matches('\u{feff}').trim_start().starts_with("BEGIN:VCALENDAR") =>
        {
            found.add(format!("{path}.text"), "is no iCalendar file", "write the file's whole text");
        }
        // Without one, the file is uploaded.
        Some(File::Text(_)) | None => {}
    }
}

fn check_sign_in(found: &mut Found, path: &str, who: &SignIn, file: Option<&File>) {
    match file {
        Some(File::Url(url)) if url.starts_with("https://") => {}
        Some(File::Url(_)) => {
            let fix = "write an address that begins with `https://`, or remove `signIn`";
            found.add(path, "a secret is sent by `https` only", fix);
        }
        _ => found.add(path, "only a `file` with a `url` has it", "remove it"),
    }
    if !(1..=LONGEST_NAME).contains(&who.user.chars().count())
        || who.user.contains(|c: char| c == ':' || c.is_control())
    {
        let fix = "write the user's name as its server knows it";
        found.add(format!("{path}.user"), "is empty, longer than 255 characters or holds a colon", fix);
    }
    let is_name = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    if !(1..=LONGEST_SECRET).contains(&who.secret.len()) || !who.secret.chars().all(is_name) {
        let fix = "write the name of a secret in the vault, and never the secret itself";
        found.add(format!("{path}.secret"), "is not made of 1 to 90 of `a-z`, `0-9` and `-`", fix);
    }
}

/// What can be seen without asking anybody; where it leads is looked at when it is read.
fn check_url(url: &str) -> Result<(), &'static str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else { return Err("is no web address") };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        Err("holds a user name or password, which would be kept in the open")
    } else if host.is_empty() || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Err("is no web address")
    } else if url.chars().count() > LONGEST_URL {
        Err("is longer than 2000 characters")
    } else {
        Ok(())
    }
}

fn check_events(found: &mut Found, path: &str, connector: Connector, events: &EventOptions) {
    if events.months_back > 24 {
        found.add(format!("{path}.monthsBack"), "is more than 24", "write 0 to 24");
    }
    if !(1..=36).contains(&events.months_ahead) {
        found.add(format!("{path}.monthsAhead"), "is not between 1 and 36", "write 1 to 36");
    }
    for (name, text) in [("titlePrefix", &events.title_prefix), ("replaceTitle", &events.replace_title)] {
        if text.chars().count() > 100 {
            found.add(format!("{path}.{name}"), "is longer than 100 characters", "shorten it");
        }
    }
    if !events.category.is_empty() && !is_category(&events.category) {
        found.add(format!("{path}.category"), NO_CATEGORY, "write one category");
    }
    if connector != Connector::File {
        let parts = [("unroll", events.unroll), ("timeZone", events.time_zone.is_some())];
        for (part, _) in parts.iter().filter(|(_, is_there)| *is_there) {
            found.add(format!("{path}.{part}"), "only a `file` spoke has it", "remove it");
        }
    }
}
