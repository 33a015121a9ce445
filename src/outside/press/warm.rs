//! Warm children: one for the previews of one session, such as the editing of one item of an order.
//!
//! A warm child stands behind the same walls as any other, but keeps the design, its fonts and the
//! decoded photos, and draws one preview for each message. It belongs to one session and is never
//! given to another (I5). It ends when it was idle, when it drew often, when it took too long, and when
//! others are needed more; then, and whenever something about it is odd, a preview is drawn by a child
//! of its own as everything else is. What it draws is the same to the byte.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Semaphore;

use super::{ChildPress, Press, PressError, PressJob, Pressed, odd_answer, wire};
use crate::model::id::Hash;

/// For whom previews are drawn: what was sent for one session is never shown to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session(pub String);

/// How long warm children live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarmLimits {
    /// So long one waits for the next preview.
    pub idle: Duration,
    /// So many previews one draws.
    pub draws_max: u32,
    /// The longest one preview may take.
    pub deadline: Duration,
    /// So many are kept; the one that was used least lately makes room.
    pub children_max: usize,
    /// So many bytes of photos one is sent.
    pub photo_bytes_max: usize,
}

impl Default for WarmLimits {
    fn default() -> WarmLimits {
        WarmLimits {
            idle: Duration::from_secs(120),
            draws_max: 400,
            deadline: Duration::from_secs(20),
            children_max: 4,
            photo_bytes_max: 200 << 20,
        }
    }
}

/// So many warm children draw at once.
const AT_WORK_MAX: usize = 2;

/// The warm children of a press.
#[derive(Debug)]
pub(super) struct Warm {
    limits: WarmLimits,
    seats: Mutex<Seats>,
    at_work: Semaphore,
}

#[derive(Debug, Default)]
struct Seats {
    /// Grows with each use, so that the least lately used is known.
    uses: u64,
    taken: BTreeMap<Session, Seat>,
}

#[derive(Debug, Clone)]
struct Seat {
    used: u64,
    child: Arc<tokio::sync::Mutex<Option<WarmChild>>>,
    pid: Arc<Mutex<Option<u32>>>,
}

#[derive(Debug)]
struct WarmChild {
    /// Killed when this is dropped.
    process: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    design: Hash,
    sent: BTreeMap<Hash, usize>,
    draws: u32,
}

/// Why a warm child did not draw.
enum Trouble {
    /// It took too long; another child would as well.
    Late,
    /// It ended, or said something odd.
    Broken,
}

