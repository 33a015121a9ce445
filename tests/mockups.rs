//! Prints on the finished product, layers for print or people alone, and fields under conditions.

use std::time::Duration;

use crate::common::{Day, ann, cart, line};
use crate::render::{draw, from_parts, golden, whats};
use woodblock::flow::amend::{self, Amended};
use woodblock::model::check::Checks;
use woodblock::model::hold::Actor;
use woodblock::model::problem::What;
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::model::recipient::Recipient;
use woodblock::model::value::{Value, Values};
use woodblock::outside::design_folder::{checked, from_files, samples};
use woodblock::render::{Job, Want, photo, press};
use woodblock::sandbox::shop::a_recipient;

#[test]
fn a_print_is_laid_onto_the_product() {
    let sample = samples().iter().find(|sample| sample.name == "team-shirt").unwrap();
    let design = checked("team-shirt", sample.file_map()).unwrap();
    let given = [("name", "Okafor"), ("number", "7"), ("colour", "Red")];
    let pressed = draw(&design, &given, Want::Mockups { width_px: 500 }).unwrap();
    assert!(pressed.areas.is_empty());
    let keys: Vec<&str> = pressed.mockups.iter().map(|one| one.area.as_str()).collect();
    assert_eq!(keys, ["front", "back"]);
    let back = &pressed.mockups[1];
    assert_eq!((back.width_px, back.height_px), (500, 563));
    // Golden files are PNGs.
    let shown = photo::decode(&back.bytes).unwrap();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, shown.width_px, shown.height_px);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&shown.rgba).unwrap();
    golden("mockup-shirt", &png);
    let again = draw(&design, &given, Want::Mockups { width_px: 500 }).unwrap();
    assert_eq!(again, pressed, "the same job, the same bytes");
}

/// A white product of 200 × 100 px, onto whose right half a black print of one inch is laid.
fn product(
    more: &str,
    shade: Option<&[u8]>,
) -> Result<woodblock::model::design::Design, Vec<String>> {
    let plain = |rgba: [u8; 4]| {
        let rgba = rgba.repeat(200 * 100);
        photo::Photo { width_px: 200, height_px: 100, rgba }.stored().unwrap()
    };
    let toml = format!(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\ndpi=100\nbleed_in=0.1\n\
         [mockup.m]\npicture='m.png'\n{}{more}\n",
        if shade.is_some() { "shade='s.png'\n" } else { "" }
    );
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'>\
        <rect width='10' height='10' fill='red'/><rect x='1' y='1' width='8' height='8'/></svg>";
    let mut files = vec![
        ("design.toml".to_owned(), toml.into_bytes()),
        ("a.svg".to_owned(), svg.as_bytes().to_vec()),
        ("m.png".to_owned(), plain([255, 255, 255, 255])),
    ];
    files.extend(shade.map(|bytes| ("s.png".to_owned(), bytes.to_vec())));
    let said = |faults: Vec<woodblock::outside::design_folder::Fault>| {
        faults.iter().map(ToString::to_string).collect()
    };
    checked("t", files.into_iter().collect()).map_err(said)
}

const PLACE: &str = "[[mockup.m.place]]\narea='a'\ncorners=[[100,0],[200,0],[200,100],[100,100]]";

fn pixel(picture: &photo::Photo, x: usize, y: usize) -> [u8; 3] {
    let at = (y * picture.width_px as usize + x) * 4;
    [picture.rgba[at], picture.rgba[at + 1], picture.rgba[at + 2]]
}

#[test]
fn what_is_cut_off_is_not_laid_and_the_shade_counts() {
    let near = |seen: [u8; 3], wanted: u8| seen.iter().all(|one| one.abs_diff(wanted) < 6);
    let shown = |design: &woodblock::model::design::Design| {
        let pressed = draw(design, &[], Want::Mockups { width_px: 200 }).unwrap();
        photo::decode(&pressed.mockups[0].bytes).unwrap()
    };
    let picture = shown(&product(PLACE, None).unwrap());
    assert!(near(pixel(&picture, 50, 50), 255), "beside it the product stays");
    for (x, y) in [(110, 8), (150, 50), (190, 92)] {
        assert!(near(pixel(&picture, x, y), 0), "the red bleed is not seen at {x}, {y}");
    }
    // A shade of half the light above, nothing laid below.
    let mut rgba = [128, 128, 128, 255].repeat(200 * 50);
    rgba.extend([255, 255, 255, 0].repeat(200 * 50));
    let shade = photo::Photo { width_px: 200, height_px: 100, rgba }.stored().unwrap();
    let white = product(PLACE, Some(&shade)).unwrap();
    let picture = shown(&white);
    assert!(near(pixel(&picture, 150, 20), 0));
    assert!(near(pixel(&picture, 150, 80), 255), "hidden by the shade");
}

