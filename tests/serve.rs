//! The daemon as a service manager runs it: it answers pages and commands, refuses a twin, and stops
//! when it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::common::port::free_port;

const PROGRAM: &str = env!("CARGO_BIN_EXE_woodblock");

pub fn config(folder: &Path) -> PathBuf {
    let (operators, public) = (free_port(), free_port());
    let text = format!(
        "[server]\nstate_dir = \"{}\"\noperators = \"127.0.0.1:{operators}\"\n\
         public = \"127.0.0.1:{public}\"\noperators_url = \"http://127.0.0.1:{operators}\"\n\
         public_url = \"http://127.0.0.1:{public}\"\n\
         [[shop]]\nname = \"main\"\nurl = \"http://127.0.0.1:9\"\nconsumer_key = \"ck_x\"\n\
         consumer_secret = \"cs_x\"\n\
         [[provider]]\nname = \"workshop\"\nkind = \"by_hand\"\nshipping = {{ \"*\" = \"post\" }}\n",
        folder.join("state").display()
    );
    let path = folder.join("config.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// A daemon that is ended with this value.
pub struct Daemon(pub Child);

impl Daemon {
    /// Starts it, and waits for the line with which it says that it listens.
    pub fn start(config: &Path) -> (Daemon, String) {
        Daemon::start_with(config, |_| {})
    }

    pub fn start_with(config: &Path, set: impl Fn(&mut Command)) -> (Daemon, String) {
        let mut command = Command::new(PROGRAM);
        command.args(["--config"]).arg(config).arg("serve").stderr(Stdio::piped());
        set(&mut command);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.find(|line| line.as_ref().unwrap().contains("operators: "));
        let address = line.unwrap().unwrap().split("http://").nth(1).unwrap().trim().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        (Daemon(child), address)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn ask(config: &Path, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new(PROGRAM)
        .arg("--config")
        .arg(config)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn commands_reach_the_running_program_and_it_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let (right, said) = ask(&config, &["user", "add", "ann"], "a long password\n");
    assert!(right && said.contains("ann may log in"), "before it runs: {said}");

    let (mut daemon, address) = Daemon::start(&config);
    assert!(get(&address, "/").starts_with("HTTP/1.1 303"), "pages ask for a log-in");
    assert!(get(&address, "/login").contains("Log in"));
    let (right, said) = ask(&config, &["user", "list"], "");
    assert!(right && said.trim() == "ann", "over the socket: {said}");
    let (right, said) = ask(&config, &["user", "add", "bob"], "short\n");
    assert!(!right && said.contains("at least 10 characters"), "{said}");
    let (right, said) = ask(&config, &["stop"], "");
    assert!(right && said.contains("everything is stopped"), "{said}");
    let (right, said) = ask(&config, &["serve"], "");
    assert!(!right && said.contains("in use by another woodblock"), "a twin: {said}");

    let pid = rustix::process::Pid::from_child(&daemon.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(daemon.0.wait().unwrap().success(), "it stops in order");
    let (right, said) = ask(&config, &["resume"], "");
    assert!(right && said.contains("everything goes on"), "after it has stopped: {said}");
    assert!(!folder.path().join("state/admin.sock").exists());
}

#[test]
fn settings_that_hold_secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = config(folder.path());
    let set_mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(&path, 0o640);
    let (right, said) = ask(&path, &["check-config"], "");
    assert!(!right && said.contains("run chmod 600"), "{said}");
    assert!(!said.contains("cs_x"), "no secret is shown");
    set_mode(&path, 0o600);
    assert!(ask(&path, &["check-config"], "").0);

    let secret = folder.path().join("secret");
    std::fs::write(&secret, "cs_y").unwrap();
    set_mode(&secret, 0o604);
    let text = std::fs::read_to_string(&path).unwrap();
    let named = format!("consumer_secret_file = \"{}\"", secret.display());
    std::fs::write(&path, text.replace("consumer_secret = \"cs_x\"", &named)).unwrap();
    for command in ["check-config", "serve"] {
        let (right, said) = ask(&path, &[command], "");
        assert!(!right && said.contains("run chmod 600") && !said.contains("cs_y"), "{said}");
    }
}

/// A name without a folder is what the service manager hands over; nobody else has it.
#[test]
fn a_secret_may_be_a_credential_of_the_service_manager() {
    let folder = tempfile::tempdir().unwrap();
    let path = config(folder.path());
    let text = std::fs::read_to_string(&path).unwrap();
    let named = text.replace("consumer_secret = \"cs_x\"", "consumer_secret_file = \"shop\"");
    std::fs::write(&path, named).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (right, said) = ask(&path, &["check-config"], "");
    assert!(!right && said.contains("systemd credential"), "{said}");
    let credentials = folder.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("shop"), "cs_y\n").unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("--config").arg(&path).arg("check-config");
    let output = command.env("CREDENTIALS_DIRECTORY", &credentials).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Each fault stands in a line of its own and says what to write instead.
#[test]
fn every_fault_of_the_settings_names_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let right = std::fs::read_to_string(config(folder.path())).unwrap();
    let path = folder.path().join("wrong.toml");
    for (from, to, cure) in [
        ("operators_url = \"http://127.0.0.1", "operators_url = \"http://10.0.0.1", "use https"),
        ("public_url = \"http://", "public_url = \"", "write for example https://"),
        ("[[shop]]", "zone = \"Mars\"\n[[shop]]", "write for example Europe/Berlin"),
        ("[[shop]]", "[alerts]\nping_url = \"x\"\n[[shop]]", "write https://"),
        ("[[shop]]", "[retention]\norders = \"1 h\"\n[[shop]]", "leave it out to keep them"),
        ("[[shop]]", "[retention]\norders = \"long\"\n[[shop]]", "write for example 100 ms"),
        ("kind = \"by_hand\"", "kind = \"fax\"", "none of customcat, shineon, by_hand"),
        ("kind = \"by_hand\"", "kind = \"by_hand\"\nurl = \"x\"", "leave it out"),
    ] {
        assert!(right.contains(from), "{from}");
        std::fs::write(&path, right.replacen(from, to, 1)).unwrap();
        let (is_right, said) = ask(&path, &["check-config"], "");
        assert!(!is_right && said.contains(cure), "{to}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!said.contains("cs_x"), "{said}");
    }
}

#[test]
fn settings_that_are_wrong_are_told_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "[[shop]]\nname = \"My Shop\"\nurl = \"shop\"\n").unwrap();
    let (right, said) = ask(&path, &["check-config"], "");
    assert!(!right && said.lines().count() == 3, "{said}");
    let (right, said) = ask(&folder.path().join("none.toml"), &["serve"], "");
    assert!(!right && said.contains("cannot be read"), "{said}");
}

/// The database is deleted between two starts: the marker beside it tells, and nothing is sent.
#[test]
fn a_database_that_was_deleted_is_noticed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let state = folder.path().join("state");
    let run = || {
        let (mut daemon, address) = Daemon::start(&config);
        assert!(get(&address, "/login").contains("Log in"));
        let (right, said) = ask(&config, &["shop", "report"], "");
        assert!(right && said.contains("last poll: never"), "{said}");
        let pid = rustix::process::Pid::from_child(&daemon.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(daemon.0.wait().unwrap().success());
        let db = rusqlite::Connection::open(state.join("woodblock.db")).unwrap();
        let found = "SELECT value FROM switches WHERE name = 'recovery'";
        db.query_row(found, [], |row| row.get::<_, String>(0)).unwrap_or_default()
    };
    assert_eq!(run(), "");
    assert_eq!(run(), "", "an ordinary restart");
    assert!(state.join("last-start").exists());
    for name in ["woodblock.db", "woodblock.db-wal", "woodblock.db-shm"] {
        let _ = std::fs::remove_file(state.join(name));
    }
    assert!(run().contains("the database is empty"));
    let (right, said) = ask(&config, &["resume-limits"], "");
    assert!(right && said.contains("no limit holds anything back"), "{said}");
    let (right, said) = ask(&config, &["rebuild"], "");
    assert!(!right && said.contains("import its product map first"), "{said}");
}
