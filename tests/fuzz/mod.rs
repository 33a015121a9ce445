//! Everything that reads what strangers wrote, given what strangers might write: no target may break.
//!
//! Each target is a plain function of bytes. Inputs are made from right ones by a seeded mutation;
//! nothing measures what they cover. A finding is a panic, or a rule of the target that is broken.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use url::Url;
use woodblock::config::Config;
use woodblock::flow::product_csv;
use woodblock::model::design::Design;
use woodblock::model::fulfilment::Reference;
use woodblock::model::id::{Hash, ShopOrderId};
use woodblock::model::provider_order::{Mode, ProviderLine, ProviderOrder};
use woodblock::model::recipient::Recipient;
use woodblock::model::shop_order::{LineMeta, MetaSource};
use woodblock::model::value::{Value, Values};
use woodblock::outside::clock::SystemClock;
use woodblock::outside::design_folder::{self, samples};
use woodblock::outside::guard::{self, GuardSettings};
use woodblock::outside::http::HttpSettings;
use woodblock::outside::provider::Provider;
use woodblock::outside::provider::customcat::{CustomCat, CustomCatSettings};
use woodblock::outside::provider::shineon::{ShineOn, ShineOnSettings};
use woodblock::outside::shop::Shop;
use woodblock::outside::shop::woocommerce::{WooCommerce, WooSettings, webhook};
use woodblock::render::{fill, photo, xml};

use crate::hostile::{Dice, jpeg, png, webp};

/// What is fuzzed, by the name of its target.
pub const TARGETS: &[&str] = &[
    "webhook",
    "shop-order",
    "customcat",
    "shineon",
    "provider-hook",
    "values",
    "fill",
    "drawing",
    "picture-header",
    "picture",
    "file-name",
    "address",
    "csv",
    "config",
    "design",
    "press-wire",
];

/// What the targets need: parsers behind a network are asked over a real one.
pub struct Range {
    runtime: tokio::runtime::Runtime,
    answer: Arc<Mutex<Vec<u8>>>,
    shop: WooCommerce,
    customcat: CustomCat,
    shineon: ShineOn,
    design: Design,
    drawing: xml::Element,
    corpus: BTreeMap<&'static str, Vec<Vec<u8>>>,
}

/// What came of one target.
#[derive(Debug, Default)]
pub struct Found {
    pub executions: u64,
    /// What was broken, with the input.
    pub findings: Vec<(String, Vec<u8>)>,
}

