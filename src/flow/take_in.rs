//! Taking an order of the shop in, or noticing what changed on one that is here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db::item::NewItem;
use crate::db::order::{Intake, Locked};
use crate::db::{self, Tx};
use crate::model::circumstance::{self, Told};
use crate::model::design::Design;
use crate::model::hold::{Actor, Target};
use crate::model::id::{Hash, HoldId, ItemId, LineId, OrderId, ShopId};
use crate::model::item::{self, Item, Step};
use crate::model::order::{Approval, Event as OrderEvent, LineKind, Order, State, Submitted};
use crate::model::problem::{Problem, What};
use crate::model::product::{Copies, Product, Recipe};
use crate::model::reading::{self, Mapped, Standing};
use crate::model::shop_order::{LineMeta, MetaSource, ShopLine, ShopOrder};

use super::ctx::{FlowError, Rules, ShopRules};
mod added;
mod doubled;
mod notice;

use super::transition::{Amendment, Event, With, ask_shop_sync, settle, transition};
use doubled::doubled;
use notice::notice;

/// What taking in needs besides the order.
pub struct Desk {
    /// Which shop.
    pub shop: ShopId,
    /// Its settings.
    pub shop_rules: ShopRules,
    /// Settings of the installation.
    pub rules: Arc<Rules>,
    /// Every design that the product map names, by hash.
    pub designs: BTreeMap<Hash, Arc<Design>>,
    /// Settings that consequences depend on.
    pub pace: crate::model::settle::Pace,
}

/// What became of an order that the shop told us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is here now.
    New(OrderId),
    /// It was here; what changed is noted.
    Known(OrderId),
    /// It does not concern us.
    Passed(String),
}

/// Takes an order in, or notes what changed.
pub fn take_in(tx: &Tx<'_>, desk: &Desk, told: &ShopOrder) -> Result<Taken, FlowError> {
    match db::order::find(tx, desk.shop, told.id)? {
        // It is not filled again with what was erased, whatever the shop says.
        Some(id) if db::erase::is_erased(tx, id)? => {
            Ok(Taken::Passed("it was erased here".to_owned()))
        }
        Some(id) => {
            let mut order = db::order::lock(tx, id)?;
            notice(tx, desk, &mut order, told)?;
            Ok(Taken::Known(id))
        }
        None => take_in_new(tx, desk, told),
    }
}

fn take_in_new(tx: &Tx<'_>, desk: &Desk, told: &ShopOrder) -> Result<Taken, FlowError> {
    let rules = &desk.shop_rules;
    let standing = reading::standing(told, &rules.paid_statuses, &rules.on_delivery);
    let map = db::product::of_shop(tx, desk.shop)?;
    let is_ours =
        told.lines.iter().any(|line| matches!(reading::mapped(&map, line), Mapped::Here(_)));
    let why = match standing {
        Standing::Draft => return Ok(Taken::Passed("it is a half-filled cart".to_owned())),
        Standing::Off | Standing::Completed | Standing::Unknown => {
            Some(format!("its status is {}", told.status))
        }
        Standing::Payable | Standing::Unpaid if !is_ours => {
            Some("none of its lines is mapped to a print".to_owned())
        }
        Standing::Payable | Standing::Unpaid => None,
    };
    if let Some(why) = why {
        db::passed::note(tx, desk.shop, told, &why)?;
        return Ok(Taken::Passed(why));
    }
    db::passed::forget(tx, desk.shop, told.id)?;
    let source = Source { name: "shop".to_owned(), approval: rules.approval };
    take_in_from(tx, desk, told, &source, &map)
}

/// Where an order comes from.
pub struct Source {
    /// `shop`, `by hand`, `etsy` …
    pub name: String,
    /// Whether a person must press Submit.
    pub approval: Approval,
}

