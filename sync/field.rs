//! The fields of an item, by Graph's names.

use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// One field of an item, named as Graph names the property.
        ///
        /// <https://learn.microsoft.com/graph/api/resources/contact>
        /// <https://learn.microsoft.com/graph/api/resources/event>
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Field {
            $($(#[$doc])* $name,)*
        }

        impl Field {
            /// Every field there is.
            pub const ALL: &[Field] = &[$(Field::$name),*];

            /// Graph's name of the property.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Field::$name => $text,)*
                }
            }
        }
    };
}

fields! {
    /// Text.
    AssistantName = "assistantName",
    /// A date, `YYYY-MM-DD`.
    Birthday = "birthday",
    /// An address.
    BusinessAddress = "businessAddress",
    /// Text, a URL.
    BusinessHomePage = "businessHomePage",
    /// A list, at most two.
    BusinessPhones = "businessPhones",
    /// A list.
    Categories = "categories",
    /// Text.
    CompanyName = "companyName",
    /// Text.
    Department = "department",
    /// Text; Exchange derives it from the name parts if it is left out.
    DisplayName = "displayName",
    /// E-mail addresses, at most three.
    EmailAddresses = "emailAddresses",
    /// Text; the sort name.
    FileAs = "fileAs",
    /// Text, such as `Jr.`.
    Generation = "generation",
    /// Text; never empty when a contact is created.
    GivenName = "givenName",
    /// An address.
    HomeAddress = "homeAddress",
    /// A list, at most two.
    HomePhones = "homePhones",
    /// A list, at most three.
    ImAddresses = "imAddresses",
    /// Text.
    Initials = "initials",
    /// Text.
    JobTitle = "jobTitle",
    /// Text, the manager's name.
    Manager = "manager",
    /// Text.
    MiddleName = "middleName",
    /// Text.
    MobilePhone = "mobilePhone",
    /// Text.
    NickName = "nickName",
    /// Text.
    OfficeLocation = "officeLocation",
    /// An address.
    OtherAddress = "otherAddress",
    /// Text; ours stands beside the user's own.
    PersonalNotes = "personalNotes",
    /// Text.
    Profession = "profession",
    /// Text.
    SpouseName = "spouseName",
    /// Text.
    Surname = "surname",
    /// Text, such as `Dr.`.
    Title = "title",
    /// Text.
    YomiCompanyName = "yomiCompanyName",
    /// Text.
    YomiGivenName = "yomiGivenName",
    /// Text.
    YomiSurname = "yomiSurname",
    /// A body: what an event says.
    Body = "body",
    /// Text, an event's: `low`, `normal` or `high`.
    Importance = "importance",
    /// Text, the name of an event's place.
    Location = "location",
    /// The occurrences that differ from their series, and the cancelled ones.
    Occurrences = "occurrences",
    /// Text, minutes; absent = no reminder.
    ReminderMinutesBeforeStart = "reminderMinutesBeforeStart",
    /// Text, an event's: `normal`, `personal`, `private` or `confidential`.
    Sensitivity = "sensitivity",
    /// Text, an event's: `free`, `tentative`, `busy`, `oof`, `workingElsewhere` or `unknown`.
    ShowAs = "showAs",
    /// Text, an event's title.
    Subject = "subject",
    /// A timing: start, end, all-day and recurrence, which are right only together.
    Timing = "timing",
    /// E-mail addresses of those invited; read from a source, never written.
    Attendees = "attendees",
    /// Text; read from a source, never written.
    EmployeeId = "employeeId",
    /// Text, `true` of an event that was called off; read from a source, never written.
    IsCancelled = "isCancelled",
    /// Text, the link to an online meeting; read from a source, never written.
    JoinUrl = "joinUrl",
    /// One e-mail address; read from a source, never written.
    Organizer = "organizer",
    /// Text, the mailbox owner's answer to an invitation: `none`, `organizer`, `tentativelyAccepted`, `accepted`,
    /// `declined` or `notResponded`; read from a source, never written.
    ResponseStatus = "responseStatus",
}

impl Field {
    /// Whether the field tells about the source only: such a field never enters a mailbox.
    pub const fn is_source_only(self) -> bool {
        matches!(
            self,
            Field::Attendees
                | Field::EmployeeId
                | Field::IsCancelled
                | Field::JoinUrl
                | Field::Organizer
                | Field::ResponseStatus
        )
    }

    /// Whether it can be written only once the item is there: single occurrences need their series.
    pub const fn needs_item(self) -> bool {
        matches!(self, Field::Occurrences)
    }

    /// Whether a change of it in a two-way mailbox is for the hub; notes are the user's own, beside our block.
    pub const fn may_flow_back(self) -> bool {
        !self.is_source_only() && !matches!(self, Field::PersonalNotes)
    }

    /// Whether an item is nothing without it.
    pub const fn is_needed(self) -> bool {
        matches!(self, Field::GivenName | Field::Timing)
    }

    /// Whether Exchange may derive the display and sort name anew when this field is written.
    pub const fn is_name_part(self) -> bool {
        matches!(
            self,
            Field::GivenName
                | Field::Surname
                | Field::MiddleName
                | Field::Generation
                | Field::Title
                | Field::Initials
                | Field::NickName
                | Field::CompanyName
        )
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serialised_name_is_graphs_name() {
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.name());
        }
    }
}
