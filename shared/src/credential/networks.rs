//! The source networks from which a credential may be used.

use std::net::IpAddr;

use ipnet::IpNet;
use ipnet::Ipv4Net;
use serde::Deserialize;
use serde::Serialize;

use crate::credential::refusal::Refusal;

/// Networks, of IPv4 and IPv6; none at all means that every address will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// How many there can be: as many as one reads through.
    pub const MOST: usize = 50;

    /// Reads networks (`192.0.2.0/24`) and single addresses; blank texts are left out, and so is what comes twice.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, Vec<Refusal>> {
        let (mut networks, mut refusals) = (Vec::new(), Vec::new());
        for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
            match network(text) {
                Ok(network) if networks.contains(&network) => {}
                Ok(network) => networks.push(network),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if networks.len() > Self::MOST {
            refusals.push(Refusal::NetworksTooMany);
        }
        if refusals.is_empty() { Ok(Self(networks)) } else { Err(refusals) }
    }

    /// Whether a request from an address is admitted. Where there are networks, one whose address nobody knows is not.
    ///
    /// An IPv4 address that a socket of both kinds reports as `::ffff:192.0.2.1` is taken for what it is.
    #[must_use]
    pub fn admit(&self, address: Option<IpAddr>) -> bool {
        let listed = |address: IpAddr| self.0.iter().any(|network| network.contains(&address));
        self.0.is_empty() || address.is_some_and(|address| listed(address.to_canonical()))
    }

    /// Whether every address will do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The networks, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &IpNet> {
        self.0.iter()
    }
}

fn network(text: &str) -> Result<IpNet, Refusal> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let written: IpNet = text.parse().map_err(|_| Refusal::NetworkUnreadable(text.to_owned()))?;
    if written.addr() != written.network() {
        return Err(Refusal::NetworkAmbiguous { written: text.to_owned(), network: written.trunc() });
    }
    Ok(canonical(written))
}

/// IPv4 networks in the form that IPv6 has for them become IPv4 networks, because addresses do.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => v6.network().to_ipv4_mapped().map(|v4| (v4, v6.prefix_len() - 96)),
        _ => None,
    };
    mapped.and_then(|(v4, prefix)| Ipv4Net::new(v4, prefix).ok()).map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(networks: &[&str], address: &str) -> bool {
        let networks = Networks::parse(networks.iter().copied()).expect("networks");
        networks.admit(Some(address.parse().expect("an address")))
    }

    #[test]
    fn an_address_is_admitted_from_its_network_and_from_no_other() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("192.0.2.0/24", "::ffff:192.0.2.7", "::ffff:192.0.3.7"),
            ("::ffff:192.0.2.0/120", "192.0.2.7", "192.0.3.7"),
            ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            // All of IPv6, of which a mapped address is none.
            ("::/0", "2001:db8::1", "::ffff:203.0.113.9"),
        ] {
            assert!(admits(&[network], inside), "{inside} in {network}");
            assert!(!admits(&[network], outside), "{outside} outside {network}");
            assert!(admits(&["198.51.100.0/24", network], inside), "one of several suffices");
        }
    }

    #[test]
    fn without_networks_everybody_is_admitted_and_with_them_nobody_unknown() {
        assert!(Networks::default().admit(None));
        assert!(!Networks::parse(["0.0.0.0/0", "::/0"]).expect("networks").admit(None));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for bad in ["localhost", "192.0.2.0/33", "192.0.2", "::/129", "192.0.2.0/24/3", "192.0.2.0/-1", "1.2.3.4/x"] {
            assert_eq!(Networks::parse([bad]), Err(vec![Refusal::NetworkUnreadable(bad.to_owned())]), "{bad}");
        }
        let (written, network) = ("10.1.2.3/8".to_owned(), "10.0.0.0/8".parse().expect("a network"));
        assert_eq!(Networks::parse(["10.1.2.3/8"]), Err(vec![Refusal::NetworkAmbiguous { written, network }]));
        let many: Vec<_> = (0..=50).map(|last| format!("192.0.2.{last}")).collect();
        assert_eq!(Networks::parse(many.iter().map(String::as_str)), Err(vec![Refusal::NetworksTooMany]));
        let fifty = Networks::parse(many[..50].iter().chain([&many[0]]).map(String::as_str)).expect("twice is once");
        assert_eq!(fifty.iter().count(), 50);
    }
}
