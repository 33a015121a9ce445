//! Which carrier a tracking number belongs to, as far as the number itself proves it. What fits several
//! carriers, or none surely, is asked of a person and never guessed.

/// A carrier whose numbers are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// UPS.
    Ups,
    /// The post of the United States.
    Usps,
    /// FedEx.
    FedEx,
    /// DHL.
    Dhl,
    /// DPD.
    Dpd,
    /// GLS.
    Gls,
    /// The post of the United Kingdom.
    RoyalMail,
    /// The post of the Netherlands.
    PostNl,
    /// The letters and small packets of Germany.
    DeutschePost,
    /// The post of Canada.
    CanadaPost,
}

/// What a number says of its carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// This one.
    Surely(Carrier),
    /// One of these, or another: a person says.
    Perhaps(Vec<Carrier>),
    /// Nothing.
    Unknown,
}

impl Carrier {
    /// Every carrier.
    pub const ALL: [Carrier; 10] = [
        Carrier::Ups,
        Carrier::Usps,
        Carrier::FedEx,
        Carrier::Dhl,
        Carrier::Dpd,
        Carrier::Gls,
        Carrier::RoyalMail,
        Carrier::PostNl,
        Carrier::DeutschePost,
        Carrier::CanadaPost,
    ];

    /// Its name as people know it.
    pub fn name(self) -> &'static str {
        match self {
            Carrier::Ups => "UPS",
            Carrier::Usps => "USPS",
            Carrier::FedEx => "FedEx",
            Carrier::Dhl => "DHL",
            Carrier::Dpd => "DPD",
            Carrier::Gls => "GLS",
            Carrier::RoyalMail => "Royal Mail",
            Carrier::PostNl => "PostNL",
            Carrier::DeutschePost => "Deutsche Post",
            Carrier::CanadaPost => "Canada Post",
        }
    }

    /// The carrier that words such as `UPS Mail Innovations` or `FEDEX_GROUND` mean.
    pub fn from_words(words: &str) -> Option<Carrier> {
        let words = words.to_lowercase();
        let words: Vec<&str> =
            words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let pair = |first: &str, second: &str| words.windows(2).any(|two| two == [first, second]);
        if pair("royal", "mail") {
            return Some(Carrier::RoyalMail);
        }
        if pair("deutsche", "post") {
            return Some(Carrier::DeutschePost);
        }
        if pair("canada", "post") {
            return Some(Carrier::CanadaPost);
        }
        words.iter().find_map(|word| match *word {
            "usps" => Some(Carrier::Usps),
            "ups" => Some(Carrier::Ups),
            "fedex" => Some(Carrier::FedEx),
            "dhl" => Some(Carrier::Dhl),
            "dpd" => Some(Carrier::Dpd),
            "gls" => Some(Carrier::Gls),
            "royalmail" => Some(Carrier::RoyalMail),
            "postnl" => Some(Carrier::PostNl),
            "canadapost" => Some(Carrier::CanadaPost),
            _ => None,
        })
    }
}

/// A number without the spaces and dashes that people write into it.
pub fn plain(number: &str) -> String {
    let kept = number.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.'));
    kept.collect::<String>().to_uppercase()
}

/// Reads a number. Check digits are proved where the carrier has them.
pub fn recognise(number: &str) -> Recognised {
    let number = plain(number);
    if !number.is_ascii() {
        return Recognised::Unknown;
    }
    let is_digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match is_digits {
        true => of_digits(&number),
        false => of_letters(&number),
    }
}

fn of_letters(number: &str) -> Recognised {
    let length = number.len();
    if number.starts_with("1Z") && length == 18 {
        return surely_if(Carrier::Ups, is_ups(number));
    }
    if let Some(country) = postal_country(number) {
        return match country {
            "US" => Recognised::Surely(Carrier::Usps),
            "GB" => Recognised::Surely(Carrier::RoyalMail),
            "NL" => Recognised::Surely(Carrier::PostNl),
            "CA" => Recognised::Surely(Carrier::CanadaPost),
            // Parcels begin with C and are DHL's; everything else is the letter post's.
            "DE" if number.starts_with('C') => Recognised::Surely(Carrier::Dhl),
            "DE" => Recognised::Surely(Carrier::DeutschePost),
            _ => Recognised::Unknown,
        };
    }
    let rest_is_digits =
        |prefix: &str| number[prefix.len()..].bytes().all(|byte| byte.is_ascii_digit());
    if number.starts_with("3S") && (13..=15).contains(&length) {
        return Recognised::Surely(Carrier::PostNl);
    }
    if number.starts_with("JJD") && (16..=21).contains(&length) && rest_is_digits("JJD") {
        return Recognised::Surely(Carrier::Dhl);
    }
    if number.starts_with("JD") && (16..=20).contains(&length) && rest_is_digits("JD") {
        return Recognised::Surely(Carrier::Dhl);
    }
    // A parcel of DPD with its check character.
    let head_is_digits = number.bytes().take(14).all(|byte| byte.is_ascii_digit());
    if length == 15 && head_is_digits && is_mod_37_36(number) {
        return Recognised::Surely(Carrier::Dpd);
    }
    Recognised::Unknown
}

