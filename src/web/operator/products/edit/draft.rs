//! A row of the product map as it is typed: nothing of it is lost, whatever is wrong with it.

use crate::flow::product_csv::delay;
use crate::flow::products::mark;
use crate::model::check::{Check, Checks};
use crate::model::item::Step;
use crate::model::product::{Copies, Made, Matches, Product, Recipe, Route};

/// Longest text of a field.
const CHARS_MAX: usize = 200;
/// Longest list of routes.
const ROUTES_CHARS_MAX: usize = 2_000;

/// Which field is wrong, and how. An empty field is the whole form.
pub type Problem = (&'static str, String);

/// What the form holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The shop's id.
    pub shop: String,
    /// The row that is changed; empty adds one.
    pub id: String,
    /// How that row was when somebody began.
    pub was: String,
    /// `sku`, `product` or `variation`.
    pub kind: String,
    /// The SKU or the shop's id.
    pub key: String,
    /// `here` or `elsewhere`.
    pub made: String,
    /// The design's name.
    pub design: String,
    /// The provider's name.
    pub provider: String,
    /// The provider's variant.
    pub provider_sku: String,
    /// Other providers for some countries.
    pub routes: String,
    /// Words of steps; none is the shop's setting.
    pub steps: Vec<String>,
    /// Hours; empty is the shop's setting.
    pub delay_h: String,
    /// `yes`, `no` or empty: one print for each copy.
    pub copies: String,
    /// How strict each check is that differs from the usual: its name and level.
    pub checks: Vec<(String, String)>,
    /// What is searched for in the catalogue.
    pub search: String,
    /// What is searched for in the shop's own catalogue.
    pub shop_search: String,
    /// Which search was pressed.
    pub find: String,
}

impl Draft {
    /// From what was sent. What was picked in a list counts unless something else was typed.
    pub fn read(pairs: &[(String, String)]) -> Draft {
        let text = |name: &str, most: usize| -> String {
            let found = pairs.iter().find(|(key, _)| key == name);
            let text = found.map_or("", |(_, value)| value.trim());
            text.chars().filter(|letter| !letter.is_control()).take(most).collect()
        };
        let one = |name: &str| text(name, CHARS_MAX);
        let or = |text: String, usual: &str| if text.is_empty() { usual.to_owned() } else { text };
        let (picked, typed) = (one("found"), one("provider_sku"));
        let is_picked = !picked.is_empty() && typed == one("sku_was");
        let (mut kind, mut key) = (or(one("kind"), "sku"), one("key"));
        let of_shop = one("picked");
        if let Some((its_kind, its_key)) = of_shop.split_once(':')
            && format!("{kind}:{key}") == one("key_was")
        {
            (kind, key) = (its_kind.to_owned(), its_key.to_owned());
        }
        let steps = pairs.iter().filter(|(key, _)| key == "step").map(|(_, value)| value.clone());
        let check = |check: Check| {
            let name = check.what().code();
            Some((name.to_owned(), one(&format!("check.{name}"))))
                .filter(|(_, level)| !level.is_empty())
        };
        Draft {
            shop: one("shop"),
            id: one("id"),
            was: text("was", ROUTES_CHARS_MAX * 2),
            kind,
            key,
            made: or(one("made"), "here"),
            design: one("design"),
            provider: one("provider"),
            provider_sku: if is_picked { picked } else { typed },
            routes: text("routes", ROUTES_CHARS_MAX),
            steps: steps.take(Step::ALL.len()).collect(),
            delay_h: one("delay_h"),
            copies: one("copies"),
            checks: Check::ALL.into_iter().filter_map(check).collect(),
            search: one("search"),
            shop_search: one("shop_search"),
            find: one("find"),
        }
    }

    /// From a row that is there.
    pub fn of(row: &Product) -> Draft {
        let draft = Draft {
            shop: row.shop.to_string(),
            id: row.id.to_string(),
            was: mark(row),
            kind: row.matches.kind().to_owned(),
            key: row.matches.key(),
            made: "elsewhere".to_owned(),
            ..Draft::default()
        };
        let Made::Here(recipe) = &row.made else {
            return draft;
        };
        let steps = recipe.steps.iter().flatten().map(|step| step.name().to_owned());
        Draft {
            made: "here".to_owned(),
            design: recipe.design.clone(),
            provider: recipe.provider.clone(),
            provider_sku: recipe.provider_sku.clone(),
            routes: Route::write_list(&recipe.routes),
            steps: steps.collect(),
            delay_h: recipe.delay_s.map_or(String::new(), |s| (f64::from(s) / 3_600.0).to_string()),
            copies: match recipe.copies {
                Copies::Differ => "yes",
                Copies::Alike => "no",
                Copies::AsDesigned => "",
            }
            .to_owned(),
            checks: Check::ALL
                .into_iter()
                .map(|one| {
                    (one.what().code().to_owned(), recipe.checks.level(one).name().to_owned())
                })
                .collect(),
            ..draft
        }
    }

