//! Settings of one print provider.

use super::*;
use crate::flow::ctx::{HooksMade, PRODUCTION_DAYS};
use crate::model::file_name::{self, FileName};

/// Longer than this no provider promises, and nobody would be told of what is lost.
const PRODUCTION_DAYS_MAX: u32 = 90;

/// One print provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Short name, as the product map uses it.
    pub name: String,
    /// `customcat`, `shineon` or `by_hand`.
    pub kind: String,
    /// `live`: charged and made. `test`: checked only.
    #[serde(default = "mode")]
    pub mode: String,
    /// Key that may place orders (CustomCat: read-write key; ShineOn: token), or `key_file`.
    pub key: Option<SecretString>,
    /// File that holds the key.
    pub key_file: Option<PathBuf>,
    /// CustomCat's read-only key, which its hooks carry, or `read_key_file`.
    pub read_key: Option<SecretString>,
    /// File that holds the read-only key.
    pub read_key_file: Option<PathBuf>,
    /// Another address than the provider's own, for trying out.
    pub url: Option<String>,
    /// Its own submit delay.
    pub delay: Option<Span>,
    /// The shop's shipping method to the provider's; `*` stands for every other.
    #[serde(default)]
    pub shipping: BTreeMap<String, String>,
    /// Telephone for recipients who gave none.
    #[serde(default)]
    pub fallback_phone: String,
    /// E-mail for recipients who gave none.
    #[serde(default)]
    pub fallback_email: String,
    /// Secret part of its hook's address; made from the key file when not set.
    pub hook_token: Option<String>,
    /// `made`: its hooks are made and looked after by woodblock; `by_hand`: you make them.
    #[serde(default = "hooks")]
    pub hooks: String,
    /// ShineOn: place orders on hold, compare them, and only then release them to be billed.
    #[serde(default)]
    pub hold_first: bool,
    /// ShineOn: which of a design's fields goes under which of its names.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// ShineOn: countries whose addresses get the city as province where the shop has none.
    #[serde(default = "city_as_province")]
    pub city_as_province: Vec<String>,
    /// CustomCat: the sender on the label.
    #[serde(default)]
    pub seller: Seller,
    /// CustomCat: its number for where the art goes, by variant; `*` stands for every other.
    #[serde(default)]
    pub presets: BTreeMap<String, i64>,
    /// CustomCat: honour the file's own DPI instead of assuming 300.
    #[serde(default)]
    pub use_embedded_dpi: bool,
    /// Time between two looks at an order.
    #[serde(default = "track_every")]
    pub track_every: Span,
    /// Days until which it promises to have shipped an order; people are told when they are over.
    #[serde(default = "production_days")]
    pub production_days: u32,
    /// Its page of an order in the merchant's account, with `{number}` or `{reference}` in it.
    #[serde(default)]
    pub order_page: String,
    /// How print files are called in archives and on sheets: `{item}-{sku}-{area}-r{revision}`.
    #[serde(default = "file_names")]
    pub file_names: String,
    /// Limits of its own, besides those of all submissions together.
    pub limits: Option<OwnLimits>,
    /// Time until a look-up can be believed; the provider's own when not set.
    pub settle: Option<Span>,
    /// Shortest time between two calls.
    #[serde(default = "pace")]
    pub pace: Span,
    /// Longest time for one call.
    #[serde(default = "call_max")]
    pub call_max: Span,
}

/// The sender on the label.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seller {
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Street and number.
    pub address_1: String,
    /// Further line of the address.
    pub address_2: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Postal code.
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

fn hooks() -> String {
    "made".to_owned()
}

fn city_as_province() -> Vec<String> {
    vec!["IL".to_owned()]
}

pub(super) fn mode() -> String {
    "test".to_owned()
}

pub(super) fn track_every() -> Span {
    Span(Duration::from_secs(1_800))
}

pub(super) fn production_days() -> u32 {
    PRODUCTION_DAYS
}

fn file_names() -> String {
    file_name::USUAL.to_owned()
}

pub(super) fn pace() -> Span {
    Span(Duration::from_secs(1))
}

pub(super) fn call_max() -> Span {
    Span(Duration::from_secs(60))
}

impl Provider {
    /// The settings that the flow uses.
    pub fn rules(&self, hook_token: String) -> ProviderRules {
        ProviderRules {
            mode: self.mode(),
            shipping: self.shipping.clone(),
            fallback_phone: self.fallback_phone.clone(),
            fallback_email: self.fallback_email.clone(),
            hook_token,
            hooks: match self.hooks.as_str() {
                "by_hand" => HooksMade::ByHand,
                _ => HooksMade::ByProgram,
            },
            track_every: self.track_every.0,
            order_page: self.order_page.clone(),
            // What is wrong with it is told where settings are checked.
            file_names: FileName::parse(&self.file_names)
                .or_else(|_| FileName::parse(file_name::USUAL))
                .expect("the usual rule can be read"),
        }
    }

    /// Whether orders are charged and made.
    pub fn mode(&self) -> Mode {
        match self.mode.as_str() {
            "live" => Mode::Live,
            _ => Mode::Test,
        }
    }
}

