//! Reads a contributing contact folder or calendar.

use chrono::{DateTime, Utc};
use connectors::graph::{Kind, SourceRound};
use sync::hub::{self, Contributes};
use sync::{MailboxId, Reading as Told};

use super::read::{FULL_READ, Reading, Reads};
use crate::host::Failure;
use crate::tables::Source;

/// The name of the only link.
const LINK: &str = "items";

/// Where the items are read.
struct Place<'a> {
    mailbox: &'a MailboxId,
    folder: Option<&'a str>,
    window: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Reads what changed since the last time, or everything.
pub(super) async fn read(
    reads: Reads<'_>,
    name: &str,
    what: &Contributes,
    mut source: Source,
) -> Result<Reading, Failure> {
    let Some(mailbox) = what.mailbox_id() else {
        let problems =
            vec![format!("{name}: names no mailbox; write its object id in `contributes.mailbox`")];
        return Ok(Reading { source, moved: false, problems, is_directory: false });
    };
    let now = reads.app.now();
    let window = (reads.config.kind == hub::Kind::Events).then(|| what.events.window(now));
    let place = Place { mailbox: &mailbox, folder: what.folder.as_deref(), window };
    if source.place != place.name() {
        source = Source { place: place.name(), ..Source::default() };
    }
    let is_full = source.read_fully.is_none_or(|last| now - last >= FULL_READ);
    let link = source.links.get(LINK).filter(|_| !is_full).cloned();
    let round = round(reads, &place, link).await;
    let (is_everything, mut problems) = (round.reading == Told::Everything, Vec::new());
    let mut moved = false;
    match &round.end {
        Ok(link) => moved |= source.links.insert(LINK.to_owned(), link.clone()).as_ref() != Some(link),
        Err(error) => problems.push(reads.failed(name, error).await?),
    }
    moved |= apply(&mut source, round);
    if is_everything && problems.is_empty() {
        moved = true;
        source.read_fully = Some(now);
    }
    Ok(Reading { source, moved, problems, is_directory: false })
}

impl Place<'_> {
    /// What a link belongs to: another window is another round.
    fn name(&self) -> String {
        let folder = self.folder.unwrap_or_default();
        let window = self.window.map(|(from, to)| format!("{}/{}", from.date_naive(), to.date_naive()));
        format!("{}/{folder}/{}", self.mailbox, window.unwrap_or_default())
    }
}

/// One round; a link that the server no longer knows is answered by reading everything.
async fn round(reads: Reads<'_>, place: &Place<'_>, link: Option<String>) -> SourceRound {
    if let Some(link) = link {
        let round = ask(reads, place, Some(&link)).await;
        if !matches!(&round.end, Err(error) if error.kind() == Kind::Resync) {
            return round;
        }
    }
    ask(reads, place, None).await
}

async fn ask(reads: Reads<'_>, place: &Place<'_>, link: Option<&str>) -> SourceRound {
    match place.window {
        Some(window) => reads.reader.calendar_source(place.mailbox, place.folder, window, link).await,
        None => reads.reader.contact_source(place.mailbox, place.folder, link).await,
    }
}

/// Moves what is known to what was read; whether that is something else.
///
/// What a reading from the beginning did not name is gone, if it came to its end; what could not be understood is as it
/// was.
fn apply(source: &mut Source, round: SourceRound) -> bool {
    let SourceRound { reading, changes, unreadable, end } = round;
    let is_whole = reading == Told::Everything && end.is_ok();
    let before = source.clone();
    if is_whole {
        source.items.retain(|id, _| unreadable.contains(id));
        source.refused.clear();
    }
    for change in changes {
        match change.content {
            Some(content) => source.items.insert(change.id, content),
            None => source.items.remove(&change.id),
        };
    }
    if !unreadable.is_empty() {
        source.refused =
            vec![format!("{} could not be understood and are left as they were", unreadable.len())];
    }
    *source != before
}