impl Range {
    pub fn new() -> Range {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let answer = Arc::new(Mutex::new(Vec::new()));
        let given = Arc::clone(&answer);
        let base = runtime.block_on(async move {
            let app = axum::Router::new().fallback(move || {
                let body = given.lock().unwrap().clone();
                async move { ([("content-type", "application/json")], body) }
            });
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move { axum::serve(listener, app).await });
            Url::parse(&format!("http://{address}/")).unwrap()
        });
        let http = HttpSettings::default();
        let settings = WooSettings::new(base.clone(), "ck_x".into(), "cs_x".into());
        let settings = WooSettings { http: http.clone(), ..settings };
        let customcat = CustomCatSettings::new("key".into());
        let customcat = CustomCatSettings { base: base.clone(), http: http.clone(), ..customcat };
        let shineon = ShineOnSettings { base, http, ..ShineOnSettings::new("key".into()) };
        let files = samples()[0].file_map();
        let design = design_folder::checked("mug", files.clone()).unwrap();
        let drawing = files.iter().find(|(path, _)| path.ends_with(".svg")).unwrap().1;
        Range {
            shop: WooCommerce::new(settings, Arc::new(SystemClock), 1),
            customcat: CustomCat::new(customcat),
            shineon: ShineOn::new(shineon),
            drawing: xml::read(drawing).unwrap(),
            corpus: corpus(),
            runtime,
            answer,
            design,
        }
    }

    /// So many inputs for a target.
    pub fn fuzz(&self, target: &str, seed: u64, executions: u64) -> Found {
        let mut dice = Dice(seed);
        let mut found = Found::default();
        let corpus = &self.corpus[target];
        for _ in 0..executions {
            let one = &corpus[dice.below(corpus.len())];
            let mut input = dice.mutate(one);
            if dice.below(8) == 0 {
                let other = &corpus[dice.below(corpus.len())];
                let at = dice.below(other.len());
                input.extend_from_slice(&other[at..]);
            }
            found.executions += 1;
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.run(target, &input))) {
                let said = payload.downcast_ref::<String>().cloned();
                let said = said.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                found.findings.push((said.unwrap_or_default(), input));
            }
        }
        found
    }

    /// One input.
    fn run(&self, target: &str, input: &[u8]) {
        let text = String::from_utf8_lossy(input);
        match target {
            "webhook" => {
                let _ = (webhook::read(input), webhook::ping(input));
                assert!(!webhook::is_signed(&["secret".into()], input, &text));
                let _ = webhook::is_own_source(&text, &["https://shop.example".to_owned()]);
            }
            "shop-order" => {
                self.answer_with(input);
                let read = self.runtime.block_on(self.shop.order(ShopOrderId(1001)));
                if let Ok(order) = read {
                    assert_eq!(order.id, ShopOrderId(1001), "another order than was asked for");
                }
            }
            "customcat" => self.ask(&self.customcat, input),
            "shineon" => self.ask(&self.shineon, input),
            "provider-hook" => {
                for topic in ["order-shipped", "order-partial-shipment", "design-rejected", &text] {
                    let _ = self.customcat.read_hook(topic, input);
                    let _ = self.shineon.read_hook(topic, input);
                }
            }
            "values" => self.values(&text),
            "fill" => self.fill(&text),
            "drawing" => {
                if let Ok(drawing) = xml::read(input) {
                    let again = xml::read(drawing.write().as_bytes());
                    assert!(again.is_ok(), "what was written cannot be read: {again:?}");
                }
            }
            "picture-header" => drop(photo::size(input)),
            "picture" => drop(photo::decode(input)),
            "file-name" => {
                if let Some(hash) = Hash::parse(&text) {
                    assert_eq!(hash.as_str(), &*text);
                    assert!(text.bytes().all(|byte| byte.is_ascii_hexdigit()));
                }
            }
            "address" => address(&text),
            "csv" => drop(product_csv::read(&text)),
            "config" => drop(Config::parse(&text)),
            "design" => {
                let files = BTreeMap::from([("design.toml".to_owned(), input.to_vec())]);
                let _ = design_folder::from_files("fuzzed", files);
            }
            "press-wire" => {
                use woodblock::outside::press::wire;
                let _ = (wire::read_ask(input), wire::read_answer(input), wire::read_check(input));
            }
            other => panic!("no such target: {other}"),
        }
    }

    fn answer_with(&self, input: &[u8]) {
        *self.answer.lock().unwrap() = input.to_vec();
    }

    fn ask(&self, provider: &dyn Provider, input: &[u8]) {
        self.answer_with(input);
        let reference = Reference::given("wb-main-1001-1-1");
        self.runtime.block_on(async {
            let _ = provider.find(&reference).await;
            let _ = provider.status(&reference, "1").await;
            let _ = provider.catalogue("mug").await;
            let _ = provider.sku("45475").await;
            let _ = provider.sku("PT-10204").await;
            let _ = provider.shipping_methods().await;
            let _ = provider.hooks().await;
            let order = provider_order();
            let _ = provider.misfit(&order).await;
            // Whatever is answered, nothing is free.
            if let Ok(Some(quote)) = provider.quote(&order).await {
                assert!(0 < quote.price.minor, "{quote:?}");
            }
            let _ = provider.echo("1", &order).await;
            let _ = provider.check().await;
        });
    }

    fn values(&self, text: &str) {
        let meta: Vec<LineMeta> = text
            .split('\n')
            .map(|row| {
                let (key, value) = row.split_once('=').unwrap_or(("Name", row));
                let (key, value) = (key.trim().to_owned(), value.to_owned());
                LineMeta { key, value, source: MetaSource::Visible }
            })
            .collect();
        let read = woodblock::model::reading::values(&self.design, &meta, Default::default());
        for key in read.values.keys() {
            assert!(self.design.field(key).is_some(), "a value of no field");
        }
    }

    /// Words never become structure (R75).
    fn fill(&self, text: &str) {
        let mut values = Values::new();
        values.insert("name".to_owned(), Value::Text(text.to_owned()));
        let filled = fill::fill(self.drawing.clone(), &self.design, &values);
        let again = xml::read(filled.root.write().as_bytes()).unwrap();
        let count = |root: &xml::Element| {
            let mut names = Vec::new();
            root.visit(&mut |element| {
                // Each line of a text is one element.
                if element.name != "tspan" {
                    names.push(element.name.clone());
                }
            });
            names
        };
        assert_eq!(count(&again), count(&filled.root), "a value became structure");
    }
}

