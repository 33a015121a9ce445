//! Planted secrets: the real program runs a shop at its chattiest, and nothing that it wrote anywhere
//! holds one of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::common::port::free_port;
use crate::common::{cart, named};
use crate::serve::{Daemon, ask};
use woodblock::model::time::Moment;
use woodblock::outside::clock::{Clock as _, SystemClock};
use woodblock::outside::press::{ChildPress, Limits, Press};
use woodblock::sandbox::{Call, Fault, HttpFace, HttpFault, World};

const PROGRAM: &str = env!("CARGO_BIN_EXE_woodblock");
const PASSWORD: &str = "canary-password-of-a-person";
const HOOK_SECRET: &str = "canary-secret-of-a-webhook";
const MAIL_PASSWORD: &str = "canary-password-of-the-mail";
const KEY: &str = "canary-key-that-may-order";
const READ_KEY: &str = "canary-key-that-may-read";
const SHINEON_KEY: &str = "canary-key-of-the-other";
const PING: &str = "canary-ping-address";
/// The log is read for so many lines before it is given up.
const LINES_MAX: usize = 100_000;

/// Where a secret was found.
struct Search {
    canaries: Vec<(String, String)>,
    found: Vec<String>,
    looked_at: usize,
}

impl Search {
    fn look(&mut self, place: &str, bytes: &[u8]) {
        self.looked_at += bytes.len();
        for (name, canary) in &self.canaries {
            let hexadecimal: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
            let base64 = {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(canary)
            };
            let escaped = canary.replace('_', "%5F");
            for form in [canary, &hexadecimal, base64.trim_end_matches('='), &escaped] {
                if bytes.windows(form.len()).any(|part| part == form.as_bytes()) {
                    self.found.push(format!("{name} in {place}"));
                }
            }
        }
    }
}

/// The last lines that are no chatter of libraries.
fn tail(lines: &[String]) -> String {
    let own: Vec<&str> =
        lines.iter().map(String::as_str).filter(|line| line.contains("woodblock")).collect();
    own[own.len().saturating_sub(40)..].join("\n")
}

fn http(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(address: &str, path: &str, cookie: &str) -> String {
    http(
        address,
        &format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        ),
    )
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).unwrap_or_default().split(after).next().unwrap_or_default()
}

/// Logs in, and gives back the session's token.
fn log_in(address: &str) -> String {
    let page = get(address, "/login", "");
    let cookie = between(&page, "set-cookie: ", ";").to_owned();
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"");
    let body = format!("csrf={csrf}&name=ann&password={PASSWORD}&to=/");
    let answer = http(
        address,
        &format!(
            "POST /login HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\
             Origin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    between(&answer, "set-cookie: woodblock=", ";").to_owned()
}

fn settings(folder: &Path, face: &HttpFace, world: &Arc<World>) -> String {
    let (operators, public) = (free_port(), free_port());
    let home = face.shop_url("main");
    let key = world.shop("main").key();
    let provider = |name: &str, kind: &str, url: &str, keys: &str| {
        format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"{kind}\"\nmode = \"live\"\nurl = \"{url}\"\n\
             {keys}\nshipping = {{ \"*\" = \"Economy\" }}\nfallback_phone = \"3135550100\"\n\
             fallback_email = \"orders@shop.example\"\nsettle = \"1 s\"\npace = \"1 ms\"\n"
        )
    };
    format!(
        "[server]\nstate_dir = \"{}\"\noperators = \"127.0.0.1:{operators}\"\n\
         public = \"127.0.0.1:{public}\"\noperators_url = \"http://127.0.0.1:{operators}\"\n\
         public_url = \"http://127.0.0.1:{public}\"\n\
         [countdown]\ngrace = \"0 s\"\nundo = \"0 s\"\n\
         [pace]\nlook_up_every = \"100 ms\"\nretry_base = \"100 ms\"\nretry_max = \"1 s\"\n\
         watch_every = \"1 s\"\n\
         [alerts]\nto = [\"operators@shop.example\"]\nping_url = \"http://127.0.0.1:9/{PING}\"\n\
         [mail]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"never\"\nuser = \"prints\"\n\
         password = \"{MAIL_PASSWORD}\"\nfrom = \"prints@shop.example\"\n\
         [[shop]]\nname = \"main\"\nurl = \"{home}\"\nconsumer_key = \"{}\"\n\
         consumer_secret = \"{}\"\nwebhook_secrets = [\"{HOOK_SECRET}\"]\ndelay = \"0 s\"\n\
         poll_every = \"1 s\"\ngo_live = \"2020-01-01T00:00:00Z\"\noverlap = \"10 s\"\n{}{}",
        folder.join("state").display(),
        key.consumer_key,
        key.consumer_secret,
        provider(
            "customcat",
            "customcat",
            &face.customcat_url("customcat"),
            &format!("key = \"{KEY}\"\nread_key = \"{READ_KEY}\"")
        ),
        provider(
            "shineon",
            "shineon",
            &face.shineon_url("shineon"),
            &format!("key = \"{SHINEON_KEY}\"")
        ),
    )
}

