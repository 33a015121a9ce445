//! The items of an order: picture, values, what the customer gave, files, revisions.

use super::action::Action;
use super::problems::item_title;
use super::record::Record;
use super::times::{Time, Times};
use super::words::{self, Standing};
use crate::flow::correct;
use crate::model::field::{Field, FieldKind};
use crate::model::hold::Actor;
use crate::model::id::ItemId;
use crate::model::item::{Item, PrintFile, State, Step, Verdict};
use crate::model::order::LineKind;
use crate::model::problem::{Problem, What};
use crate::model::shop_order::MetaSource;
use crate::model::value::Value;
use crate::web::site::Site;

/// One item as the page of its order shows it.
pub struct ItemView {
    /// Its id.
    pub id: ItemId,
    /// “1001-1 Name mug”.
    pub title: String,
    /// Where it stands.
    pub standing: Standing,
    /// Pieces.
    pub quantity: u32,
    /// Pieces that were ordered again.
    pub reprints: u32,
    /// The provider's variant.
    pub sku: String,
    /// The number of the present revision.
    pub revision: u32,
    /// The first digits of its seal.
    pub seal: String,
    /// What it is printed with.
    pub values: Vec<ValueView>,
    /// Fields without anything in them: what people read beside each, and what that means.
    pub empty: Vec<(String, String)>,
    /// What stood in the shop's order, word for word.
    pub given: Vec<(String, String)>,
    /// Pictures that came with it from where it was ordered.
    pub pictures: Vec<String>,
    /// The print files of the present revision.
    pub files: Vec<FileView>,
    /// What people should know of them.
    pub remarks: Vec<String>,
    /// What can be pressed.
    pub actions: Vec<Action>,
    /// Why nothing can be changed; empty while it can.
    pub locked: &'static str,
    /// Earlier revisions, newest first; empty where there is one only.
    pub revisions: Vec<RevisionView>,
    /// What the customer gave and somebody must look at.
    pub pieces: Vec<PieceView>,
}

/// One value.
pub struct ValueView {
    /// What people read beside it.
    pub label: String,
    /// The words; for a photo its name.
    pub text: String,
    /// The photo.
    pub picture: Option<String>,
    /// Number of its swatch, where it is a colour of the design.
    pub colour: Option<String>,
}

/// One print file.
pub struct FileView {
    /// The area.
    pub area: String,
    /// The page that shows it large.
    pub page: String,
    /// The small picture.
    pub picture: String,
    /// The finished product that shows it; empty where there is no such picture.
    pub mockup: String,
    /// Where it is downloaded.
    pub download: String,
    /// “2700 × 1125 px”.
    pub size: String,
    /// “300 dpi PNG, 9 × 3.75 in”.
    pub kind: String,
    /// The first digits of its hash.
    pub short: String,
    /// The whole hash.
    pub hash: String,
}

/// One revision.
pub struct RevisionView {
    /// Its number.
    pub number: u32,
    /// When it was made.
    pub at: Time,
    /// By whom, and why.
    pub words: String,
    /// Whether it counts.
    pub is_present: bool,
}

/// One piece that was asked of the customer.
pub struct PieceView {
    /// The field.
    pub field: String,
    /// What people read beside it.
    pub label: String,
    /// What was said of it.
    pub words: String,
    /// Whether somebody must look at it now.
    pub is_open: bool,
}

/// A line that is not printed here.
pub struct OtherLine {
    /// Product's name.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// Why it is not printed.
    pub why: &'static str,
}

/// The items of an order.
pub fn views(site: &Site, record: &Record, times: &Times) -> Vec<ItemView> {
    let items = record.order.items.iter();
    items.map(|item| view(site, record, item, times)).collect()
}

/// The lines that are not printed here.
pub fn others(record: &Record) -> Vec<OtherLine> {
    let lines = record.order.lines.iter();
    let other = |line: &crate::model::order::Line| {
        let why = match line.kind {
            LineKind::Printed => return None,
            LineKind::PassesBy => "needs no print",
            LineKind::Unmapped => "is not in the product map",
        };
        Some(OtherLine { name: line.name.clone(), quantity: line.quantity, why })
    };
    lines.filter_map(other).collect()
}

