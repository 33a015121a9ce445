//! Which addresses may be fetched from: named hosts, on public addresses (reliability R90, R91).
//!
//! An address is judged twice: as it is written, and as it is resolved when the connection is made.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Which hosts may be fetched from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardSettings {
    /// Host names, over https on port 443: `shop.example.com`, or `*.example.com` for every host
    /// below it.
    pub hosts: BTreeSet<String>,
    /// Host and port that are fetched from wherever they lead, over http as well: a shop that
    /// really is on a private address.
    pub exceptions: BTreeSet<(String, u16)>,
}

/// How an address that passed may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Only to public addresses.
    Public,
    /// To whatever address: an explicit exception.
    Excepted,
}

/// Judges an address as it is written; the error says why not, without the address.
pub fn check(settings: &GuardSettings, url: &Url) -> Result<Passage, &'static str> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err("only https is fetched");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name");
    }
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err("it names no host");
    };
    let name = host.to_string().to_lowercase();
    // One full stop at the end is the root, and means the same name; two mean nothing.
    let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
    if settings.exceptions.contains(&(name.clone(), port)) {
        return Ok(Passage::Excepted);
    }
    if url.scheme() != "https" {
        return Err("only https is fetched");
    }
    if port != 443 {
        return Err("only port 443 is fetched from");
    }
    if !settings.hosts.iter().any(|allowed| is_named(allowed, &name)) {
        return Err("its host is not on the list of allowed hosts");
    }
    let is_public = match host {
        Host::Domain(_) => true,
        Host::Ipv4(address) => is_public(IpAddr::V4(address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(address)),
    };
    match is_public {
        true => Ok(Passage::Public),
        false => Err("its address is not public"),
    }
}

fn is_named(allowed: &str, name: &str) -> bool {
    match allowed.strip_prefix("*.") {
        Some(parent) => {
            name.strip_suffix(parent).is_some_and(|below| 1 < below.len() && below.ends_with('.'))
        }
        None => allowed.eq_ignore_ascii_case(name),
    }
}

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// IANA's registry of special-purpose addresses, as of 2026, and multicast.
fn is_public_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        [0 | 10 | 127 | 224..=255, ..] => false,
        [100, 64..=127, ..] => false,
        [169, 254, ..] => false,
        [172, 16..=31, ..] => false,
        [192, 0, 0 | 2, _] => false,
        // 6to4 relays, and AS112 for reverse look-ups of private addresses.
        [192, 88, 99, _] | [192, 31, 196, _] | [192, 52, 193, _] | [192, 175, 48, _] => false,
        [192, 168, ..] => false,
        [198, 18 | 19, ..] => false,
        [198, 51, 100, _] | [203, 0, 113, _] => false,
        _ => true,
    }
}

/// Only global unicast, 2000::/3, without what is carved out of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let inner = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // Teredo hides the client's address inverted, and names its server in clear.
        [0x2001, 0, a, b, _, _, c, d] => inner(a, b) && inner(!c, !d),
        // IETF protocols, benchmarks, ORCHID, and documentation.
        [0x2001, 0..=0x1ff, ..] => false,
        [0x2001, 0xdb8, ..] => false,
        [0x3fff, 0..=0xfff, ..] => false,
        [0x2002, a, b, ..] => inner(a, b),
        [0x2000..=0x3fff, ..] => true,
        // NAT64, mapped and compatible addresses are refused whatever they hold.
        _ => false,
    }
}

/// Looks names up, and gives only what is public throughout: one address that is not spoils all.
pub fn resolver() -> Arc<dyn Resolve> {
    Arc::new(PublicOnly)
}

struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The connector sets the port itself.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<_> = found.collect();
            if found.is_empty() || !found.iter().all(|one| is_public(one.ip())) {
                return Err("its name leads to an address that is not public".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> GuardSettings {
        let hosts = ["shop.example.com", "*.cdn.example.net", "1.1.1.1"];
        let more = ["127.0.0.1", "10.0.0.1", "[::1]", "[2606:4700::1]", "localhost"];
        GuardSettings {
            hosts: hosts.into_iter().chain(more).map(str::to_owned).collect(),
            exceptions: [("shop.lan".to_owned(), 8080), ("127.0.0.1".to_owned(), 9000)].into(),
        }
    }

    #[test]
    fn addresses_are_judged_as_written() {
        let check = |text: &str, expected: Option<Passage>| {
            let found = Url::parse(text).ok().and_then(|url| check(&settings(), &url).ok());
            assert_eq!(found, expected, "{text}");
        };
        let public = Some(Passage::Public);
        check("https://shop.example.com/a.jpg", public);
        check("https://SHOP.example.com:443/a.jpg", public);
        check("https://shop.example.com./a.jpg", public);
        check("https://a.cdn.example.net/a.jpg", public);
        check("https://1.1.1.1/a.jpg", public);
        check("https://[2606:4700::1]/a.jpg", public);
        check("http://shop.lan:8080/a.jpg", Some(Passage::Excepted));
        check("http://127.0.0.1:9000/a.jpg", Some(Passage::Excepted));
        for refused in [
            "http://shop.example.com/a.jpg",
            "https://shop.example.com:8443/a.jpg",
            "https://user@shop.example.com/a.jpg",
            "https://user:word@shop.example.com/a.jpg",
            "https://shop.example.com../a.jpg",
            "https://shop.example.com@evil.example/a.jpg",
            "https://evil.example/a.jpg",
            "https://shop.example.com.evil.example/a.jpg",
            "https://notshop.example.com/a.jpg",
            "https://cdn.example.net/a.jpg",
            "https://evilcdn.example.net/a.jpg",
            "https://127.0.0.1/a.jpg",
            "https://0x7f.1/a.jpg",
            "https://2130706433/a.jpg",
            "https://0177.0.0.1/a.jpg",
            "https://10.0.0.1/a.jpg",
            "https://[::1]/a.jpg",
            "https://[::ffff:127.0.0.1]/a.jpg",
            "http://shop.lan/a.jpg",
            "http://shop.lan:8081/a.jpg",
            "http://user@shop.lan:8080/a.jpg",
            "ftp://shop.example.com/a.jpg",
            "file:///etc/passwd",
            "data:image/png;base64,iVBORw0KGgo=",
            "javascript:alert(1)",
            "gopher://shop.example.com/",
            "https://",
        ] {
            check(refused, None);
        }
    }

    #[test]
    fn addresses_are_judged_as_resolved() {
        let check = |text: &str, expected: bool| {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(is_public(address), expected, "{text}");
        };
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2002:808:808::1",
            "2001:0:808:808:0:0:f7f7:f7f7",
        ] {
            check(public, true);
        }
        for hidden in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001:20::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "2001:0:808:808:0:0:80ff:fffe",
            "3fff::1",
        ] {
            check(hidden, false);
        }
    }
}
