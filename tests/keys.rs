//! A walk with the keyboard alone, in a real Chromium: where Tab leads and that it can be seen, what each key
//! of the sheet does, that none acts while somebody types, and that letters can be turned off.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use serde_json::json;

use crate::browser::{Chromium, Scheme, paused, showroom};
use crate::common::ann;
use woodblock::flow::mark;
use woodblock::model::id::OrderId;
use woodblock::model::mark::{Label, Mark};

const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';
const CONTROL: char = '\u{e009}';
const ESCAPE: char = '\u{e00c}';
const DOWN: char = '\u{e015}';
const UP: char = '\u{e013}';

/// Which order the keyboard is at.
const AT: &str = "const row = document.activeElement.closest('.order-row'); \
                  return row && [...document.querySelectorAll('.order-row')].indexOf(row)";
const OPEN: &str =
    "return [...document.querySelectorAll('dialog[open]')].map(one => one.className)";
const TICKED: &str = "return document.querySelectorAll('[name=order]:checked').length";
const PATH: &str = "return location.pathname + location.search";

/// One step of the walk: what has the keyboard now, and what is wrong with that.
const STEP: &str = r#"
    const one = document.activeElement;
    if (one === document.body) return null;
    const before = window.before;
    window.before = one;
    const name = `${one.tagName} ${(one.textContent.trim() || one.ariaLabel || one.name || "").slice(0, 40)}`;
    const faults = [];
    const place = one.getBoundingClientRect();
    if (!one.checkVisibility({ visibilityProperty: true })) faults.push("it is hidden");
    if (place.right <= 0 || innerWidth <= place.left) faults.push("it is beside the page");
    if (before && !(before.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)) faults.push("it goes back");
    const rings = [getComputedStyle(one), getComputedStyle(one, "::after")];
    const isSeen = rings.some((ring) => ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2);
    if (!isSeen) faults.push("it shows no focus");
    const small = one.matches("button, summary, .look-link, input[type=checkbox]");
    const target = one.closest("label") || one;
    const size = target.getBoundingClientRect();
    if (small && (size.width < 24 || size.height < 24)) faults.push(`its target is ${size.width} × ${size.height}`);
    return [name, ...faults];
"#;

impl Chromium {
    /// Presses keys, one after the other, wherever the keyboard is.
    async fn keys(&self, keys: &[char]) {
        let mut press = KeyActions::new("keys".to_owned());
        for key in keys {
            press = press.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key });
        }
        self.watch().await;
        self.client.perform_actions(press).await.unwrap();
        self.stands().await;
    }

    /// Presses a key while Control is down.
    async fn control(&self, key: char) {
        let press = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: CONTROL })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: CONTROL });
        self.client.perform_actions(press).await.unwrap();
    }

    async fn leads_to(&self, keys: &[char], path: &str) {
        self.keys(keys).await;
        self.becomes(PATH, json!(path)).await;
        self.stands().await;
    }

    /// Goes through the whole page with Tab; what is wrong on the way.
    async fn walk(&self) -> (Vec<String>, Vec<String>) {
        self.script("window.before = null; document.activeElement.blur(); scrollTo(0, 0)").await;
        let (mut names, mut faults) = (Vec::new(), Vec::new());
        for _ in 0..250 {
            self.keys(&[TAB]).await;
            let step = self.script(STEP).await;
            let Some(step) = step.as_array() else { break };
            let words: Vec<&str> = step.iter().map(|word| word.as_str().unwrap()).collect();
            names.push(words[0].to_owned());
            faults.extend(words[1..].iter().map(|fault| format!("{}: {fault}", words[0])));
        }
        (names, faults)
    }
}

#[tokio::test]
async fn tab_leads_through_list_and_order_and_is_seen() {
    let Some(chromium) = Chromium::start().await else { return };
    let (_day, home) = showroom().await;
    chromium.log_in(&home).await;
    for width in [1440, 390] {
        chromium.client.set_window_size(width, 900).await.unwrap();
        for at in ["/?view=all", "order"] {
            chromium.client.goto(&format!("{home}/?view=all")).await.unwrap();
            if at == "order" {
                chromium.script("document.querySelector('.row-link').click()").await;
                chromium.shown("Recipient").await;
            }
            let (names, faults) = chromium.walk().await;
            assert!(names[0].contains("To the content"), "{names:?}");
            assert!(10 < names.len(), "{names:?}");
            assert_eq!(faults, Vec::<String>::new(), "{at} at {width}");
        }
    }
    chromium.end().await;
}

