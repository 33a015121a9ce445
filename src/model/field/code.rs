//! Codes that machines read: what may stand in one.

/// Rules for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRules {
    /// Which code.
    pub symbology: Symbology,
    /// Most characters.
    pub max: u32,
}

/// Kinds of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// A square that telephones read (ISO/IEC 18004).
    Qr(Correction),
    /// Bars for letters without accents, digits and signs (ISO/IEC 15417).
    Code128,
}

/// How much of a QR code may be covered or worn off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// 7 per cent.
    Low,
    /// 15 per cent.
    Medium,
    /// 25 per cent.
    Quartile,
    /// 30 per cent.
    High,
}

impl Symbology {
    /// Most characters where nothing else is said, so that it stays readable on a product.
    pub fn usual_max(self) -> u32 {
        match self {
            Symbology::Qr(_) => 300,
            Symbology::Code128 => 40,
        }
    }

    /// Why this cannot be one of its codes; `None` where it can.
    pub fn refuses(self, text: &str) -> Option<String> {
        match self {
            Symbology::Qr(_) => None,
            Symbology::Code128 => {
                let wrong = text.chars().find(|c| !(' '..='~').contains(c))?;
                Some(format!(
                    "“{wrong}” cannot stand in bars; letters without accents, digits and signs can"
                ))
            }
        }
    }
}
