//! Codes that machines read, as shapes: QR squares and the bars of Code 128.

use super::layout::Frame;
use super::xml::Element;
use crate::model::field::{Correction, Symbology};

/// What stands free around a QR code on each side, in modules (ISO/IEC 18004).
const QR_QUIET: usize = 4;
/// What stands free before and behind the bars of a Code 128, in modules (ISO/IEC 15417).
const BAR_QUIET: usize = 10;

/// Smallest module of a QR code that telephones read from a print, in millimetres.
const QR_MODULE_MM: f64 = 0.3;
/// Narrowest bar of a Code 128 that scanners read from a print, in millimetres.
const BAR_MM: f64 = 0.19;

/// A code in modules: dark ones as rectangles of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Width with what stands free.
    pub width: usize,
    /// Height with what stands free; bars have one row.
    pub height: usize,
    /// Left edge, top edge and width of what is dark.
    pub dark: Vec<(usize, usize, usize)>,
}

/// The smallest module that is read from a print, in millimetres.
pub fn least_module_mm(symbology: Symbology) -> f64 {
    match symbology {
        Symbology::Qr(_) => QR_MODULE_MM,
        Symbology::Code128 => BAR_MM,
    }
}

/// The code of a text; the message says why there is none.
pub fn code(symbology: Symbology, text: &str) -> Result<Code, String> {
    match symbology {
        Symbology::Qr(correction) => qr(correction, text),
        Symbology::Code128 => bars(text),
    }
}

fn qr(correction: Correction, text: &str) -> Result<Code, String> {
    use qrcode::{Color, EcLevel, QrCode};
    let level = match correction {
        Correction::Low => EcLevel::L,
        Correction::Medium => EcLevel::M,
        Correction::Quartile => EcLevel::Q,
        Correction::High => EcLevel::H,
    };
    let made = QrCode::with_error_correction_level(text.as_bytes(), level);
    let made = made.map_err(|_| "it is too long for a QR code".to_owned())?;
    let side = made.width();
    let colours = made.to_colors();
    let rows = colours.chunks(side).map(|row| row.iter().map(|one| *one == Color::Dark).collect());
    let rows: Vec<Vec<bool>> = rows.collect();
    let whole = side + 2 * QR_QUIET;
    Ok(Code { width: whole, height: whole, dark: runs(&rows, QR_QUIET, QR_QUIET) })
}

fn bars(text: &str) -> Result<Code, String> {
    // Digits alone take half the room in the third set of characters.
    let are_pairs = !text.is_empty()
        && text.len().is_multiple_of(2)
        && text.bytes().all(|byte| byte.is_ascii_digit());
    let set = if are_pairs { '\u{0106}' } else { '\u{0181}' };
    let made = barcoders::sym::code128::Code128::new(format!("{set}{text}"));
    let made = made.map_err(|error| format!("it cannot stand in bars: {error}"))?;
    let row: Vec<bool> = made.encode().iter().map(|bar| *bar == 1).collect();
    let width = row.len() + 2 * BAR_QUIET;
    Ok(Code { width, height: 1, dark: runs(&[row], BAR_QUIET, 0) })
}

/// Dark modules beside each other as one rectangle.
fn runs(rows: &[Vec<bool>], left: usize, top: usize) -> Vec<(usize, usize, usize)> {
    let mut runs = Vec::new();
    for (y, row) in rows.iter().enumerate() {
        let mut x = 0;
        while x < row.len() {
            let length = row[x..].iter().take_while(|is_dark| **is_dark).count();
            if 0 < length {
                runs.push((x + left, y + top, length));
            }
            x += length.max(1);
        }
    }
    runs
}

impl Code {
    /// How large one module is in a frame, in pixels of the canvas.
    pub fn module_px(&self, frame: &Frame) -> f64 {
        let across = f64::from(frame.width_px) / self.width as f64;
        match self.height {
            1 => across,
            height => across.min(f64::from(frame.height_px) / height as f64),
        }
    }

    /// Turns the shape of a frame into the code: a square in its middle, or bars as high as it.
    pub fn put(&self, shape: &mut Element, frame: &Frame) {
        let (width, height) = (self.width as f64, self.height as f64);
        let (across, down) = match self.height {
            1 => (frame.width / width, frame.height),
            _ => {
                let side = (frame.width / width).min(frame.height / height);
                (side, side)
            }
        };
        let left = frame.x + (frame.width - across * width) / 2.0;
        let top = frame.y + (frame.height - down * height) / 2.0;
        // One path, so that no hair of light runs between two modules.
        let mut path = String::new();
        for (x, y, length) in &self.dark {
            let (x, y) = (left + *x as f64 * across, top + *y as f64 * down);
            let length = *length as f64 * across;
            path.push_str(&format!("M{x:.5} {y:.5}h{length:.5}v{down:.5}h-{length:.5}z"));
        }
        shape.name = "path".to_owned();
        for name in ["x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "points"] {
            shape.remove(name);
        }
        shape.set("d", path);
        // A frame that was drawn open marks a place; the code in it must be seen.
        if shape.property("fill") == Some("none") {
            shape.set_property("fill", "#000000");
        }
        shape.set_property("stroke", "none");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_free_is_part_of_the_code() {
        let square = code(Symbology::Qr(Correction::Medium), "HELLO").unwrap();
        assert_eq!((square.width, square.height), (29, 29), "version 1 is 21 wide");
        assert!(square.dark.iter().all(|(x, y, length)| 4 <= *x && 4 <= *y && x + length <= 25));
        let bars = code(Symbology::Code128, "AB-12").unwrap();
        assert_eq!((bars.height, bars.dark[0].0), (1, 10));
        let pairs = code(Symbology::Code128, "123456").unwrap();
        assert!(pairs.width < code(Symbology::Code128, "12345").unwrap().width);
        assert!(code(Symbology::Qr(Correction::High), &"x".repeat(3_000)).is_err());
    }
}