impl Warm {
    pub(super) fn new(limits: WarmLimits) -> Warm {
        Warm { limits, seats: Mutex::default(), at_work: Semaphore::new(AT_WORK_MAX) }
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Seats> {
        self.seats.lock().expect("no holder of this lock panics")
    }

    /// The seat of a session; whoever was not seen for longest makes room for a new one.
    fn seat(&self, session: &Session) -> Seat {
        let mut seats = self.seats();
        seats.uses += 1;
        let used = seats.uses;
        if !seats.taken.contains_key(session) && self.limits.children_max <= seats.taken.len() {
            let oldest = seats.taken.iter().min_by_key(|(_, seat)| seat.used);
            if let Some(oldest) = oldest.map(|(session, _)| session.clone()) {
                seats.taken.remove(&oldest);
            }
        }
        let fresh = || Seat { used, child: Arc::default(), pid: Arc::default() };
        let seat = seats.taken.entry(session.clone()).or_insert_with(fresh);
        seat.used = used;
        seat.clone()
    }

    /// Lets a child go that nobody used since.
    fn end_if_idle(&self, session: &Session, used: u64) {
        let mut seats = self.seats();
        if seats.taken.get(session).is_some_and(|seat| seat.used == used) {
            seats.taken.remove(session);
        }
    }

    /// The sessions that have a child, with its process id.
    pub(super) fn children(&self) -> Vec<(Session, u32)> {
        let seats = self.seats();
        let pid = |seat: &Seat| *seat.pid.lock().expect("no holder of this lock panics");
        let with_pid = seats.taken.iter().filter_map(|(one, seat)| Some((one.clone(), pid(seat)?)));
        with_pid.collect()
    }
}

/// Draws a preview with the child of its session, or with one of its own.
pub(super) async fn preview(
    press: &ChildPress,
    session: &Session,
    job: PressJob,
) -> Result<Pressed, PressError> {
    let seat = press.warm.seat(session);
    let (used, shared, asked) = (seat.used, press.clone(), job.clone());
    // In a task of its own: a browser that hangs up must not leave half a message in the pipe.
    let drawing = tokio::spawn(async move { draw(&shared, &seat, &asked).await });
    let drawn = drawing.await.unwrap_or(Err(Trouble::Broken));
    let (shared, session) = (press.clone(), session.clone());
    tokio::spawn(async move {
        tokio::time::sleep(shared.warm.limits.idle).await;
        shared.warm.end_if_idle(&session, used);
    });
    match drawn {
        Ok(wire::Answer::Pressed(pressed)) => Ok(pressed),
        Ok(wire::Answer::Refused(error)) => Err(error),
        Ok(wire::Answer::Walls(_) | wire::Answer::Faults(_)) => Err(odd_answer()),
        Err(Trouble::Late) => {
            let seconds = press.warm.limits.deadline.as_secs_f32();
            Err(PressError::Died(format!("a preview took longer than {seconds} s")))
        }
        Err(Trouble::Broken) => press.draw(job).await,
    }
}

async fn draw(press: &ChildPress, seat: &Seat, job: &PressJob) -> Result<wire::Answer, Trouble> {
    let limits = press.warm.limits;
    let mut place = seat.child.lock().await;
    let _at_work = press.warm.at_work.acquire().await.map_err(|_| Trouble::Broken)?;
    let fits = |child: &WarmChild| child.fits(job, &limits);
    // Taken out while it draws: what does not come back in order is killed.
    let kept = place.take().filter(fits);
    let note = |pid| *seat.pid.lock().expect("no holder of this lock panics") = pid;
    note(None);
    let work = async {
        let mut child = match kept {
            Some(child) => child,
            None => WarmChild::start(press, job).await?,
        };
        let answer = child.ask(job).await?;
        Ok((child, answer))
    };
    let done = tokio::time::timeout(limits.deadline, work).await;
    let (child, answer) = done.map_err(|_| Trouble::Late)??;
    note(child.process.id());
    *place = Some(child);
    Ok(answer)
}

impl WarmChild {
    fn fits(&self, job: &PressJob, limits: &WarmLimits) -> bool {
        let unsent = job.photos.iter().filter(|(hash, _)| !self.sent.contains_key(*hash));
        let bytes: usize = unsent.map(|(_, bytes)| bytes.len()).sum();
        self.design == job.design.hash
            && self.draws < limits.draws_max
            && self.sent.values().sum::<usize>() + bytes <= limits.photo_bytes_max
    }

    async fn start(press: &ChildPress, job: &PressJob) -> Result<WarmChild, Trouble> {
        let mut process = press.start(&["--warm"]).map_err(|_| Trouble::Broken)?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(Trouble::Broken);
        };
        // Its last words are not read; a closed pipe keeps it from waiting for somebody who does.
        drop(process.stderr.take());
        let (design, sent) = (job.design.hash.clone(), BTreeMap::new());
        let mut child = WarmChild { process, stdin, stdout, design, sent, draws: 0 };
        child.send(&wire::write_check(&job.design.name, &job.design.files)).await?;
        Ok(child)
    }

    async fn ask(&mut self, job: &PressJob) -> Result<wire::Answer, Trouble> {
        let unsent = job.photos.iter().filter(|(hash, _)| !self.sent.contains_key(*hash));
        let unsent: BTreeMap<_, _> =
            unsent.map(|(hash, bytes)| (hash.clone(), Arc::clone(bytes))).collect();
        let message = wire::write_ask("", &BTreeMap::new(), &job.values, &unsent, job.want);
        self.send(&message).await?;
        self.sent.extend(unsent.into_iter().map(|(hash, bytes)| (hash, bytes.len())));
        self.draws += 1;
        let length = self.stdout.read_u64().await.map_err(|_| Trouble::Broken)?;
        if wire::MESSAGE_BYTES_MAX < length {
            return Err(Trouble::Broken);
        }
        let mut answer = Vec::new();
        let whole = (&mut self.stdout).take(length).read_to_end(&mut answer).await;
        match whole {
            Ok(read) if read as u64 == length => {}
            Ok(_) | Err(_) => return Err(Trouble::Broken),
        }
        wire::read_answer(&answer).map_err(|_| Trouble::Broken)
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), Trouble> {
        let length = message.len() as u64;
        self.stdin.write_u64(length).await.map_err(|_| Trouble::Broken)?;
        self.stdin.write_all(message).await.map_err(|_| Trouble::Broken)?;
        self.stdin.flush().await.map_err(|_| Trouble::Broken)
    }
}
