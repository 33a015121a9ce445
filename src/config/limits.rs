//! Settings of the limits that hold submissions back.

use super::*;
use crate::flow::limits;

/// An amount without currency: `500`, `"19.95"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(pub crate::model::money::Amount);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Amount, D::Error> {
        let text = String::deserialize(source)?;
        let amount = crate::model::money::Amount::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("“{text}” is no amount; write for example \"19.95\""))
        })?;
        Ok(Amount(amount))
    }
}

/// What becomes of a submission whose price is not told beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceUnknown {
    /// It is sent.
    Send,
    /// A person looks first.
    Hold,
}

impl PriceUnknown {
    fn rules(self) -> limits::PriceUnknown {
        match self {
            PriceUnknown::Send => limits::PriceUnknown::Send,
            PriceUnknown::Hold => limits::PriceUnknown::Hold,
        }
    }
}

/// Limits of all submissions together.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Submissions in one hour of the clock; no limit when not set.
    pub orders_per_hour: Option<u32>,
    /// Money in one day (UTC), whatever its currency; no limit when not set.
    pub money_per_day: Option<Amount>,
    /// The most that one submission may cost; no limit when not set.
    pub price_max: Option<Amount>,
    /// `send` or `hold`: what becomes of one whose price the provider does not tell beforehand.
    pub price_unknown: PriceUnknown,
    /// An hour has at most so many times the usual submissions; 0 is no such limit.
    pub jump_times: u32,
    /// Submissions in an hour that are always fine.
    pub jump_floor: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        let usual = limits::Limits::default();
        Limits {
            orders_per_hour: None,
            money_per_day: None,
            price_max: None,
            price_unknown: PriceUnknown::Send,
            jump_times: usual.jump_times,
            jump_floor: usual.jump_floor,
        }
    }
}

/// Limits of one provider alone.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnLimits {
    /// Submissions in one hour of the clock.
    pub orders_per_hour: Option<u32>,
    /// Money in one day (UTC).
    pub money_per_day: Option<Amount>,
    /// The most that one submission may cost.
    pub price_max: Option<Amount>,
    /// `send` or `hold`; as for all submissions when not set.
    pub price_unknown: Option<PriceUnknown>,
}

impl Limits {
    /// The settings that the flow uses.
    pub fn rules(&self) -> limits::Limits {
        limits::Limits {
            orders_per_hour: self.orders_per_hour,
            money_per_day: self.money_per_day.map(|amount| amount.0),
            price_max: self.price_max.map(|amount| amount.0),
            price_unknown: Some(self.price_unknown.rules()),
            jump_times: self.jump_times,
            jump_floor: self.jump_floor,
        }
    }
}

impl OwnLimits {
    /// The settings that the flow uses.
    pub fn rules(&self) -> limits::Limits {
        let all = Limits {
            orders_per_hour: self.orders_per_hour,
            money_per_day: self.money_per_day,
            price_max: self.price_max,
            ..Limits::default()
        };
        let price_unknown = self.price_unknown.map(PriceUnknown::rules);
        limits::Limits { price_unknown, ..all.rules() }
    }
}
