//! How a photo is cut and turned, as it stands in a row.

use crate::model::value::{Crop, Photo, Turn};

/// What was stored before photos could be turned says nothing.
pub fn read_turn(text: Option<String>) -> Turn {
    text.as_deref().and_then(Turn::parse).unwrap_or_default()
}

/// Reads a crop; `None` where the cell is none.
pub fn read_crop(text: &str) -> Option<Crop> {
    let parts: Vec<u16> = text.split(',').filter_map(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [left, top, width, height] => {
            Some(Crop { left: *left, top: *top, width: *width, height: *height })
        }
        _ => None,
    }
}

/// How a photo is cut and turned; nothing where it stands as it was given.
pub fn placed(photo: Option<&Photo>) -> (Option<String>, Option<String>) {
    let turned = photo.map(|photo| photo.turn).filter(|turn| *turn != Turn::default());
    (photo.and_then(|photo| photo.crop).map(write_crop), turned.map(Turn::text))
}

fn write_crop(crop: Crop) -> String {
    format!("{},{},{},{}", crop.left, crop.top, crop.width, crop.height)
}
