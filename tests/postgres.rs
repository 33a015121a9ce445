//! Every statement of `src/db` is prepared on a real PostgreSQL, so that a larger shop can move.
//!
//! Skipped aloud where there is no PostgreSQL; `scripts/test` installs Debian's.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Every statement that stands in `src/db`, with the file it stands in.
fn statements() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir("src/db").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
        let text = fs::read_to_string(path).unwrap();
        for literal in text.split('"').skip(1).step_by(2) {
            let is_statement = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "]
                .iter()
                .any(|word| literal.trim_start().starts_with(word));
            if is_statement {
                found.push((path.display().to_string(), literal.replace("\\\\", "\\")));
            }
        }
    }
    found
}

fn server_tools() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|path| path.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

/// PostgreSQL will not run as root: its own account does.
fn as_postgres(program: &Path, arguments: &[&str]) -> Command {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        let mut command = Command::new(program);
        command.args(arguments);
        return command;
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).args(arguments);
    command
}

fn run(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// A server of its own in a folder of its own, ended with this value.
struct Server {
    tools: PathBuf,
    folder: PathBuf,
}

impl Server {
    fn start(tools: PathBuf) -> Server {
        let folder = std::env::temp_dir().join(format!("woodblock-pg-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        if rustix::process::geteuid().is_root() {
            run({
                let mut chown = Command::new("chown");
                chown.arg("postgres").arg(&folder);
                chown
            });
        }
        let data = folder.join("data").display().to_string();
        let shown = folder.display().to_string();
        run(as_postgres(
            &tools.join("initdb"),
            &["-D", &data, "-A", "trust", "-U", "postgres", "-N"],
        ));
        let options = format!("-c listen_addresses='' -k {shown}");
        let log = folder.join("log").display().to_string();
        let server = Server { tools, folder };
        let start = ["-D", &data, "-o", &options, "-l", &log, "-w", "start"];
        run(as_postgres(&server.tools.join("pg_ctl"), &start));
        server
    }

    fn psql(&self, script: &str) -> Result<(), String> {
        let host = self.folder.display().to_string();
        let arguments = ["-h", &host, "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "postgres"];
        let mut child = as_postgres(&self.tools.join("psql"), &arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.join("data").display().to_string();
        let stop = ["-D", data.as_str(), "-m", "immediate", "stop"];
        let _ = as_postgres(&self.tools.join("pg_ctl"), &stop).output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn every_statement_prepares_on_postgresql() {
    let mut statements = statements();
    let listing =
        woodblock::db::listing::STATEMENTS.into_iter().chain([woodblock::db::listing::COUNT]);
    statements.extend(
        listing.map(str::to_owned).map(|statement| ("src/db/listing.rs".to_owned(), statement)),
    );
    assert!(100 < statements.len(), "only {} statements were found", statements.len());
    let Some(tools) = server_tools() else {
        println!("SKIPPED: there is no PostgreSQL on this machine (Debian: postgresql)");
        return;
    };
    let server = Server::start(tools);
    for (number, _) in woodblock::db::migrations::ALL {
        let path = format!("src/db/migrations/postgres/{number:04}.sql");
        let script = fs::read_to_string(&path).unwrap();
        server.psql(&format!("BEGIN;\n{script}\nCOMMIT;")).unwrap();
    }
    let mut script = String::new();
    for (number, (file, statement)) in statements.iter().enumerate() {
        script += &format!("\\echo :{file}\nPREPARE s{number} AS {statement};\n");
    }
    let all_at_once = server.psql(&script);
    if all_at_once.is_ok() {
        println!("{} statements prepared", statements.len());
        return;
    }
    let mut faults = Vec::new();
    for (file, statement) in &statements {
        if let Err(why) = server.psql(&format!("PREPARE s AS {statement};")) {
            faults.push(format!("{file}: {statement}\n{why}"));
        }
    }
    panic!("{} of {} statements fail:\n{}", faults.len(), statements.len(), faults.join("\n"));
}