    /// What the row was about when somebody began: `SKU MUG`.
    pub fn was_key(&self) -> String {
        let mut parts = self.was.split('|');
        let kind = match parts.next() {
            Some("product") => "Product",
            Some("variation") => "Variation",
            _ => "SKU",
        };
        format!("{kind} {}", parts.next().unwrap_or_default().trim_start_matches('\''))
    }

    /// The same as a query.
    pub fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let parts = [
            ("shop", &self.shop),
            ("id", &self.id),
            ("was", &self.was),
            ("kind", &self.kind),
            ("key", &self.key),
            ("made", &self.made),
            ("design", &self.design),
            ("provider", &self.provider),
            ("provider_sku", &self.provider_sku),
            ("routes", &self.routes),
            ("delay_h", &self.delay_h),
            ("copies", &self.copies),
            ("search", &self.search),
            ("shop_search", &self.shop_search),
            ("find", &self.find),
        ];
        query.extend_pairs(parts.iter().filter(|(_, text)| !text.is_empty()));
        query.extend_pairs(self.steps.iter().map(|step| ("step", step)));
        query
            .extend_pairs(self.checks.iter().map(|(name, level)| (format!("check.{name}"), level)));
        query.finish()
    }

    /// Every step, with whether it is ticked.
    pub fn step_choices(&self) -> Vec<(&'static str, &'static str, bool)> {
        let words = |step: Step| match step {
            Step::Input => "Ask the customer for what is missing",
            Step::Review => "Look at what was given",
            Step::Artwork => "Draw the print files",
            Step::Check => "Check the print files",
            Step::Proof => "Wait for the customer’s yes",
        };
        let is_ticked = |step: Step| self.steps.iter().any(|name| name == step.name());
        Step::ALL.into_iter().map(|step| (step.name(), words(step), is_ticked(step))).collect()
    }

    /// Every check with its name, what it looks for, and its level.
    pub fn check_choices(&self) -> Vec<(&'static str, &'static str, &str)> {
        let words = |check: Check| match check {
            Check::TextShrunk => "A text was made smaller to fit",
            Check::PhotoSoft => "A photo may look soft",
            Check::PhotoTooSmall => "A photo is too small for its size in print",
            Check::NearEdge => "Something stands near to the edge or over it",
        };
        let choice = |check: Check| {
            let name = check.what().code();
            let level = self.checks.iter().find(|(one, _)| one == name).map(|(_, level)| &**level);
            (name, words(check), level.unwrap_or(check.usual().name()))
        };
        Check::ALL.into_iter().map(choice).collect()
    }

    /// The row that it means, or everything that is wrong with it.
    pub fn row(&self) -> Result<(Matches, Made), Vec<Problem>> {
        let mut problems: Vec<Problem> = Vec::new();
        let matches = Matches::parse(&self.kind, &self.key);
        if let Err(why) = &matches {
            problems.push(("key", why.clone()));
        }
        let made = match self.made.as_str() {
            "elsewhere" => Some(Made::Elsewhere),
            "here" => self.recipe(&mut problems).map(Made::Here),
            other => {
                problems.push(("made", format!("“{other}” is none of here, elsewhere")));
                None
            }
        };
        match (matches, made) {
            (Ok(matches), Some(made)) if problems.is_empty() => Ok((matches, made)),
            _ => Err(problems),
        }
    }

    fn recipe(&self, problems: &mut Vec<Problem>) -> Option<Recipe> {
        if self.design.is_empty() {
            problems.push(("design", "choose a design".to_owned()));
        }
        if self.provider.is_empty() {
            problems.push(("provider", "choose a provider".to_owned()));
        }
        let mut keep = |place: &'static str, why: String| problems.push((place, why));
        let routes = Route::parse_list(&self.routes).map_err(|why| keep("routes", why)).ok();
        let steps = match self.steps.is_empty() {
            true => Some(None),
            false => {
                let steps = Step::parse_list(&self.steps.join(","));
                steps.map(Some).map_err(|why| keep("steps", why)).ok()
            }
        };
        let delay_s = match self.delay_h.as_str() {
            "" => Some(None),
            hours => delay(hours).map(Some).map_err(|why| keep("delay_h", why)).ok(),
        };
        let copies = match self.copies.as_str() {
            "yes" => Copies::Differ,
            "no" => Copies::Alike,
            "" => Copies::AsDesigned,
            _ => {
                keep("copies", "choose one of the list".to_owned());
                return None;
            }
        };
        let checks = self.checks.iter().map(|(name, level)| format!("{name}={level}"));
        let checks = Checks::parse(&checks.collect::<Vec<_>>().join(";"));
        let checks = checks.map_err(|why| keep("checks", why)).ok();
        Some(Recipe {
            design: self.design.clone(),
            provider: self.provider.clone(),
            provider_sku: self.provider_sku.clone(),
            routes: routes?,
            steps: steps?,
            delay_s: delay_s?,
            copies,
            checks: checks?,
        })
    }
}
