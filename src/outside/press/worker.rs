//! The child's side: read everything, raise the walls, draw, answer, end. A warm child raises its walls
//! before it reads anything, and draws again and again.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use super::walls::{self, Allowance, Wall};
use super::wire::{self, Answer};
use super::{Confinement, PressError};
use crate::model::problem::{Problem, What};
use crate::outside::design_folder;
use crate::render;

/// Stack of the thread that draws: drawings are trees, and are walked as such.
const STACK_BYTES: usize = 64 << 20;

/// How a child was started.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// What it may take.
    pub allowance: Allowance,
    /// What happens where seccomp is missing.
    pub confinement: Confinement,
    /// What it is to do.
    pub task: Task,
}

/// What a child is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Draw what comes over the pipe.
    Draw,
    /// Look for everything that is wrong with the design that comes over the pipe.
    Check,
    /// Try the ways out.
    Probe,
}

/// Lives the whole life of a child.
pub fn run(start: Start, input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut message = Vec::new();
    input.take(wire::MESSAGE_BYTES_MAX).read_to_end(&mut message)?;
    let mut report = walls::raise(start.allowance);
    let is_walled = report.holds(Wall::Seccomp) || start.confinement == Confinement::Unconfined;
    let answer = match start.task {
        Task::Probe => {
            walls::probe(&mut report);
            Answer::Walls(report)
        }
        Task::Draw | Task::Check if !is_walled => Answer::Refused(no_walls()),
        Task::Draw => in_thread(move || draw(&message))?,
        Task::Check => in_thread(move || check(&message))?,
    };
    output.write_all(&wire::write_answer(&answer))?;
    output.flush()
}

/// Lives the whole life of a warm child: the design first, then one preview for each message. It ends
/// when nothing more comes.
pub fn run_warm(
    start: Start,
    mut input: impl Read + Send + 'static,
    mut output: impl Write + Send + 'static,
) -> io::Result<()> {
    let report = walls::raise(start.allowance);
    let is_walled = report.holds(Wall::Seccomp) || start.confinement == Confinement::Unconfined;
    let life = move || {
        let Some(first) = read_message(&mut input)? else {
            return Ok(());
        };
        let (name, files) = wire::read_check(&first).map_err(io::Error::other)?;
        drop(first);
        let design = match is_walled {
            true => design_folder::from_files(&name, files).map_err(|faults| {
                let problems = faults.iter().map(|fault| faulty(&name, fault));
                PressError::Problems(problems.collect())
            }),
            false => Err(no_walls()),
        };
        let mut studio = design.as_ref().map(render::Studio::new);
        let mut photos = BTreeMap::new();
        while let Some(message) = read_message(&mut input)? {
            let ask = wire::read_ask(&message).map_err(io::Error::other)?;
            drop(message);
            photos.extend(ask.photos);
            let answer = match &mut studio {
                Ok(studio) => match studio.press(&ask.values, &photos, ask.want) {
                    Ok(pressed) => Answer::Pressed(pressed),
                    Err(problems) => Answer::Refused(PressError::Problems(problems)),
                },
                Err(error) => Answer::Refused((*error).clone()),
            };
            let answer = wire::write_answer(&answer);
            output.write_all(&(answer.len() as u64).to_be_bytes())?;
            output.write_all(&answer)?;
            output.flush()?;
        }
        Ok(())
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(life)?;
    thread.join().unwrap_or_else(|_| Err(io::Error::other("drawing broke")))
}

/// The next message, whole; `None` when nothing more comes.
fn read_message(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u64::from_be_bytes(length);
    if wire::MESSAGE_BYTES_MAX < length {
        return Err(io::Error::other("a message is too long"));
    }
    let mut message = Vec::new();
    input.take(length).read_to_end(&mut message)?;
    Ok(Some(message))
}

fn no_walls() -> PressError {
    PressError::Off(
        "this machine has no seccomp; set `render.unconfined = true` to draw without walls"
            .to_owned(),
    )
}

fn faulty(name: &str, fault: &design_folder::Fault) -> Problem {
    Problem::new(What::DesignFaulty, name, format!("{}: {}", fault.place, fault.what))
}

fn in_thread(work: impl FnOnce() -> Answer + Send + 'static) -> io::Result<Answer> {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work)?;
    thread.join().map_err(|payload| {
        let said = payload.downcast_ref::<&str>().copied();
        let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        io::Error::other(format!("drawing broke: {}", said.unwrap_or("no reason given")))
    })
}

fn check(message: &[u8]) -> Answer {
    match wire::read_check(message) {
        Ok((name, files)) => {
            Answer::Faults(design_folder::checked(&name, files).err().unwrap_or_default())
        }
        Err(error) => Answer::Refused(PressError::Died(error.to_string())),
    }
}

fn draw(message: &[u8]) -> Answer {
    let ask = match wire::read_ask(message) {
        Ok(ask) => ask,
        Err(error) => return Answer::Refused(PressError::Died(error.to_string())),
    };
    let design = match design_folder::from_files(&ask.name, ask.files) {
        Ok(design) => design,
        Err(faults) => {
            let problems = faults.iter().map(|fault| faulty(&ask.name, fault));
            return Answer::Refused(PressError::Problems(problems.collect()));
        }
    };
    let job =
        render::Job { design: &design, values: &ask.values, photos: &ask.photos, want: ask.want };
    match render::press(&job) {
        Ok(pressed) => Answer::Pressed(pressed),
        Err(problems) => Answer::Refused(PressError::Problems(problems)),
    }
}
