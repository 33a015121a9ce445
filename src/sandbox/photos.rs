//! Photos on the web: what customers uploaded, by address, and real pictures to upload.

use std::io::Cursor;
use std::sync::Arc;

use async_trait::async_trait;
use image::{ImageFormat, Rgb, RgbImage};

use super::fault::{Call, Fault};
use super::world::World;
use crate::outside::fetch::{Fetch, FetchError};

/// Most bytes that are taken for one photo.
pub const PHOTO_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// The web, as far as photos are on it.
#[derive(Clone)]
pub struct WorldFetch {
    world: Arc<World>,
}

impl WorldFetch {
    pub(crate) fn new(world: Arc<World>) -> WorldFetch {
        WorldFetch { world }
    }
}

#[async_trait]
impl Fetch for WorldFetch {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let mut state = self.world.lock();
        if let Some(Fault::FetchUnclear) = state.core.strike(Call::Fetch) {
            return Err(FetchError::Unclear("timed out".to_owned()));
        }
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        if !is_web {
            return Err(FetchError::Forbidden(url.to_owned()));
        }
        match state.photos.get(url) {
            Some(bytes) if PHOTO_BYTES_MAX < bytes.len() as u64 => {
                Err(FetchError::TooLarge { limit_bytes: PHOTO_BYTES_MAX })
            }
            Some(bytes) => Ok(bytes.as_ref().clone()),
            None => Err(FetchError::Gone(url.to_owned())),
        }
    }
}

/// A PNG of this size; another `tint` is another picture.
pub fn png(width_px: u32, height_px: u32, tint: u8) -> Vec<u8> {
    encode(width_px, height_px, tint, ImageFormat::Png)
}

/// A JPEG of this size; another `tint` is another picture.
pub fn jpeg(width_px: u32, height_px: u32, tint: u8) -> Vec<u8> {
    encode(width_px, height_px, tint, ImageFormat::Jpeg)
}

/// A gradient, so that cropping, turning and mirroring can be seen.
fn encode(width_px: u32, height_px: u32, tint: u8, format: ImageFormat) -> Vec<u8> {
    let shade = |at: u32, of: u32| u8::try_from(at * 255 / of.max(1)).unwrap_or(u8::MAX);
    let picture = RgbImage::from_fn(width_px.max(1), height_px.max(1), |x, y| {
        Rgb([shade(x, width_px), shade(y, height_px), tint])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture can always be written to memory");
    bytes.into_inner()
}
