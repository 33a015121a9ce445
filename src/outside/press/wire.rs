//! What parent and child say to each other over the pipe: lengths first, everything bounded.
//!
//! Both ends are this very program, so there are no versions; a message that does not read to its
//! end exactly is refused whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{PressError, WallReport};
use crate::model::design::Format;
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::{Crop, Photo, Turn, Value, Values};
use crate::outside::design_folder::Fault;
use crate::render::mark::Mark;
use crate::render::{Measure, Place, Pressed, PressedArea, Spot, Want};

/// Most bytes of a whole message.
pub const MESSAGE_BYTES_MAX: u64 = 1 << 30;
/// Most bytes of a name or sentence.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Most entries of any list.
const COUNT_MAX: u64 = 10_000;
const ASK: &[u8; 4] = b"WBa1";
const CHECK: &[u8; 4] = b"WBc1";
const ANSWER: &[u8; 4] = b"WBr1";

/// What the child is asked.
#[derive(Debug, PartialEq)]
pub struct Ask {
    /// The design's name.
    pub name: String,
    /// Its files.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What fills its fields.
    pub values: Values,
    /// The bytes of the photos.
    pub photos: BTreeMap<Hash, Arc<Vec<u8>>>,
    /// For what.
    pub want: Want,
}

/// What the child answers.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The pictures.
    Pressed(Pressed),
    /// Why there are none.
    Refused(PressError),
    /// Which walls hold.
    Walls(WallReport),
    /// Everything that is wrong with a design.
    Faults(Vec<Fault>),
}

/// A message that cannot be read.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("a message between woodblock and its render child is damaged at byte {at}")]
pub struct Damaged {
    /// Where.
    pub at: usize,
}

/// Writes an ask, from borrowed parts: designs and photos are large.
pub fn write_ask(
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
    values: &Values,
    photos: &BTreeMap<Hash, Arc<Vec<u8>>>,
    want: Want,
) -> Vec<u8> {
    let mut out = Writer(ASK.to_vec());
    out.text(name);
    out.files(files);
    out.count(values.len());
    for (key, value) in values {
        out.text(key);
        match value {
            Value::Text(text) => {
                out.0.push(0);
                out.text(text);
            }
            Value::Photo(photo) => {
                out.0.push(1 + u8::from(photo.crop.is_some()));
                out.text(photo.hash.as_str());
                out.0.push(photo.turn.quarters() + 4 * u8::from(photo.turn.is_mirrored()));
                let crop = photo.crop.into_iter();
                for side in crop.flat_map(|c| [c.left, c.top, c.width, c.height]) {
                    out.0.extend(side.to_be_bytes());
                }
            }
        }
    }
    out.count(photos.len());
    for (hash, bytes) in photos {
        out.text(hash.as_str());
        out.bytes(bytes);
    }
    match want {
        Want::Print => out.0.push(0),
        Want::Preview { width_px } => {
            out.0.push(1);
            out.number(width_px);
        }
        Want::Mockups { width_px } => {
            out.0.push(2);
            out.number(width_px);
        }
    }
    out.0
}

/// Reads an ask.
pub fn read_ask(message: &[u8]) -> Result<Ask, Damaged> {
    let mut reader = Reader { message, at: 0 };
    reader.expect(ASK)?;
    let name = reader.text()?;
    let files = reader.files()?;
    let mut values = Values::new();
    for _ in 0..reader.count()? {
        let key = reader.text()?;
        let value = match reader.byte()? {
            0 => Value::Text(reader.text()?),
            kind @ (1 | 2) => Value::Photo(Photo {
                hash: reader.hash()?,
                turn: match reader.byte()? {
                    turn @ 0..=7 => Turn::new(turn % 4, 3 < turn),
                    _ => return Err(reader.damaged()),
                },
                crop: (kind == 2).then(|| reader.crop()).transpose()?,
            }),
            _ => return Err(reader.damaged()),
        };
        values.insert(key, value);
    }
    let mut photos = BTreeMap::new();
    for _ in 0..reader.count()? {
        photos.insert(reader.hash()?, Arc::new(reader.bytes()?.to_vec()));
    }
    let want = match reader.byte()? {
        0 => Want::Print,
        1 => Want::Preview { width_px: reader.number()?.max(1) },
        2 => Want::Mockups { width_px: reader.number()?.max(1) },
        _ => return Err(reader.damaged()),
    };
    reader.end()?;
    Ok(Ask { name, files, values, photos, want })
}

/// Writes what is asked of a design that is to be checked.
pub fn write_check(name: &str, files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut out = Writer(CHECK.to_vec());
    out.text(name);
    out.files(files);
    out.0
}

