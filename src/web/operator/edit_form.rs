//! The fields of the editor: how each kind is shown, and how what was typed is read back.

use std::collections::BTreeMap;

use crate::db;
use crate::flow::{FlowError, file};
use crate::model::circumstance;
use crate::model::design::Design;
use crate::model::field::{Field, FieldKind, Letters, Symbology};
use crate::model::framing::{Framing, Shapes};
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::{Photo, Turn, Value, Values};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::site::Site;

use super::edit::report::FieldReport;
use super::items::hex;
use super::pictures::media_type;

/// One field of the form.
pub struct FieldView {
    /// Its key: the name of its input.
    pub key: String,
    /// What people read beside it.
    pub label: String,
    /// How it is entered.
    pub entry: Entry,
    /// What is in it.
    pub text: String,
    /// What is allowed, in words.
    pub hint: String,
    /// Whether it is asked for with what is in the others.
    pub is_asked: bool,
    /// Whether the item cannot be printed without it.
    pub required: bool,
    /// What is said of it.
    pub said: FieldReport,
}

/// How a field is entered.
pub enum Entry {
    /// A day.
    Date,
    /// One line of words.
    Line {
        /// Longest text.
        max: u32,
    },
    /// Several lines of words.
    Lines {
        /// Longest text.
        max: u32,
    },
    /// Digits.
    Number,
    /// One of a list.
    Choice(Vec<Pick>),
    /// One of a list of colours.
    Colour(Vec<Pick>),
    /// A picture.
    Photo {
        /// The present one, as a picture.
        picture: Option<String>,
        /// Its hash, carried along while the form goes back and forth.
        hash: String,
        /// How it is laid.
        turn: Turn,
        /// How it stands in its frame.
        framing: Numbers,
    },
}

/// A framing as the form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// Per cent from the left.
    pub x: String,
    /// Per cent from the top.
    pub y: String,
    /// Per cent of the smallest size that fills the frame.
    pub zoom: String,
}

/// One entry of a list.
pub struct Pick {
    /// What people pick.
    pub label: String,
    /// Six digits of its colour; empty where it has none.
    pub hex: String,
    /// Whether it is picked.
    pub is_picked: bool,
}

/// The form of a design with these values, and what was said of each.
pub fn field_views(
    site: &Site,
    design: &Design,
    values: &Values,
    said: &mut BTreeMap<String, FieldReport>,
) -> Vec<FieldView> {
    let view = |field: &Field| {
        let said = said.remove(&field.key).unwrap_or_default();
        FieldView {
            is_asked: field.is_asked(values),
            required: field.is_required(values),
            ..field_view(site, field, values.get(&field.key), said)
        }
    };
    design.fields.iter().map(view).collect()
}

/// The same values as hidden fields of a form.
pub fn hidden_fields(
    design: &Design,
    values: &Values,
    said: &BTreeMap<String, FieldReport>,
) -> Vec<(String, String)> {
    let mut hidden = Vec::new();
    for field in &design.fields {
        let key = &field.key;
        match values.get(key) {
            None => {}
            Some(Value::Text(text)) => hidden.push((format!("value.{key}"), text.clone())),
            Some(Value::Photo(photo)) => {
                let shapes = said.get(key).map_or("", |said| said.shapes.as_str());
                let numbers = numbers(photo, shapes);
                hidden.push((format!("value.{key}"), photo.hash.to_string()));
                hidden.push((format!("of.{key}"), photo.hash.to_string()));
                hidden.push((format!("shapes.{key}"), shapes.to_owned()));
                hidden.push((format!("x.{key}"), numbers.x));
                hidden.push((format!("y.{key}"), numbers.y));
                hidden.push((format!("zoom.{key}"), numbers.zoom));
                hidden.push((format!("turn.{key}"), photo.turn.text()));
                hidden.push((format!("laid.{key}"), photo.turn.text()));
            }
        }
    }
    hidden
}