/// What is let through is what was allowed.
fn address(text: &str) {
    let settings = GuardSettings {
        hosts: ["shop.example".to_owned(), "*.cdn.example".to_owned()].into(),
        exceptions: BTreeMap::<String, u16>::new().into_iter().collect(),
    };
    let Ok(url) = Url::parse(text) else {
        return;
    };
    if guard::check(&settings, &url).is_ok() {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_lowercase();
        assert!(host == "shop.example" || host.ends_with(".cdn.example"), "{url}");
        assert_eq!((url.scheme(), url.port_or_known_default()), ("https", Some(443)), "{url}");
        assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    }
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn corpus() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let orders: Vec<Vec<u8>> = std::fs::read_dir("tests/data/woo")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    let words = |all: &[&str]| -> Vec<Vec<u8>> {
        all.iter().map(|text| text.as_bytes().to_vec()).collect()
    };
    let customcat = words(&[
        r#"{"ORDER_ID":"wb-main-1001-1-1","STATUS":"Shipped","ORDER_STATUS":"In Production",
            "SHIPMENTS":[{"TRACKING_ID":"1Z","VENDOR":"UPS","ITEMS":[{"ORDER_ITEM_ID":1}]}],
            "ITEMS":[{"ORDER_ITEM_ID":1,"QUANTITY":2,"CATALOG_SKU":47417}],"TOTAL":"12.50"}"#,
        r#"[{"CATALOG_PRODUCT_ID":1,"PRODUCT_NAME":"Mug","PRODUCT_COLORS":[{"SKUS":[{"CATALOG_SKU_ID":1}]}]}]"#,
        r#"{"error":"not found","code":404}"#,
    ]);
    let shineon = words(&[
        r#"{"order":{"id":5,"status":"shipped","source_id":"wb-main-1001-1-1","shipments":
            [{"tracking_number":"1Z","tracking_company":"UPS","line_items":[{"id":1}]}],
            "line_items":[{"id":1,"sku":"SO-1","quantity":1}]}}"#,
        r#"{"orders":[{"id":5,"status":"on_hold"}],"skus":[{"sku":"SO-1","base_cost":"9.5"}]}"#,
    ]);
    let design = samples()[0].file_map();
    let drawings: Vec<Vec<u8>> = samples()
        .iter()
        .flat_map(|sample| sample.file_map())
        .filter(|(path, _)| path.ends_with(".svg"))
        .map(|(_, bytes)| bytes)
        .collect();
    let pictures = vec![png::small(), jpeg::small(), webp::small()];
    let hooks = [&customcat[..], &shineon[..]].concat();
    let texts = words(&[
        "Name=Anna\nNumber=7\nPhoto=https://shop.example/a.jpg",
        "name=\u{1F468}\u{200D}\u{1F469}\nNAME =x\n=\nphoto=data:x",
        "</text><script>&#0;]]>",
        "\u{202E}abc\u{301}\u{301}\r\n\0",
    ]);
    BTreeMap::from([
        ("webhook", orders.clone()),
        ("shop-order", orders),
        ("customcat", customcat),
        ("shineon", shineon),
        ("provider-hook", hooks),
        ("values", texts.clone()),
        ("fill", texts),
        ("drawing", drawings),
        ("picture-header", pictures.clone()),
        ("picture", pictures),
        ("file-name", words(&[Hash::of(b"x").as_str(), "../../etc/passwd"])),
        (
            "address",
            words(&[
                "https://shop.example/a.jpg",
                "https://user:word@127.0.0.1:80/?a#b",
                "https://a.cdn.example./x",
                "http://[::ffff:7f00:1]/",
            ]),
        ),
        (
            "csv",
            words(&["kind,key,design,provider,provider_sku,routes,steps,delay_h,per_copy\n\
             sku,MUG,mug,customcat,47417,,artwork,24,yes\nproduct,5,,,,,,,\n"]),
        ),
        ("config", vec![read("config.example.toml")]),
        ("design", vec![design["design.toml"].clone()]),
        (
            "press-wire",
            vec![
                woodblock::outside::press::wire::write_check("mug", &design),
                [&b"WBr1\x01"[..], &[0; 40]].concat(),
                b"WBa1\0\0\0\0\0\0\0\x03mug".to_vec(),
            ],
        ),
    ])
}

/// An order of a blank, for the questions that are asked about one.
fn provider_order() -> ProviderOrder {
    ProviderOrder {
        reference: Reference::given("wb-main-1001-1-1"),
        mode: Mode::Test,
        recipient: Recipient::default(),
        shipping_method: "Economy".to_owned(),
        hook_url: String::new(),
        lines: vec![ProviderLine {
            key: "1".to_owned(),
            provider_sku: "PT-10204".to_owned(),
            quantity: 1,
            files: Vec::new(),
            texts: Vec::new(),
            title: "Tag".to_owned(),
        }],
    }
}
