//! The settings themselves, in the order in which pages show them.

use super::{Kind, Spec};

const fn spec(
    key: &'static str,
    label: &'static str,
    kind: Kind,
    usual: &'static str,
    hint: &'static str,
) -> Spec {
    Spec { key, label, hint, kind, usual, group: "" }
}

impl Spec {
    /// The same, folded away among its like.
    const fn of(self, group: &'static str) -> Spec {
        Spec { group, ..self }
    }
}

/// What tells of orders at once.
const WEBHOOKS: &str = "Webhooks";
/// Limits of one provider.
const OWN_LIMITS: &str = "Limits of its own";
/// What only CustomCat knows.
const CUSTOMCAT: &str = "Only for CustomCat";
/// What only ShineOn knows.
const SHINEON: &str = "Only for ShineOn";

/// One shop.
pub const SHOP: &[Spec] = &[
    spec(
        "url",
        "Address of the shop",
        Kind::Text,
        "",
        "The site address, as it stands in its general settings: https://shop.example.com",
    ),
    spec(
        "consumer_key",
        "Consumer key",
        Kind::Secret,
        "",
        "WooCommerce → Settings → Advanced → REST API → Add key, with Read/Write. Begins with ck_",
    ),
    spec("consumer_secret", "Consumer secret", Kind::Secret, "", "Shown beside it, once. cs_…"),
    spec(
        "approval",
        "When everything is ready",
        Kind::Choice(&[
            ("automatic", "Orders go out by themselves, after the submit delay"),
            ("manual", "Somebody presses Submit for each"),
        ]),
        "automatic",
        "",
    ),
    spec(
        "delay",
        "Submit delay",
        Kind::Span,
        "24 h",
        "So long people can still change or stop an order that is ready. 0 h sends at once; products \
         and providers may have their own.",
    ),
    spec(
        "together",
        "What goes out together",
        Kind::Choice(&[
            ("provider", "What one provider makes"),
            ("order", "The whole order"),
            ("item", "Each item by itself"),
        ]),
        "provider",
        "",
    ),
    spec(
        "steps",
        "Steps of an item",
        Kind::Text,
        "artwork",
        "What items wait for where their product does not say: input, review, artwork, check, proof, \
         with commas between.",
    ),
    spec(
        "quiet",
        "Quiet hours",
        Kind::Lines,
        "",
        "In these nothing is submitted on its own; a countdown that would end there ends with them. One \
         on each line: mon-fri 18:00-08:00, or sat-sun 00:00-24:00.",
    ),
    spec(
        "zone",
        "Time zone of the shop",
        Kind::Text,
        "",
        "For the quiet hours: Europe/Berlin. Empty is that of the server.",
    ),
    spec(
        "paid_statuses",
        "Statuses that mean paid",
        Kind::Lines,
        "processing",
        "One on each line, as WooCommerce writes them.",
    ),
    spec(
        "on_delivery",
        "Paid on delivery",
        Kind::Lines,
        "cod",
        "Payment ways whose orders count as paid by their status alone.",
    ),
    spec(
        "photo_hosts",
        "Other hosts of photos",
        Kind::Lines,
        "",
        "Customers’ photos are fetched from the shop and from these.",
    ),
    spec(
        "other_urls",
        "Other addresses of the shop",
        Kind::Lines,
        "",
        "By which it names itself in its webhooks. A webhook from any further one is taken for a copy of \
         the shop.",
    ),
    spec("poll_every", "Look for orders every", Kind::Span, "60 s", "Besides what webhooks tell."),
    spec(
        "webhooks",
        "Who makes them",
        Kind::Choice(&[
            ("made", "woodblock, and looks after them"),
            ("by_hand", "I do, in the shop’s settings"),
        ]),
        "made",
        "",
    )
    .of(WEBHOOKS),
    spec(
        "webhook_secret",
        "Secret of the webhooks",
        Kind::Secret,
        "",
        "Only for webhooks that you make: 16 to 64 letters and digits, the same here and in each of \
         them. When you replace it here, replace it there as well; orders that come in between are found \
         by looking for them.",
    )
    .of(WEBHOOKS),
];

