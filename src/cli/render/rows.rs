//! `woodblock render --csv`: one print for each row of a table.
//!
//! A row that cannot be printed is told with its line, and the others are drawn all the same. What was
//! drawn is noted in a file beside the prints, under a hash of everything that it was made of: begun
//! again, only what is missing or was changed is drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};

use super::super::design::{press, print};
use super::super::output::write_whole;
use super::{PHOTO_BYTES_MAX, Photos, read_file, runtime};
use crate::model::circumstance::is_known;
use crate::model::design::Design;
use crate::model::field::{Field, FieldKind};
use crate::model::id::Hash;
use crate::model::problem::Problem;
use crate::model::value::{Photo, Value, Values};
use crate::outside::press::{ChildPress, Press, PressError, PressJob, Pressed, Want};

/// How files are named where nothing is said.
pub const NAME: &str = "{row}-{area}";
/// Where it is noted what was drawn.
const NOTES: &str = ".woodblock-rows.jsonl";
/// Rows that are drawn at once.
const AT_ONCE: usize = 2;
/// Most rows of a table.
const ROWS_MAX: usize = 100_000;
/// Most bytes of a table.
const TABLE_BYTES_MAX: u64 = 64 << 20;

/// One row, read and not drawn yet.
struct Row {
    /// Counted from 1; the line of the heading is not counted.
    number: usize,
    /// Where it stands in the file.
    line: u64,
    cells: Vec<(String, String)>,
}

/// What was drawn of one row.
#[derive(Serialize, Deserialize)]
struct Note {
    row: usize,
    /// Of everything that it was made of.
    made_of: String,
    files: Vec<String>,
}

/// Everything that drawing needs.
struct Bulk<'a> {
    design: &'a Arc<Design>,
    /// Photos are seen from here.
    home: &'a Path,
    output: &'a Path,
    rule: &'a str,
    want: Want,
}

/// Draws every row.
pub fn run(
    design: &Arc<Design>,
    table: &Path,
    (output, rule): (&Path, &str),
    want: Want,
) -> anyhow::Result<ExitCode> {
    let rows = read(design, table)?;
    std::fs::create_dir_all(output)
        .with_context(|| format!("{} could not be made", output.display()))?;
    let home = table.parent().unwrap_or(Path::new("."));
    let bulk = Bulk { design, home, output, rule, want };
    check_rule(design, rule, &rows)?;
    let told = runtime()?.block_on(bulk.draw(rows))?;
    print(&format!(
        "{} drawn, {} already there, {} not drawn",
        told.drawn,
        told.there,
        told.bad.len()
    ));
    for words in &told.bad {
        eprintln!("✗ {words}");
    }
    Ok(if told.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(design: &Design, table: &Path) -> anyhow::Result<Vec<Row>> {
    let bytes = read_file(table, TABLE_BYTES_MAX)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| anyhow::anyhow!("{} is not UTF-8: save it as “CSV UTF-8”", table.display()))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: char| first.matches(sign).count();
    let delimiter = if count(',') < count(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let cannot = || format!("{} cannot be read", table.display());
    let heads: Vec<String> = reader
        .headers()
        .with_context(cannot)?
        .iter()
        .map(|head| key_of(design, head))
        .collect::<Result<_, _>>()
        .with_context(cannot)?;
    let twice = heads.iter().enumerate().find(|(at, head)| heads[..*at].contains(head));
    if let Some((_, head)) = twice {
        bail!("{}: two columns are for “{head}”", table.display());
    }
    let mut rows = Vec::new();
    for (idx, record) in reader.records().enumerate() {
        let record = record.with_context(cannot)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = heads.iter().cloned().zip(record.iter().map(str::to_owned));
        rows.push(Row { number: idx + 1, line, cells: cells.collect() });
        if ROWS_MAX < rows.len() {
            bail!("{} has more than {ROWS_MAX} rows: cut it in parts", table.display());
        }
    }
    if rows.is_empty() {
        bail!("{} has no row below its heading", table.display());
    }
    Ok(rows)
}

/// The field that a column is for: by its key, its label or one of its names in an order.
fn key_of(design: &Design, head: &str) -> anyhow::Result<String> {
    let head = head.trim();
    if is_known(head) {
        return Ok(head.to_owned());
    }
    let is_named = |field: &&Field| {
        let mut names = field.from.iter().chain([&field.key, &field.label]);
        names.any(|name| name.trim().to_lowercase() == head.to_lowercase())
    };
    match design.fields.iter().find(is_named) {
        Some(field) => Ok(field.key.clone()),
        None => {
            let known: Vec<&str> = design.fields.iter().map(|field| field.key.as_str()).collect();
            bail!("the design has no field “{head}”; it has {}", known.join(", "))
        }
    }
}

/// Two prints must not have one name.
fn check_rule(design: &Design, rule: &str, rows: &[Row]) -> anyhow::Result<()> {
    let mut names = BTreeMap::new();
    for row in rows {
        for area in &design.areas {
            let name = name_of(rule, row, &area.key)?;
            if let Some(other) = names.insert(name.to_lowercase(), row.number) {
                bail!(
                    "rows {other} and {} would both be called {name}: put {{row}} and {{area}} into --name",
                    row.number
                );
            }
        }
    }
    Ok(())
}

/// The name that a rule gives, without its ending.
fn name_of(rule: &str, row: &Row, area: &str) -> anyhow::Result<String> {
    let mut name = String::new();
    let mut rest = rule;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}').context("--name: a { has no }")?;
        name += before;
        name += &match key {
            "row" => format!("{:05}", row.number),
            "area" => area.to_owned(),
            _ => {
                let cell = row.cells.iter().find(|(known, _)| known == key);
                let (_, text) =
                    cell.with_context(|| format!("--name: the table has no column “{key}”"))?;
                plain(text)
            }
        };
        rest = after;
    }
    name += rest;
    let is_safe = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':');
    match !name.is_empty() && !name.starts_with('.') && name.chars().all(is_safe) {
        true => Ok(name),
        false => bail!("--name: “{name}” cannot be the name of a file"),
    }
}

