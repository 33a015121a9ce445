//! Where people reach the pages, and where state lies when no file says so.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folder of somebody's own state, else one where the program was started.
pub(super) fn state_dir(state: Option<OsString>, home: Option<OsString>) -> PathBuf {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let of_home = || Some(home.and_then(absolute)?.join(".local/state"));
    match state.and_then(absolute).or_else(of_home) {
        Some(folder) => folder.join("woodblock"),
        None => PathBuf::from("woodblock-state"),
    }
}

/// What is wrong with the address of the operators' pages; `None` when people can log in there.
pub fn fault_of_way_in(operators_url: &str) -> Option<String> {
    let url = match url::Url::parse(operators_url) {
        Ok(url) => url,
        Err(error) => return Some(format!("the operators' address is not one: {error}")),
    };
    match url.scheme() {
        "https" => None,
        "http" if is_loopback(&url) => None,
        "http" => Some(format!(
            "{operators_url} is not https: passwords would cross the network in the clear"
        )),
        other => Some(format!("the operators' address begins with {other}:")),
    }
}

/// Whether an address leads to this very machine.
pub fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_lies_with_its_owner() {
        let dir = |state: Option<&str>, home: Option<&str>| {
            state_dir(state.map(OsString::from), home.map(OsString::from)).display().to_string()
        };
        assert_eq!(dir(Some("/state"), Some("/home/ann")), "/state/woodblock");
        assert_eq!(dir(Some("relative"), Some("/home/ann")), "/home/ann/.local/state/woodblock");
        assert_eq!(dir(None, None), "woodblock-state");
    }
}
