//! The rules that each kind of field has, as rows of a form.

use super::fields::{Input, RuleView};
use crate::model::field::{
    Across, CodeRules, CoordinateRules, CoordinateStyle, Correction, DateOrder, DateRules,
    DateStyle, Down, Fit, FitWay, Language, Look, NumberRules, Numerals, PhotoFit, PhotoRules,
    Symbology,
};

const FITS: &[(&str, &str)] = &[
    ("shrink", "made smaller where it is too wide"),
    ("wrap", "in more lines, then smaller"),
    ("grow", "as large as its place"),
    ("keep", "stays; too wide is a problem"),
];
const PHOTO_FITS: &[(&str, &str)] = &[
    ("cover", "fills it, cut to its shape"),
    ("contain", "all of it is seen"),
    ("stretch", "stretched to its shape"),
];
const LOOKS: &[(&str, &str)] = &[
    ("colour", "in colour"),
    ("grey", "black and white"),
    ("sepia", "sepia"),
    ("threshold", "black alone, for engraving"),
];
const ALIGNS: &[(&str, &str)] =
    &[("", "as drawn"), ("left", "left"), ("centre", "in the middle"), ("right", "right")];
const VALIGNS: &[(&str, &str)] =
    &[("", "as drawn"), ("top", "top"), ("middle", "in the middle"), ("bottom", "bottom")];
const BALANCES: &[(&str, &str)] =
    &[("yes", "alike in width"), ("no", "each takes as many words as go in")];
const CORRECTIONS: &[(&str, &str)] =
    &[("low", "7 %"), ("medium", "15 %"), ("quartile", "25 %"), ("high", "30 %")];
const ORDERS: &[(&str, &str)] = &[("dmy", "day first"), ("mdy", "month first")];
const NUMERALS: &[(&str, &str)] = &[("digits", "in digits"), ("roman", "in Roman numerals")];
const PLACES: &[(&str, &str)] =
    &[("degrees", "in degrees, minutes and seconds"), ("decimal", "in decimal degrees")];

pub(super) fn code_rules(code: &CodeRules) -> Vec<RuleView> {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let mut rules = vec![rule("max", "Most characters", Input::Whole, code.max.to_string())];
    if let Symbology::Qr(level) = code.symbology {
        let word = correction(level).to_owned();
        rules.push(rule("correction", "May be covered or worn", Input::Select(CORRECTIONS), word));
    }
    rules
}

pub(super) fn date_rules(date: &DateRules) -> Vec<RuleView> {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let (given, written) = date_words(date);
    let tag = date.language.as_ref().map(Language::tag).unwrap_or_default();
    let mut rules = vec![
        rule("given", "A date of numbers is read", Input::Select(ORDERS), given),
        rule("written", "Printed", Input::Line, written),
        rule("language", "Language, such as de", Input::Line, tag),
    ];
    rules.extend(fit_rules(&date.fit));
    rules
}

pub(super) fn place_rules(place: &CoordinateRules) -> Vec<RuleView> {
    let word = match place.style {
        CoordinateStyle::Degrees => "degrees",
        CoordinateStyle::Decimal => "decimal",
    };
    let mut rules = vec![RuleView {
        name: "written",
        label: "Printed",
        value: word.to_owned(),
        input: Input::Select(PLACES),
    }];
    rules.extend(fit_rules(&place.fit));
    rules
}

fn date_words(date: &DateRules) -> (String, String) {
    let given = match date.order {
        DateOrder::DayFirst => "dmy",
        DateOrder::MonthFirst => "mdy",
    };
    let written = match &date.style {
        DateStyle::Long => "long",
        DateStyle::Medium => "medium",
        DateStyle::Short => "short",
        DateStyle::Roman => "roman",
        DateStyle::Pattern(pattern) => pattern,
    };
    (given.to_owned(), written.to_owned())
}

pub(super) fn photo_rules(photo: &PhotoRules) -> [RuleView; 7] {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let (warn, refuse) = (photo.warn_below_dpi, photo.refuse_below_dpi);
    [
        rule("warn_below_dpi", "Doubtful below, dpi", Input::Whole, warn.to_string()),
        rule("refuse_below_dpi", "Refused below, dpi", Input::Whole, refuse.to_string()),
        rule("fit", "In its frame", Input::Select(PHOTO_FITS), photo_fit(photo.fit).into()),
        rule("look", "Look", Input::Select(LOOKS), look(photo.tone.look).into()),
        rule("threshold", "Black below, % of white", Input::Whole, threshold(photo)),
        rule("brightness", "Brightness, %", Input::Whole, signed(photo.tone.brightness)),
        rule("contrast", "Contrast, %", Input::Whole, signed(photo.tone.contrast)),
    ]
}