#[tokio::test]
async fn each_key_of_the_sheet_does_what_it_says() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = showroom().await;
    chromium.log_in(&home).await;
    chromium.client.set_window_size(1440, 900).await.unwrap();
    let list = format!("{home}/?view=counting-down");
    chromium.client.goto(&list).await.unwrap();
    chromium.keys(&['?']).await;
    chromium.becomes(OPEN, json!(["keys"])).await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    chromium.picture("keys-sheet").await;
    chromium.keys(&[ESCAPE]).await;
    chromium.becomes(OPEN, json!([])).await;
    rows_are_walked(&chromium).await;
    quick_look(&chromium).await;
    nothing_while_typing(&chromium).await;
    // H holds at once, Z takes it back; S asks first, and Enter is the yes.
    chromium.client.goto(&list).await.unwrap();
    let before = paused(&day).await;
    chromium.keys(&['j', 'h']).await;
    chromium.shown("Paused 1 order").await;
    assert_eq!(paused(&day).await, before + 1);
    chromium.picture("keys-held").await;
    chromium.keys(&['z']).await;
    chromium.shown("Resumed 1 order").await;
    assert_eq!(paused(&day).await, before);
    chromium.keys(&['j', 's']).await;
    chromium.shown("Send now: 1 order?").await;
    chromium.keys(&[ENTER]).await;
    chromium.shown("Sent on their way: 1 order").await;
    chromium.keys(&['z']).await;
    chromium.shown("Paused 1 order").await;
    chromium.client.goto(&list).await.unwrap();
    chromium.keys(&['j', 'e']).await;
    chromium.shown("As it stands").await;
    chromium.client.goto(&list).await.unwrap();
    chromium.keys(&['j', ENTER]).await;
    chromium.shown("Recipient").await;
    places_and_neighbours(&chromium, &home).await;
    chromium.end().await;
}

/// J, K and the arrows move, and X ticks.
async fn rows_are_walked(chromium: &Chromium) {
    chromium.keys(&['j']).await;
    assert_eq!(chromium.script(AT).await, json!(0));
    chromium.keys(&['j', 'j', 'k', DOWN, UP]).await;
    assert_eq!(chromium.script(AT).await, json!(1));
    chromium.keys(&['x']).await;
    assert_eq!(chromium.script(TICKED).await, json!(1));
    chromium.keys(&['j', 'x']).await;
    assert_eq!(chromium.script(TICKED).await, json!(2));
    chromium.keys(&['x', 'k', 'x']).await;
    assert_eq!(chromium.script(TICKED).await, json!(0));
}

/// Space shows an order, J shows the next, Escape closes, and the keyboard is at the row that was shown.
async fn quick_look(chromium: &Chromium) {
    let at = chromium.script(AT).await.as_u64().unwrap();
    let shown = "return document.querySelector('.look h2 a')?.textContent";
    let number = |place: u64| {
        format!("return 'Order ' + document.querySelectorAll('.row-link')[{place}].textContent")
    };
    chromium.keys(&[' ']).await;
    chromium.becomes(OPEN, json!(["look"])).await;
    chromium.becomes(shown, chromium.script(&number(at)).await).await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    let are_whole = "return [...document.querySelectorAll('.look img')].every(one => one.complete)";
    chromium.becomes(are_whole, json!(true)).await;
    chromium.picture("quick-look").await;
    chromium.keys(&['j']).await;
    chromium.becomes(shown, chromium.script(&number(at + 1)).await).await;
    chromium.keys(&['k', DOWN]).await;
    chromium.becomes(shown, chromium.script(&number(at + 1)).await).await;
    chromium.keys(&[ESCAPE]).await;
    chromium.becomes(OPEN, json!([])).await;
    chromium.becomes(AT, json!(at + 1)).await;
    // Without keys there is a button for it, and one to close.
    chromium.click(".order-row .look-link").await;
    chromium.becomes(shown, chromium.script(&number(0)).await).await;
    chromium.click(".look [data-look='0']").await;
    chromium.becomes(OPEN, json!([])).await;
    chromium.becomes("return document.activeElement.className", json!("row-link")).await;
    assert_eq!(chromium.script(AT).await, json!(0));
}