#[test]
fn a_mockup_that_cannot_be_is_a_fault_with_its_cure() {
    let check = |more: &str, expected: &str| {
        let said = product(more, None).unwrap_err();
        assert!(said.iter().any(|one| one.contains(expected)), "{expected}: {said:?}");
    };
    check("", "nothing is laid onto it");
    check("[[mockup.m.place]]\narea='b'\ncorners=[[0,0],[9,0],[9,9],[0,9]]", "the area `b`");
    check("[[mockup.m.place]]\narea='a'\ncorners=[[0,0],[9,0],[9,9]]", "four corners");
    check("[[mockup.m.place]]\narea='a'\ncorners=[[0,0],[0,9],[9,9],[9,0]]", "no shape");
    check("[[mockup.m.place]]\narea='a'\ncorners=[[0,0],[900,0],[900,9],[0,9]]", "outside m.png");
    check(&format!("when='colour is'\n{PLACE}"), "cannot be read");
    check(&format!("when='colour = \"Red\"'\n{PLACE}"), "the field `colour`, which is not here");
    check(&format!("shade='none.png'\n{PLACE}"), "none.png is not in the folder");
}

#[test]
fn a_layer_is_for_print_or_for_people() {
    let design = from_parts(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\ndpi=100\n\
         print_only=['mark']\npreview_only=['seam']",
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'>\
         <g id='mark'><rect width='5' height='10' fill='#f00'/></g>\
         <rect id='seam' x='5' width='5' height='10' fill='#00f'/></svg>",
    );
    let colours = |want| {
        let pressed = draw(&design, &[], want).unwrap();
        let picture = photo::decode(&pressed.areas[0].bytes).unwrap();
        let at = |x: usize| picture.rgba[x * 4 + 3] != 0;
        (at(20), at(80))
    };
    assert_eq!(colours(Want::Print), (true, false));
    assert_eq!(colours(Want::Preview { width_px: 100 }), (false, true));
    let files = design.files.clone();
    let toml = String::from_utf8(files["design.toml"].clone()).unwrap().replace("seam", "hem");
    let files = files.into_iter().chain([("design.toml".to_owned(), toml.into_bytes())]);
    let faults = checked("t", files.collect()).unwrap_err();
    assert!(faults[0].to_string().contains("preview_only names `hem`"), "{}", faults[0]);
}

const GIFT: &str = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\ndpi=100\n\
    [field.kind]\nkind='choice'\nlabel='Kind'\nchoices={ Plain='plain', Gift='gift' }\n\
    [field.wish]\nkind='text'\nlabel='Wish'\nwhen='kind = \"Gift\"'\ndefault='Love'\n\
    [field.customs]\nkind='text'\nlabel='Customs'\nrequired='order.country != \"US\"'\n\
    [field.names]\nkind='text'\nlabel='Names'\nwhen='order.quantity >= 2'\n";

fn gift() -> woodblock::model::design::Design {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'>\
        <rect id='plain' width='5' height='5'/><rect id='gift' width='5' height='5'/>\
        <text id='wish' y='3' font-family='Open Sans' font-size='3'>w</text>\
        <text id='customs' y='6' font-family='Open Sans' font-size='3'>c</text>\
        <text id='names' y='9' font-family='Open Sans' font-size='3'>n</text></svg>";
    from_parts(GIFT, svg)
}

fn texts(pairs: &[(&str, &str)]) -> Values {
    let text = |(key, text): &(&str, &str)| ((*key).to_owned(), Value::Text((*text).to_owned()));
    pairs.iter().map(text).collect()
}

#[test]
fn fields_are_asked_and_required_under_conditions() {
    let design = gift();
    let complete =
        |pairs: &[(&str, &str)]| design.complete(&texts(pairs)).map_err(|all| whats(&all));
    let plain = [("kind", "Plain"), ("order.country", "US"), ("order.quantity", "1")];
    assert_eq!(complete(&plain).unwrap(), texts(&plain), "neither wish nor names");
    let with_wish = complete(&[&plain[1..], &[("kind", "Gift")]].concat()).unwrap();
    assert_eq!(with_wish["wish"], Value::Text("Love".into()), "asked, so its default counts");
    // What is not asked may be anything: it is not printed.
    let odd = complete(&[&plain[..], &[("wish", &"x".repeat(500))]].concat()).unwrap();
    assert!(!odd.contains_key("wish"));
    let abroad = [("kind", "Plain"), ("order.country", "AT"), ("order.quantity", "1")];
    assert_eq!(complete(&abroad), Err(vec![What::ValueMissing]), "customs");
    let two = [("kind", "Plain"), ("order.country", "US"), ("order.quantity", "2")];
    assert_eq!(complete(&two), Err(vec![What::ValueMissing]), "names");
    let none = press(&Job {
        design: &design,
        values: &texts(&plain),
        photos: &Default::default(),
        want: Want::Print,
    });
    assert!(none.is_ok());
}

