//! One change to many rows of the product map.

use super::product::{Made, Product, Recipe};

/// What is done to each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another provider. Without a variant each row keeps its own.
    Provider {
        /// Its name.
        name: String,
        /// Its variant; empty keeps each row's.
        sku: String,
    },
    /// Another design.
    Design(String),
    /// Another submit delay in seconds; `None` is the shop's setting.
    Delay(Option<u32>),
    /// The rows go.
    Delete,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It becomes this.
    Becomes(Made),
    /// It goes.
    Goes,
    /// It stays as it is, for this reason.
    Stays(&'static str),
}

impl Change {
    /// What it makes of a row.
    pub fn of(&self, row: &Product) -> Outcome {
        if *self == Change::Delete {
            return Outcome::Goes;
        }
        let Made::Here(recipe) = &row.made else {
            return Outcome::Stays("it needs no print");
        };
        let mut changed: Recipe = recipe.clone();
        match self {
            Change::Provider { name, sku } => {
                changed.provider.clone_from(name);
                if !sku.is_empty() {
                    changed.provider_sku.clone_from(sku);
                }
            }
            Change::Design(name) => changed.design.clone_from(name),
            Change::Delay(delay_s) => changed.delay_s = *delay_s,
            Change::Delete => return Outcome::Goes,
        }
        match changed == *recipe {
            true => Outcome::Stays("it is so already"),
            false => Outcome::Becomes(Made::Here(changed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::check::Checks;
    use crate::model::id::{ProductId, ShopId};
    use crate::model::product::{Copies, Matches};

    fn row(made: Made) -> Product {
        Product { id: ProductId(1), shop: ShopId(1), matches: Matches::Product(7), made }
    }

    #[test]
    fn a_change_touches_what_it_names_and_nothing_else() {
        let recipe = Recipe {
            design: "mug".to_owned(),
            provider: "customcat".to_owned(),
            provider_sku: "47417".to_owned(),
            routes: Vec::new(),
            steps: None,
            delay_s: Some(60),
            copies: Copies::Alike,
            checks: Checks::default(),
        };
        let here = row(Made::Here(recipe.clone()));
        let becomes = |recipe: Recipe| Outcome::Becomes(Made::Here(recipe));
        let provider =
            |sku: &str| Change::Provider { name: "shineon".to_owned(), sku: sku.to_owned() };
        let moved = Recipe { provider: "shineon".to_owned(), ..recipe.clone() };
        let other = Recipe { provider_sku: "SO-1".to_owned(), ..moved.clone() };
        assert_eq!(provider("").of(&here), becomes(moved));
        assert_eq!(provider("SO-1").of(&here), becomes(other));
        assert_eq!(Change::Delay(None).of(&here), becomes(Recipe { delay_s: None, ..recipe }));
        let so = Outcome::Stays("it is so already");
        assert_eq!(Change::Design("mug".to_owned()).of(&here), so);
        assert_eq!(Change::Delete.of(&here), Outcome::Goes);
        let elsewhere = row(Made::Elsewhere);
        let none = Outcome::Stays("it needs no print");
        assert_eq!(Change::Delay(Some(1)).of(&elsewhere), none);
        assert_eq!(Change::Delete.of(&elsewhere), Outcome::Goes);
    }
}
