//! A row of the product map in words.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::db::design::DesignLine;
use crate::model::check::{Check, Checks, Level};
use crate::model::id::{Hash, ProductId};
use crate::model::product::{Copies, Made, Matches, Product, Recipe, Route};
use crate::web::operator::times::span;
use crate::web::site::Site;

/// A row with what else is known of it.
pub struct Known {
    product: Product,
    shop: String,
    doubts: Vec<String>,
    /// The design's title; `None` when it is not here any more.
    title: Option<String>,
    picture: Option<Hash>,
}

/// A row as the page shows it.
pub struct RowView {
    /// Its id.
    pub id: String,
    /// Where it is changed.
    pub href: String,
    /// Where it is deleted.
    pub delete: String,
    /// The shop's name.
    pub shop: String,
    /// `SKU`, `Product` or `Variation`.
    pub kind: &'static str,
    /// The SKU or the shop's id.
    pub key: String,
    /// Whether it is printed.
    pub is_here: bool,
    /// The design's name.
    pub design: String,
    /// The design's title.
    pub design_title: String,
    /// A small picture of what was last printed with it.
    pub picture: Option<String>,
    /// The provider's name.
    pub provider: String,
    /// Every provider it may go to.
    pub providers: Vec<String>,
    /// The provider's variant.
    pub provider_sku: String,
    /// Where it is made instead.
    pub routes: String,
    /// Steps, delay and copies where they differ from the usual.
    pub rest: Vec<String>,
    /// What speaks against it.
    pub doubts: Vec<String>,
}

/// Puts together what the database says of a row.
pub fn known(
    product: Product,
    shop: &str,
    doubts: &[(ProductId, Vec<String>)],
    designs: &[DesignLine],
    pictures: &[(String, Hash)],
) -> Known {
    let design = match &product.made {
        Made::Here(recipe) => recipe.design.as_str(),
        Made::Elsewhere => "",
    };
    let own = doubts.iter().find(|(id, _)| *id == product.id);
    let title = designs.iter().find(|one| one.name == design).map(|one| one.title.clone());
    let picture = pictures.iter().find(|(name, _)| name == design).map(|(_, hash)| hash.clone());
    Known {
        shop: shop.to_owned(),
        doubts: own.map(|(_, doubts)| doubts.clone()).unwrap_or_default(),
        title,
        picture,
        product,
    }
}

/// Names of the providers that are set up.
pub fn seats(site: &Site) -> BTreeSet<String> {
    site.ctx.providers.values().map(|seat| seat.name.clone()).collect()
}

/// Rows as the page shows them.
pub fn views(site: &Site, rows: Vec<Known>, seats: &BTreeSet<String>) -> Vec<RowView> {
    rows.into_iter().map(|row| view(site, row, seats)).collect()
}

fn view(site: &Site, row: Known, seats: &BTreeSet<String>) -> RowView {
    let Known { product, shop, mut doubts, title, picture } = row;
    let (kind, key) = match &product.matches {
        Matches::Sku(sku) => ("SKU", sku.clone()),
        Matches::Product(id) => ("Product", id.to_string()),
        Matches::Variation(id) => ("Variation", id.to_string()),
    };
    let mut view = RowView {
        id: product.id.to_string(),
        href: site.links().to(&format!("/products/edit?id={}", product.id)),
        delete: site.links().to(&format!("/products/{}/delete", product.id)),
        shop,
        kind,
        key,
        is_here: false,
        design: String::new(),
        design_title: String::new(),
        picture: None,
        provider: String::new(),
        providers: Vec::new(),
        provider_sku: String::new(),
        routes: String::new(),
        rest: Vec::new(),
        doubts: Vec::new(),
    };
    let Made::Here(recipe) = product.made else {
        return view;
    };
    let routed = recipe.routes.iter().map(|route| route.provider.clone());
    view.providers = [recipe.provider.clone()].into_iter().chain(routed).collect();
    if title.is_none() {
        doubts.push(format!("there is no design “{}”", recipe.design));
    }
    let absent = view.providers.iter().filter(|name| !seats.contains(*name));
    doubts.extend(absent.map(|name| format!("the provider {name} is not set up")));
    RowView {
        is_here: true,
        design_title: title.unwrap_or_else(|| recipe.design.clone()),
        picture: picture.map(|hash| site.links().picture(&hash)),
        routes: Route::write_list(&recipe.routes),
        rest: rest(&recipe),
        design: recipe.design,
        provider: recipe.provider,
        provider_sku: recipe.provider_sku,
        doubts,
        ..view
    }
}

/// Steps, delay and copies in words, where the row says something of its own.
fn rest(recipe: &Recipe) -> Vec<String> {
    let mut rest = Vec::new();
    if let Some(steps) = &recipe.steps {
        let words: Vec<&str> = steps.iter().map(|step| step.name()).collect();
        rest.push(words.join(", "));
    }
    rest.extend(recipe.delay_s.map(delay_words));
    match recipe.copies {
        Copies::Differ => rest.push("each copy by itself".to_owned()),
        Copies::Alike => rest.push("copies alike".to_owned()),
        Copies::AsDesigned => {}
    }
    rest.extend(check_words(&recipe.checks));
    rest
}

/// The checks that are stricter or milder than usual, in words.
fn check_words(checks: &Checks) -> Vec<String> {
    let differing = Check::ALL.into_iter().filter(|check| checks.level(*check) != check.usual());
    let words = |check: Check| {
        let name = match check {
            Check::TextShrunk => "smaller texts",
            Check::PhotoSoft => "soft photos",
            Check::PhotoTooSmall => "small photos",
            Check::NearEdge => "near the edge",
        };
        match checks.level(check) {
            Level::Off => format!("{name}: not checked"),
            Level::Warn => format!("{name}: said"),
            Level::Block => format!("{name}: held"),
        }
    };
    differing.map(words).collect()
}

/// A submit delay in words.
pub fn delay_words(delay_s: u32) -> String {
    match delay_s {
        0 => "sent at once".to_owned(),
        delay_s => format!("sent after {}", span(Duration::from_secs(u64::from(delay_s)))),
    }
}

/// A row in one line, for previews.
pub fn in_words(made: &Made) -> String {
    let Made::Here(recipe) = made else {
        return "needs no print".to_owned();
    };
    let mut words = vec![
        recipe.design.clone(),
        format!("{} {}", recipe.provider, recipe.provider_sku).trim().to_owned(),
    ];
    if !recipe.routes.is_empty() {
        words.push(Route::write_list(&recipe.routes));
    }
    words.extend(rest(recipe));
    words.join(" · ")
}
