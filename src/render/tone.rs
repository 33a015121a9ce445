//! How a photo looks: brightness, contrast, greys, browns, black alone. On straight RGBA.

use crate::model::field::{Look, Tone};

/// Lightness of red, green and blue as the eye sees them (ITU-R BT.709).
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];
/// Rows of the sepia matrix of the W3C's filter effects.
const SEPIA: [[f32; 3]; 3] = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]];

/// Gives a photo its look.
pub fn apply(rgba: &mut [u8], tone: Tone) {
    if tone == Tone::PLAIN {
        return;
    }
    // In range: every value is one of 256.
    let levels: Vec<f32> = (0..=255_u8).map(|level| levelled(f32::from(level), tone)).collect();
    for pixel in rgba.as_chunks_mut::<4>().0 {
        let colour = [0, 1, 2].map(|nth| levels[usize::from(pixel[nth])]);
        let [red, green, blue] = match tone.look {
            Look::Colour => colour,
            Look::Grey => [dot(LUMA, colour); 3],
            Look::Sepia => SEPIA.map(|row| dot(row, colour)),
            Look::Threshold(per_cent) => {
                let is_dark = dot(LUMA, colour) < f32::from(per_cent) * 2.55;
                *pixel = if is_dark { [0, 0, 0, pixel[3]] } else { [0; 4] };
                continue;
            }
        };
        for (to, level) in pixel.iter_mut().zip([red, green, blue]) {
            *to = level.round().clamp(0.0, 255.0) as u8;
        }
    }
}

fn levelled(level: f32, tone: Tone) -> f32 {
    let lighter = level + f32::from(tone.brightness) * 2.55;
    let harder = (lighter - 127.5) * (1.0 + f32::from(tone.contrast) / 100.0) + 127.5;
    harder.clamp(0.0, 255.0)
}

fn dot(weights: [f32; 3], colour: [f32; 3]) -> f32 {
    weights.iter().zip(colour).map(|(weight, level)| weight * level).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_does_what_its_name_says() {
        let check = |tone: Tone, before: [u8; 4], after: [u8; 4]| {
            let mut pixel = before;
            apply(&mut pixel, tone);
            assert_eq!(pixel, after, "{tone:?}");
        };
        let look = |look| Tone { look, ..Tone::PLAIN };
        check(Tone::PLAIN, [1, 2, 3, 4], [1, 2, 3, 4]);
        check(look(Look::Grey), [255, 0, 0, 200], [54, 54, 54, 200]);
        check(look(Look::Sepia), [100, 100, 100, 255], [135, 120, 94, 255]);
        check(look(Look::Threshold(50)), [100, 120, 90, 255], [0, 0, 0, 255]);
        check(look(Look::Threshold(50)), [200, 220, 190, 255], [0, 0, 0, 0]);
        check(Tone { brightness: 20, ..Tone::PLAIN }, [0, 100, 255, 255], [51, 151, 255, 255]);
        check(Tone { contrast: -100, ..Tone::PLAIN }, [0, 100, 255, 9], [128, 128, 128, 9]);
        check(Tone { contrast: 100, ..Tone::PLAIN }, [100, 128, 160, 255], [73, 129, 193, 255]);
    }
}
