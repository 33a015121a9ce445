//! How long somebody who types waits for the drawing: from the values to the bytes, with a warm child and
//! with one for each drawing.
//!
//! Run with `cargo bench --bench preview`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use woodblock::model::id::Hash;
use woodblock::model::value::{Crop, Photo, Value};
use woodblock::outside::design_folder::{self, SAMPLE_PHOTO, samples};
use woodblock::outside::press::{ChildPress, Limits, Press, PressJob, Session, Want};

/// Keystrokes of one measurement.
const TIMES: usize = 40;
/// Width of the drawing.
const WIDTH_PX: u32 = 600;

fn job(sample: usize, nth: usize, crop: Option<Crop>) -> PressJob {
    let sample = &samples()[sample];
    let design = design_folder::from_files(sample.name, sample.file_map()).unwrap();
    let hash = Hash::of(SAMPLE_PHOTO);
    let mut values = design.example(&hash);
    for value in values.values_mut() {
        match value {
            Value::Text(text) if text == "Anna" => {
                *text = ["Anna", "Bella", "Coco"][nth % 3].into()
            }
            Value::Text(_) => {}
            Value::Photo(photo) => *photo = Photo { crop, ..photo.clone() },
        }
    }
    let photos = [(hash, Arc::new(SAMPLE_PHOTO.to_vec()))].into();
    PressJob {
        design: Arc::new(design),
        values,
        photos,
        want: Want::Preview { width_px: WIDTH_PX },
    }
}

fn tell(what: &str, mut spans: Vec<Duration>) {
    spans.sort();
    let at = |share: f64| spans[((spans.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what:<44} median {:>7.1} ms   p95 {:>7.1} ms", at(0.5), at(0.95));
}

#[tokio::main]
async fn main() {
    let press = ChildPress::new(env!("CARGO_BIN_EXE_woodblock"), Limits::default());
    for (sample, one) in samples().iter().enumerate() {
        let (mut cold, mut warm, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        let session = Session(one.name.to_owned());
        for nth in 0..TIMES {
            let began = Instant::now();
            press.draw(job(sample, nth, None)).await.unwrap();
            cold.push(began.elapsed());
        }
        // The first drawing of a warm child is a cold one.
        press.preview(&session, job(sample, 0, None)).await.unwrap();
        for nth in 0..TIMES {
            let asked = job(sample, nth, None);
            let began = Instant::now();
            press.preview(&session, asked).await.unwrap();
            warm.push(began.elapsed());
        }
        for nth in 0..TIMES {
            let left = u16::try_from(nth).unwrap();
            let crop = Some(Crop { left, top: 0, width: 600, height: 600 });
            let asked = job(sample, nth, crop);
            let began = Instant::now();
            press.preview(&session, asked).await.unwrap();
            moved.push(began.elapsed());
        }
        println!("{} at {WIDTH_PX} px", one.name);
        tell("  a child for each", cold);
        tell("  a warm child, typing", warm);
        tell("  a warm child, moving the photo", moved);
    }
}
