//! What the address of the product map says.

use super::row::RowView;

/// Longest text that is searched for.
const TEXT_CHARS_MAX: usize = 100;
/// Nobody turns more pages.
const PAGE_MAX: usize = 1_000_000;

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Every row.
    All,
    /// Those that something speaks against.
    Doubted,
    /// What no row explains.
    Unmapped,
}

/// What somebody wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which rows.
    pub view: View,
    /// The text that is searched for.
    pub text: String,
    /// A provider's name; empty is any.
    pub provider: String,
    /// A design's name; empty is any.
    pub design: String,
    /// Which page, from 1.
    pub page: usize,
}

impl Wanted {
    /// A view that nothing narrows.
    pub fn of(view: View) -> Wanted {
        Wanted {
            view,
            text: String::new(),
            provider: String::new(),
            design: String::new(),
            page: 1,
        }
    }

    /// From the query of an address. What it does not understand it leaves out.
    pub fn parse(query: &str) -> Wanted {
        let mut wanted = Wanted::of(View::All);
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let text = || value.trim().chars().take(TEXT_CHARS_MAX).collect();
            match &*key {
                "view" => {
                    wanted.view = match &*value {
                        "doubted" => View::Doubted,
                        "unmapped" => View::Unmapped,
                        _ => View::All,
                    }
                }
                "q" => wanted.text = text(),
                "provider" => wanted.provider = text(),
                "design" => wanted.design = text(),
                "page" => wanted.page = value.parse().unwrap_or(1).clamp(1, PAGE_MAX),
                _ => {}
            }
        }
        wanted
    }

    /// The word of its view.
    pub fn view_name(&self) -> &'static str {
        match self.view {
            View::All => "all",
            View::Doubted => "doubted",
            View::Unmapped => "unmapped",
        }
    }

    /// The same as a query, without the page.
    pub fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("view", self.view_name());
        let parts = [("q", &self.text), ("provider", &self.provider), ("design", &self.design)];
        query.extend_pairs(parts.iter().filter(|(_, text)| !text.is_empty()));
        query.finish()
    }

    /// The same of another view.
    pub fn with_view(&self, view: View) -> Wanted {
        Wanted { view, page: 1, ..self.clone() }
    }

    /// Whether anything narrows the view.
    pub fn is_narrowed(&self) -> bool {
        [&self.text, &self.provider, &self.design].into_iter().any(|text| !text.is_empty())
    }

    /// Whether what is searched for stands in one of these.
    pub fn fits_words(&self, words: &[&str]) -> bool {
        let wanted = self.text.to_lowercase();
        wanted.is_empty() || words.iter().any(|text| text.to_lowercase().contains(&wanted))
    }

    /// Whether a row belongs to what is wanted.
    pub fn fits(&self, row: &RowView) -> bool {
        let named = |wanted: &str, name: &str| wanted.is_empty() || wanted == name;
        (self.view != View::Doubted || !row.doubts.is_empty())
            && named(&self.design, &row.design)
            && (self.provider.is_empty() || row.providers.contains(&self.provider))
            && self.fits_words(&[
                &row.key,
                &row.design,
                &row.design_title,
                &row.provider,
                &row.provider_sku,
                &row.routes,
            ])
    }
}
