//! Whether what is mapped can be ordered: told when it is mapped, on the command line, and by doctor.

use std::sync::Arc;

use crate::common::*;
use crate::serve;
use woodblock::flow::goods;
use woodblock::model::check::Checks;
use woodblock::model::product::{Copies, Made, Matches, Recipe, Route};
use woodblock::outside::clock::SystemClock;
use woodblock::sandbox::{Call, Fault, HttpFace, World};

fn row(provider: &str, sku: &str, routes: &str) -> (Matches, Made) {
    let recipe = Recipe {
        design: "sign".to_owned(),
        provider: provider.to_owned(),
        provider_sku: sku.to_owned(),
        routes: Route::parse_list(routes).unwrap(),
        steps: None,
        delay_s: None,
        copies: Copies::Alike,
        checks: Checks::default(),
    };
    (Matches::Sku("MUG".to_owned()), Made::Here(recipe))
}

#[tokio::test]
async fn a_row_is_doubted_for_what_is_wrong_with_it_and_nothing_else() {
    let day = Day::new().await;
    day.customcat.set(|settings| {
        settings.out_of_stock.insert("48146".to_owned());
    });
    let check = async |row: (Matches, Made), expected: &[&str]| {
        assert_eq!(goods::doubts(&day.ctx, &[row]).await.unwrap(), expected);
    };
    check(row("customcat", "47417", ""), &[]).await;
    check(row("workshop", "anything", ""), &[]).await;
    let out = "sku MUG: customcat 48146 is out of stock";
    check(row("customcat", "48146", ""), &[out]).await;
    let absent = "sku MUG: customcat 1 is not in the provider's catalogue";
    check(row("customcat", "1", ""), &[absent]).await;
    let svg = "sku MUG: shineon PT-20417 does not fit: “front” takes SVG only, and the area front is \
               a png file";
    let small =
        "sku MUG: shineon PT-20417 wants 1000 × 1788 pixels; the area front has 1200 × 1200";
    check(row("customcat", "47417", "DE=shineon:PT-20417"), &[svg, small]).await;
    // A provider that does not answer keeps nobody from mapping.
    day.world.fault_on(Call::Catalogue, Fault::AskUnclear);
    let unclear = "sku MUG: customcat 47417 could not be checked: no usable answer from the provider: \
                   HTTP 502";
    check(row("customcat", "47417", ""), &[unclear]).await;
}

/// The real binary against providers over HTTP: questions, a mapped row that is wrong, and doctor.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_asks_providers_and_doctor_names_what_is_wrong() {
    let world = World::new(5, start());
    let face = HttpFace::start(world.clone(), Arc::new(SystemClock)).await.unwrap();
    let (url, seat) = (face.customcat_url("customcat"), world.customcat("customcat"));
    let mut key = String::new();
    seat.set(|settings| {
        key.clone_from(&settings.key);
        settings.out_of_stock.insert("48146".to_owned());
    });
    let said = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let config = serve::config(folder.path());
        let text = std::fs::read_to_string(&config).unwrap();
        let provider = format!(
            "[[provider]]\nname = \"customcat\"\nkind = \"customcat\"\nkey = \"{key}\"\n\
             url = \"{url}\"\npace = \"0 s\"\nshipping = {{ \"*\" = \"Economy\", x = \"Camel\" }}\n"
        );
        std::fs::write(&config, text + &provider).unwrap();
        let design = folder.path().join("mug");
        std::fs::create_dir(&design).unwrap();
        let toml = "name = \"Mug\"\n[area.front]\nfile = \"front.svg\"\nwidth_in = 1.0\n\
                    height_in = 1.0\ndpi = 300\nformat = \"png\"\n";
        std::fs::write(design.join("design.toml"), toml).unwrap();
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1in\" height=\"1in\"/>";
        std::fs::write(design.join("front.svg"), svg).unwrap();
        let ask = |arguments: &[&str]| serve::ask(&config, arguments, "");
        let mut said = vec![
            ask(&["provider", "sku", "customcat", "47417"]),
            ask(&["provider", "sku", "customcat", "1"]),
            ask(&["provider", "catalogue", "customcat", "mug"]),
            ask(&["provider", "shipping", "customcat"]),
            ask(&["provider", "hooks", "customcat"]),
            ask(&["design", "add", design.to_str().unwrap()]),
        ];
        for (key, sku) in [("A", "47417"), ("B", "48146"), ("C", "9")] {
            let to = ["--design", "mug", "--provider", "customcat", "--provider-sku", sku];
            said.push(ask(&[&["product", "map", "sku", key], &to[..]].concat()));
        }
        said.push(ask(&["doctor"]));
        said
    })
    .await
    .unwrap();
    let words: Vec<&str> = said.iter().map(|(_, words)| words.as_str()).collect();
    let expect = |place: usize, parts: &[&str]| {
        for part in parts {
            assert!(words[place].contains(part), "{place}: {part}: {}", words[place]);
        }
    };
    expect(
        0,
        &["47417", "Mug, White, 11 oz", "in stock", "costs 9.95 USD each", "front: a picture"],
    );
    expect(1, &["the variant 1 at customcat does not exist"]);
    expect(2, &["47417"]);
    expect(3, &["35", "Economy  (for *)", "2 Day"]);
    expect(4, &["design-rejected", "is missing", "/hooks/provider/customcat/"]);
    assert!(said[5].0, "{}", words[5]);
    assert_eq!(words[6].trim(), "1 row(s) of the product map are in force");
    expect(7, &["1 row(s)", "look: sku B: customcat 48146 is out of stock"]);
    expect(8, &["look: sku C: customcat 9 is not in the provider's catalogue"]);
    expect(
        9,
        &["failed   provider goods: customcat 48146 is out of stock, customcat 9 does not exist"],
    );
    expect(9, &["failed   shipping methods: customcat has no Camel"]);
    face.stop().await;
}
