//! The child's side: read everything, raise the walls, draw, answer, end.

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
        Task::Draw | Task::Check if !is_walled => Answer::Refused(PressError::Off(
            "this machine has no seccomp; set `render.unconfined = true` to draw without walls"
                .to_owned(),
        )),
        Task::Draw => in_thread(move || draw(&message))?,
        Task::Check => in_thread(move || check(&message))?,
    };
    output.write_all(&wire::write_answer(&answer))?;
    output.flush()
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
            let problems = faults.iter().map(|fault| {
                let detail = format!("{}: {}", fault.place, fault.what);
                Problem::new(What::DesignFaulty, &*ask.name, detail)
            });
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
