//! Which addresses a feed may be at: an administrator's URL must not reach into the network that we run in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::error::Error;

/// What is allowed beyond `https` to public addresses.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// `http`, which anybody on the way can read and change.
    pub allow_http: bool,
    /// Single addresses that are not public, such as that of a server in the company's own network.
    pub allowed: Vec<IpAddr>,
}

/// Where a URL leads: what is to be looked up and connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The host's name or address.
    pub host: Host<String>,
    /// The port.
    pub port: u16,
}

impl Guard {
    /// Checks a URL, as far as it can be without looking its host up.
    ///
    /// # Errors
    /// [`Kind::Refused`](super::Kind::Refused) with what is wrong.
    pub fn target(&self, url: &Url) -> Result<Target, Error> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(Error::refused("its address must begin with https://")),
            _ => {
                return Err(Error::refused("its address must begin with https://, nothing else can be read"));
            }
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::refused("its address must not carry a user name or password"));
        }
        let host = url.host().ok_or_else(|| Error::refused("its address names no host"))?;
        match host {
            Host::Ipv4(address) => self.address(address.into())?,
            Host::Ipv6(address) => self.address(address.into())?,
            Host::Domain(_) => {}
        }
        let port = url.port_or_known_default().unwrap_or(443);
        Ok(Target { host: host.to_owned(), port })
    }

    /// Checks an address that a host was found to have.
    ///
    /// # Errors
    /// [`Kind::Refused`](super::Kind::Refused) if it is not public.
    pub fn address(&self, address: IpAddr) -> Result<(), Error> {
        if is_public(address) || self.allowed.contains(&address) {
            return Ok(());
        }
        Err(Error::refused("its address leads into a network that is not public"))
    }
}

/// Whether anybody on the Internet means the same by an address.
///
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(carried) => is_public_v4(carried),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(first == 0
        || first == 10
        || first == 127
        || first >= 224
        || (first == 100 && (64..128).contains(&second))
        || (first == 169 && second == 254)
        || (first == 172 && (16..32).contains(&second))
        || (first == 192 && second == 168)
        || (first == 192 && second == 0 && (third == 0 || third == 2))
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (second == 18 || second == 19))
        || (first == 198 && second == 51 && third == 100)
        || (first == 203 && second == 0 && third == 113)
        // The platform's own services, reachable from inside only.
        || address == Ipv4Addr::new(168, 63, 129, 16))
}

/// Of IPv6, `2000::/3` is handed out to the public, less what is for documents and tunnels.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (0x2000..0x4000).contains(&first)
        && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
        && !(first == 0x3fff && second < 0x1000)
}

/// The IPv4 address that an IPv6 address stands for: mapped, translated, or tunnelled to.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(v4(g, h)),
        (0x2002, ..) => Some(v4(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_allowed() {
        for (address, public) in [
            ("93.184.215.14", true),
            ("100.63.0.1", true),
            ("172.32.0.1", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("168.63.129.16", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", true),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.215.14", true),
            ("64:ff9b::7f00:1", false),
            ("64:ff9b:1::1", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(Guard::default().address(address).is_ok(), public, "{address}");
            assert!(Guard { allowed: vec![address], ..Guard::default() }.address(address).is_ok());
        }
    }

    #[test]
    fn an_address_is_checked_before_anything_is_looked_up() {
        let check = |url: &str, guard: Guard| match guard.target(&url.parse().unwrap()) {
            Ok(target) => format!("{}:{}", target.host, target.port),
            Err(error) => error.to_string(),
        };
        let strict = |url| check(url, Guard::default());
        assert_eq!(strict("https://example.com/a.ics"), "example.com:443");
        assert_eq!(strict("https://example.com:8443/a.ics"), "example.com:8443");
        for refused in [
            "http://example.com/a.ics",
            "ftp://example.com/a.ics",
            "file:///etc/passwd",
            "webcal://example.com/a.ics",
            "https://user:word@example.com/a.ics",
            "https://127.0.0.1/a.ics",
            "https://0x7f000001/a.ics",
            "https://2130706433/a.ics",
            "https://[::1]/a.ics",
            "https://169.254.169.254/metadata",
        ] {
            assert!(strict(refused).starts_with("the calendar feed: its address"), "{refused}");
        }
        let open = Guard { allow_http: true, allowed: vec![Ipv4Addr::LOCALHOST.into()] };
        assert_eq!(check("http://127.0.0.1:8080/a.ics", open), "127.0.0.1:8080");
    }
}