fn correction(level: Correction) -> &'static str {
    match level {
        Correction::Low => "low",
        Correction::Medium => "medium",
        Correction::Quartile => "quartile",
        Correction::High => "high",
    }
}

fn photo_fit(fit: PhotoFit) -> &'static str {
    match fit {
        PhotoFit::Cover => "cover",
        PhotoFit::Contain => "contain",
        PhotoFit::Stretch => "stretch",
    }
}

fn look(look: Look) -> &'static str {
    match look {
        Look::Colour => "colour",
        Look::Grey => "grey",
        Look::Sepia => "sepia",
        Look::Threshold(_) => "threshold",
    }
}

fn threshold(photo: &PhotoRules) -> String {
    match photo.tone.look {
        Look::Threshold(per_cent) => per_cent.to_string(),
        Look::Colour | Look::Grey | Look::Sepia => String::new(),
    }
}

fn signed(number: i8) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

pub(super) fn fit_rules(fit: &Fit) -> Vec<RuleView> {
    let usual = Fit::new(fit.way);
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let other = |number: f32, usual: f32| match number == usual {
        true => String::new(),
        false => number.to_string(),
    };
    let way = match fit.way {
        FitWay::Shrink => "shrink",
        FitWay::Wrap => "wrap",
        FitWay::Grow => "grow",
        FitWay::Keep => "keep",
    };
    let across = match fit.across {
        None => "",
        Some(Across::Left) => "left",
        Some(Across::Centre) => "centre",
        Some(Across::Right) => "right",
    };
    let down = match fit.down {
        None => "",
        Some(Down::Top) => "top",
        Some(Down::Middle) => "middle",
        Some(Down::Bottom) => "bottom",
    };
    let lines = match fit.lines_max == usual.lines_max {
        true => String::new(),
        false => fit.lines_max.to_string(),
    };
    let balance = if fit.is_balanced { "yes" } else { "no" };
    let min_pt = match fit.way {
        FitWay::Keep => String::new(),
        FitWay::Shrink | FitWay::Wrap | FitWay::Grow => fit.min_pt.to_string(),
    };
    let max_pt = fit.max_pt.map_or(String::new(), |max| max.to_string());
    vec![
        rule("fit", "Fit", Input::Select(FITS), way.into()),
        rule("min_pt", "Smallest size in points", Input::Number, min_pt),
        rule("max_pt", "Largest size in points", Input::Number, max_pt),
        rule("lines", "Most lines", Input::Whole, lines),
        rule(
            "line_height",
            "Line height, in sizes of the letters",
            Input::Number,
            other(fit.line_height, usual.line_height),
        ),
        rule("balance", "Lines", Input::Select(BALANCES), balance.into()),
        rule(
            "tighten",
            "Letters closer by, in sizes of the letters",
            Input::Number,
            other(fit.tighten, 0.0),
        ),
        rule("align", "Across its box", Input::Select(ALIGNS), across.into()),
        rule("valign", "Down its box", Input::Select(VALIGNS), down.into()),
        rule("same_size", "Same size as others with", Input::Line, {
            fit.same_size.clone().unwrap_or_default()
        }),
    ]
}

pub(super) fn number_rules(numbers: &NumberRules) -> Vec<RuleView> {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let number = |number: Option<String>| number.unwrap_or_default();
    let text = |number: Option<i64>| number.map(|number| number.to_string());
    let mut rules = vec![
        rule("min", "Lowest", Input::Whole, number(text(numbers.min))),
        rule("max", "Highest", Input::Whole, number(text(numbers.max))),
        rule("digits_max", "Most digits", Input::Whole, numbers.digits_max.to_string()),
        rule("written", "Printed", Input::Select(NUMERALS), {
            match numbers.numerals {
                Numerals::Digits => "digits",
                Numerals::Roman => "roman",
            }
            .to_owned()
        }),
    ];
    rules.extend(fit_rules(&numbers.fit));
    rules
}