pub(super) fn check_provider(provider: &Provider, faults: &mut Vec<Fault>) {
    let name = &provider.name;
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if name.is_empty() || 24 < name.len() || !name.bytes().all(is_plain) {
        let text = "the name must be 1 to 24 of a–z, 0–9, - and _";
        faults.push(Fault::new(&format!("provider “{name}”"), "name", text));
    }
    let mut wrong = |field: &'static str, text: &str| {
        faults.push(Fault::new(&format!("provider {name}"), field, text));
    };
    match provider.kind.as_str() {
        "customcat" | "shineon" if provider.key.is_none() => wrong("key", "key is needed"),
        "customcat" | "shineon" | "by_hand" => {}
        other => {
            wrong("kind", &format!("“{other}” is none of customcat, shineon, by_hand"));
        }
    }
    if provider.url.as_deref().is_some_and(|url| url::Url::parse(url).is_err()) {
        wrong("url", "url is no address; leave it out for the provider's own");
    }
    if !["made", "by_hand"].contains(&provider.hooks.as_str()) {
        wrong("hooks", "hooks is made or by_hand");
    }
    let of_shineon = provider.hold_first || !provider.properties.is_empty();
    if of_shineon && provider.kind != "shineon" {
        wrong("hold_first", "hold_first and properties are ShineOn's alone");
    }
    let of_customcat = provider.use_embedded_dpi
        || !provider.presets.is_empty()
        || provider.seller != Seller::default();
    if of_customcat && provider.kind != "customcat" {
        wrong("presets", "seller, presets and use_embedded_dpi are CustomCat's alone");
    }
    if !["live", "test"].contains(&provider.mode.as_str()) {
        wrong("mode", "mode is live or test");
    }
    if let Err(why) = FileName::parse(&provider.file_names) {
        wrong("file_names", &format!("file_names: {why}"));
    }
    let page = &provider.order_page;
    let is_page = page.starts_with("https://") || page.starts_with("http://");
    let names_order = page.contains("{number}") || page.contains("{reference}");
    let is_right = page.is_empty() || (is_page && names_order);
    if !is_right {
        wrong("order_page", "order_page is a web address with {number} or {reference} in it");
    }
    if !(1..=PRODUCTION_DAYS_MAX).contains(&provider.production_days) {
        wrong("production_days", &format!("production_days must be 1 to {PRODUCTION_DAYS_MAX}"));
    }
    if provider.shipping.is_empty() {
        wrong(
            "shipping",
            "shipping needs at least one entry, for example shipping = { \"*\" = \"Economy\" }",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(kind: &str, lines: &str) -> Result<Provider, String> {
        let text = format!(
            "[[provider]]\nname = \"p\"\nkind = \"{kind}\"\nkey = \"k\"\n\
             shipping = {{ \"*\" = \"Economy\" }}\n{lines}"
        );
        let mut config: Config = toml::from_str(&text).map_err(|error| error.to_string())?;
        let mut faults = Vec::new();
        let provider = config.provider.remove(0);
        check_provider(&provider, &mut faults);
        if faults.is_empty() { Ok(provider) } else { Err(fault::lines(&faults)) }
    }

    #[test]
    fn settings_of_one_provider_are_refused_at_another() {
        let of_shineon = "hold_first = true\nproperties = { motto = \"Engraving Line 2\" }\n\
                          city_as_province = [\"IL\", \"HK\"]";
        let of_customcat = "seller = { name = \"Prints\", country = \"US\" }\n\
                            presets = { \"45475\" = 4 }\nuse_embedded_dpi = true";
        let shineon = provider("shineon", of_shineon).unwrap();
        assert!(shineon.hold_first && shineon.city_as_province.len() == 2);
        let customcat = provider("customcat", of_customcat).unwrap();
        assert_eq!(customcat.presets.get("45475"), Some(&4));
        assert_eq!(customcat.seller.country, "US");
        assert!(provider("customcat", of_shineon).unwrap_err().contains("ShineOn's alone"));
        assert!(provider("shineon", of_customcat).unwrap_err().contains("CustomCat's alone"));
        assert!(
            provider("customcat", "hooks = \"never\"").unwrap_err().contains("made or by_hand")
        );
        let by_hand = provider("customcat", "hooks = \"by_hand\"").unwrap();
        assert_eq!(by_hand.rules(String::new()).hooks, HooksMade::ByHand);
        assert!(provider("customcat", "limits = { price_unknown = \"ask\" }").is_err());
        let page = |page: &str| provider("customcat", &format!("order_page = \"{page}\""));
        assert!(page("https://provider.example/orders/{number}").is_ok());
        for wrong in ["javascript:alert({number})", "https://provider.example/orders"] {
            assert!(page(wrong).unwrap_err().contains("web address"), "{wrong}");
        }
        let own = provider("customcat", "limits = { price_unknown = \"hold\" }").unwrap().limits;
        let rules = own.unwrap().rules();
        assert_eq!(rules.price_unknown, Some(crate::flow::limits::PriceUnknown::Hold));
        let untold = provider("customcat", "limits = { price_max = \"5\" }").unwrap().limits;
        assert_eq!(untold.unwrap().rules().price_unknown, None, "as for all submissions");
    }
}