/// Takes an order in that is not here yet.
pub fn take_in_from(
    tx: &Tx<'_>,
    desk: &Desk,
    told: &ShopOrder,
    source: &Source,
    map: &[Product],
) -> Result<Taken, FlowError> {
    let rules = &desk.shop_rules;
    let standing = reading::standing(told, &rules.paid_statuses, &rules.on_delivery);
    let intake = Intake {
        shop_order: (source.name == "shop").then_some(told.id),
        source: source.name.clone(),
        together: rules.together,
        approval: source.approval,
    };
    let Some(id) = db::order::insert(tx, desk.shop, told, &intake)? else {
        return Err(FlowError::Db(crate::db::DbError::Conflict { what: "orders" }));
    };
    let mut problems: Vec<(Target, Problem)> = odd(told).into_iter().collect();
    let ways = Ways { map, country: &told.recipient.country };
    for line in &told.lines {
        add_line(tx, desk, id, line, ways, &mut problems)?;
    }
    let mut order = db::order::lock(tx, id)?;
    let with = desk.with(&Actor::Program);
    super::transition::note(
        tx,
        order.get(),
        desk.with(&Actor::Shop),
        "order".to_owned(),
        "received",
        &told.status,
    )?;
    if source.name == "shop" && !super::shop_sync::written(told).is_empty() {
        let why = format!("order {} was submitted before by another database", told.number);
        super::recovery::begin(tx, &why)?;
    }
    let shop = db::shop::get(tx, desk.shop)?;
    // The shop's moments are whole seconds: one placed in the very second of the line is after it.
    let second = std::time::Duration::from_millis(999);
    if shop.is_some_and(|shop| told.placed_at.plus(second) < shop.go_live_at) {
        problems.push((Target::Order, Problem::new(What::BeforeGoLive, "", "")));
    }
    if source.name == "shop" && standing == Standing::Payable {
        problems.extend(doubled(tx, desk, id, told)?.map(|problem| (Target::Order, problem)));
    }
    for (target, problem) in problems {
        transition(tx, &mut order, Event::Held(target, problem), with)?;
    }
    match standing {
        Standing::Payable => {
            let event = Event::Order(OrderEvent::Paid);
            transition(tx, &mut order, event, desk.with(&Actor::Shop))?;
        }
        _ => settle(tx, &mut order, with)?,
    }
    Ok(Taken::New(id))
}

/// What is odd about the order as a whole (R20).
fn odd(told: &ShopOrder) -> Option<(Target, Problem)> {
    let missing = told.recipient.missing();
    if !missing.is_empty() {
        let detail = format!("missing: {}", missing.join(", "));
        return Some((Target::Order, Problem::new(What::AddressIncomplete, "", detail)));
    }
    let lines: i64 = told.lines.iter().map(|line| line.total.minor).sum();
    let has_odd_quantity = told.lines.iter().any(|line| line.quantity < line.refunded);
    if has_odd_quantity || (0 < lines && told.total.minor < 0) {
        let detail = format!("its lines cost {lines} and the whole {}", told.total);
        return Some((Target::Order, Problem::new(What::OrderOdd, "", detail)));
    }
    None
}

/// What decides how and where the lines of an order are made.
#[derive(Clone, Copy)]
struct Ways<'a> {
    map: &'a [Product],
    /// Where it is sent to.
    country: &'a str,
}

fn add_line(
    tx: &Tx<'_>,
    desk: &Desk,
    order: OrderId,
    line: &ShopLine,
    ways: Ways<'_>,
    problems: &mut Vec<(Target, Problem)>,
) -> Result<(), FlowError> {
    let id = db::order::insert_line(tx, order, line, LineKind::Unmapped)?;
    fill_line(tx, desk, (order, id), line, ways, problems)
}

/// Makes the items of a line that has none, as far as the product map says how.
fn fill_line(
    tx: &Tx<'_>,
    desk: &Desk,
    place: (OrderId, LineId),
    line: &ShopLine,
    ways: Ways<'_>,
    problems: &mut Vec<(Target, Problem)>,
) -> Result<(), FlowError> {
    let (kind, recipe) = match reading::mapped(ways.map, line) {
        Mapped::Here(recipe) => (LineKind::Printed, Some(recipe)),
        Mapped::Elsewhere => (LineKind::PassesBy, None),
        Mapped::Unmapped => (LineKind::Unmapped, None),
    };
    db::order::set_line_kind(tx, place.1, kind)?;
    let Some(recipe) = recipe else {
        if kind == LineKind::Unmapped {
            let detail = format!("product {}, SKU “{}”", line.product_id, line.sku);
            problems
                .push((Target::Order, Problem::new(What::LineUnmapped, line.name.clone(), detail)));
        }
        return Ok(());
    };
    let wanted = line.quantity.saturating_sub(line.refunded);
    if wanted == 0 {
        return Ok(());
    }
    let made_for = (recipe, ways.country);
    match add_items(tx, desk, place, line, made_for, wanted)? {
        Added::Items(found) => problems.extend(found),
        Added::Nothing(problem) => problems.push((Target::Order, problem)),
    }
    Ok(())
}

enum Added {
    Items(Vec<(Target, Problem)>),
    Nothing(Problem),
}

