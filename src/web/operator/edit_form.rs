//! The fields of the editor: how each kind is shown, and how what was typed is read back.

use crate::db;
use crate::flow::{FlowError, file};
use crate::model::design::Design;
use crate::model::field::{Field, FieldKind, Letters};
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::{Photo, Value, Values};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::site::Site;

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
    /// Whether the item cannot be printed without it.
    pub required: bool,
    /// What is wrong with it.
    pub problems: Vec<String>,
    /// What people should know of it though it can be printed.
    pub remarks: Vec<String>,
}

/// How a field is entered.
pub enum Entry {
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
    },
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

/// The form of a design with these values; problems that no field of it has come back beside it.
pub fn field_views(
    site: &Site,
    design: &Design,
    values: &Values,
    problems: Vec<Problem>,
) -> (Vec<FieldView>, Vec<String>) {
    let of_field = |field: &Field, problem: &Problem| {
        problem.place == field.label || problem.place == field.key
    };
    let mut views = Vec::new();
    for field in &design.fields {
        let mine = problems.iter().filter(|problem| of_field(field, problem));
        let (remarks, mine): (Vec<_>, Vec<_>) = mine.partition(|problem| is_remark(problem));
        views.push(FieldView {
            problems: mine.into_iter().map(words).collect(),
            remarks: remarks.into_iter().map(words).collect(),
            ..field_view(site, field, values.get(&field.key))
        });
    }
    let rest = problems
        .iter()
        .filter(|problem| !design.fields.iter().any(|field| of_field(field, problem)));
    (views, rest.map(Problem::sentence).collect())
}

/// Whether it can be printed all the same.
fn is_remark(problem: &Problem) -> bool {
    matches!(problem.what, What::TextShrunk | What::PhotoSoft)
}

fn words(problem: &Problem) -> String {
    match problem.detail.is_empty() {
        true => format!("{}. {}", problem.what.title(), problem.what.cure()),
        false => format!("{}: {}.", problem.what.title(), problem.detail),
    }
}

fn field_view(site: &Site, field: &Field, value: Option<&Value>) -> FieldView {
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
        FieldKind::Photo(_) => {
            let photo = match value {
                Some(Value::Photo(photo)) => Some(photo),
                _ => None,
            };
            let entry = Entry::Photo {
                picture: photo.map(|photo| site.links().picture(&photo.hash)),
                hash: photo.map_or(String::new(), |photo| photo.hash.to_string()),
            };
            (entry, "A JPEG, PNG or WebP of at most 50 MB.".to_owned())
        }
    };
    FieldView {
        key: field.key.clone(),
        label: field.label.clone(),
        entry,
        text,
        hint,
        required: field.required,
        problems: Vec::new(),
        remarks: Vec::new(),
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
                found.map(|found| with_crop(found, present.get(&field.key)))
            }
            _ => form.sent(&name).map(|text| Value::Text(text.replace("\r\n", "\n"))),
        };
        if let Some(value) = value {
            values.insert(field.key.clone(), value);
        }
    }
    Ok((values, problems))
}

/// The same photo keeps the part of it that was chosen.
fn with_crop(found: Value, present: Option<&Value>) -> Value {
    match (&found, present) {
        (Value::Photo(new), Some(Value::Photo(old))) if new.hash == old.hash => {
            Value::Photo(old.clone())
        }
        _ => found,
    }
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
            return Ok(Some(Value::Photo(Photo { hash, crop: None })));
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
    Ok(known.map(|_| Value::Photo(Photo { hash, crop: None })))
}
