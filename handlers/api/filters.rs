//! Who falls in and out of a filter, before it is saved.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use serde::{Deserialize, Serialize};
use sync::hub::Spoke;
use sync::mapping::Skipped;
use sync::{Filter, HubConfig, Merged, Problem, SourceKey};
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, TenantPath};
use super::error::ApiError;
use crate::gather::{self, Trouble};

/// The most identities of each side.
const MOST: usize = 1000;

/// A filter to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FilterTrial {
    /// The spoke that it is for.
    spoke: String,
    /// Whether it is for what the spoke contributes or for what it receives.
    direction: Direction,
    /// The filter, as it would stand in the configuration.
    filter: String,
}

/// Which way items go.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Direction {
    /// From the spoke into the hub.
    Contributes,
    /// From the hub to the spoke.
    Receives,
}

/// Who falls in and out: identities, at most 1000 on each side.
#[derive(Serialize, ToSchema)]
pub(super) struct Sides {
    /// How many fulfil it.
    inside: usize,
    /// How many do not.
    outside: usize,
    /// Those that do.
    #[serde(rename = "in")]
    #[schema(value_type = Vec<String>)]
    inner: Vec<SourceKey>,
    /// Those that do not.
    #[serde(rename = "out")]
    #[schema(value_type = Vec<String>)]
    outer: Vec<SourceKey>,
}

/// Tries a filter on what there is now; nothing is stored.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/filter-preview", operation_id = "previewFilter",
    security(("role" = ["Operator"])),
    params(TenantPath, HubPath), request_body = FilterTrial,
    responses((status = 200, description = "Who falls in and out", body = Sides),
        (status = 422, description = "The filter can't be read", body = ApiError)))]
pub(super) async fn preview(at: AtHub, body: Result<Bytes, BytesRejection>) -> Result<Json<Sides>, ApiError> {
    let trial: FilterTrial = serde_json::from_slice(&body?).map_err(|_| {
        let fix = "send {\"spoke\": …, \"direction\": \"contributes\" or \"receives\", \"filter\": …}";
        ApiError::bad("this is no filter to be tried", fix)
    })?;
    let mut config = at.existing().await?.record.config;
    set(&mut config, &trial)?;
    let merged = gather::merged(&at.app, &at.tenant, &at.hub, &config).await?.merged;
    let (inside, outside) = sides(&config, &trial, &merged);
    Ok(Json(Sides {
        inside: inside.len(),
        outside: outside.len(),
        inner: inside.into_iter().take(MOST).collect(),
        outer: outside.into_iter().take(MOST).collect(),
    }))
}

/// Puts the filter where it would stand.
fn set(config: &mut HubConfig, trial: &FilterTrial) -> Result<(), ApiError> {
    let filter = Filter::parse(&trial.filter).map_err(|unreadable| {
        Trouble::Config(Problem::new("filter", unreadable.to_string(), "correct it there"))
    })?;
    let missing = |what| ApiError::missing(what, "name a spoke of the hub that goes this way");
    let spoke = config.spokes.iter_mut().find(|spoke| spoke.id == trial.spoke);
    let Spoke { contributes, receives, .. } = spoke.ok_or_else(|| missing("the hub has no such spoke"))?;
    let place = match trial.direction {
        Direction::Contributes => contributes.as_mut().map(|what| &mut what.filter),
        Direction::Receives => receives.as_mut().map(|what| &mut what.filter),
    };
    *place.ok_or_else(|| missing("the spoke does not go this way"))? = Some(filter);
    Ok(())
}

fn sides(
    config: &HubConfig,
    trial: &FilterTrial,
    merged: &Merged,
) -> (BTreeSet<SourceKey>, BTreeSet<SourceKey>) {
    let snapshot = &merged.snapshot;
    match trial.direction {
        Direction::Receives => {
            let view = snapshot.for_spoke(config, &trial.spoke);
            (view.items.keys().cloned().collect(), view.outside.clone())
        }
        Direction::Contributes => {
            let of_spoke = |key: &&SourceKey| key.spoke() == trial.spoke;
            let inside = snapshot.items.keys().chain(snapshot.aliases.keys());
            let filtered = merged.skipped.iter().filter(|(_, why)| **why == Skipped::Filtered);
            let outside = filtered.map(|(key, _)| key).filter(of_spoke).cloned();
            (inside.filter(of_spoke).cloned().collect(), outside.collect())
        }
    }
}
