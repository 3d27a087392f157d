//! The schema of a hub's configuration, written by hand: the core knows no API.

use std::borrow::Cow;

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The schema as it stands in the document.
const HUB_CONFIG: &str = include_str!("hub_config.json");

/// Stands for [`sync::HubConfig`] in the document.
pub(super) struct HubConfigSchema;

impl ToSchema for HubConfigSchema {
    fn name() -> Cow<'static, str> {
        "HubConfig".into()
    }
}

impl PartialSchema for HubConfigSchema {
    /// A test holds that the text can be read; an empty schema would allow everything.
    fn schema() -> RefOr<Schema> {
        serde_json::from_str(HUB_CONFIG).map(RefOr::T).unwrap_or_default()
    }
}