fn view(site: &Site, record: &Record, item: &Item, times: &Times) -> ItemView {
    let is_locked = record.order.is_locked(item.id);
    ItemView {
        id: item.id,
        title: item_title(record, item.id),
        standing: standing(record, item),
        quantity: item.quantity,
        reprints: item.reprints,
        sku: item.provider_sku.clone(),
        revision: item.facts.revision,
        seal: item.facts.seal(item.facts.revision).short().to_owned(),
        values: values(site, record, item),
        empty: empty(record, item),
        given: given(record, item),
        pictures: record.pictures_of(site, item.id),
        files: item
            .facts
            .files_of(item.facts.revision)
            .map(|file| file_view(site, record, item, file))
            .collect(),
        actions: actions(site, record, item, is_locked),
        locked: match (is_locked, item.state) {
            (_, State::Dropped) => "It was refunded or cancelled.",
            (true, _) if is_refused(record, item) => {
                "It was refused. Press Submit again: its values can be changed while the new \
                 countdown runs."
            }
            (true, _) => match correctable(site, record, item) {
                Ok(()) => "It was submitted. Its provider takes a corrected file until it begins.",
                Err(why) => why,
            },
            (false, _) => "",
        },
        revisions: revisions(record, item, times),
        pieces: pieces(record, item),
        remarks: remarks(record, item),
    }
}

/// What the checks told of the print files, once for each.
fn remarks(record: &Record, item: &Item) -> Vec<String> {
    let mine = record.remarks.iter().filter(|(of, _)| *of == item.id);
    let mut words: Vec<String> = mine.map(|(_, told)| remark_in_words(told)).collect();
    words.dedup();
    words
}

fn remark_in_words(told: &Problem) -> String {
    let Problem { what, place, detail } = told;
    match (what, place.is_empty(), detail.is_empty()) {
        (What::NearEdge, false, false) => format!("“{place}” {detail}"),
        (_, false, false) => format!("{place}: {} ({detail})", lower_first(what.title())),
        _ => told.sentence(),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    format!("{first}{}", letters.as_str())
}

/// Where an item stands; what is held is not being drawn, whatever its facts say.
pub fn standing(record: &Record, item: &Item) -> Standing {
    let is_held = record.order.holds_on_item(item.id).next().is_some();
    match is_held && item.state != State::Dropped {
        true => words::HELD,
        false => words::of_item_in(&record.order, item.state),
    }
}

/// Whether the provider may still take a corrected file of a submitted item; why not.
pub fn correctable(site: &Site, record: &Record, item: &Item) -> Result<(), &'static str> {
    let place = correct::place(&site.ctx, &record.order, item.id)?;
    match record.can_correct.get(&place) {
        Some(false) => {
            Err("It was submitted and can no longer be changed: the provider said that \
                            it takes no corrected file any more.")
        }
        Some(true) | None => Ok(()),
    }
}

/// Whether the newest fulfilment of an item was refused.
fn is_refused(record: &Record, item: &Item) -> bool {
    let mut newest = record.order.fulfilments.iter().rev();
    let newest = newest.find(|one| one.lines.iter().any(|line| line.item == item.id));
    newest.is_some_and(|one| one.state == crate::model::fulfilment::State::Refused)
}

fn values(site: &Site, record: &Record, item: &Item) -> Vec<ValueView> {
    let design = record.designs.get(&item.id);
    let mut views = Vec::new();
    let mut add = |key: &str, value: &Value| {
        if is_empty(value) {
            return;
        }
        let kind = design.and_then(|design| design.field(key)).map(|field| &field.kind);
        let (text, picture) = match value {
            Value::Text(text) => (text.clone(), None),
            Value::Photo(photo) => {
                (format!("photo {}", photo.hash.short()), Some(site.links().picture(&photo.hash)))
            }
        };
        views.push(ValueView {
            label: record.label(item.id, key),
            colour: kind.and_then(|kind| hex_of(kind, &text)),
            text,
            picture,
        });
    };
    // The order of the form, then what the design no longer knows.
    let keys: Vec<&str> = design.map_or(Vec::new(), |design| {
        design.fields.iter().map(|field| field.key.as_str()).collect()
    });
    for key in &keys {
        if let Some(value) = item.values.get(*key) {
            add(key, value);
        }
    }
    for (key, value) in &item.values {
        if !keys.contains(&key.as_str()) {
            add(key, value);
        }
    }
    views
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.trim().is_empty())
}

/// The fields of an item that hold nothing; they are shown when they are asked for (D027).
fn empty(record: &Record, item: &Item) -> Vec<(String, String)> {
    let fields = record.designs.get(&item.id).into_iter().flat_map(|design| &design.fields);
    let asked = fields.filter(|field| field.is_asked(&item.values));
    let bare = asked.filter(|field| item.values.get(&field.key).is_none_or(is_empty));
    let said = |field: &Field| match (field.is_required(&item.values), &field.default) {
        (true, _) => "empty, and needed".to_owned(),
        (false, Some(default)) => format!("empty; “{default}” is printed"),
        (false, None) => "empty".to_owned(),
    };
    bare.map(|field| (record.label(item.id, &field.key), said(field))).collect()
}

