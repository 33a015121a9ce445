//! Rules for pictures: how sharp they must be, how they meet their frame, and how they look.

/// Rules for pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoRules {
    /// Below this effective resolution people are warned.
    pub warn_below_dpi: u32,
    /// Below this effective resolution it is a problem.
    pub refuse_below_dpi: u32,
    /// How it meets its frame.
    pub fit: PhotoFit,
    /// How it looks.
    pub tone: Tone,
}

/// How a picture meets its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoFit {
    /// It fills the frame; what hangs over is cut off.
    Cover,
    /// All of it is seen, in the middle of the frame.
    Contain,
    /// It fills the frame with all of it, whatever becomes of its shape.
    Stretch,
}

/// How a picture looks: lightened, given more contrast, then made grey, brown, or black alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tone {
    /// Lighter or darker, from -100 to 100 per cent of white.
    pub brightness: i8,
    /// Harder or softer, from -100 to 100 per cent.
    pub contrast: i8,
    /// What is left of its colours.
    pub look: Look,
}

/// What is left of the colours of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// All.
    Colour,
    /// Greys.
    Grey,
    /// Browns, as of an old print.
    Sepia,
    /// Black where it is darker than this per cent of white, nothing elsewhere: what is engraved.
    Threshold(u8),
}

impl Tone {
    /// As it was given.
    pub const PLAIN: Tone = Tone { brightness: 0, contrast: 0, look: Look::Colour };
}

impl Default for PhotoRules {
    fn default() -> PhotoRules {
        PhotoRules {
            warn_below_dpi: 150,
            refuse_below_dpi: 100,
            fit: PhotoFit::Cover,
            tone: Tone::PLAIN,
        }
    }
}
