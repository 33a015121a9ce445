//! Jobs: stored pieces of work, claimed one at a time per order and lane.

use std::time::Duration;

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::id::{JobId, OrderId};
use crate::model::job::{Job, Lane, NewJob};
use crate::model::time::Moment;

/// Asks for work. Work that already waits is not asked for twice; the earlier moment counts.
pub fn enqueue(tx: &Tx<'_>, job: &NewJob) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO jobs (step, key, lane, order_id, run_at, attempt_max)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (step, key) WHERE state = 'scheduled'
         DO UPDATE SET run_at = CASE WHEN excluded.run_at < jobs.run_at
                                     THEN excluded.run_at ELSE jobs.run_at END",
        cells![job.step, &job.key, job.lane.name(), job.order, job.run_at, job.attempt_max],
    )?;
    Ok(())
}

/// Which lanes a worker serves, so that drawing never keeps intake and money waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// Every lane.
    All,
    /// Drawing alone.
    Render,
    /// Everything but drawing.
    Others,
}

/// Claims the next due job: none of an order and lane that is busy. What was running when the program
/// ended runs first and alone, so that another crash tells which of it was the cause.
pub fn claim(tx: &Tx<'_>, lanes: Lanes, lease_until: Moment) -> Result<Option<Job>, DbError> {
    let (first, second) = match lanes {
        Lanes::All => ("", ""),
        Lanes::Render => ("render", ""),
        Lanes::Others => ("", "render"),
    };
    let found = match next_due(tx, first, second)? {
        Some(job) => Some(job),
        // Nothing is due, or a suspect keeps the others back.
        None => match suspicion(tx)? {
            Suspicion::Waits { busy: false } => next_suspect(tx, first, second)?,
            Suspicion::Waits { busy: true } | Suspicion::Runs | Suspicion::None => None,
        },
    };
    let Some(job) = found else { return Ok(None) };
    tx.change(
        "jobs",
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, started_at = $1,
             lease_until = $2
         WHERE id = $3 AND state = 'scheduled'",
        cells![tx.now, lease_until, job.id],
    )?;
    Ok(Some(Job { attempt: job.attempt + 1, ..job }))
}

/// How it stands with jobs that were running when the program ended.
enum Suspicion {
    /// Nothing of the kind is due.
    None,
    /// One is due; others may be running.
    Waits { busy: bool },
    /// One is running, alone.
    Runs,
}

