//! Secrets as they stand in the database: whoever has the database alone cannot read them, and none
//! opens in another place than its own.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac};
use rand::TryRng;

/// Bytes that make each sealing another.
const NONCE_BYTES: usize = 12;

/// Table, row and column: where a secret opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// A column of a row of a table.
    pub fn new(table: &str, row: &str, column: &str) -> Place {
        // The lengths keep one place from being written like another.
        Place(format!("{}:{table} {}:{row} {}:{column}", table.len(), row.len(), column.len()))
    }
}

fn cipher(file_key: &[u8]) -> ChaCha20Poly1305 {
    let mut mac =
        Hmac::<sha2::Sha256>::new_from_slice(file_key).expect("HMAC takes keys of any length");
    mac.update(b"sealed");
    ChaCha20Poly1305::new(&Key::from(<[u8; 32]>::from(mac.finalize().into_bytes())))
}

/// A secret as it is stored.
pub fn seal(secret: &[u8], place: &Place, file_key: &[u8]) -> String {
    let mut nonce = [0_u8; NONCE_BYTES];
    rand::rngs::SysRng
        .try_fill_bytes(&mut nonce)
        .expect("without randomness of the system nothing secret can be made");
    let payload = Payload { msg: secret, aad: place.0.as_bytes() };
    let sealed = cipher(file_key)
        .encrypt(&Nonce::from(nonce), payload)
        .expect("a secret is short enough to be sealed");
    [nonce.as_slice(), &sealed].concat().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The secret that was sealed; `None` where the key or the place is another.
pub fn unseal(sealed: &str, place: &Place, file_key: &[u8]) -> Option<Vec<u8>> {
    let bytes: Option<Vec<u8>> = (0..sealed.len() / 2)
        .map(|at| u8::from_str_radix(sealed.get(2 * at..2 * at + 2)?, 16).ok())
        .collect();
    let bytes = bytes?;
    let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let payload = Payload { msg: sealed, aad: place.0.as_bytes() };
    cipher(file_key).decrypt(&Nonce::from(nonce), payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_in_its_own_place_with_its_own_key_alone() {
        let place = Place::new("setting_secrets", "shop main", "consumer_key");
        let sealed = seal(b"ck_hidden", &place, b"key");
        assert!(!sealed.contains("ck_"));
        assert_ne!(sealed, seal(b"ck_hidden", &place, b"key"), "each sealing is another");
        assert_eq!(unseal(&sealed, &place, b"key").as_deref(), Some(b"ck_hidden".as_slice()));
        assert_eq!(unseal(&sealed, &place, b"another"), None);
        for other in [
            Place::new("setting_secrets", "shop main", "consumer_secret"),
            Place::new("setting_secrets", "shop other", "consumer_key"),
            Place::new("people", "shop main", "consumer_key"),
            Place::new("setting_secrets", "shop", "main consumer_key"),
        ] {
            assert_eq!(unseal(&sealed, &other, b"key"), None, "{other:?}");
        }
        for broken in ["", "zz", "00", &sealed[2..]] {
            assert_eq!(unseal(broken, &place, b"key"), None, "{broken}");
        }
    }
}
