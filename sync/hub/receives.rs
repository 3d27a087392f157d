//! What a spoke gets from the hub.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Audience, unique};
use crate::filter::Filter;
use crate::{Content, Field, Mode};

/// What a spoke gets from the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receives {
    /// The name of the managed contact folder or calendar.
    pub folder: String,
    /// The colour of the managed calendar; Outlook chooses if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// The mailboxes that the spoke stands for.
    pub audience: Audience,
    /// Only the items that fulfil this condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Who wins a field: `keep-user-edit` where nothing else is said.
    #[serde(default, deserialize_with = "unique::map")]
    pub fields: BTreeMap<Field, Mode>,
    /// An item that a user deletes stays away from that mailbox.
    #[serde(default)]
    pub users_may_hide: bool,
    /// What becomes of a mailbox that leaves the audience.
    #[serde(default)]
    pub on_leave: OnLeave,
}

impl Receives {
    /// Whether the filter keeps an item out.
    pub fn leaves_out(&self, content: &Content) -> bool {
        self.filter.as_ref().is_some_and(|filter| !filter.matches(content))
    }
}

/// What becomes of a mailbox that leaves the audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnLeave {
    /// Everything that the hub wrote is removed.
    #[default]
    Clean,
    /// The items stay as they are and are not kept current any more.
    Keep,
}

/// The colour of a calendar.
///
/// <https://learn.microsoft.com/graph/api/resources/calendar#properties>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Color {
    /// Light blue.
    LightBlue,
    /// Light green.
    LightGreen,
    /// Light orange.
    LightOrange,
    /// Light gray.
    LightGray,
    /// Light yellow.
    LightYellow,
    /// Light teal.
    LightTeal,
    /// Light pink.
    LightPink,
    /// Light brown.
    LightBrown,
    /// Light red.
    LightRed,
    /// The strongest that there is.
    MaxColor,
}

impl Color {
    /// Graph's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Color::LightBlue => "lightBlue",
            Color::LightGreen => "lightGreen",
            Color::LightOrange => "lightOrange",
            Color::LightGray => "lightGray",
            Color::LightYellow => "lightYellow",
            Color::LightTeal => "lightTeal",
            Color::LightPink => "lightPink",
            Color::LightBrown => "lightBrown",
            Color::LightRed => "lightRed",
            Color::MaxColor => "maxColor",
        }
    }
}