/// “1500 1000 600 600”: width and height of a photo and of its frame.
fn shapes(text: &str) -> Option<Shapes> {
    let sizes: Vec<u32> = text.split(' ').filter_map(|one| one.parse().ok()).collect();
    match sizes.as_slice() {
        [a, b, c, d] => Shapes::new((*a, *b), (*c, *d)),
        _ => None,
    }
}

fn numbers(photo: &Photo, shapes_text: &str) -> Numbers {
    let framing =
        shapes(shapes_text).map_or(Framing::default(), |one| Framing::of(photo.crop, one));
    let short = |number: f64| format!("{}", (number * 10.0).round() / 10.0);
    Numbers { x: short(framing.x), y: short(framing.y), zoom: short(framing.zoom) }
}

fn field_view(site: &Site, field: &Field, value: Option<&Value>, said: FieldReport) -> FieldView {
    let text = value.and_then(Value::as_text).unwrap_or("").to_owned();
    let options = |list: &[crate::model::field::Choice]| {
        let option = |choice: &crate::model::field::Choice| Pick {
            label: choice.label.clone(),
            hex: hex(&choice.gives).unwrap_or_default(),
            is_picked: choice.label == text,
        };
        list.iter().map(option).collect()
    };
    let (entry, hint) = match &field.kind {
        FieldKind::Text(rules) => {
            let max = rules.max;
            let entry = match rules.letters {
                Letters::Any if 40 < max => Entry::Lines { max },
                _ => Entry::Line { max },
            };
            (entry, format!("{} At most {max} characters.", letters(rules.letters)))
        }
        FieldKind::Number(rules) => {
            let hint = match (rules.min, rules.max) {
                (Some(min), Some(max)) => format!("A whole number from {min} to {max}."),
                _ => format!("Digits, at most {}.", rules.digits_max),
            };
            (Entry::Number, hint)
        }
        FieldKind::Choice(list) => (Entry::Choice(options(list)), String::new()),
        FieldKind::Colour(list) => (Entry::Colour(options(list)), String::new()),
        FieldKind::Date(_) => {
            let printed = field.printed(&text);
            let is_other = !text.is_empty() && printed != text;
            let hint =
                if is_other { format!("Printed as “{printed}”.") } else { String::new() };
            (Entry::Date, hint)
        }
        FieldKind::Coordinates(_) => {
            let hint = "Degrees of latitude and longitude: 48.8566, 2.3522.";
            (Entry::Line { max: 60 }, hint.to_owned())
        }
        FieldKind::Code(rules) => {
            let hint = match rules.symbology {
                Symbology::Qr(_) => "It is printed as a QR code.",
                Symbology::Code128 => {
                    "It is printed as bars: letters without accents, digits and signs."
                }
            };
            (Entry::Line { max: rules.max }, hint.to_owned())
        }
        FieldKind::Photo(_) => {
            let hint = "A JPEG, PNG or WebP of at most 50 MB.";
            (photo_entry(site, value, &said), hint.to_owned())
        }
    };
    FieldView {
        key: field.key.clone(),
        label: field.label.clone(),
        entry,
        text,
        hint,
        is_asked: true,
        required: true,
        said,
    }
}

fn photo_entry(site: &Site, value: Option<&Value>, said: &FieldReport) -> Entry {
    let photo = match value {
        Some(Value::Photo(photo)) => Some(photo),
        _ => None,
    };
    Entry::Photo {
        picture: photo.map(|photo| site.links().picture(&photo.hash)),
        hash: photo.map_or(String::new(), |photo| photo.hash.to_string()),
        turn: photo.map(|photo| photo.turn).unwrap_or_default(),
        framing: numbers(photo.unwrap_or(&Photo::whole(Hash::of(b""))), &said.shapes),
    }
}

fn letters(letters: Letters) -> &'static str {
    match letters {
        Letters::Letters => "Letters, spaces, hyphens and apostrophes.",
        Letters::Digits => "Digits.",
        Letters::LettersAndDigits => "Letters and digits.",
        Letters::Any => "",
    }
}