fn of_digits(number: &str) -> Recognised {
    use Carrier as C;
    match number.len() {
        10 => surely_if(C::Dhl, is_dhl_express(number)),
        11 => Recognised::Perhaps(vec![C::Gls]),
        12 if is_fedex_express(number) && !is_gls(number) => Recognised::Surely(C::FedEx),
        12 if is_fedex_express(number) => Recognised::Perhaps(vec![C::FedEx, C::Gls]),
        12 => Recognised::Perhaps(vec![C::Gls, C::Dhl]),
        14 => Recognised::Perhaps(vec![C::Dpd, C::Gls]),
        15 => match (is_mod_10(number), is_mod_37_36(number)) {
            (true, true) => Recognised::Perhaps(vec![C::FedEx, C::Dpd]),
            (true, false) => Recognised::Surely(C::FedEx),
            (false, true) => Recognised::Surely(C::Dpd),
            (false, false) => Recognised::Unknown,
        },
        16 => surely_if(C::CanadaPost, is_mod_10(number)),
        20 if !is_mod_10(number) => Recognised::Unknown,
        20 if number.starts_with("00340434") => Recognised::Surely(C::Dhl),
        20 if is_usps_head(number) => Recognised::Surely(C::Usps),
        20 => Recognised::Perhaps(vec![C::FedEx, C::Usps, C::Dhl]),
        // The check digit of FedEx Ground covers the number behind the seven digits of its head.
        22 if number.starts_with("96") => surely_if(C::FedEx, is_mod_10(&number[7..])),
        22 => surely_if(C::Usps, is_usps_head(number) && is_mod_10(number)),
        // The postal code of the recipient before the number itself.
        30 | 34 if number.starts_with("420") => of_digits(&number[number.len() - 22..]),
        _ => Recognised::Unknown,
    }
}

fn surely_if(carrier: Carrier, is_proved: bool) -> Recognised {
    match is_proved {
        true => Recognised::Surely(carrier),
        false => Recognised::Unknown,
    }
}

fn digits(number: &str) -> Vec<u32> {
    number.bytes().map(|byte| u32::from(byte.wrapping_sub(b'0'))).collect()
}

fn is_usps_head(number: &str) -> bool {
    ["91", "92", "93", "94", "95"].iter().any(|head| number.starts_with(head))
}

/// Weights three and one from the right, as GS1 has them: USPS, FedEx Ground, Canada Post, SSCC.
fn is_mod_10(number: &str) -> bool {
    let digits = digits(number);
    let Some((check, rest)) = digits.split_last() else {
        return false;
    };
    let sum: u32 = rest.iter().rev().enumerate().map(|(at, digit)| digit * [3, 1][at % 2]).sum();
    (10 - sum % 10) % 10 == *check
}

/// Letters count as their place in the alphabet, two further, in the last digit.
fn is_ups(number: &str) -> bool {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some((u32::from(byte) - 63) % 10),
        _ => None,
    };
    let values: Option<Vec<u32>> = number.bytes().skip(2).map(value).collect();
    let Some((check, rest)) = values.as_deref().and_then(<[u32]>::split_last) else {
        return false;
    };
    let sum: u32 = rest.iter().enumerate().map(|(at, value)| value * [1, 2][at % 2]).sum();
    (10 - sum % 10) % 10 == *check
}

/// Weights three, one, seven from the left, modulo eleven.
fn is_fedex_express(number: &str) -> bool {
    let digits = digits(number);
    let sum: u32 =
        digits.iter().take(11).enumerate().map(|(at, digit)| digit * [3, 1, 7][at % 3]).sum();
    digits.get(11) == Some(&(sum % 11 % 10))
}