/// Reads the name and the files of a design that is to be checked.
pub fn read_check(message: &[u8]) -> Result<(String, BTreeMap<String, Vec<u8>>), Damaged> {
    let mut reader = Reader { message, at: 0 };
    reader.expect(CHECK)?;
    let name = reader.text()?;
    let files = reader.files()?;
    reader.end()?;
    Ok((name, files))
}

/// Writes an answer.
pub fn write_answer(answer: &Answer) -> Vec<u8> {
    let mut out = Writer(ANSWER.to_vec());
    match answer {
        Answer::Pressed(pressed) => {
            out.0.push(0);
            out.areas(&pressed.areas);
            out.areas(&pressed.mockups);
            out.problems(&pressed.remarks);
            out.spots(&pressed.spots);
        }
        Answer::Refused(PressError::Problems(problems)) => {
            out.0.push(1);
            out.problems(problems);
        }
        Answer::Refused(PressError::Died(reason)) => {
            out.0.push(2);
            out.text(reason);
        }
        Answer::Refused(PressError::Off(reason)) => {
            out.0.push(3);
            out.text(reason);
        }
        Answer::Walls(report) => {
            out.0.push(4);
            out.0.push(report.bits());
        }
        Answer::Faults(faults) => {
            out.0.push(5);
            out.count(faults.len());
            for fault in faults {
                [&fault.place, &fault.what, &fault.cure]
                    .into_iter()
                    .for_each(|text| out.text(text));
                out.count(fault.mark.iter().len());
                if let Some(mark) = &fault.mark {
                    out.text(&mark.file);
                    out.place(mark.place);
                }
            }
        }
    }
    out.0
}