fn suspicion(tx: &Tx<'_>) -> Result<Suspicion, DbError> {
    let suspects: Vec<(String, Moment)> = tx.all(
        "SELECT state, run_at FROM jobs WHERE suspected_at IS NOT NULL AND state <> 'failed'",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if suspects.iter().any(|(state, _)| state == "running") {
        return Ok(Suspicion::Runs);
    }
    if !suspects.iter().any(|(_, run_at)| *run_at <= tx.now) {
        return Ok(Suspicion::None);
    }
    let running: Option<JobId> =
        tx.optional("SELECT id FROM jobs WHERE state = 'running' LIMIT 1", &[], |row| row.get(0))?;
    Ok(Suspicion::Waits { busy: running.is_some() })
}

fn next_suspect(tx: &Tx<'_>, first: &str, second: &str) -> Result<Option<Job>, DbError> {
    tx.optional(
        "SELECT id, step, key, attempt, attempt_max, order_id FROM jobs
         WHERE suspected_at IS NOT NULL AND state = 'scheduled' AND run_at <= $1
           AND ($2 = '' OR lane = $2) AND lane <> $3
         ORDER BY run_at, id
         LIMIT 1",
        cells![tx.now, first, second],
        read_job,
    )
}

fn next_due(tx: &Tx<'_>, first: &str, second: &str) -> Result<Option<Job>, DbError> {
    tx.optional(
        "SELECT job.id, job.step, job.key, job.attempt, job.attempt_max, job.order_id
         FROM jobs AS job
         WHERE job.state = 'scheduled' AND job.run_at <= $1
           AND ($2 = '' OR job.lane = $2) AND job.lane <> $3
           AND NOT EXISTS (SELECT 1 FROM jobs AS suspect
                           WHERE suspect.suspected_at IS NOT NULL
                             AND (suspect.state = 'running'
                                  OR (suspect.state = 'scheduled' AND suspect.run_at <= $1)))
           AND NOT EXISTS (SELECT 1 FROM jobs AS busy
                           WHERE busy.state = 'running' AND busy.order_id = job.order_id
                             AND busy.lane = job.lane)
         ORDER BY job.run_at, job.id
         LIMIT 1",
        cells![tx.now, first, second],
        read_job,
    )
}

fn read_job(row: &Row<'_>) -> Result<Job, DbError> {
    Ok(Job {
        id: row.get(0)?,
        step: row.get(1)?,
        key: row.get(2)?,
        attempt: row.get(3)?,
        attempt_max: row.get(4)?,
        order: row.get(5)?,
    })
}

/// Ends a running job that did its work, or whose work is no longer wanted: the history tells what
/// came of it, and its row goes.
pub fn finish(tx: &Tx<'_>, job: &Job) -> Result<(), DbError> {
    tx.change(
        "jobs",
        "DELETE FROM jobs WHERE id = $1 AND state = 'running' AND attempt = $2",
        cells![job.id, job.attempt],
    )
}

/// Ends a running job that failed for good; its row stays for people to look at.
pub fn fail(tx: &Tx<'_>, job: &Job, why: &str) -> Result<(), DbError> {
    tx.change(
        "jobs",
        "UPDATE jobs SET state = 'failed', outcome = $1, errors = errors || $2, finished_at = $3,
             lease_until = NULL
         WHERE id = $4 AND state = 'running' AND attempt = $5",
        cells![why, format!("{} {why}\n", tx.now), tx.now, job.id, job.attempt],
    )
}

/// Puts a running job back for a later moment, or for the earlier one of a twin that was asked for
/// meanwhile by something newer. It got as far as it could: neither the attempts nor the crashes
/// before this count any more.
pub fn snooze(tx: &Tx<'_>, job: &Job, until: Moment) -> Result<(), DbError> {
    let run_at = retire_twin(tx, job)?.map_or(until, |asked| asked.min(until));
    tx.change(
        "jobs",
        "UPDATE jobs SET state = 'scheduled', run_at = $1, attempt = 0, crashes = 0,
             spared = 0, suspected_at = NULL, started_at = NULL, lease_until = NULL
         WHERE id = $2 AND state = 'running' AND attempt = $3",
        cells![run_at, job.id, job.attempt],
    )
}

/// Puts a running job back after a failed attempt. The pause counts, whatever its twin was asked
/// for: the attempt itself may have asked for it.
pub fn retry(tx: &Tx<'_>, job: &Job, at: Moment, error: &str) -> Result<(), DbError> {
    retire_twin(tx, job)?;
    tx.change(
        "jobs",
        "UPDATE jobs SET state = 'scheduled', run_at = $1, crashes = 0, spared = 0,
             suspected_at = NULL,
             started_at = NULL, lease_until = NULL, errors = errors || $2
         WHERE id = $3 AND state = 'running' AND attempt = $4",
        cells![at, format!("{} {error}\n", tx.now), job.id, job.attempt],
    )
}

/// Puts a running job that never fails for good back after a failed attempt, which counts: the next
/// pause is longer.
pub fn again(tx: &Tx<'_>, job: &Job, at: Moment) -> Result<(), DbError> {
    retire_twin(tx, job)?;
    tx.change(
        "jobs",
        "UPDATE jobs SET state = 'scheduled', run_at = $1, crashes = 0, spared = 0,
             suspected_at = NULL,
             started_at = NULL, lease_until = NULL
         WHERE id = $2 AND state = 'running' AND attempt = $3",
        cells![at, job.id, job.attempt],
    )
}

/// A job that goes back to waiting takes the place of a twin that was asked for meanwhile, and
/// learns when the twin was to run.
fn retire_twin(tx: &Tx<'_>, job: &Job) -> Result<Option<Moment>, DbError> {
    let twin: Option<(JobId, Moment)> = tx.optional(
        "SELECT id, run_at FROM jobs WHERE step = $1 AND key = $2 AND state = 'scheduled'",
        cells![&job.step, &job.key],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // Most jobs have none: to look costs less than to update.
    let Some((id, run_at)) = twin else { return Ok(None) };
    let retired =
        tx.execute("DELETE FROM jobs WHERE id = $1 AND state = 'scheduled'", cells![id])?;
    Ok((retired == 1).then_some(run_at))
}

/// How many crashes count against a job that ran alone in each of them.
#[derive(Debug, Clone, Copy)]
pub struct Crashes {
    /// Where the program ended with this job and never without it.
    pub alone: u32,
    /// Where it ended without it as well: somebody else ends it, or another job does.
    pub among_others: u32,
}

/// Jobs that were running when the process ended: they wait again, under suspicion. The crash counts
/// against one that ran alone, for then nothing else can have been the cause. Such a one pauses, so that
/// whoever kills the program again and again does not meet it each time it starts; those that it counts
/// against often enough come back to be failed by the caller.
pub fn rescue(tx: &Tx<'_>, most: Crashes, pause: Duration) -> Result<Vec<Job>, DbError> {
    tx.execute(
        "UPDATE jobs SET spared = spared + 1 WHERE state = 'scheduled' AND 0 < crashes",
        &[],
    )?;
    tx.execute(
        "UPDATE jobs SET suspected_at = $1, crashes = crashes + CASE
             WHEN (SELECT COUNT(*) FROM jobs AS other WHERE other.state = 'running') = 1 THEN 1
             ELSE 0 END
         WHERE state = 'running'",
        cells![tx.now],
    )?;
    // The twin of one that is failed stays: it was asked for by something newer.
    tx.execute(
        "DELETE FROM jobs WHERE state = 'scheduled' AND EXISTS (
             SELECT 1 FROM jobs AS twin WHERE twin.state = 'running'
               AND (twin.crashes < $1 OR (0 < twin.spared AND twin.crashes < $2))
               AND twin.step = jobs.step AND twin.key = jobs.key)",
        cells![most.alone, most.among_others],
    )?;
    let poison = tx.all(
        "SELECT id, step, key, attempt, attempt_max, order_id FROM jobs
         WHERE state = 'running' AND $1 <= crashes AND (spared = 0 OR $2 <= crashes)
         ORDER BY id",
        cells![most.alone, most.among_others],
        read_job,
    )?;
    tx.execute(
        "UPDATE jobs SET state = 'scheduled', started_at = NULL, lease_until = NULL,
             attempt = attempt - 1, run_at = CASE WHEN crashes = 0 THEN $1 ELSE $2 END
         WHERE state = 'running'
           AND (crashes < $3 OR (0 < spared AND crashes < $4))",
        cells![tx.now, tx.now.plus(pause), most.alone, most.among_others],
    )?;
    Ok(poison)
}

/// Puts back what is under way when the program is told to stop and cannot wait for it any longer: no
/// crash, and no attempt. How many jobs these are.
pub fn put_back(tx: &Tx<'_>) -> Result<usize, DbError> {
    tx.execute(
        "DELETE FROM jobs WHERE state = 'scheduled' AND EXISTS (
             SELECT 1 FROM jobs AS twin WHERE twin.state = 'running'
               AND twin.step = jobs.step AND twin.key = jobs.key)",
        &[],
    )?;
    tx.execute(
        "UPDATE jobs SET state = 'scheduled', started_at = NULL, lease_until = NULL,
             attempt = attempt - 1, run_at = $1
         WHERE state = 'running'",
        cells![tx.now],
    )
}

