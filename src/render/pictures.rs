//! The pictures of one drawing, decoded by our own code; usvg gets them by number only (R82).

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;

use super::photo;
use super::studio::Kept;
use super::xml::Element;

/// The type of an address that names one of our own pictures.
const MEDIA_TYPE: &str = "image/x-woodblock";

/// Pictures that a drawing may show.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    kept: Vec<Arc<Vec<u8>>>,
    /// Whether they leave with the drawing, and are packed for that.
    are_packed: bool,
}

impl Pictures {
    /// Keeps a PNG that was made here; what comes back is its address in the drawing.
    pub fn add(&mut self, png: Vec<u8>) -> String {
        self.add_kept(Arc::new(png))
    }

    /// The same for a PNG that is kept elsewhere as well.
    pub fn add_kept(&mut self, png: Arc<Vec<u8>>) -> String {
        self.kept.push(png);
        format!("data:{MEDIA_TYPE},{}", self.kept.len() - 1)
    }

    /// Makes them small for a file that holds them: JPEG where nothing is transparent, else PNG.
    pub fn pack(&mut self) -> Result<(), String> {
        for kept in &mut self.kept {
            *kept = Arc::new(photo::decode(kept)?.packed()?);
        }
        self.are_packed = true;
        Ok(())
    }

    /// Takes in the pictures that the drawing itself shows: embedded, or files of its folder.
    ///
    /// Anything else it points to is never fetched; it comes back as a complaint.
    pub fn take_in(
        &mut self,
        root: &mut Element,
        files: &BTreeMap<String, Vec<u8>>,
        kept: &Kept,
    ) -> Vec<String> {
        let mut complaints = Vec::new();
        root.visit_mut(&mut |element| {
            if !matches!(element.name.as_str(), "image" | "feImage") {
                return;
            }
            let Some(href) = element.remove("href") else {
                return;
            };
            let made = kept.own(&href, || {
                let picture = photo::decode(&bytes_of(&href, files)?)?;
                picture.stored()
            });
            match made {
                Ok(png) => element.set("href", self.add_kept(png)),
                Err(message) => {
                    let short: String = href.chars().take(60).collect();
                    complaints.push(format!("the picture “{short}” cannot be shown: {message}"));
                }
            }
        });
        complaints
    }

    /// Gives usvg the pictures kept here and nothing else: no files, no addresses.
    pub(super) fn resolver(&self) -> usvg::ImageHrefResolver<'static> {
        let (kept, are_packed) = (self.kept.clone(), self.are_packed);
        usvg::ImageHrefResolver {
            resolve_data: Box::new(move |media_type, data, _| {
                let number = std::str::from_utf8(&data).ok()?.parse::<usize>().ok()?;
                let bytes = Arc::clone(kept.get(number).filter(|_| media_type == MEDIA_TYPE)?);
                match are_packed && bytes.starts_with(&[0xFF, 0xD8]) {
                    true => Some(usvg::ImageKind::JPEG(bytes)),
                    false => Some(usvg::ImageKind::PNG(bytes)),
                }
            }),
            resolve_string: Box::new(|_, _| None),
        }
    }
}

fn bytes_of(href: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
    if let Some(data) = href.strip_prefix("data:") {
        let (kind, text) = data.split_once(',').ok_or("its address is not whole")?;
        if !kind.ends_with(";base64") {
            return Err("only base64 is read".to_owned());
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let engine = base64::engine::general_purpose::STANDARD;
        return engine.decode(text).map_err(|error| error.to_string());
    }
    let path = href.strip_prefix("./").unwrap_or(href);
    files.get(path).cloned().ok_or_else(|| {
        "it is not in the design's folder; put it there or embed it in the drawing".to_owned()
    })
}
