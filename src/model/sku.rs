//! What a provider's variant is and needs, what it costs, and whether a design can serve it.

use super::design::{Design, PixelSize};
use super::field::FieldKind;
use super::money::Money;

/// What a provider says of one of its variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuFacts {
    /// What the product map names.
    pub provider_sku: String,
    /// Name with colour and size; may be empty.
    pub title: String,
    /// Whether it can be ordered now; `None` where the provider does not say.
    pub in_stock: Option<bool>,
    /// What one piece costs, without shipping; `None` where the provider does not say.
    pub cost: Option<Money>,
    /// What an order of it must and may bring; the first picture is the principal one.
    pub needs: Vec<Need>,
    /// Pixels of the artwork, as advice; `None` where the provider does not say.
    pub artwork: Option<PixelSize>,
}

/// One thing that an order of a variant must or may bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The provider's key of it: `front`, `engraving_line_1`.
    pub key: String,
    /// What it is.
    pub kind: NeedKind,
    /// Whether the provider refuses an order without it.
    pub required: bool,
    /// Fields of designs that the settings send there, besides one named like the key.
    pub fields: Vec<String>,
}

/// What kind of thing an order brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedKind {
    /// A picture: PNG or JPEG.
    Picture,
    /// A picture, as SVG and nothing else.
    Svg,
    /// Words that the provider itself engraves.
    Text,
    /// One of the provider's own choices, such as a ring size.
    Choice,
}

/// A shipping method that an account has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingMethod {
    /// The provider's id; may be empty.
    pub id: String,
    /// The word that stands in the shipping map.
    pub name: String,
}

/// What an order would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// How much.
    pub price: Money,
    /// What the figure holds.
    pub covers: Covers,
}

/// What a quoted figure holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// Goods and shipping.
    Everything,
    /// The goods alone: the provider tells no price of shipping beforehand.
    Goods,
}

impl Covers {
    /// For people: `with shipping`.
    pub fn in_words(self) -> &'static str {
        match self {
            Covers::Everything => "with shipping",
            Covers::Goods => "without shipping",
        }
    }
}

/// What a design or a line of an order has to give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer<'a> {
    /// Areas: name and extension of the file.
    pub areas: Vec<(&'a str, &'a str)>,
    /// Names of fields with words.
    pub texts: Vec<&'a str>,
}

/// What goes under one of a provider's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// The area at this place of the offer.
    Area(usize),
    /// The text at this place of the offer.
    Text(usize),
}

impl Need {
    /// A need that no setting sends a field to.
    pub fn new(key: &str, kind: NeedKind, required: bool) -> Need {
        Need { key: key.to_owned(), kind, required, fields: Vec::new() }
    }

    fn is_picture(&self) -> bool {
        matches!(self.kind, NeedKind::Picture | NeedKind::Svg)
    }

    /// Whether a field of this name is sent there.
    fn takes(&self, field: &str) -> bool {
        self.fields.iter().any(|named| named == field) || plain(field) == plain(&self.key)
    }

    /// For people: `front: a picture as SVG, needed`.
    pub fn in_words(&self) -> String {
        let kind = match self.kind {
            NeedKind::Picture => "a picture",
            NeedKind::Svg => "a picture as SVG",
            NeedKind::Text => "a text",
            NeedKind::Choice => "a choice",
        };
        let need = if self.required { "needed" } else { "possible" };
        format!("{}: {kind}, {need}", self.key)
    }
}

