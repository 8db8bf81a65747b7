//! Which addresses steps may connect to. Public ones, and those that the person listed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The setting that lists the exceptions, named in errors.
pub const SETTING: &str = "SAYFLOW_EGRESS_ALLOW";

/// Refuses loopback, private, link-local, shared, multicast, reserved and unspecified addresses, in whatever
/// spelling, unless `host:port` is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EgressPolicy {
    allowed: Vec<Allowed>,
}

/// One exception.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Allowed {
    host: AllowedHost,
    /// Any port if left out.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum AllowedHost {
    Name(String),
    Address(IpAddr),
}

/// An entry of the list that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{entry}\" is no place to allow; write host:port, such as 127.0.0.1:9000, [::1]:9000 or localhost:*")]
pub struct AllowListError {
    entry: String,
}

impl EgressPolicy {
    /// Public addresses, and the places of a list such as `127.0.0.1:9000, localhost:*, [::1]:8080`. A name allows
    /// every address that it resolves to.
    ///
    /// # Errors
    /// At the first entry that is no `host:port`.
    pub fn from_allow_list(list: &str) -> Result<Self, AllowListError> {
        let entries = list.split([',', ' ', '\n', '\t']).map(str::trim).filter(|entry| !entry.is_empty());
        Ok(Self { allowed: entries.map(Allowed::from_str).collect::<Result<_, _>>()? })
    }

    /// Whether a step may connect to an address that was written, or that a host name resolved to.
    pub fn permits(&self, host: &str, address: IpAddr, port: u16) -> bool {
        is_public(address) || self.allowed.iter().any(|allowed| allowed.covers(host, address, port))
    }
}

impl Allowed {
    fn covers(&self, host: &str, address: IpAddr, port: u16) -> bool {
        self.port.is_none_or(|allowed| allowed == port)
            && match &self.host {
                AllowedHost::Address(allowed) => *allowed == address.to_canonical(),
                AllowedHost::Name(name) => *name == normal_name(host) || (name == "localhost" && address.to_canonical().is_loopback()),
            }
    }
}

impl FromStr for Allowed {
    type Err = AllowListError;

    fn from_str(entry: &str) -> Result<Self, AllowListError> {
        let wrong = || AllowListError { entry: entry.to_owned() };
        let (host, port) = entry.rsplit_once(':').ok_or_else(wrong)?;
        let port = match port {
            "*" => None,
            number => Some(number.parse().map_err(|_| wrong())?),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match (bare, host.parse::<Ipv4Addr>()) {
            (Some(v6), _) => AllowedHost::Address(IpAddr::V6(v6.parse().map_err(|_| wrong())?).to_canonical()),
            (None, Ok(v4)) => AllowedHost::Address(IpAddr::V4(v4)),
            (None, Err(_)) if is_name(host) => AllowedHost::Name(normal_name(host)),
            (None, Err(_)) => return Err(wrong()),
        };
        Ok(Self { host, port })
    }
}

impl fmt::Display for EgressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "public addresses and {} more", self.allowed.len())
    }
}

fn is_name(host: &str) -> bool {
    !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c))
}

fn normal_name(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether an address is one of the public internet, by the IANA registries of special-purpose addresses.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)            // this network, private, loopback
            | (100, 64..=127, _)        // shared by carriers
            | (169, 254, _)             // link-local, with the metadata services of clouds
            | (172, 16..=31, _)         // private
            | (192, 0, 0 | 2)           // protocol assignments, documentation
            | (192, 88, 99)             // 6to4 relays
            | (192, 168, _)             // private
            | (198, 18..=19, _)         // benchmarks
            | (198, 51, 100)            // documentation
            | (203, 0, 113)             // documentation
            | (224..=255, _, _) // multicast, reserved, broadcast
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let segments = address.segments();
    let [_, _, _, _, _, _, high, low] = segments;
    // Networks without IPv4 reach it through the translator's well-known prefix: judge what it translates to.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let global_unicast = (segments[0] & 0xe000) == 0x2000;
    let special = matches!(
        (segments[0], segments[1]),
        (0x2001, 0x0000..=0x01ff)   // protocol assignments, Teredo and ORCHID among them
            | (0x2001, 0x0db8)      // documentation
            | (0x2002, _)           // 6to4, which hides an IPv4 address
            | (0x3fff, 0x0000..=0x0fff) // documentation
    );
    global_unicast && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn the_internet_is_public() {
        for address in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn no_spelling_of_an_inside_address_is_public() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "2001::1",
            "2001:db8::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn listed_places_are_permitted_and_no_others() {
        let policy = EgressPolicy::from_allow_list("127.0.0.1:9000, [::1]:*, Intranet.local:80").unwrap();
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        assert!(policy.permits("127.0.0.1", loopback, 9000));
        assert!(policy.permits("anything", "::ffff:127.0.0.1".parse().unwrap(), 9000));
        assert!(!policy.permits("127.0.0.1", loopback, 9001));
        assert!(policy.permits("[::1]", "::1".parse().unwrap(), 1));
        assert!(policy.permits("intranet.LOCAL.", "10.0.0.5".parse().unwrap(), 80));
        assert!(!policy.permits("intranet.local.evil.example", "10.0.0.5".parse().unwrap(), 80));
        let localhost = EgressPolicy::from_allow_list("localhost:*").unwrap();
        assert!(localhost.permits("127.0.0.1", loopback, 5));
        assert!(!localhost.permits("10.0.0.1", "10.0.0.1".parse().unwrap(), 5));
    }

    #[test]
    fn an_entry_without_a_port_is_refused_by_name() {
        for list in ["localhost", "1.2.3.4:99999", "[::1:80", "a b", "http://localhost:80"] {
            assert!(EgressPolicy::from_allow_list(list).is_err(), "{list}");
        }
        assert_eq!(EgressPolicy::from_allow_list(" ,").unwrap(), EgressPolicy::default());
    }
}