async fn nothing_while_typing(chromium: &Chromium) {
    chromium.keys(&['/']).await;
    chromium.keys(&['j', 'x', 'e', 's', 'h', 'g', 'p', '?', '/', ' ']).await;
    let typed = "return document.getElementById('q').value";
    assert_eq!(chromium.script(typed).await, json!("jxeshgp?/ "));
    assert_eq!(chromium.script(TICKED).await, json!(0));
    assert_eq!(chromium.script(OPEN).await, json!([]));
}

async fn places_and_neighbours(chromium: &Chromium, home: &str) {
    chromium.client.goto(&format!("{home}/?view=all")).await.unwrap();
    chromium.keys(&['j', 'j', ENTER]).await;
    chromium.shown("Recipient").await;
    let second = chromium.script(PATH).await;
    chromium.keys(&['j']).await;
    chromium
        .becomes(
            "return document.readyState === 'complete' && !!document.querySelector('[data-key=k]')",
            json!(true),
        )
        .await;
    let third = chromium.script(PATH).await;
    assert_ne!(second, third);
    chromium.keys(&['k']).await;
    chromium.becomes(PATH, second).await;
    chromium.shown("Recipient").await;
    chromium.leads_to(&['u'], "/?view=all").await;
    for (key, path) in [
        ('p', "/products"),
        ('d', "/designs"),
        ('r', "/reports"),
        ('h', "/health"),
        ('a', "/alerts"),
        ('s', "/settings/shops"),
        ('o', "/"),
    ] {
        chromium.leads_to(&['g', key], path).await;
    }
}

#[tokio::test]
async fn letters_that_are_turned_off_do_nothing() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = showroom().await;
    chromium.log_in(&home).await;
    chromium.client.goto(&format!("{home}/account")).await.unwrap();
    chromium.click("#keys button").await;
    chromium.shown("Single letters are no keys any more").await;
    chromium.picture("account-keys").await;
    let list = format!("{home}/?view=counting-down");
    chromium.client.goto(&list).await.unwrap();
    let before = paused(&day).await;
    chromium.script("document.querySelector('.row-link').focus()").await;
    chromium.keys(&['x', 'j', 'h', 's', 'e', 'g', 'p', '?', '/', 'z']).await;
    assert_eq!(chromium.script(AT).await, json!(0));
    assert_eq!(chromium.script(TICKED).await, json!(0));
    assert_eq!(chromium.script(OPEN).await, json!([]));
    assert_eq!(chromium.script(PATH).await, json!("/?view=counting-down"));
    assert_eq!(paused(&day).await, before);
    // What is no letter still works, and the command box says what there is.
    chromium.keys(&[DOWN, ' ']).await;
    chromium.becomes(OPEN, json!(["look"])).await;
    chromium.keys(&[ESCAPE]).await;
    chromium.becomes(AT, json!(1)).await;
    chromium.control('k').await;
    chromium.becomes(OPEN, json!(["command"])).await;
    chromium.type_in("#command", "keys").await;
    chromium.keys(&[ENTER]).await;
    chromium.becomes(OPEN, json!(["keys"])).await;
    chromium.end().await;
}

