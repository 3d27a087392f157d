//! A contributing calendar.
//!
//! A calendar view's delta names single events whole, and of a series its master and its occurrences in the window. What
//! became of single occurrences only the master itself tells, so every series that is mentioned is read by its id.
//!
//! <https://learn.microsoft.com/graph/api/event-delta>
//! <https://learn.microsoft.com/graph/api/event-get>

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sync::hub::Kind as HubKind;
use sync::{ItemId, MailboxId};

use super::{Source, SourceRound, Told, Way};
use crate::graph::ask::{Ask, ask};
use crate::graph::error::{Error, Kind};
use crate::graph::event;
use crate::graph::item::Item;
use crate::graph::kinds::names;
use crate::graph::reader::Reader;
use crate::graph::tag::{self, escaped};
use crate::graph::walk::path;

const PLACE: &str = "calendarView/delta";

/// A delta takes no `$select`: its pages are large, and some calendars can't make them so large.
const PREFERS: &[&str] = &[
    "odata.maxpagesize=500, outlook.timezone=\"UTC\", IdType=\"ImmutableId\"",
    "odata.maxpagesize=50, outlook.timezone=\"UTC\", IdType=\"ImmutableId\"",
    "odata.maxpagesize=10, outlook.timezone=\"UTC\", IdType=\"ImmutableId\"",
];

impl Reader {
    /// The events of a mailbox's calendar that touch the window and changed since the link was given, or all; without a
    /// name those of its default calendar. A series is told whole, and so are a few events beside the window.
    ///
    /// A link keeps the window that it was made with. A calendar that is not there is
    /// [`Kind::Missing`](crate::graph::Kind::Missing), one of a hub's own [`Kind::Refused`](crate::graph::Kind::Refused),
    /// a link that the server no longer knows [`Kind::Resync`](crate::graph::Kind::Resync).
    pub async fn calendar_source(
        &self,
        mailbox: &MailboxId,
        calendar: Option<&str>,
        window: (DateTime<Utc>, DateTime<Utc>),
        link: Option<&str>,
    ) -> SourceRound {
        let source = Source { kind: HubKind::Events, mailbox, name: calendar };
        match self.calendar_round(source, window, link).await {
            Ok(round) => round,
            Err(error) => SourceRound::broken(link, error),
        }
    }

    async fn calendar_round(
        &self,
        source: Source<'_>,
        window: (DateTime<Utc>, DateTime<Utc>),
        link: Option<&str>,
    ) -> Result<SourceRound, Error> {
        let mailbox = source.mailbox;
        let at = match link {
            Some(link) => path(&self.session.shared.options.endpoints, PLACE, link)?,
            None => {
                let calendar = self.source_path(source).await?;
                let [from, until] = [window.0, window.1].map(|time| time.format("%Y-%m-%dT%H:%M:%SZ"));
                format!("{calendar}/calendarView/delta?startDateTime={from}&endDateTime={until}")
            }
        };
        let mut told = Told::new();
        let end = self.pages(Way { mailbox, place: PLACE, at, prefers: PREFERS }, &mut told).await;
        let mut round = SourceRound::begin(link, end);
        let series = series(&told);
        told.retain(|id, item| !series.contains(id) && item.event.part_of.is_none());
        self.note_whole(source, told, &mut round).await?;
        self.note_series(mailbox, &Vec::from_iter(series), &mut round).await;
        Ok(round)
    }

    /// Reads each series with all that became of its occurrences; if one can't be read now, the round has no end.
    async fn note_series(&self, mailbox: &MailboxId, ids: &[ItemId], round: &mut SourceRound) {
        let names = names(HubKind::Events);
        let (more, source) = (event::ONLY_LOOKED, event::ONLY_SOURCE);
        let options = format!(
            "$select={},{more},{source}&$expand=exceptionOccurrences,{}",
            *names.select,
            tag::mark(tag::ITEM)
        );
        let question = |id: &ItemId| Ask {
            mailbox: mailbox.clone(),
            url: format!("/users/{mailbox}/events/{}?{options}", escaped(id.as_str())),
            prefer: names.prefer,
        };
        let asks: Vec<Ask> = ids.iter().map(question).collect();
        let answers = ask(&self.session, names.item, &asks, |body| Item::read(names.item, body)).await;
        for (id, answer) in ids.iter().zip(answers) {
            match answer {
                Ok(item) => {
                    let is_copy = item.tag.is_some();
                    round.note(id, item, is_copy);
                }
                Err(error) if error.kind() == Kind::Missing => round.change(id, None),
                Err(error) => round.end = Err(error),
            }
        }
    }
}

/// The series that a round mentions, by themselves or by one of their occurrences.
fn series(told: &Told) -> BTreeSet<ItemId> {
    let mut series = BTreeSet::new();
    for (id, item) in told.iter().filter(|(_, item)| !item.removed) {
        if item.event.is_series {
            series.insert(id.clone());
        }
        let master = item.event.part_of.as_ref();
        series.extend(master.and_then(|master| ItemId::new(master.as_str()).ok()));
    }
    series
}
