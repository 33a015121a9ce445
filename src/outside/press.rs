//! The press: turns a design and values into print files, in child processes behind walls.
//!
//! One child per job, and a [`warm`] one for the previews of one session. The parent sends everything over the pipe and keeps the clock; the child reads
//! all of it, raises its [`walls`], draws, answers and ends. It is given no environment and no open
//! file, and a child that dies is a failed attempt, never the end of the parent.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

use crate::model::design::Design;
use crate::model::id::Hash;
use crate::model::problem::Problem;
use crate::model::value::Values;
use crate::outside::design_folder::{self, Fault};
pub use crate::render::difference::{self, Difference};
pub use crate::render::{Measure, Place, Pressed, PressedArea, Spot, Want};
pub use walls::{Allowance, Wall, WallReport};
pub use warm::{Session, WarmLimits};

pub mod metered;
pub mod walls;
pub mod warm;
pub mod wire;
pub mod worker;

/// Fewest children that may run at once, so that a preview need not wait for a poster.
const CHILDREN_MIN: usize = 2;
/// After this long a job no longer keeps the next one from starting (R84).
const SLOW_AFTER: Duration = Duration::from_secs(5);
/// How much of a child's last words is kept.
const STDERR_BYTES_MAX: u64 = 4096;

/// The files of a design, by path.
pub type DesignFiles = BTreeMap<String, Vec<u8>>;

/// What is to be drawn.
#[derive(Debug, Clone)]
pub struct PressJob {
    /// The design version, with its drawings and fonts.
    pub design: Arc<Design>,
    /// What fills its fields, already accepted by them.
    pub values: Values,
    /// The bytes of every photo that `values` names.
    pub photos: BTreeMap<Hash, Arc<Vec<u8>>>,
    /// For what.
    pub want: Want,
}

/// Why nothing came off the press.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PressError {
    /// These values cannot be printed; drawing again gets the same answer.
    #[error("cannot be printed: {}", .0.iter().map(Problem::sentence).collect::<Vec<_>>().join("; "))]
    Problems(Vec<Problem>),
    /// The child died or took too long: a failed attempt.
    #[error("the render child ended: {0}")]
    Died(String),
    /// The walls do not hold on this machine, so nothing is drawn.
    #[error("rendering is off: {0}")]
    Off(String),
}

/// Draws.
#[async_trait]
pub trait Press: Send + Sync {
    /// Draws every area of the design. The same job gives the same bytes.
    async fn draw(&self, job: PressJob) -> Result<Pressed, PressError>;

    /// The same, for somebody who waits for one preview after another. What is kept from one to the
    /// next is kept for this session alone.
    async fn preview(&self, _session: &Session, job: PressJob) -> Result<Pressed, PressError> {
        self.draw(job).await
    }

    /// Everything that is wrong with a design, before anything is drawn of it.
    ///
    /// Laying a drawing out can take any time and memory, so a real press does it in a child.
    async fn check(&self, name: &str, files: DesignFiles) -> Result<Vec<Fault>, PressError> {
        Ok(design_folder::checked(name, files).err().unwrap_or_default())
    }
}

/// What children may take, and whether they may draw without walls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory and processor time of one child.
    pub allowance: Allowance,
    /// The longest one job may take by the clock on the wall.
    pub wall_time: Duration,
    /// How many run at once, at least two; as many again may be at work longer than five seconds.
    pub children: usize,
    /// What happens on a machine without seccomp.
    pub confinement: Confinement,
}

/// What happens where the walls cannot be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confinement {
    /// Nothing is drawn.
    Required,
    /// Drawn all the same: the setting `render.unconfined`, on the merchant's own risk.
    Unconfined,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            allowance: Allowance { memory_bytes: 1536 << 20, cpu_s: 60 },
            wall_time: Duration::from_secs(90),
            children: CHILDREN_MIN,
            confinement: Confinement::Required,
        }
    }
}

/// Draws in child processes of this program.
#[derive(Debug, Clone)]
pub struct ChildPress {
    exe: PathBuf,
    limits: Limits,
    /// For jobs that have just begun.
    places: Arc<Semaphore>,
    /// For jobs that have run long; as many again.
    slow_places: Arc<Semaphore>,
    warm: Arc<warm::Warm>,
}

impl ChildPress {
    /// A press whose children are `exe render-worker`; `exe` is this program.
    pub fn new(exe: impl Into<PathBuf>, limits: Limits) -> ChildPress {
        let children = limits.children.max(CHILDREN_MIN);
        ChildPress {
            exe: exe.into(),
            limits,
            places: Arc::new(Semaphore::new(children)),
            slow_places: Arc::new(Semaphore::new(children)),
            warm: Arc::new(warm::Warm::new(WarmLimits::default())),
        }
    }

    /// The same press, with other limits of its warm children.
    pub fn with_warm(self, limits: WarmLimits) -> ChildPress {
        ChildPress { warm: Arc::new(warm::Warm::new(limits)), ..self }
    }