/// The colour that a choice's label stands for, as six digits.
pub fn hex_of(kind: &FieldKind, label: &str) -> Option<String> {
    let FieldKind::Colour(choices) = kind else {
        return None;
    };
    let choice = choices.iter().find(|choice| choice.label == label)?;
    hex(&choice.gives)
}

/// Six digits of `#rrggbb`; a page writes them into an attribute.
pub fn hex(colour: &str) -> Option<String> {
    let digits = colour.strip_prefix('#')?;
    let is_hex = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| digits.to_lowercase())
}

/// What stood in the shop’s order for this item’s line, word for word.
pub fn given(record: &Record, item: &Item) -> Vec<(String, String)> {
    let meta = record.meta.get(&item.line);
    let rows = meta.into_iter().flatten();
    rows.filter(|row| row.source != MetaSource::Hidden)
        .map(|row| (words::humane(&row.key), row.value.clone()))
        .collect()
}

/// One print file as a page shows it.
pub fn file_view(site: &Site, record: &Record, item: &Item, file: &PrintFile) -> FileView {
    let links = site.links();
    let order = &record.order.id;
    let act = |act: &str| links.item_act(order, &item.id, &format!("{act}/{}", file.area));
    let inches = |px: u32| {
        let hundredths = u64::from(px) * 100 / u64::from(file.dpi.max(1));
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    FileView {
        area: words::humane(&file.area),
        page: act("files"),
        picture: links.picture(file.shown().unwrap_or(&file.hash)),
        mockup: file.mockup.as_ref().map(|hash| links.picture(hash)).unwrap_or_default(),
        download: act("download"),
        size: format!("{} × {} px", file.width_px, file.height_px),
        kind: format!(
            "{} dpi {}, {} × {} in",
            file.dpi,
            file.extension.to_uppercase(),
            inches(file.width_px),
            inches(file.height_px)
        ),
        short: file.hash.short().to_owned(),
        hash: file.hash.to_string(),
    }
}

fn actions(site: &Site, record: &Record, item: &Item, is_locked: bool) -> Vec<Action> {
    let links = site.links();
    let act = |act: &str| links.item_act(&record.order.id, &item.id, act);
    let seen = item.facts.seal(item.facts.revision);
    let mut actions = Vec::new();
    if item.state == State::Dropped {
        return actions;
    }
    if is_locked {
        if correctable(site, record, item).is_ok() {
            actions.push(Action::link("Send a corrected file", act("correct")));
        }
        return actions;
    }
    match item.state {
        State::AwaitingCheck => {
            actions.push(Action::press("Pass", act("pass")).primary().with("seal", seen));
        }
        State::AwaitingApproval => {
            let question = "Note that the customer has said yes to this very print file.";
            let ask = Action::ask("Approved by the customer", act("approve"), question);
            actions.push(Action { look: "quiet", ..ask.with("seal", seen) });
        }
        State::Ready if item.steps.contains(&Step::Proof) && item.facts.is_approved() => {
            let question = "It then waits for the customer's yes again, and does not go out.";
            let ask = Action::ask("Take the yes back", act("unapprove"), question);
            actions.push(Action { look: "quiet", ..ask.with("seal", seen) });
        }
        _ => {}
    }
    actions.push(Action::link("Edit design", act("edit")));
    if item.facts.files_of(item.facts.revision).next().is_some() {
        actions.push(Action::press("Draw again", act("draw-again")));
    }
    actions
}

fn revisions(record: &Record, item: &Item, times: &Times) -> Vec<RevisionView> {
    let all = record.revisions.get(&item.id);
    let all = all.filter(|all| 1 < all.len());
    let view = |(number, at, by, why): &crate::db::item::RevisionLine| RevisionView {
        number: *number,
        at: times.at(*at),
        words: match Actor::from_text(by) {
            // The words of a person's edit name the person already.
            Actor::Person(name) if why.contains(&name) => why.clone(),
            actor => format!("by {}: {why}", actor.in_words()),
        },
        is_present: *number == item.facts.revision,
    };
    all.into_iter().flatten().rev().map(view).collect()
}

fn pieces(record: &Record, item: &Item) -> Vec<PieceView> {
    let view = |piece: &crate::model::item::Piece| PieceView {
        field: piece.field.clone(),
        label: record.label(item.id, &piece.field),
        words: match (&piece.given, &piece.verdict) {
            (None, _) => "not given yet".to_owned(),
            (Some(_), None) => "to be reviewed".to_owned(),
            (Some(_), Some(Verdict::Accepted)) => "accepted".to_owned(),
            (Some(_), Some(Verdict::Waived)) => "printed as it is".to_owned(),
            (Some(_), Some(Verdict::Rejected { notes })) => format!("rejected: {notes}"),
        },
        is_open: piece.is_unjudged(),
    };
    item.facts.pieces.iter().map(view).collect()
}
