//! Carriers by the words that providers have for them, and their pages for a parcel.

use crate::model::carrier::Carrier;

/// The page of a carrier for a parcel; empty when the carrier is not known.
pub fn tracking_url(carrier: &str, tracking_number: &str) -> String {
    let number = tracking_number.trim().replace(' ', "");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if number.is_empty() || !number.chars().all(is_plain) {
        return String::new();
    }
    let page = match Carrier::from_words(carrier) {
        Some(Carrier::Usps) => "https://tools.usps.com/go/TrackConfirmAction?tLabels=",
        Some(Carrier::Ups) => "https://www.ups.com/track?tracknum=",
        Some(Carrier::FedEx) => "https://www.fedex.com/fedextrack/?trknbr=",
        Some(Carrier::Dhl) => "https://www.dhl.com/en/express/tracking.html?AWB=",
        Some(Carrier::Dpd) => "https://tracking.dpd.de/status/en_US/parcel/",
        Some(Carrier::Gls) => "https://gls-group.com/track/",
        Some(Carrier::RoyalMail) => "https://www.royalmail.com/track-your-item#/tracking-results/",
        Some(Carrier::DeutschePost) => {
            "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode="
        }
        Some(Carrier::CanadaPost) => {
            "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor="
        }
        // Its page wants the recipient's postal code besides.
        Some(Carrier::PostNl) | None => return String::new(),
    };
    format!("{page}{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_made_for_known_carriers_alone() {
        let check = |carrier: &str, number: &str, expected: &str| {
            let found = tracking_url(carrier, number);
            assert!(found.starts_with(expected), "{carrier}: {found}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{carrier}: {found}");
        };
        check("USPS", "9400 1000", "https://tools.usps.com/");
        check("UPS Mail Innovations", "1Z999", "https://www.ups.com/track?tracknum=1Z999");
        check("FEDEX_GROUND", "4490", "https://www.fedex.com/");
        check("DHL eCommerce", "JD01", "https://www.dhl.com/");
        check("Example Parcel", "EP1", "");
        check("Groups", "EP1", "");
        check("UPS", "1Z&x=<script>", "");
        check("UPS", "", "");
    }
}