    /// The sessions that have a warm child at rest, with its process id.
    pub fn warm_children(&self) -> Vec<(Session, u32)> {
        self.warm.children()
    }

    /// Starts a child that tries the ways out, and reports which walls hold.
    pub async fn probe(&self) -> Result<WallReport, PressError> {
        match self.ask(&["--probe"], Vec::new()).await? {
            wire::Answer::Walls(report) => Ok(report),
            wire::Answer::Refused(error) => Err(error),
            wire::Answer::Pressed(_) | wire::Answer::Faults(_) => Err(odd_answer()),
        }
    }

    async fn ask(&self, extra: &[&str], message: Vec<u8>) -> Result<wire::Answer, PressError> {
        let place = self.places.acquire().await;
        let place = place.map_err(|_| PressError::Off("the press is closed".to_owned()))?;
        let talk = tokio::time::timeout(self.limits.wall_time, self.talk(extra, message));
        tokio::pin!(talk);
        let answer = match tokio::time::timeout(SLOW_AFTER, &mut talk).await {
            Ok(answer) => answer,
            Err(_) => {
                // Changing places lets one more job begin, as long as not too many are slow.
                let slow_place = self.slow_places.try_acquire();
                let place = slow_place.is_err().then_some(place);
                let answer = talk.await;
                drop((slow_place, place));
                answer
            }
        };
        answer.unwrap_or_else(|_| {
            // The talk was dropped with its time, and the child was killed with it.
            let seconds = self.limits.wall_time.as_secs_f32();
            Err(PressError::Died(format!("it took longer than {seconds} s")))
        })
    }

    async fn talk(&self, extra: &[&str], message: Vec<u8>) -> Result<wire::Answer, PressError> {
        let mut child = self.start(extra)?;
        let missing = || PressError::Died("a pipe to it is missing".to_owned());
        let mut stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let send = async {
            // A child that dies early closes the pipe; its status says more than that.
            let _ = stdin.write_all(&message).await;
            drop(stdin);
        };
        let (_, answer, last_words) = tokio::join!(
            send,
            read_up_to(stdout, wire::MESSAGE_BYTES_MAX),
            read_up_to(stderr, STDERR_BYTES_MAX),
        );
        let status = child.wait().await;
        let status = status.map_err(|error| PressError::Died(error.to_string()))?;
        if !status.success() {
            let last_words = String::from_utf8_lossy(&last_words);
            let last_line = last_words.lines().last().unwrap_or_default();
            let reason = format!("{status} {last_line}");
            return Err(PressError::Died(reason.trim_end().to_owned()));
        }
        wire::read_answer(&answer).map_err(|_| odd_answer())
    }

    fn start(&self, extra: &[&str]) -> Result<tokio::process::Child, PressError> {
        let allowance = self.limits.allowance;
        let mut command = tokio::process::Command::new(&self.exe);
        command
            .arg("render-worker")
            .args(["--memory-bytes", &allowance.memory_bytes.to_string()])
            .args(["--cpu-s", &allowance.cpu_s.to_string()])
            .args(extra);
        match self.limits.confinement {
            Confinement::Required => {}
            Confinement::Unconfined => drop(command.arg("--unconfined")),
        }
        command
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                let exe = self.exe.display();
                PressError::Died(format!("{exe} could not be started: {error}"))
            })
    }
}

#[async_trait]
impl Press for ChildPress {
    async fn draw(&self, job: PressJob) -> Result<Pressed, PressError> {
        let design = &job.design;
        let message =
            wire::write_ask(&design.name, &design.files, &job.values, &job.photos, job.want);
        match self.ask(&[], message).await? {
            wire::Answer::Pressed(pressed) => Ok(pressed),
            wire::Answer::Refused(error) => Err(error),
            wire::Answer::Walls(_) | wire::Answer::Faults(_) => Err(odd_answer()),
        }
    }

    async fn preview(&self, session: &Session, job: PressJob) -> Result<Pressed, PressError> {
        warm::preview(self, session, job).await
    }

    async fn check(&self, name: &str, files: DesignFiles) -> Result<Vec<Fault>, PressError> {
        let message = wire::write_check(name, &files);
        match self.ask(&["--check"], message).await {
            Ok(wire::Answer::Faults(faults)) => Ok(faults),
            Ok(wire::Answer::Refused(error)) => Err(error),
            Ok(wire::Answer::Walls(_) | wire::Answer::Pressed(_)) => Err(odd_answer()),
            Err(PressError::Died(reason)) => {
                let what =
                    format!("laying it out takes more time or memory than it may ({reason})");
                let cure =
                    "Simplify it: patterns, masks, markers and copies within copies multiply.";
                Ok(vec![Fault::new("the drawings", what, cure)])
            }
            Err(error) => Err(error),
        }
    }
}

async fn read_up_to(pipe: impl AsyncRead + Unpin, bytes_max: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A broken pipe is a dead child, which its status tells.
    let _ = pipe.take(bytes_max).read_to_end(&mut bytes).await;
    bytes
}

fn odd_answer() -> PressError {
    PressError::Died("its answer could not be read".to_owned())
}