/// Reads an answer.
pub fn read_answer(message: &[u8]) -> Result<Answer, Damaged> {
    let mut reader = Reader { message, at: 0 };
    reader.expect(ANSWER)?;
    let answer = match reader.byte()? {
        0 => {
            let (areas, mockups) = (reader.areas()?, reader.areas()?);
            let remarks = reader.problems()?;
            Answer::Pressed(Pressed { areas, mockups, remarks, spots: reader.spots()? })
        }
        1 => Answer::Refused(PressError::Problems(reader.problems()?)),
        2 => Answer::Refused(PressError::Died(reader.text()?)),
        3 => Answer::Refused(PressError::Off(reader.text()?)),
        4 => Answer::Walls(WallReport::from_bits(reader.byte()?)),
        5 => {
            let mut faults = Vec::new();
            for _ in 0..reader.count()? {
                let fault = Fault::new(reader.text()?, reader.text()?, reader.text()?);
                let mark = match reader.count()? {
                    0 => None,
                    _ => Some(Mark { file: reader.text()?, place: reader.place()? }),
                };
                faults.push(Fault { mark, ..fault });
            }
            Answer::Faults(faults)
        }
        _ => return Err(reader.damaged()),
    };
    reader.end()?;
    Ok(answer)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u32) {
        self.0.extend(number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.0.extend((count as u64).to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn files(&mut self, files: &BTreeMap<String, Vec<u8>>) {
        self.count(files.len());
        for (path, bytes) in files {
            self.text(path);
            self.bytes(bytes);
        }
    }

    fn areas(&mut self, areas: &[PressedArea]) {
        self.count(areas.len());
        for area in areas {
            self.text(&area.area);
            self.text(area.format.extension());
            for number in [area.width_px, area.height_px, area.dpi] {
                self.number(number);
            }
            self.bytes(&area.bytes);
        }
    }

    fn place(&mut self, place: Place) {
        for edge in [place.left, place.top, place.right, place.bottom] {
            self.0.extend(edge.to_be_bytes());
        }
    }

    fn spots(&mut self, spots: &[Spot]) {
        self.count(spots.len());
        for spot in spots {
            self.text(&spot.area);
            self.text(&spot.name);
            self.place(spot.place);
            // A kind and five numbers, whichever it is.
            let (kind, numbers) = match spot.measure {
                Measure::Own => (0, [0; 5]),
                Measure::Text { percent } => (1, [percent, 0, 0, 0, 0]),
                Measure::Photo {
                    dpi,
                    photo_width_px,
                    photo_height_px,
                    frame_width_px,
                    frame_height_px,
                } => (2, [dpi, photo_width_px, photo_height_px, frame_width_px, frame_height_px]),
            };
            self.0.push(kind);
            numbers.into_iter().for_each(|number| self.number(number));
        }
    }

    fn problems(&mut self, problems: &[Problem]) {
        self.count(problems.len());
        for problem in problems {
            self.text(problem.what.code());
            self.text(&problem.place);
            self.text(&problem.detail);
        }
    }
}

struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn damaged(&self) -> Damaged {
        Damaged { at: self.at }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let end = self.at.checked_add(length).ok_or(self.damaged())?;
        let taken = self.message.get(self.at..end).ok_or(self.damaged())?;
        self.at = end;
        Ok(taken)
    }

    fn expect(&mut self, wanted: &[u8]) -> Result<(), Damaged> {
        match self.take(wanted.len())? == wanted {
            true => Ok(()),
            false => Err(self.damaged()),
        }
    }

    fn end(&self) -> Result<(), Damaged> {
        match self.at == self.message.len() {
            true => Ok(()),
            false => Err(self.damaged()),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.damaged())
    }

    fn byte(&mut self) -> Result<u8, Damaged> {
        Ok(self.array::<1>()?[0])
    }

    fn number(&mut self) -> Result<u32, Damaged> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn length(&mut self, most: u64) -> Result<u64, Damaged> {
        let length = u64::from_be_bytes(self.array()?);
        match length <= most {
            true => Ok(length),
            false => Err(self.damaged()),
        }
    }

    fn count(&mut self) -> Result<u64, Damaged> {
        self.length(COUNT_MAX)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let length = self.length(MESSAGE_BYTES_MAX)?;
        self.take(usize::try_from(length).map_err(|_| self.damaged())?)
    }

    fn text(&mut self) -> Result<String, Damaged> {
        let length = self.length(TEXT_BYTES_MAX)?;
        let bytes = self.take(usize::try_from(length).map_err(|_| self.damaged())?)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| self.damaged())
    }

    fn files(&mut self) -> Result<BTreeMap<String, Vec<u8>>, Damaged> {
        let mut files = BTreeMap::new();
        for _ in 0..self.count()? {
            files.insert(self.text()?, self.bytes()?.to_vec());
        }
        Ok(files)
    }

    fn hash(&mut self) -> Result<Hash, Damaged> {
        let text = self.text()?;
        Hash::parse(&text).ok_or(self.damaged())
    }

    fn crop(&mut self) -> Result<Crop, Damaged> {
        let mut side = || Ok(u16::from_be_bytes(self.array()?));
        Ok(Crop { left: side()?, top: side()?, width: side()?, height: side()? })
    }

    fn areas(&mut self) -> Result<Vec<PressedArea>, Damaged> {
        let mut areas = Vec::new();
        for _ in 0..self.count()? {
            areas.push(self.area()?);
        }
        Ok(areas)
    }

    fn area(&mut self) -> Result<PressedArea, Damaged> {
        let area = self.text()?;
        let extension = self.text()?;
        let format = Format::from_extension(&extension).ok_or(self.damaged())?;
        Ok(PressedArea {
            area,
            format,
            width_px: self.number()?,
            height_px: self.number()?,
            dpi: self.number()?,
            bytes: self.bytes()?.to_vec(),
        })
    }

    fn place(&mut self) -> Result<Place, Damaged> {
        let mut edge = || Ok(i32::from_be_bytes(self.number()?.to_be_bytes()));
        Ok(Place { left: edge()?, top: edge()?, right: edge()?, bottom: edge()? })
    }

    fn spots(&mut self) -> Result<Vec<Spot>, Damaged> {
        let mut spots = Vec::new();
        for _ in 0..self.count()? {
            let (area, name) = (self.text()?, self.text()?);
            let place = self.place()?;
            let kind = self.byte()?;
            let mut numbers = [0; 5];
            for number in &mut numbers {
                *number = self.number()?;
            }
            let [first, photo_width_px, photo_height_px, frame_width_px, frame_height_px] = numbers;
            let measure = match kind {
                0 => Measure::Own,
                1 => Measure::Text { percent: first },
                2 => Measure::Photo {
                    dpi: first,
                    photo_width_px,
                    photo_height_px,
                    frame_width_px,
                    frame_height_px,
                },
                _ => return Err(self.damaged()),
            };
            spots.push(Spot { area, name, place, measure });
        }
        Ok(spots)
    }

    fn problems(&mut self) -> Result<Vec<Problem>, Damaged> {
        let mut problems = Vec::new();
        for _ in 0..self.count()? {
            let code = self.text()?;
            let what = What::from_code(&code).ok_or(self.damaged())?;
            problems.push(Problem::new(what, self.text()?, self.text()?));
        }
        Ok(problems)
    }
}

#[cfg(test)]
mod tests;