/// What was typed, with what is wrong with an uploaded photo. A photo is kept at once, so that it
/// is not asked for again when another field is wrong.
pub async fn read_values(
    site: &Site,
    design: &Design,
    form: &Form,
    present: &Values,
) -> Result<(Values, Vec<Problem>), Error> {
    let mut values = Values::new();
    let mut problems = Vec::new();
    for field in &design.fields {
        let name = format!("value.{}", field.key);
        let value = match field.kind {
            FieldKind::Photo(_) => {
                let found = photo(site, field, form, &name, &mut problems).await?;
                found.map(|found| framed(found, field, form, present.get(&field.key)))
            }
            _ => form.sent(&name).map(|text| Value::Text(text.replace("\r\n", "\n"))),
        };
        if let Some(value) = value {
            values.insert(field.key.clone(), value);
        }
    }
    circumstance::carry_on(present, &mut values);
    Ok((values, problems))
}

/// The part of a photo that the numbers of the form say. They count for the photo that they were made
/// for; a photo that was not moved keeps its part to the last digit.
fn framed(found: Value, field: &Field, form: &Form, present: Option<&Value>) -> Value {
    let Value::Photo(found) = found else {
        return found;
    };
    let kept = match present {
        Some(Value::Photo(old)) if old.hash == found.hash => old.clone(),
        _ => found.clone(),
    };
    let text = |name: &str| form.text(&format!("{name}.{}", field.key)).trim().replace(',', ".");
    let is_for_it = text("of") == found.hash.as_str();
    if !is_for_it {
        return Value::Photo(kept);
    }
    let turn = turned(form, &field.key).unwrap_or(kept.turn);
    let Some(shapes_then) = shapes(&text("shapes")) else {
        // Nothing was drawn of it yet: it can be turned, and is cut when its shape is known.
        let crop = kept.crop.filter(|_| turn == kept.turn);
        return Value::Photo(Photo { turn, crop, ..kept });
    };
    let typed = Numbers { x: text("x"), y: text("y"), zoom: text("zoom") };
    if turn == kept.turn && typed == numbers(&kept, &text("shapes")) {
        return Value::Photo(kept);
    }
    // The shapes are those of the photo as it was laid when they were told.
    let laid = Turn::parse(&text("laid")).unwrap_or(kept.turn);
    let shapes_now = match laid.swaps_sides() == turn.swaps_sides() {
        true => shapes_then,
        false => Shapes { photo: 1.0 / shapes_then.photo, ..shapes_then },
    };
    let number = |text: &str| text.parse().unwrap_or(f64::NAN);
    let framing = Framing { x: number(&typed.x), y: number(&typed.y), zoom: number(&typed.zoom) };
    Value::Photo(Photo { turn, crop: framing.crop(shapes_now), ..found })
}

/// Quarter turns and mirror as two fields of the form; `None` where it has none.
fn turned(form: &Form, key: &str) -> Option<Turn> {
    let degrees = Turn::parse(form.sent(&format!("turn.{key}"))?)?;
    let is_mirrored = form.sent(&format!("mirror.{key}")).is_some();
    Some(Turn::new(degrees.quarters(), degrees.is_mirrored() || is_mirrored))
}

async fn photo(
    site: &Site,
    field: &Field,
    form: &Form,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Result<Option<Value>, Error> {
    if let Some(bytes) = form.file(name) {
        if media_type(bytes).is_some() {
            let hash = file::store(&site.ctx, bytes.to_vec(), "photo").await?;
            return Ok(Some(Value::Photo(Photo::whole(hash))));
        }
        let detail = "it is no JPEG, PNG or WebP; a HEIC photo can be sent as a JPEG";
        problems.push(Problem::new(What::PhotoUnreadable, &field.label, detail));
    }
    let Some(hash) = Hash::parse(form.text(name)) else {
        return Ok(None);
    };
    let wanted = hash.clone();
    let known =
        site.ctx.read(move |tx| Ok::<_, FlowError>(db::board::kind_of_file(tx, &wanted)?)).await?;
    Ok(known.map(|_| Value::Photo(Photo::whole(hash))))
}
