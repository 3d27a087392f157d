//! What a run would do in one mailbox, without writing anything.

use connectors::graph::{Folder, FolderReading, Kind};
use sync::hub::{self, Receives};
use sync::two_way::Refusals;
use sync::{HubConfig, HubId, Mailbox, MailboxId, Merged, Plan, Problem, Reading, TenantId};

use super::lane::{Lane, Sight};
use super::view::view;
use super::visit::{Visit, managed};
use crate::App;
use crate::gather::Trouble;
use crate::host::Invocation;
use crate::messages::{Aim, SyncMailbox};
use crate::tables::Tables;

/// Plans one mailbox of the audience; nothing is written, neither there nor here.
pub async fn preview(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    config: &HubConfig,
    merged: &Merged,
    mailbox: &MailboxId,
    cx: &Invocation,
) -> Result<Plan, Trouble> {
    let spoke = merged.audience.get(mailbox).cloned().unwrap_or_default();
    let job = SyncMailbox {
        tenant: tenant.clone(),
        hub: hub.clone(),
        run: String::new(),
        part: String::new(),
        goal: Aim::Mirror,
        spoke,
        retry: true,
        mailboxes: vec![mailbox.clone()],
        open: Vec::new(),
        serves: merged.audience.len(),
        attempt: 0,
    };
    let view = merged.snapshot.for_spoke(config, &job.spoke);
    let erased = app.tables.erased(tenant).await?;
    let visit = Visit::new(app, &job, config, (Some(&view), erased), cx)?;
    let stored = app.tables.mailboxes.get(&Tables::mailbox_key(tenant, hub, mailbox)).await?;
    let mut lane = Lane::new(&visit, mailbox, stored);
    let sight = sight(&visit, &mut lane).await?;
    Ok(lane.planned(sight, None).await?.0)
}

/// The folder as it is; one that does not exist yet is empty.
async fn sight(visit: &Visit<'_>, lane: &mut Lane<'_>) -> Result<Sight, Trouble> {
    let mailbox = lane.mailbox;
    if let (None, Some(receives)) = (&lane.state.folder, visit.receives) {
        lane.state.folder = match visit.reader.folder(mailbox, visit.managed(receives)).await? {
            Folder::Ours(id) => Some(id),
            Folder::Foreign | Folder::Absent => None,
        };
    }
    let Some(folder) = lane.state.folder.clone() else { return Ok(empty(visit, mailbox)) };
    let (place, link) = (visit.place(mailbox, folder), lane.state.link.clone());
    let reading = FolderReading { place: place.clone(), link: link.clone() };
    let read = visit.reader.changes(vec![reading]).await.pop();
    match read.ok_or_else(|| Trouble::Failed("the mailbox gave no answer; try again".to_owned()))? {
        Ok(read) => {
            let mailbox = view(visit, &place, &lane.state, link.as_deref(), read).await?;
            let refused = lane.refused(&mailbox).await?;
            Ok(Sight { place, mailbox, link: None, meetings: false, refused })
        }
        Err(error) if error.kind() == Kind::Missing => {
            lane.state = crate::tables::MailboxState::default();
            Ok(empty(visit, mailbox))
        }
        Err(error) => Err(error.into()),
    }
}

fn empty(visit: &Visit<'_>, mailbox: &MailboxId) -> Sight {
    let place = visit.place(mailbox, String::new());
    let mailbox = Mailbox::unread(Reading::Everything);
    Sight { place, mailbox, link: None, meetings: false, refused: Refusals::new() }
}

/// Whether a mailbox has a folder of the hub's name that is somebody else's.
pub async fn folder_problem(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    (config, receives): (&HubConfig, &Receives),
    path: &str,
    mailbox: &MailboxId,
) -> Result<Option<Problem>, Trouble> {
    let found = app.graph.reader(tenant).folder(mailbox, managed(hub, config, receives)).await?;
    let what = match config.kind {
        hub::Kind::Contacts => "contact folder",
        hub::Kind::Events => "calendar",
    };
    Ok((found == Folder::Foreign).then(|| {
        Problem::new(
            format!("{path}.folder"),
            format!("mailbox {mailbox} has a {what} of this name that Wheelhouse did not make"),
            "choose another name, or rename that folder in the mailbox; what users made is never taken over",
        )
    }))
}
