//! The sample designs, compiled in: to begin with, for the demo, and for the tests.

use std::collections::BTreeMap;

/// One sample design.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The name of the design.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Its files by path.
    pub files: &'static [(&'static str, &'static [u8])],
}

macro_rules! files {
    ($name:literal: $($path:literal),* $(,)?) => {
        &[$((
            $path,
            include_bytes!(concat!("../../../assets/designs/", $name, "/", $path)) as &[u8],
        )),*]
    };
}

static SAMPLES: [Sample; 4] = [
    Sample {
        name: "mug-name-photo",
        about: "a mug with a name and a photo, 9 × 3.75 in",
        files: files!("mug-name-photo": "design.toml", "wrap.svg"),
    },
    Sample {
        name: "team-shirt",
        about: "a team shirt, front and back, with name, number and print colour",
        files: files!(
            "team-shirt":
            "design.toml",
            "front.svg",
            "back.svg",
            "mockup/front.jpg",
            "mockup/front-shade.png",
            "mockup/back.jpg",
            "mockup/back-shade.png",
        ),
    },
    Sample {
        name: "photo-pendant",
        about: "a heart-shaped photo pendant with an engraving, 1500 × 1500 px",
        files: files!("photo-pendant": "design.toml", "pendant.svg"),
    },
    Sample {
        name: "finished-print",
        about: "finished artwork that goes to print as it is",
        files: files!("finished-print": "design.toml", "print.png"),
    },
];

/// A photo for the samples, drawn for woodblock: 1500 × 1500 px.
pub static SAMPLE_PHOTO: &[u8] = include_bytes!("../../../assets/photos/dog.jpg");

/// Every sample.
pub fn samples() -> &'static [Sample] {
    &SAMPLES
}

impl Sample {
    /// The files as a design folder has them.
    pub fn file_map(&self) -> BTreeMap<String, Vec<u8>> {
        let file = |(path, bytes): &(&str, &[u8])| ((*path).to_owned(), bytes.to_vec());
        self.files.iter().map(file).collect()
    }
}