/// Weights three and one from the right, and one more.
fn is_gls(number: &str) -> bool {
    let digits = digits(number);
    let Some((check, rest)) = digits.split_last() else {
        return false;
    };
    let sum: u32 = rest.iter().rev().enumerate().map(|(at, digit)| digit * [3, 1][at % 2]).sum();
    (10 - (sum + 1) % 10) % 10 == *check
}

/// The first nine digits modulo seven.
fn is_dhl_express(number: &str) -> bool {
    let (rest, check) = number.split_at(9);
    let rest: Option<u64> = rest.parse().ok();
    rest.map(|rest| (rest % 7).to_string()).as_deref() == Some(check)
}

/// ISO 7064, MOD 37,36: the check character of DPD.
fn is_mod_37_36(number: &str) -> bool {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 99,
    };
    let mut product = 36;
    let (rest, check) = number.split_at(number.len() - 1);
    for byte in rest.bytes() {
        let sum = (product + value(byte)) % 36;
        product = (if sum == 0 { 36 } else { sum }) * 2 % 37;
    }
    check.bytes().all(|byte| (37 - product) % 36 == value(byte))
}

/// The country of a number as the Universal Postal Union has them (S10), if its check digit is right.
fn postal_country(number: &str) -> Option<&str> {
    let bytes = number.as_bytes();
    let is_form = bytes.len() == 13
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..11].iter().all(u8::is_ascii_digit)
        && bytes[11..].iter().all(u8::is_ascii_uppercase);
    if !is_form {
        return None;
    }
    let digits = digits(&number[2..11]);
    let sum: u32 = digits.iter().zip([8, 6, 4, 2, 3, 5, 9, 7]).map(|(a, b)| a * b).sum();
    let check = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        check => check,
    };
    (digits[8] == check).then(|| &number[11..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_its_carrier_or_asks() {
        use Carrier as C;
        use Recognised as R;
        let check = |number: &str, expected: R| assert_eq!(recognise(number), expected, "{number}");
        check("1Z999AA10123456784", R::Surely(C::Ups));
        check("1Z 999 AA1 01 2345 6784", R::Surely(C::Ups));
        check("1Z999AA10123456785", R::Unknown);
        check("9400 1112 0108 0805 4830 16", R::Surely(C::Usps));
        check("9400111201080805483017", R::Unknown);
        check("420221539101026837331000039521", R::Surely(C::Usps));
        check("986578788855", R::Surely(C::FedEx));
        check("041441760228964", R::Surely(C::FedEx));
        check("9611020987654312345672", R::Surely(C::FedEx));
        check("3318810025", R::Surely(C::Dhl));
        check("3318810026", R::Unknown);
        check("JD014600003889923434", R::Surely(C::Dhl));
        check("00340434161094042557", R::Surely(C::Dhl));
        check("RB123456785GB", R::Surely(C::RoyalMail));
        check("RB123456784GB", R::Unknown);
        check("LZ123456785US", R::Surely(C::Usps));
        check("RR123456785DE", R::Surely(C::DeutschePost));
        check("CY123456785DE", R::Surely(C::Dhl));
        check("RR123456785FR", R::Unknown);
        check("RR123456785NL", R::Surely(C::PostNl));
        check("3SABCD1234567", R::Surely(C::PostNl));
        check("0073938000549297", R::Surely(C::CanadaPost));
        check("LM123456785CA", R::Surely(C::CanadaPost));
        check("01505094748236", R::Perhaps(vec![C::Dpd, C::Gls]));
        check("12345678901", R::Perhaps(vec![C::Gls]));
        check("EP1", R::Unknown);
        check("", R::Unknown);
        check("１２３４５６７８９０", R::Unknown);
    }

    #[test]
    fn words_name_carriers() {
        let check = |words: &str, expected: Option<Carrier>| {
            assert_eq!(Carrier::from_words(words), expected, "{words}");
        };
        check("UPS Mail Innovations", Some(Carrier::Ups));
        check("FEDEX_GROUND", Some(Carrier::FedEx));
        check("Royal Mail Tracked 24", Some(Carrier::RoyalMail));
        check("Groups", None);
        for carrier in Carrier::ALL {
            check(carrier.name(), Some(carrier));
        }
    }
}
