//! Random orders whose prints bear a mark of order, line and copy, read again from the very files that
//! providers fetched: each piece gets the print that was ordered for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rxing::BarcodeFormat;

use crate::common::drawing::Drawing;
use crate::common::*;
use woodblock::flow::ctx::Rules;
use woodblock::flow::limits::Limits;
use woodblock::flow::{FlowError, amend};
use woodblock::model::check::Checks;
use woodblock::model::hold::Actor;
use woodblock::model::id::ShopOrderId;
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::model::value::Value;
use woodblock::outside::design_folder;
use woodblock::outside::files::Files as _;
use woodblock::render::photo;
use woodblock::sandbox::shop::a_recipient;

/// Orders of one world.
pub const ORDERS_EACH: u64 = 50;

/// What is sold: the SKU, whether each copy has a print of its own, its areas, and its drawing's code.
const GOODS: [(&str, bool, &[&str], BarcodeFormat); 4] = [
    ("CODE-MUG", false, &["front"], BarcodeFormat::QR_CODE),
    ("CODE-TEE", true, &["front", "back"], BarcodeFormat::QR_CODE),
    ("CODE-BAR", false, &["front"], BarcodeFormat::CODE_128),
    ("CODE-JPG", true, &["front"], BarcodeFormat::QR_CODE),
];

/// Names of many lengths and scripts, so that prints differ in more than their mark.
const NAMES: [&str; 8] =
    ["Jo", "Maximilian-Alexander", "Zoë", "Nguyễn", "Ελένη", "Жук", "שלום", "O’Neil & Sons"];

/// What came of some worlds.
#[derive(Debug, Default)]
pub struct Figures {
    /// Orders that were bought …
    pub orders: u64,
    /// … and those of them of which every print was right.
    pub right: u64,
    /// Prints that were read.
    pub prints: u64,
    /// What is wrong, in words.
    pub wrong: Vec<String>,
}

impl Figures {
    /// Adds another run.
    pub fn add(&mut self, other: Figures) {
        self.orders += other.orders;
        self.right += other.right;
        self.prints += other.prints;
        self.wrong.extend(other.wrong);
    }

    /// One line for people.
    pub fn in_words(&self) -> String {
        format!(
            "{} orders, {} right; {} prints read; {} wrong",
            self.orders,
            self.right,
            self.prints,
            self.wrong.len()
        )
    }
}

/// A design of 2 × 2 in at 200 dpi for each area, 0.16 Mpx.
fn files(sku: &str, areas: &[&str], code: BarcodeFormat) -> BTreeMap<String, Vec<u8>> {
    let kind = if code == BarcodeFormat::QR_CODE { "qr" } else { "code128" };
    let format = if sku == "CODE-JPG" { "jpg" } else { "png" };
    let mut toml = format!(
        "name='{sku}'\n[field.name]\nkind='text'\nlabel='Name'\nletters='any'\nmax=40\nmin_pt=3\n\
         [field.mark]\nkind='{kind}'\nlabel='Mark'\nmax=40\n"
    );
    let mut files = BTreeMap::new();
    for area in areas {
        toml += &format!(
            "[area.{area}]\nfile='{area}.svg'\nwidth_in=2\nheight_in=2\ndpi=200\nformat='{format}'\n"
        );
        let turn = if *area == "back" { "rotate(7 100 90)" } else { "" };
        let frame = match kind {
            "qr" => "<rect id='mark' x='40' y='30' width='120' height='120' fill='#123'/>",
            _ => "<rect id='mark' x='5' y='60' width='190' height='60' fill='#222'/>",
        };
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 200 200'>\
             <rect width='200' height='200' fill='#fdf6e3'/><g transform='{turn}'>{frame}</g>\
             <text id='name' x='100' y='190' text-anchor='middle' font-size='16' \
             font-family='DejaVu Sans'>x</text></svg>"
        );
        files.insert(format!("{area}.svg"), svg.into_bytes());
    }
    files.insert("design.toml".to_owned(), toml.into_bytes());
    files
}

/// A day with these goods in its shop; each has a variant of its own at the provider.
async fn stage(seed: u64) -> Day {
    let limits = Limits { jump_times: 0, ..Limits::default() };
    let rules = Rules { limits, watch_every: HOUR, ..rules() };
    let mut day =
        Day::with(Setting { seed, rules, poll_every: 24 * HOUR, ..Setting::default() }).await;
    day.ctx.press = Arc::new(Drawing);
    let mut rows = Vec::new();
    for (nth, (sku, differ, areas, code)) in GOODS.into_iter().enumerate() {
        let name = sku.to_lowercase();
        let design = design_folder::from_files(&name, files(sku, areas, code)).unwrap();
        woodblock::flow::furnish::add_design(&day.ctx, design).await.unwrap();
        let recipe = Recipe {
            design: name,
            provider: "customcat".to_owned(),
            provider_sku: (47_417 + nth).to_string(),
            routes: Vec::new(),
            steps: None,
            delay_s: None,
            copies: if differ { Copies::Differ } else { Copies::Alike },
            checks: Checks::default(),
        };
        rows.push((Matches::Sku(sku.to_owned()), Made::Here(recipe)));
    }
    woodblock::flow::furnish::map_products(&day.ctx, day.shop_id, rows).await.unwrap();
    day
}

