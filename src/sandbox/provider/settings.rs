//! How a provider of the world behaves: durations, refusals, answers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::design::PixelSize;
use crate::model::money::{Currency, Money};
use crate::model::provider_order::{Abilities, Absence, CatalogueEntry, PlacedBy};
use crate::model::sku::{Need, NeedKind};

/// Whose ways a provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One order per reference, several hints of how far it is, no line in any answer.
    CustomCat,
    /// Two orders under one reference if asked twice; lines named; editable until it is billed.
    ShineOn,
}

/// When making begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// So long after the order was accepted.
    After(Duration),
    /// At the first billing run (hours of the day, UTC) after this age is reached.
    Billing {
        /// Hours of the runs, ascending.
        hours: Vec<u8>,
        /// Age that an order must have.
        age_min: Duration,
    },
    /// When a test says so.
    ByHand,
}

/// How the goods leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParcelPlan {
    /// All in one parcel.
    Together,
    /// The first line's first piece alone, the rest later.
    Two {
        /// How much later.
        gap: Duration,
    },
    /// When a test says so.
    ByHand,
}

/// What a second order with the same reference gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// An error that says so (CustomCat's documents).
    Refused,
    /// The first order's id once more (CustomCat, as observed).
    SameId,
    /// A second order, charged again (ShineOn, as must be assumed).
    SecondOrder,
}

/// How long an order can be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelRule {
    /// Until making begins.
    UntilProduction,
    /// Until it left.
    UntilShipped,
    /// Never, whatever the documents say.
    Never,
}

/// Whether the merchant's card works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// It does.
    Works,
    /// Every live order is refused.
    Fails,
}

/// What a ShineOn SKU needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkuKind {
    /// A picture.
    Artwork,
    /// A picture, as SVG and nothing else.
    SvgArtwork,
    /// So many engraved lines.
    Engraving(u8),
    /// A ring size.
    Ring,
    /// Nothing.
    Standard,
}

/// Where an error's words stand over HTTP (CustomCat has been seen with each).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorPlace {
    /// In the header `X-FAIL-MESSAGE`.
    Header,
    /// Under `ERROR` in a document.
    Json,
    /// As the reason phrase of the status.
    Reason,
    /// As the text of the body.
    Text,
}

/// Which state an order of ShineOn's begins in, where it is asked to be ready at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstState {
    /// `awaiting_payment`, as its examples show.
    AwaitingPayment,
    /// `on_hold` without a reason, as live users have seen.
    OnHold,
}

/// Whether a quote for shipping tells a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteRule {
    /// It does.
    Told,
    /// It is always 0.00, as seen for destinations abroad.
    Zero,
}

/// What an order of CustomCat's without the word `sandbox` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxWord {
    /// Live, as its documents say.
    Optional,
    /// Refused, so that a test notices.
    Demanded,
}

/// What ShineOn's own calls tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// Parcels alone.
    Parcels,
    /// Every change of state, tracking or not.
    EveryChange,
}

/// How CustomCat speaks: as its documents say, or as it has been seen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `Pending`, the total as a number.
    Documented,
    /// `in queue`, the total as text.
    Seen,
}

/// How one provider behaves. Change it with `WorldProvider::set`.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// What the adapter says that it can do.
    pub abilities: Abilities,
    /// When making begins.
    pub start: Start,
    /// How long making takes.
    pub making: Duration,
    /// How the goods leave.
    pub parcels: ParcelPlan,
    /// From when on a look-up finds a new order.
    pub visible_after: Duration,
    /// What a second order with the same reference gets.
    pub duplicate: Duplicate,
    /// How long an order can be cancelled.
    pub cancel: CancelRule,
    /// Whether the merchant's card works.
    pub charge: Charge,
    /// SKUs that cannot be ordered.
    pub out_of_stock: BTreeSet<String>,
    /// Postal codes that fail the address check.
    pub bad_postcodes: BTreeSet<String>,
    /// What SKUs need; a SKU that is not here needs a picture.
    pub sku_kinds: BTreeMap<String, SkuKind>,
    /// Price of one piece.
    pub price_each: Money,
    /// Price of sending.
    pub price_shipping: Money,
    /// The key that may write: `api_key` of CustomCat, the bearer token of ShineOn.
    pub key: String,
    /// The key that may only read, and that CustomCat's own calls carry.
    pub key_read_only: String,
    /// Where an error's words stand over HTTP.
    pub error_place: ErrorPlace,
    /// How CustomCat speaks over HTTP.
    pub dialect: Dialect,
    /// Which state an order of ShineOn's begins in.
    pub first_state: FirstState,
    /// The status of ShineOn's answer to a new order over HTTP: 200 or 201.
    pub created_status: u16,
    /// What ShineOn's own calls tell.
    pub calls: Calls,
    /// What an order of CustomCat's without the word `sandbox` is, over HTTP.
    pub sandbox_word: SandboxWord,
    /// Shipping methods: id and name (CustomCat).
    pub shipping_methods: Vec<(i64, String)>,
    /// Whether a quote for shipping tells a price.
    pub quote: QuoteRule,
    /// Keys of ShineOn's blanks that are ordered in version 2; a blank without is of version 1.
    pub personalizations: BTreeMap<String, Vec<Need>>,
    /// Pixels of the artwork of ShineOn's goods.
    pub artwork: BTreeMap<String, PixelSize>,
    /// What the catalogue shows; a SKU that is not in it can be ordered all the same.
    pub catalogue: Vec<CatalogueEntry>,
}

