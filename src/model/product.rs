//! The product map: what of the shop is made how and where.

use super::id::{ProductId, ShopId};
use super::item::Step;
use super::shop_order::ShopLine;

/// One row of the product map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// The shop it stands for.
    pub shop: ShopId,
    /// Which lines it is about.
    pub matches: Matches,
    /// What is done with them.
    pub made: Made,
}

/// Which lines a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Matches {
    /// Lines with this variation of the shop.
    Variation(i64),
    /// Lines with this product of the shop, whatever the variation.
    Product(i64),
    /// Lines with exactly this SKU.
    Sku(String),
}

/// What is done with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// It needs no print: a service, a digital product, made elsewhere.
    Elsewhere,
    /// It is printed.
    Here(Recipe),
}

/// How a line is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Name of the design.
    pub design: String,
    /// Name of the provider.
    pub provider: String,
    /// The provider's variant.
    pub provider_sku: String,
    /// What the item waits for; `None` is the shop's setting.
    pub steps: Option<Vec<Step>>,
    /// Its own submit delay in seconds.
    pub delay_s: Option<u32>,
    /// One item for each copy.
    pub copies: Copies,
}

/// Whether copies of a line differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    /// One item with a quantity.
    Alike,
    /// One item for each copy.
    Differ,
    /// As the design says.
    AsDesigned,
}

impl Matches {
    /// `variation`, `product` or `sku`: the word it is stored under.
    pub fn kind(&self) -> &'static str {
        match self {
            Matches::Variation(_) => "variation",
            Matches::Product(_) => "product",
            Matches::Sku(_) => "sku",
        }
    }

    /// What stands beside the word.
    pub fn key(&self) -> String {
        match self {
            Matches::Variation(id) | Matches::Product(id) => id.to_string(),
            Matches::Sku(sku) => sku.clone(),
        }
    }

    /// Reads both.
    pub fn parse(kind: &str, key: &str) -> Result<Matches, String> {
        let number = || key.trim().parse::<i64>().ok().filter(|id| 0 < *id);
        match (kind.trim(), number()) {
            ("variation", Some(id)) => Ok(Matches::Variation(id)),
            ("product", Some(id)) => Ok(Matches::Product(id)),
            ("variation" | "product", None) => Err(format!("“{key}” is no id of the shop")),
            ("sku", _) if key.trim().is_empty() => Err("the SKU is empty".to_owned()),
            ("sku", _) => Ok(Matches::Sku(key.trim().to_owned())),
            (other, _) => Err(format!("“{other}” is none of variation, product, sku")),
        }
    }
}

/// The row that is about this line: the variation's, else the product's, else the SKU's.
pub fn find<'map>(map: &'map [Product], line: &ShopLine) -> Option<&'map Product> {
    let wanted = [
        (line.variation_id != 0).then_some(Matches::Variation(line.variation_id)),
        (line.product_id != 0).then_some(Matches::Product(line.product_id)),
        (!line.sku.is_empty()).then(|| Matches::Sku(line.sku.clone())),
    ];
    wanted.into_iter().flatten().find_map(|key| map.iter().find(|row| row.matches == key))
}