/// A value as a part of a file's name.
fn plain(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let plain = text.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '-' });
    plain.take(CHARS_MAX).collect()
}

/// What came of a table.
#[derive(Default)]
struct Told {
    drawn: usize,
    there: usize,
    bad: Vec<String>,
}

impl Bulk<'_> {
    async fn draw(&self, rows: Vec<Row>) -> anyhow::Result<Told> {
        let press = Arc::new(press()?);
        let known = self.notes()?;
        let path = self.output.join(NOTES);
        let mut notes = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
        let bar = progress(rows.len());
        let mut told = Told::default();
        let mut waiting = rows.into_iter();
        let mut running = tokio::task::JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(row) = waiting.next()
            {
                match self.job(&row) {
                    Ok((_, made_of)) if self.is_there(&known, row.number, &made_of) => {
                        told.there += 1;
                        bar.inc(1);
                    }
                    Ok((job, made_of)) => {
                        drop(running.spawn(one(Arc::clone(&press), row, job, made_of)))
                    }
                    Err(why) => {
                        told.bad.push(words(&row, &why.to_string()));
                        bar.inc(1);
                    }
                }
            }
            let Some(done) = running.join_next().await else { break };
            let (row, made_of, pressed) = done.context("drawing broke")?;
            match pressed {
                Ok(pressed) => {
                    let note = self.keep(&row, made_of, &pressed)?;
                    // The note comes after the files: one without its note is drawn again.
                    writeln!(notes, "{}", serde_json::to_string(&note)?)?;
                    told.drawn += 1;
                }
                Err(PressError::Problems(problems)) => {
                    told.bad.push(words(&row, &sentences(&problems)))
                }
                Err(error @ PressError::Off(_)) => return Err(error.into()),
                Err(error @ PressError::Died(_)) => told.bad.push(words(&row, &error.to_string())),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(told)
    }

    /// What was drawn before, the newest note of each row.
    fn notes(&self) -> anyhow::Result<BTreeMap<usize, Note>> {
        let text = match std::fs::read_to_string(self.output.join(NOTES)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).context("the notes of earlier prints cannot be read"),
        };
        // A line that was cut off when the program was stopped says nothing.
        let notes = text.lines().filter_map(|line| serde_json::from_str::<Note>(line).ok());
        Ok(notes.map(|note| (note.row, note)).collect())
    }

    fn is_there(&self, known: &BTreeMap<usize, Note>, row: usize, made_of: &str) -> bool {
        let note = known.get(&row).filter(|note| note.made_of == made_of);
        note.is_some_and(|note| note.files.iter().all(|file| self.output.join(file).is_file()))
    }

    /// What is to be drawn of a row, and a hash of everything that it is made of.
    fn job(&self, row: &Row) -> anyhow::Result<(PressJob, String)> {
        let mut photos = Photos::new();
        let mut given = Values::new();
        for (key, text) in row.cells.iter().filter(|(_, text)| !text.trim().is_empty()) {
            let is_photo = self
                .design
                .field(key)
                .is_some_and(|field| matches!(field.kind, FieldKind::Photo(_)));
            let value = match is_photo {
                true => {
                    let bytes = read_file(&self.home.join(text.trim()), PHOTO_BYTES_MAX)?;
                    let hash = Hash::of(&bytes);
                    photos.insert(hash.clone(), Arc::new(bytes));
                    Value::Photo(Photo::whole(hash))
                }
                false => Value::Text(text.clone()),
            };
            given.insert(key.clone(), value);
        }
        let values = self
            .design
            .complete(&given)
            .map_err(|problems| anyhow::anyhow!(sentences(&problems)))?;
        let made_of = format!("{} {} {:?} {values:?}", self.design.hash, self.rule, self.want);
        let made_of = Hash::of(made_of.as_bytes()).to_string();
        let (design, want) = (Arc::clone(self.design), self.want);
        Ok((PressJob { design, values, photos, want }, made_of))
    }

    fn keep(&self, row: &Row, made_of: String, pressed: &Pressed) -> anyhow::Result<Note> {
        let mut files = BTreeSet::new();
        for area in &pressed.areas {
            let name = name_of(self.rule, row, &area.area)?;
            let name = format!("{name}.{}", area.format.extension());
            write_whole(&self.output.join(&name), &area.bytes)?;
            files.insert(name);
        }
        Ok(Note { row: row.number, made_of, files: files.into_iter().collect() })
    }
}

async fn one(
    press: Arc<ChildPress>,
    row: Row,
    job: PressJob,
    made_of: String,
) -> (Row, String, Result<Pressed, PressError>) {
    let want = job.want;
    let pressed = press.draw(job).await.and_then(|pressed| super::judge(want, pressed));
    (row, made_of, pressed)
}

fn words(row: &Row, why: &str) -> String {
    format!("row {} (line {}): {why}", row.number, row.line)
}

fn sentences(problems: &[Problem]) -> String {
    let sentences: Vec<String> = problems.iter().map(Problem::sentence).collect();
    sentences.join("; ")
}

/// A bar where somebody looks at it, nothing in a log.
fn progress(rows: usize) -> ProgressBar {
    let bar = ProgressBar::new(rows as u64);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} rows, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