impl ProviderSettings {
    pub(crate) fn of(kind: Kind) -> ProviderSettings {
        let dollars =
            |minor| Money { minor, currency: Currency::parse("USD").expect("three letters") };
        let hour = Duration::from_secs(3600);
        let is_customcat = kind == Kind::CustomCat;
        let skus: &[(&str, &str)] = match kind {
            Kind::CustomCat => &[
                ("45475", "Bella+Canvas 3001C, Black, S"),
                ("48146", "Gildan 5000, Black, L"),
                ("47417", "Mug, White, 11 oz"),
            ],
            Kind::ShineOn => &[
                ("SO-15845643", "Luxury Military Necklace, Steel"),
                ("PT-10204", "Heart Pendant"),
                ("PT-20417", "Acrylic Dog Tag"),
            ],
        };
        let methods = [(35, "Economy"), (36, "Ground"), (80, "2 Day"), (81, "Standard Overnight")];
        let catalogue = skus.iter().map(|(sku, title)| CatalogueEntry {
            provider_sku: (*sku).to_owned(),
            title: (*title).to_owned(),
            in_stock: true,
        });
        ProviderSettings {
            abilities: abilities(is_customcat),
            start: match kind {
                Kind::CustomCat => Start::After(4 * hour),
                // 5 in the morning and in the evening, US Eastern standard time.
                Kind::ShineOn => Start::Billing { hours: vec![10, 22], age_min: 6 * hour },
            },
            making: 48 * hour,
            parcels: ParcelPlan::Together,
            visible_after: Duration::ZERO,
            duplicate: match kind {
                Kind::CustomCat => Duplicate::Refused,
                Kind::ShineOn => Duplicate::SecondOrder,
            },
            cancel: match kind {
                Kind::CustomCat => CancelRule::UntilProduction,
                Kind::ShineOn => CancelRule::UntilShipped,
            },
            charge: Charge::Works,
            out_of_stock: BTreeSet::new(),
            bad_postcodes: BTreeSet::from(["00000".to_owned()]),
            sku_kinds: BTreeMap::new(),
            price_each: dollars(995),
            price_shipping: dollars(499),
            key: "7A6E3B1C-52D4-4E0B-9C1F2E3D4A5B6C7D".to_owned(),
            key_read_only: "0F1E2D3C-4B5A-4697-88796A5B4C3D2E1F".to_owned(),
            error_place: ErrorPlace::Header,
            dialect: Dialect::Documented,
            catalogue: catalogue.collect(),
            first_state: FirstState::AwaitingPayment,
            created_status: 201,
            calls: Calls::Parcels,
            sandbox_word: SandboxWord::Optional,
            shipping_methods: methods.map(|(id, name)| (id, name.to_owned())).to_vec(),
            quote: QuoteRule::Told,
            personalizations: match kind {
                Kind::CustomCat => BTreeMap::new(),
                Kind::ShineOn => blanks(),
            },
            artwork: match kind {
                Kind::CustomCat => BTreeMap::new(),
                Kind::ShineOn => {
                    let tag = PixelSize { width_px: 1000, height_px: 1788 };
                    BTreeMap::from([("PT-20417".to_owned(), tag)])
                }
            },
        }
    }
}

/// What the adapters can do, too.
fn abilities(is_customcat: bool) -> Abilities {
    Abilities {
        placed_by: PlacedBy::Program,
        lookup_by_reference: true,
        absence: Absence::Proven,
        settle_s: 900,
        names_lines_in_parcels: !is_customcat,
        cancel: true,
        correct: !is_customcat,
        wants_phone: is_customcat,
        holds_first: false,
    }
}

/// A pendant with a picture and words, and a tag that takes SVG alone.
fn blanks() -> BTreeMap<String, Vec<Need>> {
    let pendant = vec![
        Need::new("front", NeedKind::Picture, true),
        Need::new("engraving_line_1", NeedKind::Text, false),
    ];
    let tag = vec![Need::new("front", NeedKind::Svg, true)];
    BTreeMap::from([("PT-10204".to_owned(), pendant), ("PT-20417".to_owned(), tag)])
}
