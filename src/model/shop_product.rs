//! A product of the shop's own catalogue, as far as the product map needs it.

/// One thing that can be bought: a product without variations, a variation, or a whole product whose
/// variations stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShopProduct {
    /// The shop's id of the product.
    pub product: i64,
    /// The shop's id of the variation; `None` is the product.
    pub variation: Option<i64>,
    /// Its name; a variation's begins with its product's.
    pub name: String,
    /// Its own SKU; empty where it has none.
    pub sku: String,
    /// Whether it has variations, which may be mapped each by itself.
    pub has_variations: bool,
}