#[test]
fn a_condition_asks_only_for_what_there_is() {
    let check = |rule: &str, expected: &str| {
        let toml = format!(
            "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\n\
             [field.one]\nkind='text'\nlabel='1'\n{rule}\n[field.two]\nkind='text'\nlabel='2'"
        );
        let files = [("design.toml".to_owned(), toml.into_bytes())];
        let faults = from_files("t", files.into()).unwrap_err();
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|one| one.contains(expected)), "{expected}: {said:?}");
    };
    check("when='two is empty'", "[field.one]: it asks for the field `two`, which comes later");
    check("when='order.total > 5'", "it asks for `order.total`, which no order tells");
    check("required='three is empty'", "the field `three`, which is not here");
    check("required='one >'", "required = 'one >' cannot be read at character 6");
    check("required=7", "[field.one]");
}

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn an_order_answers_what_a_design_asks_and_again_when_it_changes() {
    let day = Day::new().await;
    let files = gift().files;
    woodblock::flow::design::add(&day.ctx, "gift", files, "ann").await.unwrap().unwrap();
    let recipe = Recipe {
        design: "gift".to_owned(),
        provider: "customcat".to_owned(),
        provider_sku: "47417".to_owned(),
        routes: Vec::new(),
        steps: None,
        delay_s: Some(7_200),
        copies: Copies::Alike,
        checks: Checks::default(),
    };
    let rows = vec![(Matches::Sku("GIFT".to_owned()), Made::Here(recipe))];
    woodblock::flow::furnish::map_products(&day.ctx, day.shop_id, rows).await.unwrap();
    let bought = line("GIFT").with("Kind", "Plain").times(2);
    let order = day.shop.customer_buys(cart(vec![bought]));
    day.run_for(HOUR / 4).await;
    // Two pieces: their names are asked. To the United States: no customs.
    assert_eq!(day.problems(order).await, [What::ValueMissing]);
    let item = day.order(order).await.items[0].clone();
    let told = texts(&[("kind", "Plain"), ("order.country", "US"), ("order.quantity", "2")]);
    assert_eq!(item.values, told);
    let given = texts(&[("kind", "Plain"), ("names", "Ann and Ben")]);
    let id = day.id(order).await;
    let by = Actor::Person("ann".to_owned());
    let done = amend::amend(&day.ctx, id, item.id, given, by).await.unwrap();
    assert_eq!(done, Amended::Done);
    day.run_for(HOUR / 4).await;
    assert_eq!(day.states(order).await, ["customcat countdown"]);
    // Abroad customs are asked: what counted down waits for a person.
    let abroad = Recipient { country: "AT".to_owned(), state: String::new(), ..a_recipient(0) };
    day.ctx.change_recipient(id, abroad, &ann()).await.unwrap();
    day.run_for(HOUR / 4).await;
    let item = day.order(order).await.items[0].clone();
    assert_eq!(item.values["order.country"], Value::Text("AT".into()));
    assert_eq!(item.facts.revision, 3);
    assert_eq!(day.problems(order).await, [What::ValueMissing]);
    assert_eq!(day.states(order).await, ["customcat gathering"]);
    let given = texts(&[("kind", "Plain"), ("names", "Ann and Ben"), ("customs", "Cup")]);
    let by = Actor::Person("ann".to_owned());
    amend::amend(&day.ctx, id, item.id, given, by).await.unwrap();
    day.run_for(4 * HOUR).await;
    assert_eq!(day.states(order).await, ["customcat in_production"]);
    let printed = day.printed(&day.customcat);
    assert_eq!(printed.len(), 1, "{printed:?}");
    assert!(printed[0].contains("customs=Cup") && printed[0].contains("order.country=AT"));
}

#[tokio::test]
async fn the_provider_may_fetch_the_picture_of_the_product() {
    let day = Day::new().await;
    let sample = samples().iter().find(|sample| sample.name == "team-shirt").unwrap();
    let added = woodblock::flow::design::add(&day.ctx, "team-shirt", sample.file_map(), "ann");
    added.await.unwrap().unwrap();
    let recipe = Recipe {
        design: "team-shirt".to_owned(),
        provider: "customcat".to_owned(),
        provider_sku: "47417".to_owned(),
        routes: Vec::new(),
        steps: None,
        delay_s: Some(0),
        copies: Copies::Alike,
        checks: Checks::default(),
    };
    let rows = vec![(Matches::Sku("SHIRT".to_owned()), Made::Here(recipe))];
    woodblock::flow::furnish::map_products(&day.ctx, day.shop_id, rows).await.unwrap();
    let bought = line("SHIRT").with("Name", "Okafor").with("Number", "7");
    let order = day.shop.customer_buys(cart(vec![bought]));
    day.run_for(HOUR).await;
    assert_eq!(day.states(order).await, ["customcat in_production"]);
    let stored = day.order(order).await;
    let files = &stored.items[0].facts.print_files;
    let mockups: Vec<_> = files.iter().map(|file| file.mockup.clone().unwrap()).collect();
    assert_ne!(mockups[0], mockups[1], "front and back");
    let fulfilment = day.fulfilment(order, "customcat").await;
    let links: Result<_, woodblock::flow::FlowError> =
        day.ctx.read(move |tx| Ok(woodblock::db::file::links_of(tx, fulfilment)?)).await;
    let links = links.unwrap();
    assert!(mockups.iter().all(|hash| links.contains(hash)), "it may fetch them");
    assert!(files.iter().all(|file| links.contains(&file.hash)), "and the prints");
}