/// A key without what differs from writer to writer: `Engraving Line 1` is `engraving_line_1`, and
/// `Size (US)` is `size_us`.
pub fn plain(key: &str) -> String {
    let kept = key.trim().chars().filter(|c| !matches!(c, '(' | ')'));
    kept.map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// What goes under which key, by the place of the need; else every reason why it does not fit.
///
/// An area goes under the key of its own name. One that is named like no key is the principal
/// picture, when nothing else is.
pub fn fit(needs: &[Need], offer: &Offer<'_>) -> Result<Vec<(usize, Placed)>, Vec<String>> {
    let pictures: Vec<usize> = (0..needs.len()).filter(|idx| needs[*idx].is_picture()).collect();
    let mut placed: Vec<(usize, Placed)> = Vec::new();
    let mut faults = Vec::new();
    let mut others = Vec::new();
    for (place, (area, _)) in offer.areas.iter().enumerate() {
        match pictures.iter().find(|idx| plain(&needs[**idx].key) == plain(area)) {
            Some(idx) => placed.push((*idx, Placed::Area(place))),
            None => others.push(place),
        }
    }
    // Where no picture goes to the provider, a drawing is our own affair.
    if let Some(first) = pictures.first() {
        let is_free = placed.iter().all(|(idx, _)| idx != first);
        match others.as_slice() {
            [] => {}
            [only] if is_free => placed.push((*first, Placed::Area(*only))),
            more => {
                let names: Vec<&str> = more.iter().map(|place| offer.areas[*place].0).collect();
                faults.push(format!("there is no place for the area {}", names.join(", ")));
            }
        }
    }
    for (idx, need) in needs.iter().enumerate() {
        if !need.is_picture()
            && let Some(place) = offer.texts.iter().position(|field| need.takes(field))
        {
            placed.push((idx, Placed::Text(place)));
        }
        let found = placed.iter().find(|(at, _)| *at == idx).map(|(_, placed)| *placed);
        match (found, need.kind) {
            (Some(Placed::Area(place)), NeedKind::Svg) if offer.areas[place].1 != "svg" => {
                let (area, extension) = offer.areas[place];
                faults.push(format!(
                    "“{}” takes SVG only, and the area {area} is a {extension} file",
                    need.key
                ));
            }
            (Some(Placed::Area(place)), NeedKind::Picture)
                if ["svg", "pdf", "tif"].contains(&offer.areas[place].1) =>
            {
                let (area, extension) = offer.areas[place];
                faults.push(format!(
                    "“{}” takes PNG or JPEG, and the area {area} is a {extension} file",
                    need.key
                ));
            }
            (None, _) if need.required => faults.push(format!("{} is missing", need.in_words())),
            (Some(_) | None, _) => {}
        }
    }
    placed.sort_by_key(|(idx, _)| *idx);
    if faults.is_empty() { Ok(placed) } else { Err(faults) }
}

impl SkuFacts {
    /// What speaks against ordering it with this design, in sentences; empty when nothing does.
    pub fn doubts(&self, design: &Design) -> Vec<String> {
        let offer = Offer {
            areas: design
                .areas
                .iter()
                .map(|area| (area.key.as_str(), area.format.extension()))
                .collect(),
            texts: design
                .fields
                .iter()
                .filter(|field| !matches!(field.kind, FieldKind::Photo(_) | FieldKind::Colour(_)))
                .map(|field| field.key.as_str())
                .collect(),
        };
        let mut doubts = Vec::new();
        if self.in_stock == Some(false) {
            doubts.push("is out of stock".to_owned());
        }
        if let Err(faults) = fit(&self.needs, &offer) {
            doubts.extend(faults.into_iter().map(|fault| format!("does not fit: {fault}")));
        }
        if let (Some(wanted), Some(area)) = (self.artwork, design.areas.first()) {
            let ours = area.canvas();
            if ours.width_px < wanted.width_px || ours.height_px < wanted.height_px {
                doubts.push(format!(
                    "wants {} × {} pixels; the area {} has {} × {}",
                    wanted.width_px, wanted.height_px, area.key, ours.width_px, ours.height_px
                ));
            }
        }
        doubts
    }

    /// Everything that is known of it, one line each.
    pub fn in_words(&self) -> String {
        let mut lines = vec![format!("{}  {}", self.provider_sku, self.title)];
        lines.push(match self.in_stock {
            Some(true) => "in stock".to_owned(),
            Some(false) => "out of stock".to_owned(),
            None => "the provider does not say whether it is in stock".to_owned(),
        });
        lines.extend(self.cost.map(|cost| format!("costs {cost} each, without shipping")));
        lines.extend(
            self.artwork
                .map(|size| format!("artwork: {} × {} pixels", size.width_px, size.height_px)),
        );
        lines.extend(self.needs.iter().map(Need::in_words));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(needs: &[Need], areas: &[(&str, &str)], texts: &[&str], expected: &str) {
        let offer = Offer { areas: areas.to_vec(), texts: texts.to_vec() };
        let found = match fit(needs, &offer) {
            Ok(placed) => {
                let words = placed.iter().map(|(idx, placed)| match placed {
                    Placed::Area(place) => format!("{}={}", needs[*idx].key, areas[*place].0),
                    Placed::Text(place) => format!("{}={}", needs[*idx].key, texts[*place]),
                });
                words.collect::<Vec<_>>().join(" ")
            }
            Err(faults) => faults.join("; "),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn areas_and_texts_find_their_keys() {
        let sides = [
            Need::new("front", NeedKind::Picture, false),
            Need::new("back", NeedKind::Picture, false),
        ];
        check(&sides, &[("wrap", "png")], &[], "front=wrap");
        check(&sides, &[("back", "png")], &[], "back=back");
        check(&sides, &[("back", "png"), ("wrap", "png")], &[], "front=wrap back=back");
        let none = "there is no place for the area wrap";
        check(&sides, &[("front", "png"), ("wrap", "png")], &[], none);

        let svg = [Need::new("front", NeedKind::Svg, true)];
        check(&svg, &[("tag", "svg")], &[], "front=tag");
        let other = "“front” takes SVG only, and the area tag is a png file";
        check(&svg, &[("tag", "png")], &[], other);

        let mut motto = Need::new("engraving_line_2", NeedKind::Text, false);
        motto.fields.push("motto".to_owned());
        let words = [Need::new("Engraving Line 1", NeedKind::Text, true), motto];
        let both = "Engraving Line 1=engraving-line-1 engraving_line_2=motto";
        check(&words, &[("front", "png")], &["motto", "engraving-line-1"], both);
        let missing = "Engraving Line 1: a text, needed is missing";
        check(&words, &[], &["motto"], missing);
    }
}
