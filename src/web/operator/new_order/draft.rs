//! An order as far as it was typed.

use std::collections::BTreeMap;

use super::pieces;
use crate::flow::elsewhere::{Typed, TypedLine, source_name};
use crate::model::field::clean_text;
use crate::model::id::{Hash, ShopId};
use crate::model::money::{Currency, Money};
use crate::model::recipient::Recipient;
use crate::web::form::Form;

/// Lines of one order that are typed.
const LINES_MAX: usize = 20;
/// Under this name the words of the marketplace stand beside the values.
const TEXT_LABEL: &str = "Words of the source";

/// Everything of the form.
pub struct Draft {
    pub shop: String,
    pub source: String,
    pub number: String,
    pub recipient: Recipient,
    pub shipping: String,
    pub note: String,
    pub total: String,
    pub currency: String,
    pub lines: Vec<DraftLine>,
}

/// One line of it.
#[derive(Default)]
pub struct DraftLine {
    pub sku: String,
    pub name: String,
    pub quantity: String,
    pub design: String,
    pub provider: String,
    pub variant: String,
    pub text: String,
    /// The hash of its picture.
    pub picture: String,
    pub picture_href: Option<String>,
    /// What was typed for the fields of the design, by key.
    pub values: BTreeMap<String, String>,
    /// The fields of its design, as far as they are words.
    pub fields: Vec<FieldView>,
    /// Photos that the design asks for besides.
    pub photos: usize,
}

/// One field of a design.
pub struct FieldView {
    pub key: String,
    pub label: String,
    pub value: String,
}

impl DraftLine {
    fn new() -> DraftLine {
        DraftLine { quantity: "1".to_owned(), ..DraftLine::default() }
    }

    /// A field of the design, with what was typed for it.
    pub fn know_field(&mut self, key: &str, label: &str) {
        self.fields.push(FieldView {
            key: key.to_owned(),
            label: label.to_owned(),
            value: self.values.get(key).cloned().unwrap_or_default(),
        });
    }

    /// Whether the product is chosen directly.
    pub fn is_direct(&self) -> bool {
        self.sku.is_empty() && !(self.design.is_empty() && self.variant.is_empty())
    }

    fn is_empty(&self) -> bool {
        [&self.sku, &self.design, &self.variant, &self.text, &self.name]
            .iter()
            .all(|text| text.is_empty())
            && self.picture.is_empty()
    }
}

impl Draft {
    /// Nothing typed yet, with one line.
    pub fn empty() -> Draft {
        Draft {
            shop: String::new(),
            source: String::new(),
            number: String::new(),
            recipient: Recipient::default(),
            shipping: String::new(),
            note: String::new(),
            total: String::new(),
            currency: "USD".to_owned(),
            lines: vec![DraftLine::new()],
        }
    }

    /// What was typed.
    pub fn read(form: &Form) -> Draft {
        let text = |name: &str| clean_text(form.text(name));
        let mut lines = Vec::new();
        for nth in 0..LINES_MAX {
            let name = |part: &str| format!("line.{nth}.{part}");
            if form.sent(&name("quantity")).is_none() {
                break;
            }
            let prefix = name("value.");
            let values = form.pairs().iter().filter_map(|(key, value)| {
                let key = key.strip_prefix(prefix.as_str())?;
                Some((key.to_owned(), value.clone()))
            });
            lines.push(DraftLine {
                sku: text(&name("sku")),
                name: text(&name("name")),
                quantity: text(&name("quantity")),
                design: text(&name("design")),
                provider: text(&name("provider")),
                variant: text(&name("variant")),
                text: form.text(&name("text")).trim().to_owned(),
                picture: text(&name("picture")),
                values: values.collect(),
                ..DraftLine::default()
            });
        }
        if lines.is_empty() {
            lines.push(DraftLine::new());
        }
        Draft {
            shop: text("shop"),
            source: text("source"),
            number: text("number").trim_start_matches('#').to_owned(),
            recipient: form.recipient(),
            shipping: text("shipping"),
            note: form.text("note").trim().to_owned(),
            total: text("total"),
            currency: text("currency").to_uppercase(),
            lines,
        }
    }