/// A piece as it was ordered: the provider's variant, how many, and the mark on it.
type Piece = (String, u32, String);

struct Bought {
    order: ShopOrderId,
    pieces: Vec<Piece>,
}

/// One world of so many orders.
pub async fn run(seed: u64, orders: u64) -> Figures {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let day = stage(seed).await;
    let mut all = Vec::new();
    for nth in 0..orders {
        all.push(buy(&day, &mut rng, nth).await);
    }
    day.run_for(12 * HOUR).await;
    let mut figures = Figures { orders, ..Figures::default() };
    let ledger = day.customcat.ledger();
    for bought in all {
        let order = day.order(bought.order).await;
        let who = order.recipient.clone();
        let mut found = Vec::new();
        for entry in ledger.iter().filter(|entry| entry.recipient.email == who.email) {
            for line in &entry.lines {
                for file in &line.files {
                    let bytes = day.files.get(file.fetched.as_ref().unwrap()).unwrap();
                    figures.prints += 1;
                    let mark = read(&bytes).unwrap_or_else(|| "nothing".to_owned());
                    found.push((line.provider_sku.clone(), line.quantity, mark));
                }
            }
        }
        let mut expected = bought.pieces;
        expected.sort();
        found.sort();
        if expected == found {
            figures.right += 1;
        } else {
            let words = format!(
                "seed {seed}, order {}: ordered {expected:?}, printed {found:?}; held for {:?}",
                order.number,
                order.holds.iter().map(|hold| hold.problem.sentence()).collect::<Vec<_>>()
            );
            figures.wrong.push(words);
        }
    }
    figures
}

/// One order of some lines; where copies differ, each gets its own mark by an edit. Some names are
/// changed while the countdown runs, so that what is printed is not what was drawn first.
async fn buy(day: &Day, rng: &mut ChaCha12Rng, nth: u64) -> Bought {
    let mut goods: Vec<_> = GOODS.iter().collect();
    goods.truncate(rng.random_range(1..=GOODS.len()));
    let mut lines = Vec::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut own_marks: Vec<(usize, u32, String)> = Vec::new();
    for (place, (sku, differ, areas, _)) in goods.into_iter().enumerate() {
        let quantity = rng.random_range(1..=3);
        let at = GOODS.iter().position(|one| one.0 == *sku).unwrap();
        let variant = (47_417 + at).to_string();
        let mark = |copy: u32| format!("O{nth}-L{place}-C{copy}");
        let bought = line(sku).with("Name", NAMES.choose(rng).unwrap()).with("Mark", &mark(0));
        lines.push(bought.times(quantity));
        for copy in 1..=if *differ { quantity } else { 1 } {
            let (count, mark) = if *differ { (1, mark(copy)) } else { (quantity, mark(0)) };
            pieces.extend(areas.iter().map(|_| (variant.clone(), count, mark.clone())));
            if *differ {
                own_marks.push((place, copy, mark));
            }
        }
    }
    let who = a_recipient(usize::try_from(nth).unwrap());
    let who =
        woodblock::model::recipient::Recipient { email: format!("buyer-{nth}@example.org"), ..who };
    let order = day.shop.customer_buys(cart(lines).to(who));
    day.run_for(10 * MINUTE).await;
    let stored = day.order(order).await;
    for item in &stored.items {
        let place = stored.lines.iter().position(|line| line.id == item.line).unwrap();
        let mark = own_marks.iter().find(|(line, copy, _)| (*line, *copy) == (place, item.copy));
        let is_renamed = rng.random_bool(0.2);
        let mut values = item.values.clone();
        if let Some((_, _, mark)) = mark {
            values.insert("mark".to_owned(), Value::Text(mark.clone()));
        }
        if is_renamed {
            let name = (*NAMES.choose(rng).unwrap()).to_owned();
            values.insert("name".to_owned(), Value::Text(name));
        }
        if values != item.values {
            let by = Actor::Person("ann".to_owned());
            let done: Result<amend::Amended, FlowError> =
                amend::amend(&day.ctx, stored.id, item.id, values, by).await;
            done.unwrap();
        }
    }
    Bought { order, pieces }
}

/// What a telephone reads from a print.
fn read(bytes: &[u8]) -> Option<String> {
    let print = photo::decode(bytes).ok()?;
    let (rgba, _) = print.rgba.as_chunks::<4>();
    let luma = rgba.iter().map(|&[r, g, b, _]| {
        let sum = u32::from(r) + u32::from(g) + u32::from(b);
        u8::try_from(sum / 3).unwrap()
    });
    let luma: Vec<u8> = luma.collect();
    let (width, height) = (print.width_px, print.height_px);
    let formats = [BarcodeFormat::QR_CODE, BarcodeFormat::CODE_128];
    let mut found = formats.iter().filter_map(|format| {
        rxing::helpers::detect_in_luma(luma.clone(), width, height, Some(*format)).ok()
    });
    found.next().map(|found| found.getText().to_owned())
}
