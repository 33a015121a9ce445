//! The product map: what of the shop is made how and where.

use super::check::Checks;
use super::id::{ProductId, ShopId};
use super::item::Step;

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
    /// Where it is made instead for recipients in certain countries.
    pub routes: Vec<Route>,
    /// What the item waits for; `None` is the shop's setting.
    pub steps: Option<Vec<Step>>,
    /// Its own submit delay in seconds.
    pub delay_s: Option<u32>,
    /// One item for each copy.
    pub copies: Copies,
    /// How strict each check of its prints is.
    pub checks: Checks,
}

/// Recipients in these countries are served by another provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// ISO 3166 codes of two capital letters; at least one.
    pub countries: Vec<String>,
    /// Name of the provider.
    pub provider: String,
    /// Its variant.
    pub provider_sku: String,
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

impl Recipe {
    /// Provider and variant for a recipient in this country.
    pub fn made_for(&self, country: &str) -> (&str, &str) {
        let is_served = |route: &&Route| route.countries.iter().any(|code| code == country);
        match self.routes.iter().find(is_served) {
            Some(route) => (&route.provider, &route.provider_sku),
            None => (&self.provider, &self.provider_sku),
        }
    }
}

impl Route {
    /// Reads `DE+AT=shineon:SO-1; US=customcat:47417`. The error says what is wrong with which part.
    pub fn parse_list(text: &str) -> Result<Vec<Route>, String> {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let routes = parts.map(Route::parse).collect::<Result<Vec<Route>, String>>()?;
        let mut seen = std::collections::BTreeSet::new();
        for code in routes.iter().flat_map(|route| &route.countries) {
            if !seen.insert(code) {
                return Err(format!("{code} is routed twice"));
            }
        }
        Ok(routes)
    }

    fn parse(part: &str) -> Result<Route, String> {
        let form = || format!("“{part}” is no route; one looks like DE+AT=provider:variant");
        let (countries, to) = part.split_once('=').ok_or_else(form)?;
        let (provider, variant) = to.split_once(':').unwrap_or((to, ""));
        if provider.trim().is_empty() {
            return Err(form());
        }
        let countries = countries.split(['+', ',', ' ']).filter(|code| !code.is_empty());
        let countries = countries.map(country).collect::<Result<Vec<String>, String>>()?;
        if countries.is_empty() {
            return Err(form());
        }
        Ok(Route {
            countries,
            provider: provider.trim().to_owned(),
            provider_sku: variant.trim().to_owned(),
        })
    }

    /// Writes a list as [`Route::parse_list`] reads it.
    pub fn write_list(routes: &[Route]) -> String {
        let one = |route: &Route| {
            format!("{}={}:{}", route.countries.join("+"), route.provider, route.provider_sku)
        };
        routes.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

fn country(code: &str) -> Result<String, String> {
    let code = code.trim().to_uppercase();
    match code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        true => Ok(code),
        false => Err(format!("“{code}” is no country; they are written with two letters, as DE")),
    }
}

/// What the shop says of a line's product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sold<'line> {
    /// Its product; 0 is none.
    pub product_id: i64,
    /// Its variation; 0 is none.
    pub variation_id: i64,
    /// Its SKU; may be empty.
    pub sku: &'line str,
}

/// The row that is about this product: the variation's, else the product's, else the SKU's.
pub fn find<'map>(map: &'map [Product], sold: Sold<'_>) -> Option<&'map Product> {
    let wanted = [
        (sold.variation_id != 0).then_some(Matches::Variation(sold.variation_id)),
        (sold.product_id != 0).then_some(Matches::Product(sold.product_id)),
        (!sold.sku.is_empty()).then(|| Matches::Sku(sold.sku.to_owned())),
    ];
    wanted.into_iter().flatten().find_map(|key| map.iter().find(|row| row.matches == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_as_they_are_written() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = Route::parse_list(text).map(|routes| Route::write_list(&routes));
            match expected {
                Ok(written) => assert_eq!(found.as_deref(), Ok(written), "{text}"),
                Err(part) => assert!(found.as_ref().is_err_and(|e| e.contains(part)), "{found:?}"),
            }
        };
        check("", Ok(""));
        check("de, at=shineon:SO-1;US=by-hand", Ok("DE+AT=shineon:SO-1; US=by-hand:"));
        check("DE=a:1; DE=b:2", Err("twice"));
        check("Germany=a:1", Err("two letters"));
        check("=a:1", Err("no route"));
        check("DE", Err("no route"));
        check("DE=:1", Err("no route"));
    }
}
