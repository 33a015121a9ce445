//! The walls around a render child: limits, no new rights, Landlock, two seccomp filters (R80).
//!
//! They are raised by the child itself after it has read all it needs, and never come down.

use std::collections::BTreeMap;
use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Files a child may have open: its three pipes, and a few for the libraries.
const OPEN_FILES_MAX: u64 = 16;

/// One of the walls, or one of the ways out that a probe has tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// Memory, processor time and file sizes are limited.
    Limits,
    /// Landlock is in force: no path can be reached.
    Landlock,
    /// Both seccomp filters are in force.
    Seccomp,
    /// A file could not be opened.
    Open,
    /// A connection could not be made.
    Connect,
    /// A program could not be started.
    Exec,
}

impl Wall {
    /// All of them, in the order of the report.
    pub const ALL: [Wall; 6] =
        [Wall::Limits, Wall::Landlock, Wall::Seccomp, Wall::Open, Wall::Connect, Wall::Exec];

    /// In words, for the page of health and the command line.
    pub fn in_words(self) -> &'static str {
        match self {
            Wall::Limits => "limits of memory and time",
            Wall::Landlock => "Landlock",
            Wall::Seccomp => "seccomp",
            Wall::Open => "files cannot be opened",
            Wall::Connect => "nothing can be connected to",
            Wall::Exec => "no program can be started",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Wall::Limits => 1,
            Wall::Landlock => 2,
            Wall::Seccomp => 4,
            Wall::Open => 8,
            Wall::Connect => 16,
            Wall::Exec => 32,
        }
    }
}

/// Which walls hold on this machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WallReport {
    bits: u8,
}

impl WallReport {
    /// Whether this wall holds.
    pub fn holds(self, wall: Wall) -> bool {
        self.bits & wall.bit() != 0
    }

    /// The walls that do not hold.
    pub fn missing(self) -> Vec<Wall> {
        let all = Wall::ALL.into_iter();
        all.filter(|wall| !self.holds(*wall)).collect()
    }

    /// Notes that a wall holds.
    pub fn add(&mut self, wall: Wall) {
        self.bits |= wall.bit();
    }

    pub(super) fn bits(self) -> u8 {
        self.bits
    }

    pub(super) fn from_bits(bits: u8) -> WallReport {
        WallReport { bits }
    }
}

/// How much a child may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// Processor time in seconds.
    pub cpu_s: u64,
}

/// Raises every wall that this machine has. Threads started afterwards stand behind them as well.
pub fn raise(allowance: Allowance) -> WallReport {
    let mut report = WallReport::default();
    // When memory runs out, the kernel is to take this process and not the one that remembers.
    let _ = offer_to_oom_killer();
    if limit(allowance).is_ok() {
        report.add(Wall::Limits);
    }
    let _ = rustix::thread::set_no_new_privs(true);
    if landlock().unwrap_or(false) {
        report.add(Wall::Landlock);
    }
    if seccomp().is_ok() {
        report.add(Wall::Seccomp);
    }
    report
}

fn offer_to_oom_killer() -> io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().write(true).open("/proc/self/oom_score_adj")?;
    file.write_all(b"1000")
}

fn limit(allowance: Allowance) -> io::Result<()> {
    for (resource, most) in [
        (Resource::As, allowance.memory_bytes),
        (Resource::Cpu, allowance.cpu_s),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, OPEN_FILES_MAX),
    ] {
        let before = getrlimit(resource);
        // What is already lower stays so.
        let most = before.maximum.map_or(most, |maximum| maximum.min(most));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// No path, no port, no signal to others; as much of it as this kernel knows.
fn landlock() -> Result<bool, landlock::RulesetError> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetStatus, Scope,
    };
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => true,
        RulesetStatus::NotEnforced => false,
    })
}

fn seccomp() -> Result<(), seccompiler::Error> {
    // Two filters, since one filter has one answer: clone3 is “unknown”, so that libc falls back
    // to clone, whose flags a filter can see; the rest is forbidden.
    let unknown = filter(&[libc::SYS_clone3], libc::ENOSYS, BTreeMap::new())?;
    let no_thread = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(libc::CLONE_THREAD as u64),
        0,
    )?;
    let clone = (libc::SYS_clone, vec![SeccompRule::new(vec![no_thread])?]);
    let forbidden = filter(&forbidden(), libc::EPERM, [clone].into())?;
    seccompiler::apply_filter(&unknown)?;
    seccompiler::apply_filter(&forbidden)
}

fn filter(
    calls: &[libc::c_long],
    answer: libc::c_int,
    mut rules: BTreeMap<libc::c_long, Vec<SeccompRule>>,
) -> Result<BpfProgram, seccompiler::BackendError> {
    rules.extend(calls.iter().map(|call| (*call, Vec::new())));
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(answer.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}

/// Calls that reach files, the network, other processes or the kernel's rarely used corners.
fn forbidden() -> Vec<libc::c_long> {
    let mut calls = vec![
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_open_by_handle_at,
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_kill,
        libc::SYS_mount,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_bpf,
        libc::SYS_userfaultfd,
        libc::SYS_perf_event_open,
        libc::SYS_io_uring_setup,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_memfd_create,
        libc::SYS_unlinkat,
        libc::SYS_renameat2,
        libc::SYS_mkdirat,
        libc::SYS_linkat,
        libc::SYS_symlinkat,
    ];
    // Older calls that newer architectures never had.
    #[cfg(target_arch = "x86_64")]
    calls.extend([
        libc::SYS_open,
        libc::SYS_creat,
        libc::SYS_fork,
        libc::SYS_vfork,
        libc::SYS_unlink,
        libc::SYS_rename,
        libc::SYS_mkdir,
        libc::SYS_link,
        libc::SYS_symlink,
    ]);
    calls
}

/// Tries the ways out, from behind the walls.
pub fn probe(report: &mut WallReport) {
    let is_denied = |result: io::Result<()>| {
        result.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    if is_denied(std::fs::File::open("/").map(drop)) {
        report.add(Wall::Open);
    }
    let tcp = std::net::TcpStream::connect(("127.0.0.1", 9)).map(drop);
    // Landlock knows nothing of UDP, so this asks seccomp alone.
    let udp = std::net::UdpSocket::bind(("127.0.0.1", 0)).map(drop);
    if is_denied(tcp) && is_denied(udp) {
        report.add(Wall::Connect);
    }
    if is_denied(std::process::Command::new("/proc/self/exe").spawn().map(drop)) {
        report.add(Wall::Exec);
    }
}