/// Arguments and environment of everything that a process has started.
fn children(of: u32) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let tasks = std::fs::read_dir(format!("/proc/{of}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let list = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in list.split_whitespace() {
            for name in ["cmdline", "environ"] {
                found.extend(std::fs::read(format!("/proc/{child}/{name}")));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_leaves_the_place_it_was_given_to() {
    let folder = tempfile::tempdir().unwrap();
    let now = Moment::from_unix_ms(SystemClock.now().unix_ms());
    let world = World::new(3, now);
    let face = HttpFace::start(world.clone(), Arc::new(SystemClock)).await.unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, settings(folder.path(), &face, &world)).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&config, mode).unwrap();
    world.customcat("customcat").set(|settings| {
        KEY.clone_into(&mut settings.key);
        READ_KEY.clone_into(&mut settings.key_read_only);
    });
    world.shineon("shineon").set(|settings| SHINEON_KEY.clone_into(&mut settings.key));
    for fault in [HttpFault::Html, HttpFault::FailsAfterCommit, HttpFault::DropsAfterCommit] {
        world.fault_on(Call::ShopRead, Fault::Http(fault));
    }
    let (world, folder) = (world.clone(), folder.path().to_owned());
    let home = face.shop_url("main");
    tokio::task::spawn_blocking(move || live(&folder, &config, &world, &home)).await.unwrap();
}

/// The life of the program; all that it wrote is searched.
#[allow(clippy::too_many_lines, reason = "one life, told from its beginning to its end")]
fn live(folder: &Path, config: &Path, world: &Arc<World>, home: &str) {
    let key = world.shop("main").key();
    let canary = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut search = Search {
        canaries: vec![
            canary("the consumer secret", &key.consumer_secret),
            canary("the consumer key", &key.consumer_key),
            canary("the provider's key", KEY),
            canary("the provider's key to read", READ_KEY),
            canary("the other provider's key", SHINEON_KEY),
            canary("the webhook's secret", HOOK_SECRET),
            canary("the mail's password", MAIL_PASSWORD),
            canary("a person's password", PASSWORD),
            canary("the ping's address", PING),
        ],
        found: Vec::new(),
        looked_at: 0,
    };
    let said = |search: &mut Search, arguments: &[&str], input: &str| {
        let (_, text) = ask(config, arguments, input);
        search.look(&arguments.join(" "), text.as_bytes());
        text
    };
    // The search finds what is there.
    search.look("the settings", &std::fs::read(config).unwrap());
    let found: std::collections::BTreeSet<String> = search.found.drain(..).collect();
    assert_eq!(found.len(), search.canaries.len() - 1, "all but the password: {found:?}");
    let design = folder.join("mug").display().to_string();
    said(&mut search, &["user", "add", "ann"], &format!("{PASSWORD}\n"));
    said(&mut search, &["design", "new", &design, "--sample", "team-shirt"], "");
    let added = said(&mut search, &["design", "add", &design], "");
    assert!(added.contains("mug is here"), "{added}");

    let mut command = Command::new(PROGRAM);
    command.args(["--config"]).arg(config).arg("serve").env("RUST_LOG", "trace");
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let log = child.stderr.take().unwrap();
    let daemon = Daemon(child);
    let lines = Arc::new(Mutex::new(Vec::<String>::new()));
    let (told, listened) = std::sync::mpsc::channel();
    let kept = Arc::clone(&lines);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            let _ = told.send(line.clone());
            kept.lock().unwrap().push(line);
        }
    });
    let wait = |is_there: &mut dyn FnMut(&str) -> bool, what: &str| {
        let found = listened.iter().take(LINES_MAX).any(|line| is_there(&line));
        assert!(found, "the log ended before {what}:\n{}", tail(&lines.lock().unwrap()));
    };
    let mut address = String::new();
    let mut listens = |line: &str| {
        address = line.split("operators: http://").nth(1).unwrap_or_default().trim().to_owned();
        !address.is_empty()
    };
    wait(&mut listens, "it listened");
    let token = log_in(&address);
    search.canaries.push(("the session".to_owned(), token.clone()));
    let map = ["product", "map", "sku", "MUG", "--design", "mug", "--provider", "customcat"];
    let mapped = said(&mut search, &[&map[..], &["--provider-sku", "47417"]].concat(), "");
    assert!(!mapped.contains("error"), "{mapped}");
    let lines_of_cart = vec![named("MUG", "Rex").with("Number", "7")];
    let shop = world.shop("main");
    world.clock().set(SystemClock.now());
    let order = shop.customer_buys(cart(lines_of_cart));
    let mut started = Vec::new();
    let ledger = || world.customcat("customcat").ledger().len();
    let mut is_sent = |_: &str| {
        started.extend(children(daemon.0.id()));
        ledger() == 1
    };
    wait(&mut is_sent, "the order was sent");

    let number = order.to_string();
    for arguments in [
        &["check-config"][..],
        &["doctor"],
        &["doctor", "--json"],
        &["order", "list"],
        &["order", "show", &number],
        &["order", "explain", &number],
        &["order", "explain", &number, "--json"],
        &["shop", "report"],
        &["product", "export"],
        &["user", "list"],
        &["design", "list"],
        &["serve"],
    ] {
        said(&mut search, arguments, "");
    }
    let cookie = format!("woodblock={token}");
    for path in [
        "/",
        "/?view=all",
        "/orders/1",
        "/orders/1/recipient",
        "/orders/1/items/1/edit",
        "/orders/1/items/1/revisions",
        "/jobs",
        "/health",
        "/deliveries",
        "/mails",
        "/reports",
        "/alerts",
        "/passed",
        "/stop",
        "/metrics",
        "/healthz",
        "/readyz",
        "/nowhere",
        "/orders/99",
        "/login",
    ] {
        let page = get(&address, path, &cookie);
        search.look(path, page.as_bytes());
    }
    let pid = rustix::process::Pid::from_child(&daemon.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    reader.join().unwrap();
    drop(daemon);

    // Settings that are wrong are told without what is right about them.
    let right = std::fs::read_to_string(config).unwrap();
    for (from, to) in
        [("[countdown]", "[countdwn]"), ("key = \"canary", "kee = \"canary"), (home, "x")]
    {
        std::fs::write(config, right.replace(from, to)).unwrap();
        for command in ["check-config", "serve", "doctor"] {
            said(&mut search, &[command], "");
        }
    }
    let log = lines.lock().unwrap().join("\n");
    search.look("the log", log.as_bytes());
    let child_count = started.len();
    for one in &started {
        search.look("a child's arguments or environment", one);
    }
    // What the state folder keeps to itself must not be seen anywhere either.
    let key_file = std::fs::read(folder.join("state/key")).unwrap_or_default();
    let mut files = 0;
    let mut open = vec![folder.join("state")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(bytes) = std::fs::read(&path) {
            files += 1;
            search.look(&path.display().to_string(), &bytes);
            let is_key = path.ends_with("state/key");
            let holds_key =
                16 <= key_file.len() && bytes.windows(key_file.len()).any(|part| part == key_file);
            assert!(is_key || !holds_key, "the key of the state folder in {}", path.display());
        }
    }
    println!(
        "{} canaries; {} log lines, {child_count} arguments and environments of children, {files} \
         files, {} bytes in all",
        search.canaries.len(),
        log.lines().count(),
        search.looked_at
    );
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is not at its chattiest");
    assert!(search.found.is_empty(), "\n{}", search.found.join("\n"));
}

/// A child is given no environment, and arguments that are numbers.
#[tokio::test]
async fn a_render_child_is_told_nothing_but_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let (script, told) = (folder.path().join("child"), folder.path().join("told"));
    let text =
        format!("#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline > {}\nexit 1\n", told.display());
    std::fs::write(&script, text).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();
    let press = ChildPress::new(&script, Limits::default());
    press.check("mug", std::collections::BTreeMap::new()).await.unwrap();
    let told = std::fs::read(&told).unwrap();
    let words: Vec<String> =
        String::from_utf8(told).unwrap().split_terminator('\0').map(str::to_owned).collect();
    let script = script.display().to_string();
    let wanted = [
        "/bin/sh",
        &script,
        "render-worker",
        "--memory-bytes",
        "1610612736",
        "--cpu-s",
        "60",
        "--check",
    ];
    assert_eq!(words, wanted);
}
