//! Addresses and names that lead where they should not: nothing is connected to, nothing is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use woodblock::outside::backup_folder::NewBackup;
use woodblock::outside::design_folder;
use woodblock::outside::fetch::{Fetch, FetchError, FetchSettings, WebFetch};
use woodblock::outside::guard::GuardSettings;

/// Hosts as somebody careless, or somebody else, may have allowed them.
const HOSTS: &[&str] = &[
    "shop.example",
    "*.cdn.example",
    "localhost",
    "ip6-localhost",
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:7f00:1]",
    "[::7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
];

/// Addresses of which none may be connected to; `PORT` is where the canary listens.
const REFUSED: &[&str] = &[
    // Inside, as written plainly, on the port that is allowed and on the canary's.
    "https://127.0.0.1/",
    "https://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/",
    "https://127.1.2.3/",
    "https://0.0.0.0:PORT/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    // The same in other spellings.
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0x7f.1:PORT/",
    "https://127.0.0.1./",
    "https://127.0.0.1%00.shop.example/",
    "https://1\u{FF12}7.0.0.1/",
    "https://127\u{3002}0\u{3002}0\u{3002}1/",
    "https://\u{2460}\u{2461}\u{2466}.0.0.1/",
    "https://0/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://99999999999/",
    "https://1.2.3.4.5/",
    // The sixth version.
    "https://[::]/",
    "https://[::]:PORT/",
    "https://[::1]/",
    "https://[::1]:PORT/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]:PORT/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b:1::127.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25lo]/",
    "https://[fe80::1%lo]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::1/",
    // Names that lead inside.
    "https://localhost/",
    "https://localhost:PORT/",
    "http://localhost:PORT/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://ip6-localhost/",
    "https://metadata.google.internal/",
    "https://shop.example.localhost/",
    // Users, back strokes and other tricks with what is the host.
    "https://shop.example@127.0.0.1:PORT/",
    "https://shop.example:x@127.0.0.1:PORT/",
    "https://shop.example%40127.0.0.1:PORT/",
    "https://127.0.0.1:PORT#@shop.example/",
    "https://127.0.0.1:PORT?@shop.example/",
    "https://127.0.0.1:PORT\\@shop.example/",
    "https://shop.example\\@127.0.0.1:PORT/",
    "https:\\\\127.0.0.1:PORT\\",
    "https:127.0.0.1:PORT/",
    "https:///127.0.0.1:PORT/",
    "https://@127.0.0.1:PORT/",
    "https://user@shop.example/",
    "https://:word@shop.example/",
    "//127.0.0.1:PORT/",
    "/\\127.0.0.1:PORT/",
    "\\\\127.0.0.1:PORT\\x",
    // Other ports and schemes.
    "https://shop.example:22/",
    "https://shop.example:6379/",
    "https://shop.example:0/",
    "https://shop.example:99999/",
    "https://shop.example:PORT/",
    "http://shop.example:8080/",
    "ftp://127.0.0.1:PORT/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "gopher://127.0.0.1:PORT/_x",
    "dict://127.0.0.1:PORT/x",
    "ldap://127.0.0.1:PORT/",
    "unix:/run/woodblock/admin.sock",
    "data:image/png;base64,iVBORw0KGgo=",
    "javascript:fetch('http://127.0.0.1:PORT/')",
    "blob:https://shop.example/1",
    "jar:http://127.0.0.1:PORT/!/x",
    "ws://127.0.0.1:PORT/",
    "view-source:http://127.0.0.1:PORT/",
    // Names that only look allowed.
    "https://shop.example.evil.example/",
    "https://evilshop.example/",
    "https://cdn.example/",
    "https://xcdn.example/",
    "https://.cdn.example/",
    "https://sh\u{43E}p.example/",
    "https://xn--shp-hmc.example/",
    "https://shop.example\u{200B}.evil.example/",
    "https://shop.example../",
    "https://shop_example/",
    // Not whole, or with something in it.
    "",
    " ",
    "https://",
    "https:// /",
    "http://127.0.0.1:PORT/\r\nHost: shop.example",
    "ht\ntp://127.0.0.1:PORT/",
    "\u{0}https://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/\u{0}",
    "https://exa\0mple/",
    "https://shop.example\r\n.evil.example/",
    "https://[::ffff:shop.example]/",
    "https://%31%32%37.0.0.1:PORT/",
    "https://%6c%6f%63%61%6c%68%6f%73%74:PORT/",
];

