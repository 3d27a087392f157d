//! The delta of a contact folder.

use super::answer::Answer;
use super::call::{Call, Options};
use super::page::Frame;
use super::serve::Visit;
use crate::state::contact::{Contact, Select, View};
use crate::state::ids::Ids;
use crate::state::lock;
use crate::state::mailbox::Mailbox;
use crate::state::mailbox_delta::{Cursor, Entry};
use crate::state::refusal::Refusal;
use crate::state::token;

const MOST: usize = 1000;

pub(crate) fn delta(visit: &Visit<'_>, call: &Call, folder: Option<&str>) -> Result<Answer, Refusal> {
    let options = call.options();
    check(call, &options)?;
    let quirks = visit.world.quirks();
    let mut mailbox = lock(&visit.cell.contacts);
    let cursor = cursor(&mailbox, &options, folder.unwrap_or("contacts"))?;
    mailbox.check_generation(cursor.folder, cursor.generation)?;
    let size = call.headers.page_size.unwrap_or(quirks.delta_page).min(MOST);
    let now = visit.world.clock.millis();
    let page = mailbox.delta_page(cursor, size, now, quirks.generation_every_poll);
    let select = Select::from_bits(page.next.select);
    let view = View { select, immutable: call.headers.immutable_ids, expand: Vec::new(), typed: true };
    let place = mailbox.ids.folder(page.next.folder);
    let (next, done) =
        if page.more { ("$skiptoken", "@odata.nextLink") } else { ("$deltatoken", "@odata.deltaLink") };
    let (base, user) = (visit.world.base(), visit.cell.user);
    let link = format!(
        "{base}/v1.0/users/{user}/contactFolders('{place}')/contacts/delta?{next}={}",
        token::seal(&page.next)
    );
    let frame = Frame::new(&format!("{base}/v1.0/$metadata#Collection(contact)")).member(done, Some(link));
    Ok(frame.entries(&page.entries, |entry, out| show(entry, &mailbox.ids, page.next.folder, &view, out)))
}

fn check(call: &Call, options: &Options<'_>) -> Result<(), Refusal> {
    if call.method != "GET" {
        return Err(super::folders::not_allowed());
    }
    if options.get("$expand").is_some() {
        let message = "Value cannot be null.\r\nParameter name: type";
        return Err(Refusal::new(500, "InternalServerError", message));
    }
    options.only(&["$select", "$top", "$skiptoken", "$deltatoken"])
}

fn cursor(mailbox: &Mailbox<Contact>, options: &Options<'_>, folder: &str) -> Result<Cursor, Refusal> {
    let serial = mailbox.folder(folder)?.serial;
    if let Some(token) = options.get("$deltatoken").or_else(|| options.get("$skiptoken")) {
        let cursor: Cursor = token::open(token).ok_or_else(Refusal::bad_token)?;
        return if cursor.folder == serial { Ok(cursor) } else { Err(Refusal::bad_token()) };
    }
    let select = options.get("$select").map_or(Ok(Select::ALL), Select::read)?.bits();
    let left = options.number("$top", MOST)?;
    Ok(Cursor { folder: serial, after: 0, began: Some(0), generation: None, select, left })
}

fn show(entry: &Entry<Contact>, ids: &Ids, folder: u64, view: &View, out: &mut Vec<u8>) {
    match entry {
        Entry::Present(contact) => contact.show(ids, view, out),
        Entry::Gone(serial) => {
            let id = ids.item(*serial, folder, view.immutable);
            let entry = format!(
                "{{\"@odata.type\":\"#microsoft.graph.contact\",\"id\":\"{id}\",\"@removed\":{{\"reason\":\"deleted\"}}}}"
            );
            out.extend_from_slice(entry.as_bytes());
        }
    }
}
