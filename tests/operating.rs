//! What operators and their programs see: health by progress, numbers, the service manager, a stop in
//! order.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value as Json;
use tower::ServiceExt;

use crate::common::{Day, HOUR, MINUTE, cart, named};
use crate::serve::{Daemon, ask, config};
use woodblock::app::App;
use woodblock::db::job::Lanes;
use woodblock::flow::{Ctx, health, worker};
use woodblock::model::health::{Ailment, faults};
use woodblock::model::problem::What;
use woodblock::outside::clock::Clock as _;
use woodblock::outside::ping::Ping;
use woodblock::outside::press::{Press, PressError, PressJob, Pressed};
use woodblock::web::{self, Site, SiteSettings};

fn site(day: &Day) -> Site {
    let settings = SiteSettings {
        operators_url: "http://127.0.0.1:8080".to_owned(),
        public_url: "https://prints.example".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        trusted_proxies: Vec::new(),
        banner: String::new(),
    };
    Site::new(day.ctx.clone(), settings, BTreeMap::new(), Arc::default())
}

async fn get(router: &Router, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn health_is_progress_and_names_what_is_wrong() {
    let day = Day::new().await;
    let pages = web::operators(site(&day));
    assert_eq!(get(&pages, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, body) = get(&pages, "/healthz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let json: Json = serde_json::from_str(&body).unwrap();
    assert_eq!(json["faults"][0]["what"], "not_started");

    day.ctx.pulse.start(day.clock.now());
    day.run_for(HOUR).await;
    assert_eq!(get(&pages, "/readyz").await.0, StatusCode::OK);
    let (status, body) = get(&pages, "/healthz").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let json: Json = serde_json::from_str(&body).unwrap();
    assert!(json["seen"]["shops"]["main"]["poll_age_s"].as_u64().unwrap() <= 600, "{body}");

    // Nobody works any more: no listing is read.
    day.clock.set(day.clock.now().plus(3 * HOUR));
    let (status, body) = get(&pages, "/healthz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let json: Json = serde_json::from_str(&body).unwrap();
    assert_eq!(json["faults"][0]["what"], "poll", "{body}");
    assert!(json["faults"][0]["cure"].as_str().unwrap().contains("doctor"));
}

#[tokio::test]
async fn numbers_are_those_of_the_rows_and_name_no_customer() {
    let day = Day::new().await;
    day.ctx.pulse.start(day.clock.now());
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    let (status, text) = get(&web::operators(site(&day)), "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "woodblock_orders{state=\"open\"} 1",
        "woodblock_fulfilments{state=\"countdown\"} 1",
        "woodblock_steps_total{step=\"poll\",outcome=\"snoozed\"}",
        "woodblock_unwell{what=\"disk\"} 0",
        "woodblock_poll_age_seconds{shop=\"main\"}",
        "woodblock_jobs{lane=\"money\",state=\"scheduled\"} 1",
        "woodblock_memory_bytes",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    let recipient = day.order(order).await.recipient;
    for word in [&recipient.last_name, &recipient.email, &recipient.city] {
        assert!(!text.contains(word.as_str()), "{word} stands in the metrics");
    }
}

#[tokio::test]
async fn the_three_are_on_the_operators_address_alone() {
    let day = Day::new().await;
    let public = web::public(site(&day));
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(&public, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let (status, answer) = get(&public, "/files/probe/00ff").await;
    assert_eq!(status, StatusCode::OK);
    let key = &day.ctx.rules.file_key;
    assert_eq!(answer, woodblock::flow::file::probe_answer(key, "00ff"));
    assert_ne!(answer, woodblock::flow::file::probe_answer(b"another key", "00ff"));
    assert_eq!(get(&public, "/files/probe/question").await.0, StatusCode::NOT_FOUND);
}

/// A press that never ends, or that breaks.
enum BadPress {
    Hangs,
    Panics,
}

#[async_trait]
impl Press for BadPress {
    async fn draw(&self, _: PressJob) -> Result<Pressed, PressError> {
        match self {
            BadPress::Hangs => std::future::pending().await,
            BadPress::Panics => panic!("the press broke, as the test wants it"),
        }
    }
}

fn with_press(day: &Day, press: BadPress) -> Ctx {
    Ctx { press: Arc::new(press), ..day.ctx.clone() }
}

#[tokio::test]
async fn a_worker_that_hangs_is_seen_and_told() {
    let day = Day::new().await;
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let ctx = with_press(&day, BadPress::Hangs);
    ctx.pulse.start(day.clock.now());
    worker::run_due(&ctx, Lanes::Others, None, || true).await.unwrap();
    let worker = {
        let ctx = ctx.clone();
        tokio::spawn(async move {
            worker::run_due(&ctx, Lanes::Render, Some("render 1"), || true).await
        })
    };
    while ctx.pulse.workers().iter().all(|worker| worker.doing.is_none()) {
        tokio::task::yield_now().await;
    }
    assert!(!health::is_stuck(&ctx), "it has its time");
    day.clock.set(day.clock.now().plus(16 * MINUTE));
    assert!(health::is_stuck(&ctx));
    let found = faults(&health::vitals(&ctx).await.unwrap());
    let fault = found.iter().find(|fault| fault.ailment == Ailment::Worker).unwrap();
    assert!(fault.detail.contains("render 1 was to have done “artwork"), "{}", fault.detail);
    health::tell(&ctx, found).await.unwrap();
    assert!(day.alerts().await.contains(&What::Unwell));
    worker.abort();
    ctx.pulse.ends("render 1");
    health::tell(&ctx, Vec::new()).await.unwrap();
    assert!(!day.alerts().await.contains(&What::Unwell), "it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_breaks_ends_the_program() {
    let day = Day::new().await;
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let app = App::new(with_press(&day, BadPress::Panics));
    let error = app.run(std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("a worker broke"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_of_life_is_sent_while_all_is_well_and_not_otherwise() {
    let day = Day::new().await;
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/sign", outside.local_addr().unwrap());
    let mut app = App::new(day.ctx.clone());
    app.ping = Some((Ping::new(url.parse().unwrap()), Duration::from_millis(100)));
    // A worker of another life, which never came back.
    let job = woodblock::model::job::Job {
        id: woodblock::model::id::JobId(1),
        step: "artwork".to_owned(),
        key: "1@1".to_owned(),
        attempt: 1,
        attempt_max: 1,
        order: None,
    };
    let past = day.clock.now().minus(HOUR);
    day.ctx.pulse.begins("render 9", &job, past, past);
    let running = tokio::spawn(async move { app.run(std::future::pending()).await });
    while !day.alerts().await.contains(&What::Unwell) {
        tokio::task::yield_now().await;
    }
    outside.set_nonblocking(true).unwrap();
    let nobody = outside.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock, "it looked and sent nothing");
    day.ctx.pulse.ends("render 9");
    outside.set_nonblocking(false).unwrap();
    let (stream, _) = tokio::task::spawn_blocking(move || outside.accept()).await.unwrap().unwrap();
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stream), &mut first).unwrap();
    assert_eq!(first.trim(), "GET /sign HTTP/1.1");
    running.abort();
}

/// The real program under a service manager: it says that it is ready, that it lives, that it stops;
/// and it leaves one file, not a log that the next start must read.
#[test]
fn the_service_manager_is_told_and_a_stop_leaves_everything_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut daemon = Daemon::start_with(&config, |command| {
        command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "300000");
    });
    let wait_for = |word: &str| {
        let mut bytes = [0_u8; 4096];
        for _ in 0..1_000 {
            let length = manager.recv(&mut bytes).unwrap_or_else(|error| panic!("{word}: {error}"));
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.lines().any(|line| line == word) {
                return;
            }
        }
        panic!("{word} never came");
    };
    wait_for("READY=1");
    wait_for("WATCHDOG=1");
    wait_for("WATCHDOG=1");
    let pid = rustix::process::Pid::from_child(&daemon.0.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    wait_for("STOPPING=1");
    assert!(daemon.0.0.wait().unwrap().success());
    let log = folder.path().join("state/woodblock.db-wal");
    let bytes = std::fs::metadata(&log).map_or(0, |found| found.len());
    assert_eq!(bytes, 0, "the write-ahead log was emptied");
}

#[test]
fn a_visitor_who_never_ends_does_not_keep_the_program_from_stopping() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let (mut daemon, address) = Daemon::start(&config);
    let mut visitor = std::net::TcpStream::connect(&address).unwrap();
    visitor
        .write_all(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        .unwrap();
    assert!(ask(&config, &["user", "list"], "").0);
    let pid = rustix::process::Pid::from_child(&daemon.0);
    let began = std::time::Instant::now();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(daemon.0.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(30));
}

fn analyze(arguments: &[&str]) -> Option<String> {
    let output = Command::new("systemd-analyze").args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "systemd-analyze {arguments:?}: {text}");
    Some(text)
}

#[test]
fn the_units_are_right_and_hardened() {
    let folder = tempfile::tempdir().unwrap();
    let place = |unit: &str| folder.path().join(unit).display().to_string();
    let units = ["woodblock.service", "woodblock-backup.service", "woodblock-backup.timer"];
    for unit in units {
        let text = std::fs::read_to_string(Path::new("systemd").join(unit)).unwrap();
        // The check wants the program to be there.
        let text = text.replace("/usr/local/bin/woodblock", env!("CARGO_BIN_EXE_woodblock"));
        std::fs::write(place(unit), text).unwrap();
    }
    for unit in ["woodblock.service", "woodblock-backup.service"] {
        let Some(text) = analyze(&["security", "--offline=true", "--no-pager", &place(unit)])
        else {
            println!("SKIPPED: there is no systemd-analyze on this machine (Debian: systemd)");
            return;
        };
        let level = text.split("Overall exposure level for").nth(1).unwrap();
        let level: f64 = level.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(level <= 1.5, "{unit}: {level}");
    }
    for unit in units {
        let said = analyze(&["verify", "--man=no", &place(unit)]).unwrap();
        assert!(!said.contains("woodblock"), "{said}");
    }
}
