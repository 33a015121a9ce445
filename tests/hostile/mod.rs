//! Files and words that somebody might send to harm us, made by generators: no file is kept.
//!
//! The same seed makes the same cases. Each is a photo, a drawing or a text for the real press.

#![allow(dead_code, reason = "the test and the script each use their own part")]
#![allow(clippy::too_many_lines, reason = "these are tables")]

pub mod drawings;
pub mod jpeg;
pub mod png;
pub mod run;
pub mod texts;
pub mod webp;

/// One thing to be drawn.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub what: What,
    /// Takes seconds even when all is well: for the script alone.
    pub is_heavy: bool,
}

/// Where it is put.
#[derive(Debug, Clone)]
pub enum What {
    Photo(Vec<u8>),
    Drawing(String),
    Text(String),
}

/// What a drawing could reach if it were let: a listener, and a file.
#[derive(Debug, Clone)]
pub struct Bait {
    pub port: u16,
    pub file: String,
}

/// Chance that can be had again: splitmix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll() % (most.max(1) as u64)).unwrap()
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.roll().to_le_bytes()[0]).collect()
    }

    /// Changes a few bytes: flipped, cut out, doubled, or made extreme.
    pub fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(6) {
            if bytes.is_empty() {
                return self.bytes(8);
            }
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 0xff, 0x7f, 0x80, b'<', b'"'][self.below(6)],
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..(at + 1 + self.below(32)).min(bytes.len()))),
                4 => {
                    let end = (at + 1 + self.below(64)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill(0xff);
                }
            }
        }
        bytes
    }
}

/// Every case that is written down, and some by chance.
pub fn cases(seed: u64, by_chance: usize, bait: &Bait) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, bytes, is_heavy) in png::all().into_iter().chain(jpeg::all()).chain(webp::all()) {
        cases.push(Case { name, what: What::Photo(bytes), is_heavy });
    }
    for (name, bytes) in others() {
        cases.push(Case { name, what: What::Photo(bytes), is_heavy: false });
    }
    for (name, drawing, is_heavy) in drawings::all(bait) {
        cases.push(Case { name, what: What::Drawing(drawing), is_heavy });
    }
    for (name, text) in texts::all() {
        cases.push(Case { name, what: What::Text(text), is_heavy: false });
    }
    let mut dice = Dice(seed);
    for idx in 0..by_chance {
        cases.push(by_dice(&mut dice, idx, bait));
    }
    cases
}

fn by_dice(dice: &mut Dice, idx: usize, bait: &Bait) -> Case {
    let what = match idx % 6 {
        0 => What::Photo(dice.mutate(&png::small())),
        1 => What::Photo(dice.mutate(&jpeg::small())),
        2 => What::Photo(dice.mutate(&webp::small())),
        3 => {
            let length = dice.below(2000);
            let mut bytes =
                [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b""][dice.below(3)].to_vec();
            bytes.extend(dice.bytes(length));
            What::Photo(bytes)
        }
        4 => {
            let light: Vec<_> =
                drawings::all(bait).into_iter().filter(|(_, text, _)| text.len() < 2000).collect();
            let one = &light[dice.below(light.len())].1;
            What::Drawing(String::from_utf8_lossy(&dice.mutate(one.as_bytes())).into_owned())
        }
        _ => {
            let length = dice.below(30);
            let text = (0..length)
                .filter_map(|_| char::from_u32(u32::try_from(dice.below(0x11_0000)).unwrap()));
            What::Text(text.collect())
        }
    };
    Case { name: format!("by chance {idx}"), what, is_heavy: false }
}

/// Files of other kinds under the name of a photo.
fn others() -> Vec<(String, Vec<u8>)> {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1".to_vec();
    let avif = b"\0\0\0\x18ftypavif\0\0\0\0avifmif1".to_vec();
    let gif = [&b"GIF89a\xff\xff\xff\xff\x80\0\0"[..], &[0; 100]].concat();
    let bmp = [&b"BM"[..], &[0xff; 60]].concat();
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0../../etc/passwd".to_vec();
    let mut all: Vec<(String, Vec<u8>)> = [
        ("a HEIC", heic),
        ("an AVIF", avif),
        ("a GIF", gif),
        ("a BMP", bmp),
        ("a TIFF that loops", b"II*\0\x08\0\0\0\0\0\x08\0\0\0".to_vec()),
        ("a TIFF of the other end", b"MM\0*\0\0\0\x08\0\0\0\0\0\x08".to_vec()),
        ("a ZIP", zip),
        ("a PDF", b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript>>>>".to_vec()),
        ("an SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec()),
        ("a page", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("a program", b"\x7fELF\x02\x01\x01".to_vec()),
        ("a script", b"#!/bin/sh\nreboot\n".to_vec()),
        ("nothing", Vec::new()),
        ("a million zeros", vec![0; 1 << 20]),
        ("a million ones", vec![0xff; 1 << 20]),
        ("an ICO", b"\0\0\x01\0\x01\0\xff\xff\0\0".to_vec()),
        (
            "a Photoshop file",
            b"8BPS\0\x01\0\0\0\0\0\0\0\x04\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        ),
        ("an EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run".to_vec()),
        ("a gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec()),
        ("a JPEG XL", b"\xff\x0a\xff\xff".to_vec()),
        ("more bytes than are read", vec![0xff; (50 << 20) + 1]),
    ]
    .into_iter()
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .collect();
    for length in 1..8 {
        all.push((format!("{length} bytes of a PNG"), png::small()[..length].to_vec()));
        all.push((format!("{length} bytes of a JPEG"), jpeg::small()[..length].to_vec()));
    }
    all
}
