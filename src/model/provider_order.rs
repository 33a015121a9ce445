//! What goes to a print provider, and what it says of it, in our words.

use super::fulfilment::Reference;
use super::id::Hash;
use super::money::Money;
use super::problem::Problem;
use super::recipient::Recipient;

/// Everything a provider is sent for one fulfilment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOrder {
    /// Our own number: the provider's idempotency key.
    pub reference: Reference,
    /// Whether it is charged and made.
    pub mode: Mode,
    /// Who gets the goods.
    pub recipient: Recipient,
    /// The provider's own word for the shipping method.
    pub shipping_method: String,
    /// Where the provider may report, with its token; empty when nothing is to be reported.
    pub hook_url: String,
    /// What is to be made.
    pub lines: Vec<ProviderLine>,
}

/// Whether an order is charged and made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Charged and made.
    Live,
    /// Checked, neither charged nor made.
    Test,
}

/// One line of a provider's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderLine {
    /// Our own id of the line, at most 40 of `[A-Za-z0-9-]`.
    pub key: String,
    /// The provider's variant.
    pub provider_sku: String,
    /// Pieces.
    pub quantity: u32,
    /// The print files, one for each area.
    pub files: Vec<ProviderFile>,
    /// Words that the provider itself engraves, by the provider's key.
    pub texts: Vec<(String, String)>,
    /// Name of the product, for people.
    pub title: String,
}

/// One print file as a provider is given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFile {
    /// The area: `front`, `back`, `wrap` …
    pub area: String,
    /// Public address, with the hash in it.
    pub url: String,
    /// The bytes behind the address.
    pub hash: Hash,
    /// A picture of the finished product, for the provider's people: address and bytes.
    pub mockup: Option<(String, Hash)>,
}

/// What an adapter can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// Who places the order.
    pub placed_by: PlacedBy,
    /// Whether an order can be found by our reference.
    pub lookup_by_reference: bool,
    /// Whether repeated misses after the settle time prove that it is not there.
    pub absence: Absence,
    /// Seconds until a look-up can be believed.
    pub settle_s: u32,
    /// Whether the provider says which lines are in a parcel.
    pub names_lines_in_parcels: bool,
    /// Whether an order can be cancelled for a time.
    pub cancel: bool,
    /// Whether a design can be corrected after submission for a time.
    pub correct: bool,
    /// Whether a telephone number is demanded.
    pub wants_phone: bool,
    /// Whether an order is placed on hold, compared, and released by a second call.
    pub holds_first: bool,
}

/// Who places the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacedBy {
    /// This program.
    Program,
    /// A person, who types the provider's number.
    Person,
}

/// What repeated misses prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// After the settle time, that the order is not there.
    Proven,
    /// Nothing: a person decides.
    Unproven,
}

/// The provider's clear yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's own number.
    pub provider_order_id: String,
    /// What it costs, when the answer says so.
    pub price: Option<Money>,
}

/// What the provider has under one of our references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderStatus {
    /// The provider's own number.
    pub provider_order_id: String,
    /// How far it is.
    pub progress: Progress,
    /// The provider's own word for it.
    pub word: String,
    /// All parcels so far.
    pub parcels: Vec<ProviderParcel>,
    /// What the order holds, as far as the answer tells: our line key and pieces.
    pub lines: Option<Vec<(String, u32)>>,
    /// Whether a design could still be corrected now.
    pub can_correct: bool,
    /// What it costs, when the answer says so.
    pub price: Option<Money>,
}

/// A provider's order, read back and compared with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// How far it is.
    pub status: ProviderStatus,
    /// What differs from what was sent, in words; empty when nothing does.
    pub differences: Vec<String>,
}

/// How far a provider's order is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Taken, not begun, possibly held there with a reason.
    Accepted {
        /// Why the provider holds it; empty where it does not say.
        held: Option<String>,
    },
    /// Being made.
    InProduction,
    /// All of it has left.
    Shipped,
    /// Given up.
    Cancelled,
    /// A word that is not known; never taken for shipped.
    Unknown,
}

/// One parcel as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderParcel {
    /// The provider's own id of the parcel; the tracking number where it has none.
    pub key: String,
    /// Carrier in the provider's words.
    pub carrier: String,
    /// Tracking number.
    pub tracking_number: String,
    /// Page of the carrier; may be empty.
    pub tracking_url: String,
    /// What is in it.
    pub contents: Contents,
}

/// What is in a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// Our line keys and pieces.
    Lines(Vec<(String, u32)>),
    /// Only how many pieces.
    Pieces(u32),
    /// Nothing is said.
    Untold,
}

/// A call of a provider's hook, read: only a hint to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Look at the fulfilment with this reference.
    Look {
        /// Our reference as the provider wrote it.
        reference: Reference,
        /// Page of the carrier, which some providers tell nowhere else: tracking number, address.
        tracking_url: Option<(String, String)>,
    },
    /// Look at the fulfilment with this number of the provider's.
    LookById {
        /// The provider's own number.
        provider_order_id: String,
    },
    /// The provider refuses a design: a person must see it.
    DesignRejected {
        /// Our references.
        references: Vec<Reference>,
        /// The provider's words.
        reason: String,
    },
    /// Nothing that concerns us.
    Nothing,
}

/// What came of asking a provider to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelAnswer {
    /// Confirmed by reading it back.
    Cancelled,
    /// Refused, in the provider's words.
    Refused(String),
    /// Not clear; ask again or look.
    Unclear(String),
}

/// One variant of a provider's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// What the product map names.
    pub provider_sku: String,
    /// Name with colour and size.
    pub title: String,
    /// Whether it can be ordered now; unknown is `true`.
    pub in_stock: bool,
}

/// A refusal, with what it means for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, in the provider's words.
    pub problem: Problem,
    /// How far it reaches.
    pub reach: Reach,
    /// Addresses that the provider suggests instead, one line each.
    pub suggestions: Vec<String>,
}

/// How far a refusal reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This order alone.
    Order,
    /// The whole account: wrong key, charge failed. The provider is paused.
    Account,
}

impl ProviderFile {
    /// `png`, `jpg`, `svg`: the end of its address.
    pub fn extension(&self) -> &str {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

impl ProviderLine {
    /// Why a provider that takes PNG and JPEG alone cannot take the files of this line.
    pub fn odd_file(&self) -> Option<String> {
        let is_odd = |file: &&ProviderFile| ["tif", "pdf", "svg"].contains(&file.extension());
        self.files.iter().find(is_odd).map(|file| {
            let (area, kind) = (&file.area, file.extension().to_uppercase());
            format!("the area {area} is a {kind}, and PNG or JPEG is wanted: set its format")
        })
    }
}

impl ProviderOrder {
    /// `live` or `test`, as people read it.
    pub fn mode_in_words(&self) -> &'static str {
        match self.mode {
            Mode::Live => "live",
            Mode::Test => "test",
        }
    }
}