/// When the next job is due.
pub fn next_at(tx: &Tx<'_>) -> Result<Option<Moment>, DbError> {
    tx.optional(
        "SELECT run_at FROM jobs WHERE state = 'scheduled' ORDER BY run_at, id LIMIT 1",
        &[],
        |row| row.get(0),
    )
}

/// Forgets jobs that failed before this moment.
pub fn forget_failed(tx: &Tx<'_>, before: Moment) -> Result<usize, DbError> {
    tx.execute("DELETE FROM jobs WHERE finished_at < $1", cells![before])
}

/// A job as people look at it.
#[derive(Debug, Clone)]
pub struct JobLine {
    /// Its id.
    pub id: JobId,
    /// Which step, about what.
    pub step: String,
    /// What it is about.
    pub key: String,
    /// Its lane.
    pub lane: String,
    /// Where it stands.
    pub state: String,
    /// When it is due.
    pub run_at: Moment,
    /// Which attempt.
    pub attempt: u32,
    /// What came of it.
    pub outcome: String,
    /// Errors of its attempts.
    pub errors: String,
}

/// Jobs that are not finished, and failed ones, newest first.
pub fn open_and_failed(tx: &Tx<'_>) -> Result<Vec<JobLine>, DbError> {
    tx.all(
        "SELECT id, step, key, lane, state, run_at, attempt, outcome, errors FROM jobs
         WHERE state IN ('scheduled', 'running', 'failed') ORDER BY id DESC LIMIT 500",
        &[],
        read_line,
    )
}

fn read_line(row: &Row<'_>) -> Result<JobLine, DbError> {
    Ok(JobLine {
        id: row.get(0)?,
        step: row.get(1)?,
        key: row.get(2)?,
        lane: row.get(3)?,
        state: row.get(4)?,
        run_at: row.get(5)?,
        attempt: row.get(6)?,
        outcome: row.get(7)?,
        errors: row.get(8)?,
    })
}

/// Jobs of an order that are not finished, and failed ones, in the order in which they are due.
pub fn open_and_failed_of(tx: &Tx<'_>, order: OrderId) -> Result<Vec<JobLine>, DbError> {
    tx.all(
        "SELECT id, step, key, lane, state, run_at, attempt, outcome, errors FROM jobs
         WHERE order_id = $1 AND state IN ('scheduled', 'running', 'failed') ORDER BY run_at, id",
        cells![order],
        read_line,
    )
}

/// The lane that a word names.
pub fn lane(word: &str) -> Option<Lane> {
    Lane::ALL.into_iter().find(|lane| lane.name() == word)
}

/// How many jobs of an order wait or run.
pub fn open_of_order(tx: &Tx<'_>, order: OrderId) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM jobs
         WHERE order_id = $1 AND state IN ('scheduled', 'running')",
        cells![order],
        |row| row.get(0),
    )
}
