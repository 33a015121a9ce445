//! A press that draws nothing: its files say in words what would have been printed.
//!
//! Each file begins with the magic bytes of its format, so that providers take it, and goes on with
//! the design, the area and the values, so that a test can read what was printed.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::fault::{Call, Fault};
use super::world::World;
use crate::model::design::{Area, Format};
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::{Turn, Value};
use crate::outside::press::{Press, PressError, PressJob, Pressed, PressedArea, Want};

const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG_MAGIC: &[u8] = b"\xff\xd8\xff\xe0";
const MARK: &str = "woodblock-sandbox-press";

/// What stands in a file of [`WorldPress`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PressMark {
    /// The design's name.
    pub design: String,
    /// The design's version.
    pub design_hash: Hash,
    /// The area.
    pub area: String,
    /// Size of the picture.
    pub size_px: (u32, u32),
    /// The values: words as they are, a photo as its hash with the crop behind it.
    pub values: BTreeMap<String, String>,
}

impl PressMark {
    /// Reads a file of [`WorldPress`]; anything else is `None`.
    pub fn read(bytes: &[u8]) -> Option<PressMark> {
        let rest = bytes.strip_prefix(PNG_MAGIC).or_else(|| bytes.strip_prefix(JPEG_MAGIC))?;
        let mut lines = std::str::from_utf8(rest).ok()?.lines();
        if lines.next()? != MARK {
            return None;
        }
        let mut line = |name: &str| -> Option<String> {
            let text = lines.next()?.strip_prefix(name)?.strip_prefix('\t')?;
            Some(unescape(text))
        };
        let design = line("design")?;
        let design_hash = Hash::parse(&line("version")?)?;
        let area = line("area")?;
        let size_px = (line("width")?.parse().ok()?, line("height")?.parse().ok()?);
        let mut values = BTreeMap::new();
        while let Some(row) = line("value") {
            let (key, value) = row.split_once('\t')?;
            values.insert(key.to_owned(), value.to_owned());
        }
        Some(PressMark { design, design_hash, area, size_px, values })
    }

    fn write(&self, format: Format) -> Vec<u8> {
        let magic = match format {
            Format::Png => PNG_MAGIC,
            Format::Jpeg => JPEG_MAGIC,
            // No design of the simulated world asks for these.
            Format::Tiff | Format::Pdf | Format::Svg => PNG_MAGIC,
        };
        let mut text = format!(
            "{MARK}\ndesign\t{}\nversion\t{}\narea\t{}\nwidth\t{}\nheight\t{}\n",
            escape(&self.design),
            self.design_hash,
            escape(&self.area),
            self.size_px.0,
            self.size_px.1,
        );
        for (key, value) in &self.values {
            text.push_str(&format!("value\t{}\n", escape(&format!("{key}\t{value}"))));
        }
        [magic, text.as_bytes()].concat()
    }
}

/// The press of a world.
#[derive(Clone)]
pub struct WorldPress {
    world: Arc<World>,
}

impl WorldPress {
    pub(crate) fn new(world: Arc<World>) -> WorldPress {
        WorldPress { world }
    }
}

#[async_trait]
impl Press for WorldPress {
    async fn draw(&self, job: PressJob) -> Result<Pressed, PressError> {
        let mut state = self.world.lock();
        match state.core.strike(Call::Press) {
            Some(Fault::PressDied) => {
                return Err(PressError::Died("killed by signal 9".to_owned()));
            }
            Some(Fault::PressOff) => {
                return Err(PressError::Off("seccomp is not there".to_owned()));
            }
            _ => {}
        }
        let problems = problems_of(&job, &|c| state.unprintable.iter().any(|r| r.contains(&c)));
        let remarks = match job.want {
            Want::Print if !problems.is_empty() => return Err(PressError::Problems(problems)),
            Want::Print => state.found_in_prints.clone(),
            Want::Preview { .. } | Want::Mockups { .. } => {
                problems.into_iter().chain(state.found_in_prints.clone()).collect()
            }
        };
        state.core.note(format!("press draws {}", job.design.name));
        let areas = || job.design.areas.iter().map(|area| area.for_values(&job.values));
        let (mut drawn, mut mockups) = (Vec::new(), Vec::new());
        match job.want {
            Want::Print | Want::Preview { .. } => {
                drawn.extend(areas().map(|area| draw(&job, area)));
            }
            Want::Mockups { .. } => {
                let all = areas().zip(&job.design.mockups);
                mockups.extend(all.map(|(area, mockup)| PressedArea {
                    area: mockup.key.clone(),
                    ..draw(&job, area)
                }));
            }
        }
        Ok(Pressed { areas: drawn, mockups, remarks, spots: Vec::new() })
    }
}

fn problems_of(job: &PressJob, is_unprintable: &dyn Fn(char) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, value) in &job.values {
        match value {
            Value::Text(text) => {
                problems.extend(text.chars().find(|c| is_unprintable(*c)).map(|c| {
                    let detail = format!("{c} (U+{:04X})", u32::from(c));
                    Problem::new(What::GlyphMissing, key.clone(), detail)
                }))
            }
            Value::Photo(photo) if !job.photos.contains_key(&photo.hash) => {
                problems.push(Problem::new(What::PhotoUnreachable, key.clone(), photo.hash.short()))
            }
            Value::Photo(_) => {}
        }
    }
    problems
}

fn draw(job: &PressJob, area: &Area) -> PressedArea {
    let canvas = area.canvas();
    let (format, width_px, height_px) = match job.want {
        Want::Print => (area.format, canvas.width_px, canvas.height_px),
        Want::Preview { width_px } | Want::Mockups { width_px } => {
            let height = u64::from(canvas.height_px) * u64::from(width_px);
            let height = height / u64::from(canvas.width_px);
            let height_px = u32::try_from(height).unwrap_or(u32::MAX).max(1);
            (Format::Png, width_px, height_px)
        }
    };
    let values = job.values.iter().map(|(key, value)| {
        let words = match value {
            Value::Text(text) => text.clone(),
            Value::Photo(photo) => {
                let part = photo.crop.map_or(String::new(), |crop| {
                    format!(" {},{},{},{}", crop.left, crop.top, crop.width, crop.height)
                });
                let turn = match photo.turn {
                    turn if turn == Turn::default() => String::new(),
                    turn => format!(" {}", turn.text()),
                };
                format!("{}{part}{turn}", photo.hash)
            }
        };
        (key.clone(), words)
    });
    let mark = PressMark {
        design: job.design.name.clone(),
        design_hash: job.design.hash.clone(),
        area: area.key.clone(),
        size_px: (width_px, height_px),
        values: values.collect(),
    };
    PressedArea {
        area: area.key.clone(),
        bytes: mark.write(format),
        format,
        width_px,
        height_px,
        dpi: area.dpi,
    }
}

/// One line stays one line.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}