fn add_items(
    tx: &Tx<'_>,
    desk: &Desk,
    place: (OrderId, LineId),
    line: &ShopLine,
    (recipe, country): (&Recipe, &str),
    wanted: u32,
) -> Result<Added, FlowError> {
    let Some(hash) = db::design::current(tx, &recipe.design)? else {
        let problem = Problem::new(What::DesignUnknown, line.name.clone(), recipe.design.clone());
        return Ok(Added::Nothing(problem));
    };
    let Some(design) = desk.designs.get(&hash) else {
        let reason = format!("the design {} was changed just now", recipe.design);
        return Err(FlowError::Later { reason, retry_after_s: Some(0) });
    };
    let (provider_name, provider_sku) = recipe.made_for(country);
    let Some(provider) = db::provider::by_name(tx, provider_name)? else {
        let problem = Problem::new(What::ProviderUnknown, line.name.clone(), provider_name);
        return Ok(Added::Nothing(problem));
    };
    let steps = recipe.steps.clone().unwrap_or_else(|| desk.shop_rules.steps.clone());
    let told = Told { quantity: wanted, country, meta: &line.meta };
    let read = reading::values(design, &line.meta, circumstance::asked_of(design, told));
    let differ = match recipe.copies {
        Copies::Alike => false,
        Copies::Differ => true,
        Copies::AsDesigned => design.per_copy,
    };
    if differ && item::COPIES_MAX < wanted {
        return Ok(Added::Nothing(too_many(line.name.clone(), wanted)));
    }
    let copies: Vec<(u32, u32)> =
        if differ { (1..=wanted).map(|copy| (copy, 1)).collect() } else { vec![(0, wanted)] };
    let mut problems = Vec::new();
    for (copy, quantity) in copies {
        let item = NewItem {
            line: place.1,
            copy,
            quantity,
            steps: steps.clone(),
            provider,
            provider_sku: provider_sku.to_owned(),
            delay_s: recipe.delay_s,
            asked: Vec::new(),
        };
        problems.extend(add_item(tx, place.0, item, design, &read)?);
    }
    Ok(Added::Items(problems))
}

fn too_many(line: String, wanted: u32) -> Problem {
    let detail = format!("{wanted} pieces, {} are the most", item::COPIES_MAX);
    Problem::new(What::TooManyCopies, line, detail)
}

fn missing(
    design: &Design,
    read: &reading::Read,
    id: ItemId,
) -> impl Iterator<Item = (Target, Problem)> {
    let labels: Vec<String> = read
        .missing
        .iter()
        .filter_map(|key| design.field(key))
        .map(|field| field.label.clone())
        .collect();
    labels
        .into_iter()
        .map(move |label| (Target::Item(id), Problem::new(What::ValueMissing, label, "")))
}

/// Makes an item with what was read for it, and says what is wrong with that.
fn add_item(
    tx: &Tx<'_>,
    order: OrderId,
    item: NewItem,
    design: &Design,
    read: &reading::Read,
) -> Result<Vec<(Target, Problem)>, FlowError> {
    let asks = item.steps.contains(&Step::Input);
    let item = NewItem { asked: if asks { read.missing.clone() } else { Vec::new() }, ..item };
    let areas = db::item::areas_of(design);
    let facts = item::Facts {
        revision: 1,
        areas: areas.clone(),
        pieces: item
            .asked
            .iter()
            .map(|field| item::Piece { field: field.clone(), given: None, verdict: None })
            .collect(),
        ..item::Facts::default()
    };
    let state = item::state(&item.steps, &facts);
    let id = db::item::insert(tx, order, &item, state)?;
    let by = (&Actor::Customer, "as ordered");
    db::item::insert_revision(tx, id, 1, (&design.hash, &areas), &read.values, by)?;
    let mut problems: Vec<(Target, Problem)> =
        read.problems.iter().map(|one| (Target::Item(id), one.clone())).collect();
    if !asks {
        problems.extend(missing(design, read, id));
    }
    Ok(problems)
}

impl Desk {
    fn with<'a>(&'a self, actor: &'a Actor) -> With<'a> {
        With { actor, rules: &self.rules, pace: &self.pace }
    }
}

/// Asks the providers to cancel whatever was submitted and has not left.
pub fn ask_cancel(tx: &Tx<'_>, order: &Order) -> Result<(), FlowError> {
    for fulfilment in &order.fulfilments {
        let is_there = fulfilment.state.is_locked() && !fulfilment.state.is_final();
        if is_there {
            let key = fulfilment.id.to_string();
            let lane = crate::model::job::Lane::Money;
            let now = std::time::Duration::ZERO;
            super::transition::enqueue(tx, "cancel", &key, lane, Some(order.id), now)?;
        }
    }
    Ok(())
}

/// Lifts the holds of one kind on the order.
pub fn release(
    tx: &Tx<'_>,
    order: &mut Locked<Order>,
    what: What,
    with: With<'_>,
) -> Result<(), FlowError> {
    let holds: Vec<_> = order
        .get()
        .holds
        .iter()
        .filter(|hold| hold.problem.what == what)
        .map(|hold| hold.id)
        .collect();
    for id in holds {
        transition(tx, order, Event::Lifted(id), with)?;
    }
    Ok(())
}
