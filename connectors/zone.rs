//! Time zones by the names that others give them: IANA's, and Windows' by Unicode's list.
//!
//! <https://learn.microsoft.com/graph/api/resources/datetimetimezone>

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono_tz::Tz;
use icu_time::TimeZone;
use icu_time::zone::WindowsParser;
use icu_time::zone::iana::IanaParserExtended;

/// The zone of an IANA or a Windows name; none if nobody knows it.
pub fn zone(name: &str) -> Option<Tz> {
    let name = name.trim();
    name.parse().ok().or_else(|| windows(name))
}

fn windows(name: &str) -> Option<Tz> {
    IANA.get(&WindowsParser::new().parse(name, None)?).copied()
}

/// Unicode's short identifiers, which its list of Windows names leads to, with the zones that they mean.
static IANA: LazyLock<HashMap<TimeZone, Tz>> = LazyLock::new(|| {
    let names = IanaParserExtended::new();
    names.iter().filter_map(|name| Some((name.time_zone, name.canonical.parse().ok()?))).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_all_its_names() {
        for (name, expected) in [
            ("Europe/Vienna", Some(Tz::Europe__Vienna)),
            ("UTC", Some(Tz::UTC)),
            ("W. Europe Standard Time", Some(Tz::Europe__Berlin)),
            ("Pacific Standard Time", Some(Tz::America__Los_Angeles)),
            ("India Standard Time", Some(Tz::Asia__Kolkata)),
            ("Customized Time Zone", None),
            ("tzone://Microsoft/Custom", None),
            ("", None),
        ] {
            assert_eq!(zone(name), expected, "{name}");
        }
    }
}
