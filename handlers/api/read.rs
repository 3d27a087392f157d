//! Reading many records, and pages of them.

use futures::{StreamExt, TryStreamExt, stream};
use platform::{Record, Row, Table};

use super::error::ApiError;

/// How many records are read at a time.
const READS_AT_ONCE: usize = 16;

/// The records under these names, in their order; those that are gone meanwhile are passed over.
pub(super) async fn records<R: Record>(
    table: &Table<R>,
    prefix: &str,
    names: Vec<String>,
) -> Result<Vec<(String, Row<R>)>, ApiError> {
    let read = |name: String| async move {
        let row = table.get(&format!("{prefix}{name}")).await?;
        Ok::<_, ApiError>(row.map(|row| (name, row)))
    };
    let rows: Vec<Option<_>> = stream::iter(names).map(read).buffered(READS_AT_ONCE).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

/// The newest names before `after`, newest first, and whether there are older ones; names sort by time.
pub(super) fn newest(mut names: Vec<String>, after: Option<&str>, most: usize) -> (Vec<String>, bool) {
    names.retain(|name| after.is_none_or(|after| name.as_str() < after));
    names.reverse();
    let more = names.len() > most;
    names.truncate(most);
    (names, more)
}
