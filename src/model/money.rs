//! Amounts of money, exact: whole minor units and a currency.

use std::fmt;

/// An ISO 4217 code, three upper-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads `USD`; anything but three letters is `None`.
    pub fn parse(text: &str) -> Option<Currency> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Currency(letters.map(|b| b.to_ascii_uppercase())))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII letters")
    }

    /// Digits after the point in this currency (ISO 4217).
    pub fn decimals(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

/// An amount in minor units (cents) of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Cents, or whole yen.
    pub minor: i64,
    /// Which money.
    pub currency: Currency,
}

impl Money {
    /// Reads a decimal text as shops and providers write it, `-4.95`; rounds half away from zero.
    pub fn parse(text: &str, currency: Currency) -> Option<Money> {
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let decimals = currency.decimals() as usize;
        let mut minor: i64 = whole.parse().ok()?;
        for place in 0..decimals {
            let digit = fraction.as_bytes().get(place).map_or(0, |b| i64::from(b - b'0'));
            minor = minor.checked_mul(10)?.checked_add(digit)?;
        }
        if fraction.as_bytes().get(decimals).is_some_and(|b| b'5' <= *b) {
            minor = minor.checked_add(1)?;
        }
        Some(Money { minor: sign * minor, currency })
    }
}

/// An amount of any currency, in thousandths: what limits are set in, one unit counting like another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i64);

impl Amount {
    /// Reads `500` or `19.95`; what is negative or finer than thousandths is `None`.
    pub fn parse(text: &str) -> Option<Amount> {
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let is_plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || 3 < fraction.len() || !is_plain(whole) || !is_plain(fraction) {
            return None;
        }
        let milli: i64 = format!("{fraction:0<3}").parse().ok()?;
        Some(Amount(whole.parse::<i64>().ok()?.checked_mul(1_000)?.checked_add(milli)?))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 1_000, self.0 % 1_000 / 10)
    }
}

impl Money {
    /// The figure without its currency.
    pub fn amount(&self) -> Amount {
        let decimals = self.currency.decimals();
        Amount(self.minor.saturating_mul(10_i64.pow(3_u32.saturating_sub(decimals))))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let scale = 10_i64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, rest) = (self.minor.abs() / scale, self.minor.abs() % scale);
        match decimals {
            0 => write!(f, "{sign}{whole} {}", self.currency.code()),
            _ => write!(
                f,
                "{sign}{whole}.{rest:0width$} {}",
                self.currency.code(),
                width = decimals as usize
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        let check = |text: &str, currency: &str, expected: &str| {
            let money = Money::parse(text, Currency::parse(currency).unwrap()).unwrap();
            assert_eq!(money.to_string(), expected);
        };
        check("152.45", "USD", "152.45 USD");
        check("7810", "JPY", "7810 JPY");
        check("-14.95", "usd", "-14.95 USD");
        check("9.966666666666667", "EUR", "9.97 EUR");
        check("0.05", "GBP", "0.05 GBP");
        assert_eq!(Money::parse("1,00", Currency::parse("USD").unwrap()), None);
        let amount = |text: &str| Amount::parse(text).map(|amount| amount.0);
        assert_eq!(
            [amount("500"), amount("19.95"), amount("0.005")],
            [Some(500_000), Some(19_950), Some(5)]
        );
        assert_eq!([amount("-1"), amount("1.0001"), amount(".5"), amount("1,5")], [None; 4]);
        let yen = Money::parse("7810", Currency::parse("JPY").unwrap()).unwrap();
        assert_eq!(yen.amount().to_string(), "7810.00");
        assert_eq!(Money::parse("", Currency::parse("USD").unwrap()), None);
    }
}