struct Canary {
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Canary {
    /// Listens on one port of loopback, in both versions where there are two.
    fn begin() -> Canary {
        let first = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let second = TcpListener::bind(("::1", port));
        let listeners: Vec<TcpListener> = std::iter::once(first).chain(second).collect();
        for one in &listeners {
            one.set_nonblocking(true).unwrap();
        }
        Canary { listeners, port }
    }

    fn visitors(&self) -> usize {
        self.listeners.iter().filter(|one| one.accept().is_ok()).count()
    }

    fn refused(&self) -> Vec<String> {
        let port = self.port.to_string();
        let mut all: Vec<String> = REFUSED.iter().map(|one| one.replace("PORT", &port)).collect();
        all.push(format!("https://{}.cdn.example:{port}/", "a".repeat(70)));
        all.push(format!("https://{}/", "a.".repeat(3_000)));
        all.push(format!("http://127.0.0.1:{port}/{}", "a".repeat(1 << 20)));
        all
    }
}

fn fetch(exceptions: BTreeSet<(String, u16)>) -> WebFetch {
    WebFetch::new(FetchSettings {
        guard: GuardSettings {
            hosts: HOSTS.iter().map(|host| (*host).to_owned()).collect(),
            exceptions,
        },
        timeout: Duration::from_secs(10),
        ..FetchSettings::default()
    })
}

/// Refused for what it is, and not because nobody answered.
#[track_caller]
fn is_refused(url: &str, found: &Result<Vec<u8>, FetchError>) {
    let shown: String = url.chars().take(100).collect();
    match found {
        Err(FetchError::Forbidden(why)) => {
            assert!(why.len() < 200 && !why.contains(char::is_control), "{shown}: {why}");
        }
        // Which inner names there are differs from machine to machine.
        Err(FetchError::Unclear(why)) => {
            assert!(why.contains("not public") || why.contains("lookup"), "{shown}: {why}");
        }
        other => panic!("{shown}: {other:?}"),
    }
}

#[tokio::test]
async fn no_spelling_of_an_inner_address_is_fetched_from() {
    let canary = Canary::begin();
    let fetch = fetch(BTreeSet::new());
    let refused = canary.refused();
    assert!(100 <= refused.len());
    for url in &refused {
        is_refused(url, &fetch.fetch(url).await);
        assert_eq!(canary.visitors(), 0, "{url}");
    }
    println!("{} addresses refused", refused.len());
}

#[tokio::test]
async fn no_redirect_leads_inside() {
    let canary = Canary::begin();
    let targets: Vec<String> = canary
        .refused()
        .into_iter()
        // What no header can hold, and what is a path of the redirecting place itself.
        .filter(|url| url.len() < 8_000 && url.is_ascii())
        .filter(|url| header::HeaderValue::from_str(url).is_ok())
        .filter(|url| !url.trim().is_empty())
        .collect();
    let asked = Arc::new(Mutex::new(0_usize));
    let (known, count) = (targets.clone(), Arc::clone(&asked));
    let app = axum::Router::new().fallback(move |uri: Uri| {
        let target = uri.path()[1..].parse::<usize>().ok().map(|idx| known[idx].clone());
        *count.lock().unwrap() += 1;
        async move {
            match target {
                Some(target) => {
                    let target = header::HeaderValue::from_str(&target).unwrap();
                    (StatusCode::FOUND, [(header::LOCATION, target)]).into_response()
                }
                None => StatusCode::NOT_FOUND.into_response(),
            }
        }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let fetch = fetch([("127.0.0.1".to_owned(), port)].into());
    for (idx, target) in targets.iter().enumerate() {
        let found = fetch.fetch(&format!("http://127.0.0.1:{port}/{idx}")).await;
        is_refused(target, &found);
        assert_eq!(canary.visitors(), 0, "{target}");
    }
    assert_eq!(*asked.lock().unwrap(), targets.len(), "each was asked for once");
    println!("{} redirects refused", targets.len());
}

/// A name that is public when it is judged and inside when it is connected to: what is resolved is
/// judged, at the moment of the connection, so there is no second look-up to deceive.
#[tokio::test]
async fn what_a_name_leads_to_is_judged_when_it_is_connected_to() {
    let resolver = woodblock::outside::guard::resolver();
    for name in ["localhost", "127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"]
    {
        let found = resolver.resolve(name.parse().unwrap()).await;
        let why = found.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(why.contains("not public"), "{name}: {why}");
    }
    let public = resolver.resolve("1.1.1.1".parse().unwrap()).await;
    assert_eq!(public.unwrap().count(), 1);
}

const PATHS: &[&str] = &[
    "../../../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a/../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "C:\\windows\\win.ini",
    "\\\\127.0.0.1\\share",
    "%2e%2e/%2e%2e/etc/passwd",
    "a\0.svg",
    "/dev/zero",
    "/dev/tcp/127.0.0.1/9",
    "/proc/self/environ",
    "CON",
    "nul.svg",
    "a\nb.svg",
    "file:///etc/passwd",
    "\u{2025}/\u{FF0E}\u{FF0E}/x",
];

/// A design has the files it was given and no others, whatever it calls them.
#[test]
fn a_name_in_a_design_opens_nothing_of_the_disk() {
    for path in PATHS.iter().map(|path| (*path).to_owned()).chain(["a/".repeat(5_000)]) {
        let description = format!(
            "name='T'\n[area.a]\nfile={}\nwidth_in=1\nheight_in=1",
            toml::Value::String(path.clone())
        );
        let drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>";
        let files = BTreeMap::from([
            ("design.toml".to_owned(), description.into_bytes()),
            ("a.svg".to_owned(), drawing.as_bytes().to_vec()),
        ]);
        let faults = design_folder::checked("paths", files).unwrap_err();
        let words = faults[0].to_string();
        assert!(!words.contains("root:"), "{words}");
        assert!(!words.contains(|c: char| c.is_control() && c != '\n'), "{words:?}");
    }
    for name in ["../x", "a/b", "", ".", "a\0", "A", "con ", &"a".repeat(81)] {
        assert!(design_folder::from_files(name, BTreeMap::new()).is_err(), "{name}");
    }
}

/// A secret that is put into a backup stays within it.
#[test]
fn a_name_in_a_backup_stays_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let backup = NewBackup::begin(&target).unwrap();
    for path in PATHS.iter().filter(|path| !path.contains('\0')) {
        // Refused or tamed: what counts is what lies outside afterwards.
        let _ = backup.put_secret(path, b"canary");
    }
    drop(backup);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
