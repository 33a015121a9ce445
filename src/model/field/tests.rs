//! What a field accepts, and how it is then written.

use super::*;
use proptest::prelude::*;

fn field(kind: FieldKind) -> Field {
    Field {
        key: "name".into(),
        label: "Name".into(),
        from: Vec::new(),
        when: None,
        required: Required::Always,
        default: None,
        kind,
    }
}

fn text(letters: Letters, max: u32, case: Case) -> Field {
    field(FieldKind::Text(TextRules {
        letters,
        min: 1,
        max,
        case,
        language: None,
        fit: Fit::new(FitWay::Keep),
    }))
}

fn accepted(field: &Field, given: &str) -> Result<String, What> {
    match field.accept(&Value::Text(given.to_owned())) {
        Ok(Value::Text(text)) => Ok(text),
        Ok(Value::Photo(_)) => panic!("a text became a photo"),
        Err(problem) => Err(problem.what),
    }
}

#[test]
fn letters_are_counted_and_judged_as_people_see_them() {
    let check = |given: &str, expected: Result<&str, What>| {
        let field = text(Letters::Letters, 8, Case::Keep);
        assert_eq!(accepted(&field, given), expected.map(str::to_owned), "{given:?}");
    };
    check("Anna", Ok("Anna"));
    check("  Anna ", Ok("Anna"));
    check("Anna\nLee", Ok("Anna Lee"));
    check("Zoe\u{308}", Ok("Zoë"));
    check("O’Neil", Ok("O’Neil"));
    check("क्षत्रिय", Ok("क्षत्रिय"));
    check("Nguyễn", Ok("Nguyễn"));
    check("می\u{200c}خواهم", Ok("می\u{200c}خواهم"));
    check("Anna1", Err(What::ValueNotAllowed));
    check("Anna 😀", Err(What::ValueNotAllowed));
    check("\u{301}", Err(What::ValueNotAllowed));
    check("Maximilian", Err(What::ValueTooLong));
    check("", Err(What::ValueNotAllowed));
    check("\u{202E}nnA\0", Ok("nnA"));
}

#[test]
fn digits_are_plain_digits() {
    let check = |given: &str, expected: Result<&str, What>| {
        let field = text(Letters::Digits, 4, Case::Keep);
        assert_eq!(accepted(&field, given), expected.map(str::to_owned), "{given:?}");
    };
    check("0042", Ok("0042"));
    check("1\u{fe0f}\u{20e3}", Err(What::ValueNotAllowed));
    check("½", Err(What::ValueNotAllowed));
}

#[test]
fn anything_printable_keeps_emoji_whole_and_refuses_piles_of_marks() {
    let family = "👨‍👩‍👧‍👦";
    let any = text(Letters::Any, 3, Case::Keep);
    assert_eq!(accepted(&any, family), Ok(family.to_owned()));
    assert_eq!(accepted(&any, "a\nb"), Ok("a\nb".to_owned()));
    let pile = format!("a{}", "\u{300}".repeat(60));
    assert_eq!(accepted(&any, &pile), Err(What::ValueNotAllowed));
}

#[test]
fn case_is_written_as_the_design_wants() {
    let check = |case, given: &str, expected: &str| {
        let field = text(Letters::Any, 40, case);
        assert_eq!(accepted(&field, given), Ok(expected.to_owned()));
    };
    check(Case::Upper, "straße", "STRASSE");
    check(Case::Lower, "ANNA", "anna");
    check(Case::Title, "ANNA-maria o'neil", "Anna-Maria O'neil");
    check(Case::Title, "ronald McDonald", "Ronald McDonald");
}

#[test]
fn numbers_keep_their_zeros_and_their_range() {
    let number = field(FieldKind::Number(NumberRules {
        min: Some(0),
        max: Some(99),
        digits_max: 2,
        numerals: Numerals::Digits,
        fit: Fit::new(FitWay::Keep),
    }));
    let check = |given: &str, expected: Result<&str, What>| {
        assert_eq!(accepted(&number, given), expected.map(str::to_owned), "{given:?}");
    };
    check("7", Ok("7"));
    check("07", Ok("07"));
    check(" 99 ", Ok("99"));
    check("100", Err(What::ValueTooLong));
    check("-1", Err(What::ValueNotAllowed));
    check("seven", Err(What::ValueNotAllowed));
    check("", Err(What::ValueNotAllowed));
}

#[test]
fn a_choice_is_found_by_its_label_without_case() {
    let choice =
        field(FieldKind::Choice(vec![Choice { label: "Navy".into(), gives: "#1b2a4a".into() }]));
    assert_eq!(accepted(&choice, "navy "), Ok("Navy".to_owned()));
    assert_eq!(accepted(&choice, "#1B2A4A"), Ok("Navy".to_owned()));
    assert_eq!(accepted(&choice, "pink"), Err(What::ValueNotAllowed));
}

proptest! {
    #[test]
    fn clean_text_is_clean_for_good(given in ".*") {
        let once = clean_text(&given);
        prop_assert_eq!(clean_text(&once), once.clone());
        prop_assert!(!once.chars().any(|c| c.is_control() && c != '\n'));
    }
}
