//! Verifying a log where it is kept, and reading it out.

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use platform::{Kind, Page, Row};

use super::check::{Broken, Checked, What};
use crate::App;
use crate::tables::{Entry, Head, Log, Tables};

/// How many entries are read ahead.
const READS_AT_ONCE: usize = 16;

/// An entry with its number, or what is wrong with it.
type Read = platform::Result<Result<Entry, Broken>>;

/// Goes through a whole log; `also` sees each entry and may object.
///
/// Fails if the store does: then nothing is known.
pub async fn verify(
    app: &App,
    log: &Log,
    mut also: impl FnMut(&Entry) -> Result<(), Broken> + Send,
) -> platform::Result<Result<Checked, Broken>> {
    // Before the entries: meanwhile the log may only grow.
    let marked = app.tables.heads.get(&Tables::head_key(log)).await;
    let mut checked = Checked::nothing(log);
    let mut at_mark = None;
    let marked = match marked {
        Ok(row) => row.map(|row| row.record),
        Err(error) if is_broken(&error) => return Ok(Err(Broken { number: 1, what: What::Unmarked })),
        Err(error) => return Err(error),
    };
    let mut entries = entries(app, log, 0);
    while let Some(read) = entries.next().await {
        let step = read?.and_then(|entry| checked.go_on(&entry).and_then(|()| also(&entry)));
        if let Err(broken) = step {
            return Ok(Err(broken));
        }
        if marked.as_ref().is_some_and(|head| head.number == checked.end.number) {
            at_mark = Some(checked.end.hash.clone());
        }
    }
    Ok(fits(marked, at_mark, &checked.end).map(|()| checked))
}

/// Whether the mark of the log's end belongs to it; it may lag behind, as it is written last.
fn fits(marked: Option<Head>, at_mark: Option<String>, end: &Head) -> Result<(), Broken> {
    match marked {
        None if end.number == 0 => Ok(()),
        None => Err(Broken { number: end.number, what: What::Unmarked }),
        Some(head) if head.number > end.number => Err(Broken { number: end.number + 1, what: What::CutOff }),
        Some(head) if at_mark.is_some_and(|hash| hash == head.hash) => Ok(()),
        Some(head) => Err(Broken { number: head.number, what: What::Unmarked }),
    }
}

/// The entries of a log after a number, in their order; what is wrong with one is said in its place, and ends it.
pub fn entries<'a>(app: &'a App, log: &'a Log, after: u64) -> BoxStream<'a, Read> {
    let prefix = Tables::entries_prefix(log);
    let numbers = pages(app, log).map_ok(move |keys| {
        let numbers = keys.into_iter().map(|key| key.strip_prefix(&prefix)?.parse::<u64>().ok());
        stream::iter(numbers.map(Ok::<_, platform::Error>).collect::<Vec<_>>())
    });
    let wanted = numbers.try_flatten().scan(0, |last, number| {
        let expected = *last + 1;
        *last = expected;
        let found = number.map(|number| match number {
            Some(number) if number == expected => Ok(number),
            _ => Err(Broken { number: expected, what: What::Missing }),
        });
        std::future::ready(Some(found))
    });
    let later = wanted
        .try_filter(move |found| std::future::ready(found.as_ref().map_or(true, |number| *number > after)));
    later.map(move |found| read(app, log, found)).buffered(READS_AT_ONCE).boxed()
}

async fn read(app: &App, log: &Log, found: platform::Result<Result<u64, Broken>>) -> Read {
    let number = match found? {
        Ok(number) => number,
        Err(broken) => return Ok(Err(broken)),
    };
    match app.tables.entries.get(&Tables::entry_key(log, number)).await {
        Ok(Some(Row { record, .. })) => Ok(Ok(record)),
        Ok(None) => Ok(Err(Broken { number, what: What::Missing })),
        Err(error) if is_broken(&error) => Ok(Err(Broken { number, what: What::Unreadable })),
        Err(error) => Err(error),
    }
}

/// The keys of all entries, page by page.
fn pages<'a>(app: &'a App, log: &'a Log) -> BoxStream<'a, platform::Result<Vec<String>>> {
    enum At {
        Page(Option<Page>),
        End,
    }
    let prefix = Tables::entries_prefix(log);
    stream::try_unfold(At::Page(None), move |at| {
        let prefix = prefix.clone();
        async move {
            let At::Page(page) = at else { return Ok(None) };
            let listing = app.tables.entries.list(&prefix, page).await?;
            let next = listing.next.map_or(At::End, |page| At::Page(Some(page)));
            Ok(Some((listing.keys, next)))
        }
    })
    .boxed()
}

fn is_broken(error: &platform::Error) -> bool {
    matches!(error.kind(), Kind::Unreadable | Kind::Gone)
}
