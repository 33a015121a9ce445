//! Codes of six digits from a telephone (RFC 6238), and the codes on paper that stand in for them.

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;

use super::auth;
use super::site::Site;
use crate::db;
use crate::flow::FlowError;
use crate::flow::seal::{self, Place};
use crate::model::id::PersonId;
use crate::model::time::Moment;

/// A code lasts so many seconds.
const STEP_S: u64 = 30;
/// Bytes of a secret, as RFC 4226 wishes.
const SECRET_BYTES: usize = 20;
/// Codes on paper.
const PAPER_CODES: usize = 8;

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0_u8; BYTES];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .expect("without randomness of the system nothing secret can be made");
    bytes
}

/// What a telephone and this program share.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// A new one.
    pub fn random() -> Secret {
        Secret(random())
    }

    /// Base 32 without padding, as telephones take it.
    pub fn text(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut text = String::new();
        let (mut bits, mut held) = (0_u32, 0_u32);
        for byte in self.0 {
            held = (held << 8) | u32::from(byte);
            bits += 8;
            while 5 <= bits {
                bits -= 5;
                text.push(char::from(LETTERS[(held >> bits) as usize & 31]));
            }
        }
        text
    }

    /// From such a text.
    pub fn parse(text: &str) -> Option<Secret> {
        let mut bytes = Vec::new();
        let (mut bits, mut held) = (0_u32, 0_u32);
        for letter in text.bytes() {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                _ => return None,
            };
            held = (held << 5) | u32::from(value);
            bits += 5;
            if 8 <= bits {
                bits -= 8;
                bytes.push((held >> bits & 255) as u8);
            }
        }
        Some(Secret(bytes.try_into().ok()?))
    }

    /// The address that a telephone reads from a picture.
    pub fn address(&self, person: &str, host: &str) -> String {
        let part = super::address::query_part;
        format!(
            "otpauth://totp/woodblock:{}?secret={}&issuer={}",
            part(&format!("{person}@{host}")),
            self.text(),
            part("woodblock")
        )
    }

    /// The code of a step.
    fn code(&self, step: u64) -> u32 {
        let mut mac =
            Hmac::<sha1::Sha1>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[19] & 15);
        let number = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
        (number & 0x7fff_ffff) % 1_000_000
    }

    /// The step of this code, if it counts now: a clock may be off by one step, and no code counts
    /// twice.
    pub fn step_of(&self, code: &str, now: Moment, last: u64) -> Option<u64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        let now = u64::try_from(now.unix_ms() / 1_000).ok().filter(|_| is_code)? / STEP_S;
        (now.saturating_sub(1)..=now + 1)
            .filter(|step| last < *step)
            .find(|step| auth::is_same(&format!("{:06}", self.code(*step)), &code))
    }
}

fn place() -> Place {
    Place::new("people", "", "factor_sealed")
}

/// A secret as it is stored: whoever has the database alone cannot make codes.
pub fn seal(secret: &Secret, file_key: &[u8]) -> String {
    seal::seal(secret.0.as_slice(), &place(), file_key)
}

/// The secret that was sealed; `None` when the key is another.
pub fn unseal(sealed: &str, file_key: &[u8]) -> Option<Secret> {
    Some(Secret(seal::unseal(sealed, &place(), file_key)?.try_into().ok()?))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A picture of an address: its width in squares, margin included, and the dark ones as an SVG path.
pub fn picture(address: &str) -> Option<(usize, String)> {
    const MARGIN: usize = 4;
    let code = qrcode::QrCode::new(address.as_bytes()).ok()?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate();
    let squares = dark
        .filter(|(_, color)| *color == qrcode::Color::Dark)
        .map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + MARGIN, at / width + MARGIN));
    Some((width + 2 * MARGIN, squares.collect()))
}

/// New codes on paper.
pub fn paper_codes() -> Vec<String> {
    let code = |_| {
        let digits = hex(&random::<5>());
        format!("{}-{}", &digits[..5], &digits[5..])
    };
    (0..PAPER_CODES).map(code).collect()
}

/// What a code on paper is stored under.
pub fn paper_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    auth::token_hash(&plain.to_lowercase())
}

/// Whether this is the person's code now, of either kind. It counts once.
pub async fn takes(site: &Site, id: PersonId, code: &str) -> Result<bool, FlowError> {
    let (sealed, last) = site.ctx.read(move |tx| Ok(db::factor::get(tx, id)?)).await?;
    let secret = unseal(&sealed, &site.ctx.rules.file_key);
    let step = secret.and_then(|secret| secret.step_of(code, site.now(), last));
    let paper = paper_hash(code);
    site.ctx
        .call(move |tx| match step {
            Some(step) => Ok(db::factor::take_step(tx, id, last, step)?),
            None => Ok(db::factor::take_paper(tx, id, &paper)?),
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 6238, whose codes have eight digits; ours are their last six.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret(*b"12345678901234567890");
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(Secret::parse(&secret.text()).is_some_and(|read| read == secret));
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let now = Moment::from_unix_ms(seconds * 1_000);
            let step = u64::try_from(seconds).unwrap() / STEP_S;
            assert_eq!(secret.step_of(code, now, 0), Some(step), "{seconds}");
            let late = now.plus(std::time::Duration::from_secs(STEP_S));
            assert_eq!(secret.step_of(code, late, 0), Some(step), "a step late");
            assert_eq!(secret.step_of(code, now, step), None, "none counts twice");
            let gone = now.plus(std::time::Duration::from_secs(2 * STEP_S));
            assert_eq!(secret.step_of(code, gone, 0), None, "two steps late");
        }
        for wrong in ["", "28708", "2870822", "28708a", "٢٨٧٠٨٢"] {
            assert_eq!(secret.step_of(wrong, Moment::from_unix_ms(59_000), 0), None);
        }
    }

    #[test]
    fn a_sealed_secret_opens_with_its_key_alone() {
        let secret = Secret::random();
        let sealed = seal(&secret, b"key");
        assert!(!sealed.contains(&hex(&secret.0)));
        assert_ne!(sealed, seal(&secret, b"key"), "each sealing is another");
        assert!(unseal(&sealed, b"key").is_some_and(|opened| opened == secret));
        assert!(unseal(&sealed, b"other").is_none());
        for wrong in ["", "zz", "é", &sealed[2..], &sealed[..30]] {
            assert!(unseal(wrong, b"key").is_none(), "{wrong}");
        }
    }

    #[test]
    fn codes_on_paper_are_read_however_they_are_typed() {
        let codes = paper_codes();
        assert_eq!(codes.len(), PAPER_CODES);
        assert_eq!(paper_hash(&codes[0]), paper_hash(&format!(" {} ", codes[0].to_uppercase())));
        assert_ne!(paper_hash(&codes[0]), paper_hash(&codes[1]));
    }
}
