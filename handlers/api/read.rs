//! Reading many records, and pages of them.

use std::future::ready;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use platform::{Record, Row, Table};

use super::error::ApiError;

/// How many records are read at a time.
const READS_AT_ONCE: usize = 16;

/// The records under these names, in their order, a few read ahead; those that are gone meanwhile are passed over.
pub(super) fn each<'a, R: Record>(
    table: &'a Table<R>,
    prefix: &'a str,
    names: Vec<String>,
) -> BoxStream<'a, Result<(String, Row<R>), ApiError>> {
    let read = move |name: String| async move {
        let row = table.get(&format!("{prefix}{name}")).await?;
        Ok::<_, ApiError>(row.map(|row| (name, row)))
    };
    let rows = stream::iter(names).map(read).buffered(READS_AT_ONCE);
    rows.try_filter_map(|row| ready(Ok(row))).boxed()
}

/// The same all at once, for what is small.
pub(super) async fn records<R: Record>(
    table: &Table<R>,
    prefix: &str,
    names: Vec<String>,
) -> Result<Vec<(String, Row<R>)>, ApiError> {
    each(table, prefix, names).try_collect().await
}

/// The newest names before `after`, newest first, and whether there are older ones; names sort by time.
pub(super) fn newest(mut names: Vec<String>, after: Option<&str>, most: usize) -> (Vec<String>, bool) {
    names.retain(|name| after.is_none_or(|after| name.as_str() < after));
    names.reverse();
    let more = names.len() > most;
    names.truncate(most);
    (names, more)
}
