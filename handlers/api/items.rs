//! One item of a hub, field by field, each with the spoke that it came from.

use axum::Json;
use platform::Row;
use serde::Serialize;
use sync::{Field, SourceKey, Value};
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, ItemPath, Key, TenantPath};
use super::error::ApiError;
use super::params::Params;
use crate::tables::{Newest, Tables};

/// One item.
#[derive(Serialize, ToSchema)]
pub(super) struct ItemView {
    /// Its identity.
    #[schema(value_type = String)]
    key: SourceKey,
    /// Its filled fields.
    fields: Vec<FieldView>,
    /// The entries of other contributors that are part of it.
    #[schema(value_type = Vec<String>)]
    parts: Vec<SourceKey>,
}

/// One filled field.
#[derive(Serialize, ToSchema)]
pub(super) struct FieldView {
    /// Which.
    #[schema(value_type = String)]
    field: Field,
    /// The spoke that it came from.
    from: String,
    /// What it holds, if that was asked for.
    #[schema(value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
}

/// Reads one item of the hub as its last run left it.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs/{hub}/items/{key}", operation_id = "getItem",
    security(("role" = ["Reader"]), ("values" = ["Administrator", "Privacy"])),
    params(TenantPath, HubPath, ItemPath,
        ("values" = Option<bool>, Query, description = "What the fields hold, too: that is personal data")),
    responses((status = 200, description = "The item", body = ItemView),
        (status = 404, description = "The hub has no such item", body = ApiError)))]
pub(super) async fn get(at: AtHub, Key(key): Key, params: Params) -> Result<Json<ItemView>, ApiError> {
    at.existing().await?;
    let row = at.app.tables.snapshots.get(&Tables::snapshot_key(&at.tenant, &at.hub)).await?;
    let missing =
        || ApiError::missing("the hub has no such item", "copy its identity from GET …/preview or …/rulings");
    let Row { record: Newest(snapshot), .. } = row.ok_or_else(missing)?;
    let content = snapshot.items.get(&key).ok_or_else(missing)?;
    let view = |(field, value): (Field, &Value)| FieldView {
        field,
        from: snapshot.provenance_of(&key, field).to_owned(),
        value: params.says("values").then(|| plain(value)),
    };
    let fields = content.iter().map(view).collect();
    let parts = snapshot.aliases.iter().filter(|(_, whole)| **whole == key).map(|(part, _)| part.clone());
    Ok(Json(ItemView { fields, parts: parts.collect(), key }))
}

/// A value as people write it: a text is a text and a list a list, whatever the core calls them.
pub(super) fn plain(value: &Value) -> serde_json::Value {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::Object(named)) => {
            named.into_iter().next().map_or_else(Default::default, |(_, is)| is)
        }
        other => other.unwrap_or_default(),
    }
}
