//! A contributing contact folder.
//!
//! <https://learn.microsoft.com/graph/api/contact-delta>

use sync::MailboxId;
use sync::hub::Kind;

use super::{Source, SourceRound, Told, Way};
use crate::graph::error::Error;
use crate::graph::kinds::names;
use crate::graph::reader::Reader;
use crate::graph::walk::path;

const PLACE: &str = "contacts/delta (source)";

const PREFERS: &[&str] = &["odata.maxpagesize=500, IdType=\"ImmutableId\""];

impl Reader {
    /// The contacts of a mailbox's folder that changed since the link was given, or all; without a name those of its
    /// default folder.
    ///
    /// A folder that is not there is [`Kind::Missing`](crate::graph::Kind::Missing), one of a hub's own
    /// [`Kind::Refused`](crate::graph::Kind::Refused), a link that the server no longer knows
    /// [`Kind::Resync`](crate::graph::Kind::Resync).
    pub async fn contact_source(
        &self,
        mailbox: &MailboxId,
        folder: Option<&str>,
        link: Option<&str>,
    ) -> SourceRound {
        let source = Source { kind: Kind::Contacts, mailbox, name: folder };
        match self.contacts_round(source, link).await {
            Ok(round) => round,
            Err(error) => SourceRound::broken(link, error),
        }
    }

    async fn contacts_round(&self, source: Source<'_>, link: Option<&str>) -> Result<SourceRound, Error> {
        let at = match link {
            Some(link) => path(&self.session.shared.options.endpoints, PLACE, link)?,
            None => {
                let folder = self.source_path(source).await?;
                format!("{folder}/contacts/delta?$select={}", *names(Kind::Contacts).select)
            }
        };
        let mut told = Told::new();
        let way = Way { mailbox: source.mailbox, place: PLACE, at, prefers: PREFERS };
        let end = self.pages(way, &mut told).await;
        let mut round = SourceRound::begin(link, end);
        self.note_whole(source, told, &mut round).await?;
        Ok(round)
    }
}
