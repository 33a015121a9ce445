//! Ports for programs that a test starts.

use std::fs::{File, TryLockError};
use std::net::TcpListener;

/// Below what the system gives to outgoing connections: a port that was found free cannot be taken
/// by one of them before the program listens on it.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A port of loopback that no other test gets as long as this process lives.
pub fn free_port() -> u16 {
    let folder = std::env::temp_dir().join("woodblock-test-ports");
    std::fs::create_dir_all(&folder).unwrap();
    let first = std::process::id() % u32::from(PORTS.end - PORTS.start);
    let first = PORTS.start + u16::try_from(first).unwrap();
    for port in (first..PORTS.end).chain(PORTS.start..first) {
        // Perhaps it belongs to another user.
        let Ok(lock) = File::create(folder.join(port.to_string())) else { continue };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => continue,
            Err(error) => panic!("{error}"),
        }
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            // Held until the process ends.
            std::mem::forget(lock);
            return port;
        }
    }
    panic!("no port is free");
}