/// One provider.
pub const PROVIDER: &[Spec] = &[
    spec(
        "kind",
        "Provider",
        Kind::Choice(&[
            ("by_hand", "I print myself, or place the orders by hand"),
            ("customcat", "CustomCat"),
            ("shineon", "ShineOn"),
        ]),
        "",
        "",
    ),
    spec(
        "mode",
        "Mode",
        Kind::Choice(&[
            ("test", "Test: orders are checked, but neither charged nor made"),
            ("live", "Live: every order is charged and made"),
        ]),
        "test",
        "",
    ),
    spec(
        "key",
        "Key",
        Kind::Secret,
        "",
        "CustomCat: the read-write key. ShineOn: the token. None for printing by hand.",
    ),
    spec("read_key", "Read-only key", Kind::Secret, "", "CustomCat’s, which its reports carry."),
    spec(
        "shipping",
        "Shipping methods",
        Kind::Map,
        "",
        "The shop’s method, an equals sign, the provider’s; * stands for every other: * = Economy",
    ),
    spec("delay", "Submit delay of its own", Kind::Span, "", "Empty is the shop’s."),
    spec("production_days", "Days until it ships", Kind::Count, "5", "Then people are told."),
    spec(
        "order_page",
        "Its page of an order",
        Kind::Text,
        "",
        "The address in your account there, with {number} for its number and {reference} for ours. \
         The order’s page then links to it.",
    ),
    spec(
        "file_names",
        "Names of print files",
        Kind::Text,
        crate::model::file_name::USUAL,
        "In archives and on sheets. {item} and {area} must be in it; there are {order}, {sku}, {variant}, \
         {revision}, {quantity}, {product} and {field.KEY} for a value.",
    ),
    spec("fallback_phone", "Telephone for recipients without", Kind::Text, "", ""),
    spec("fallback_email", "E-mail for recipients without", Kind::Text, "", ""),
    spec(
        "url",
        "Address of its interface",
        Kind::Text,
        "",
        "Only for trying out; empty is the provider’s own.",
    ),
    spec(
        "limits.orders_per_hour",
        "Orders in an hour",
        Kind::Count,
        "",
        "Besides the limits of all submissions together. Empty is none.",
    ).of(OWN_LIMITS),
    spec("limits.money_per_day", "Money in a day", Kind::Amount, "", "Counted from midnight to midnight (UTC).").of(OWN_LIMITS),
    spec(
        "limits.price_max",
        "Most that one order may cost",
        Kind::Amount,
        "",
        "Takes the place of the one for all submissions; a dearer order is held.",
    ).of(OWN_LIMITS),
    spec(
        "limits.price_unknown",
        "Where the price cannot be told before",
        Kind::Choice(&[
            ("", "As for all submissions"),
            ("send", "Send it"),
            ("hold", "Hold it for a person"),
        ]),
        "",
        "",
    ).of(OWN_LIMITS),
    spec(
        "use_embedded_dpi",
        "Honour the file’s own DPI",
        Kind::Tick,
        "no",
        "Instead of assuming 300.",
    ).of(CUSTOMCAT),
    spec(
        "seller",
        "Sender on the label",
        Kind::Map,
        "",
        "One on each line: name = Prints, then phone, address_1, address_2, city, state, postcode and \
         country (two letters). Empty is CustomCat’s own.",
    ).of(CUSTOMCAT),
    spec(
        "presets",
        "Where the art goes",
        Kind::Numbers,
        "",
        "The variant, an equals sign, CustomCat’s number; * stands for every other: 45475 = 4. Empty is \
         where it was drawn.",
    ).of(CUSTOMCAT),
    spec(
        "hold_first",
        "Compare before release",
        Kind::Tick,
        "no",
        "Each order is placed on hold, read back, compared, and only then released to be billed.",
    ).of(SHINEON),
    spec(
        "properties",
        "Names of fields",
        Kind::Map,
        "",
        "A field of the design, an equals sign, ShineOn’s name for it: motto = Engraving Line 2. Fields \
         called like ShineOn’s need no entry.",
    ).of(SHINEON),
];

/// The countdown.
pub const COUNTDOWN: &[Spec] = &[
    spec(
        "grace",
        "Time after an edit",
        Kind::Span,
        "10 min",
        "What an edit leaves at least before the order goes out.",
    ),
    spec("undo", "Time for undo", Kind::Span, "10 s", "After Submit, Send now and Resume."),
    spec(
        "editor_max",
        "Open editor",
        Kind::Span,
        "1 h",
        "Longest time that an open editor keeps an order from going out.",
    ),
    spec(
        "wait_max",
        "Longest wait for a press of Submit",
        Kind::Span,
        "",
        "Then the order goes on by itself. Empty: it waits, and people are reminded each day.",
    ),
];

/// The limits.
pub const LIMITS: &[Spec] = &[
    spec(
        "orders_per_hour",
        "Orders in an hour",
        Kind::Count,
        "",
        "More wait for the next hour. Empty is no limit.",
    ),
    spec(
        "money_per_day",
        "Money in a day",
        Kind::Amount,
        "",
        "Whatever the currency; more waits for the next day (UTC). Empty is no limit.",
    ),
    spec(
        "price_max",
        "Most that one order may cost",
        Kind::Amount,
        "",
        "The provider is asked before; what is dearer waits for a person. Empty asks nobody.",
    ),
    spec(
        "price_unknown",
        "Where the provider tells no price",
        Kind::Choice(&[("send", "Send it"), ("hold", "Hold it until a person looked")]),
        "send",
        "",
    ),
    spec(
        "jump_times",
        "Sudden jump",
        Kind::Count,
        "10",
        "More in an hour than so many times the usual one is held back. 0 is never.",
    ),
    spec("jump_floor", "Always fine", Kind::Count, "200", "So many in an hour are no jump."),
];

/// Who is told.
pub const ALERTS: &[Spec] = &[spec(
    "to",
    "Who gets alerts",
    Kind::Lines,
    "",
    "E-mail addresses, one on each line. Alerts stand in the pages as well.",
)];

/// How mail leaves.
pub const MAIL: &[Spec] = &[
    spec("from", "Sender", Kind::Text, "", "Name and address: Prints <prints@shop.example>"),
    spec("host", "Mail server", Kind::Text, "", "Its name: mail.example.com"),
    spec("port", "Port", Kind::Count, "", "587 with STARTTLS, 465 with TLS, 25 on this machine."),
    spec(
        "tls",
        "Encryption",
        Kind::Choice(&[
            ("starttls", "STARTTLS (587)"),
            ("always", "TLS from the first byte (465)"),
            ("never", "None: a server on this very machine"),
        ]),
        "starttls",
        "",
    ),
    spec("user", "Account", Kind::Text, "", "Empty where the server asks for none."),
    spec("password", "Password", Kind::Secret, "", ""),
];

/// How long what is known of customers is kept.
pub const RETENTION: &[Spec] = &[
    spec(
        "orders",
        "Erase orders after",
        Kind::Span,
        "",
        "Orders that ended so long ago lose photos, texts, names and addresses; the money record stays. \
         What is erased cannot be printed again. Empty keeps them.",
    ),
    spec("deliveries", "Keep webhooks for", Kind::Span, "30 d", "Their bodies, for looking into."),
];