    /// One more line, if there is room for it.
    pub fn add_line(&mut self) -> Option<String> {
        if LINES_MAX <= self.lines.len() {
            let words = format!("{LINES_MAX} lines are the most. Import a table for more.");
            return Some(words);
        }
        self.lines.push(DraftLine::new());
        None
    }

    /// Takes a line away; one always stays.
    pub fn drop_line(&mut self, nth: usize) {
        if nth < self.lines.len() {
            self.lines.remove(nth);
        }
        if self.lines.is_empty() {
            self.lines.push(DraftLine::new());
        }
    }

    /// The order, or everything that is wrong with it.
    pub fn typed(
        &self,
        shop: ShopId,
        map: &BTreeMap<String, String>,
    ) -> Result<Typed, Vec<String>> {
        let mut wrong = Vec::new();
        let source = source_name(&self.source).map_err(|why| wrong.push(why)).unwrap_or_default();
        if self.number.is_empty() || 80 < self.number.chars().count() {
            wrong.push("Type the number that the order has there, up to 80 signs.".to_owned());
        }
        let missing = self.recipient.missing();
        if !missing.is_empty() {
            wrong.push(format!("The address is not whole: {} missing.", missing.join(", ")));
        }
        let country = &self.recipient.country;
        if !country.is_empty() && country.len() != 2 {
            wrong.push("Write the country with its two letters, as DE or US.".to_owned());
        }
        let total = self.money().map_err(|why| wrong.push(why)).ok();
        let mut lines = Vec::new();
        let filled = self.lines.iter().enumerate().filter(|(_, line)| !line.is_empty());
        for (nth, line) in filled {
            match line_of(line, map) {
                Ok(line) => lines.push(line),
                Err(why) => wrong.push(format!("Line {}: {why}", nth + 1)),
            }
        }
        if lines.is_empty() && wrong.is_empty() {
            wrong.push("Say at least one product.".to_owned());
        }
        match (wrong.is_empty(), total) {
            (true, Some(total)) => Ok(Typed {
                shop,
                source,
                number: self.number.clone(),
                recipient: self.recipient.clone(),
                shipping: self.shipping.clone(),
                note: self.note.clone(),
                total,
                placed_at: None,
                lines,
            }),
            _ => Err(wrong),
        }
    }

    fn money(&self) -> Result<Money, String> {
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| "Write the currency with its three letters, as USD.".to_owned())?;
        match self.total.is_empty() {
            true => Ok(Money { minor: 0, currency }),
            false => Money::parse(&self.total, currency)
                .filter(|total| 0 <= total.minor)
                .ok_or_else(|| format!("“{}” is no amount; write it as 24.90.", self.total)),
        }
    }
}

fn line_of(line: &DraftLine, map: &BTreeMap<String, String>) -> Result<TypedLine, String> {
    let chosen = match (line.sku.is_empty(), line.is_direct()) {
        (false, _) if !map.contains_key(&line.sku) => {
            return Err(format!(
                "the SKU “{}” is not in the product map. Choose design, provider and variant \
                 instead, or add it there.",
                line.sku
            ));
        }
        (false, _) => None,
        (true, true) if line.design.is_empty() || line.provider.is_empty() => {
            return Err("choose the design and the provider as well.".to_owned());
        }
        (true, true) => Some((line.design.clone(), line.provider.clone(), line.variant.clone())),
        (true, false) => return Err("say the SKU, or choose a design.".to_owned()),
    };
    let typed = line.values.iter().filter(|(_, value)| !value.trim().is_empty());
    let mut values: Vec<(String, String)> =
        typed.map(|(key, value)| (key.clone(), value.clone())).collect();
    if !line.text.is_empty() {
        values.push((TEXT_LABEL.to_owned(), line.text.clone()));
    }
    Ok(TypedLine {
        name: [&line.name, &line.sku, &line.design]
            .into_iter()
            .find(|name| !name.is_empty())
            .cloned()
            .unwrap_or_default(),
        sku: line.sku.clone(),
        chosen,
        quantity: pieces(&line.quantity)?,
        values,
        picture: Hash::parse(&line.picture),
    })
}