/// Labels in bulk from the bar, the columns menu, and how it all looks at each width.
#[tokio::test]
async fn the_list_is_marked_and_arranged() {
    let Some(chromium) = Chromium::start().await else { return };
    let (_day, home) = showroom().await;
    chromium.log_in(&home).await;
    chromium.client.set_window_size(1440, 900).await.unwrap();
    for (label, rows) in [("Rush", &[1, 2][..]), ("Gift wrap", &[2, 4][..])] {
        chromium.client.goto(&format!("{home}/?view=all")).await.unwrap();
        for row in rows {
            chromium.click(&format!(".order-row:nth-of-type({}) .tickbox label", row + 1)).await;
        }
        chromium.script("document.querySelector('.bulk-bar summary').click()").await;
        chromium.picture("list-label-menu").await;
        // Enter in the field is the menu's own button, never another one of the bar.
        chromium.type_in(".bulk-bar [name=label]", &format!("{label}\u{e007}")).await;
        chromium.shown(&format!("Put “{label}” on 2 orders?")).await;
        chromium.keys(&[ENTER]).await;
        chromium.shown(&format!("Labelled “{label}”: 2 orders")).await;
    }
    chromium.client.goto(&format!("{home}/?view=all")).await.unwrap();
    chromium.script("document.querySelector('.order-row:nth-of-type(3) .row-link').click()").await;
    chromium.shown("Recipient").await;
    chromium.click(".mark-menu:last-of-type summary").await;
    chromium.picture("order-marks-menu").await;
    chromium.click(".mark-menu:last-of-type .menu-item").await;
    chromium.shown("ann looks after it now").await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    chromium.picture("order-marks").await;
    for width in [1440, 768, 390] {
        chromium.client.set_window_size(width, 900).await.unwrap();
        chromium.client.goto(&format!("{home}/?view=all")).await.unwrap();
        chromium.picture(&format!("list-marks-{width}")).await;
        let wide = "return document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(chromium.script(wide).await, json!(true), "{width}");
    }
    // All but the clock, which goes on meanwhile.
    let words =
        "return document.querySelector('.order-row').innerText.replace(/goes out in .* ·/, '')";
    let card = chromium.script(words).await;
    chromium.client.set_window_size(1440, 900).await.unwrap();
    chromium.click(".columns-menu summary").await;
    chromium.picture("list-columns-menu").await;
    for column in ["picture", "provider", "total", "placed"] {
        chromium.click(&format!("[name=column][value={column}]")).await;
    }
    chromium.click("[name=density][value=compact]").await;
    chromium.click(".columns-menu .primary").await;
    chromium.shown("The list looks like this").await;
    let heads = "return [...document.querySelectorAll('.orders-head > span')].slice(1, -1).map(one => one.textContent)";
    let wanted =
        ["Order", "Placed", "Customer", "Items", "Total", "State", "Labels", "Looked after by"];
    assert_eq!(chromium.script(heads).await, json!(wanted));
    let aligned = "const at = (css) => document.querySelector(css).getBoundingClientRect().left;
        return Math.abs(at('.orders-head .c-state') - at('.order-row .c-state'))";
    assert!(chromium.script(aligned).await.as_f64().unwrap() < 1.0);
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    chromium.picture("list-compact").await;
    chromium.client.set_window_size(390, 900).await.unwrap();
    chromium.client.refresh().await.unwrap();
    assert_eq!(chromium.script(words).await, card, "cards are alike for everybody");
    chromium.end().await;
}

/// Every look of a label, and somebody who looks after the order, in the dark and on a phone.
#[tokio::test]
async fn labels_can_be_read_by_everybody() {
    for scheme in [Scheme::Light, Scheme::Dark] {
        let Some(chromium) = Chromium::start().await else { return };
        let (day, home) = showroom().await;
        for name in ["Rush", "Gift wrap", "Reprint", "VIP", "Ask first", "Etsy"] {
            for order in [OrderId(8), OrderId(9)] {
                let label = Mark::Label(Label::named(name).unwrap());
                mark::put(&day.ctx, order, label, &ann()).await.unwrap();
            }
        }
        chromium.log_in(&home).await;
        chromium.prefers(scheme).await;
        let to_ann = Mark::Assign("ann".to_owned());
        mark::put(&day.ctx, OrderId(8), to_ann, &ann()).await.unwrap();
        chromium.client.set_window_size(1440, 900).await.unwrap();
        chromium.client.goto(&format!("{home}/?view=all&label=rush")).await.unwrap();
        let looks = "return new Set([...document.querySelectorAll('.order-row .label')]
            .map((one) => one.classList[1])).size";
        assert_eq!(chromium.script(looks).await, json!(6));
        assert_eq!(chromium.faults_of_access().await, Vec::<String>::new(), "{scheme:?}");
        chromium.picture(&format!("labels-{scheme:?}")).await;
        chromium.keys(&['j', ' ']).await;
        chromium.becomes("return !!document.querySelector('.look h2')", json!(true)).await;
        assert_eq!(chromium.faults_of_access().await, Vec::<String>::new(), "{scheme:?}");
        chromium.picture(&format!("labels-look-{scheme:?}")).await;
        chromium.client.set_window_size(390, 900).await.unwrap();
        chromium.client.refresh().await.unwrap();
        chromium.click(".order-row .tickbox label").await;
        chromium.script("document.querySelector('.bulk-bar summary').click()").await;
        let inside = "const place = document.querySelector('.bulk-bar details[open] .menu-body')
            .getBoundingClientRect(); return 0 <= place.left && 0 <= place.top
            && place.right <= innerWidth && place.bottom <= innerHeight";
        assert_eq!(chromium.script(inside).await, json!(true));
        chromium.picture(&format!("labels-phone-{scheme:?}")).await;
        chromium.end().await;
    }
}
