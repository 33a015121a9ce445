//! woodblock takes the orders of a WooCommerce shop from payment to tracking number.
//!
//! # The flow
//!
//! Everything that happens is one pass of one loop:
//!
//! ```text
//! event ─► transition (pure decisions) ─► one transaction: facts + state + history + jobs
//!   ▲                                                                              │
//!   └───────────────────────── job does the outside work ◄──────────────────────────┘
//! ```
//!
//! [`flow::transition`] is the only writer of states. It applies one event, then asks the pure
//! function [`model::settle::next`] what follows from the order as it stands, again and again until
//! it is at rest, and asks for the work that a resting order waits for. So a webhook, a click and a
//! restart all end in the same place, and no path can forget a consequence.
//!
//! # The rooms
//!
//! One sentence tells it: *`web` and `cli` ask `flow`; `flow` decides with `model`, remembers with
//! `db`, draws with `render`, and speaks with `outside`.*
//!
//! | room | what | may name |
//! |---|---|---|
//! | `model` | what things are and what may become of them; pure | |
//! | `render` | design and values to pixels to files; pure | `model` |
//! | `db` | all SQL; only `db::engine` knows the engine | `model` |
//! | `outside` | everyone we talk to, each behind a trait | `model`, `render` |
//! | `flow` | the work, one file per step | all above |
//! | `config` | settings: file, pages, and both together | all above |
//! | `app` | what is wired together, and the loops | all above |
//! | `web` | pages, hooks, files | all above |
//! | `sandbox` | a simulated world behind the same traits | `model`, traits of `outside` |
//! | `cli` | one file per subcommand | everything |
//! | `failpoint` | boundaries for proofs; empty in the shipped program | `flow` and below |
//!
//! `tests/tidy.rs` holds this table. Two things differ from the first plan: `outside` names `render`,
//! because the press runs it in its children; and `config` stands below `app` and `web`, because the
//! pages change settings with the same structs, the same validation and the same words as the file.
//!
//! What is absent matters as much: no SQL outside `db`; no network, disk, async, clock or chance in
//! `model` and `render`; no call outside and no `.await` inside a transaction; no state written but
//! by the transition; no second queue beside the table `jobs`.
//!
//! # Money
//!
//! A provider is paid by one call, `Provider::submit`, and that call takes a
//! [`model::fulfilment::SubmitPermit`] by value. A permit is made from an intent, and an intent
//! comes from the database alone, in the transaction that moved the fulfilment to `submitting`. So
//! nothing is sent that is not on disk first. Whatever is not a clear answer becomes `unknown` and is
//! looked up; only a proven absence, or a person, lets the same reference be sent again. A correction
//! goes the same way, with a [`model::fulfilment::CorrectPermit`]; its lost answer is a person's at
//! once, because a look-up does not tell what is printed. An order that is placed on hold to be compared
//! is released with a [`model::fulfilment::ReleasePermit`], which may be repeated. References
//! are derived (shop, order, line, copy, edition), so that a restored backup finds what it sent.
//!
//! Before that, `flow::limits` compares the recorded intents with what may be spent, and holds the rest
//! back until the hour or day ends. And a marker outside the database (`app::marker`) tells at each
//! start whether it is the one that worked last; if not, `flow::recovery` looks every open order up
//! under each reference that it could have had, and adopts what it finds, before anything is sent. Such
//! an installation may have a twin that is alive, with the same orders due in the same second, and not
//! every provider refuses a reference that it has: so it waits a minute or more once it sees that an order
//! is due (`flow::submit`), and its look before the money finds what the twin has sent.
//!
//! # An order, from webhook to parcel
//!
//! 1. `web::hooks` verifies the delivery over its raw bytes; `flow::intake::accept` stores it and
//!    asks for a look at the order. Polling (`flow::poll`) asks the same, so a lost webhook costs
//!    time only.
//! 2. `flow::intake::run` fetches the order; `flow::take_in` reads it with the product map
//!    (`model::reading`) into lines, items and values; what is odd becomes a hold.
//!    What was typed by hand or came in a marketplace's table takes the same way through
//!    `flow::elsewhere` and `flow::order_import`, once for each source and number.
//! 3. `Paid` opens the order. `settle` plans its fulfilments; `flow::artwork` fetches photos, has
//!    the press draw every area and stores the files by hash.
//! 4. All items ready: `Gathered`, and the countdown runs. An edit sends it back to gathering; it
//!    keeps its moment, or gets the grace.
//! 5. `flow::submit`: the precheck asks the shop once more, reads every file again, looks every
//!    edition up, asks whether the provider can take it and what it costs; the intent is committed;
//!    the provider gets the order with addresses of its files. `flow::release` reads back and
//!    releases what was placed on hold.
//!    What people make themselves gets its sheets and archive from `flow::handout`.
//! 6. `flow::track` notes each parcel once, and `flow::parcels` many that were pasted;
//!    `flow::shop_sync` writes tracking into the shop and, when every line that was not refunded has
//!    shipped, `completed`.
//!
//! # What must always hold
//!
//! [`model::audit`] says it as a pure function of an order and its jobs: pieces are accepted once for
//! each that is wanted, what is not over is scheduled or waits for people who were told, and what was
//! sent is what was drawn. `woodblock audit` asks it of every order, the simulator after each event.
//!
//! # A refused order
//!
//! The provider says no: `Refused`, a hold with its words, an alert. Somebody mends the address and
//! presses Submit again: `Replanned` supersedes the fulfilment, `settle` plans a new one over what
//! has not shipped, with the next edition and a countdown of its own. The other provider's
//! fulfilment of the same order never notices.
//!
//! # An order that its provider ends
//!
//! What a provider cancels counts as not made, and its pieces are free to be sent anew. A parcel may have
//! left before, and some providers do not tell what was in it: then nothing is given up by a guess, which
//! would have a piece made twice or never. A person says what was in the parcel ([`flow::ending`]).
//!
//! # A value, from what was written to what is printed
//!
//! [`model::field`] reads a value into the form in which it is kept: a date as `2026-06-20`, whatever the
//! customer wrote, so that it reads the same again; `printed` is its form on the product. How a text meets
//! its place is pure as well ([`model::field::fit`]): which number of lines is taken, and by what it is
//! scaled. [`render::fitting`] measures the pieces of a text once, breaks it, and measures the broken text
//! again as a whole, so that the scale is that of its real ink. Photos are laid (mirrored, turned) in
//! their few shown pixels, not in the many that were taken.
//!
//! # What a design asks of the order
//!
//! A condition of a design may ask for more than its fields: pieces, country, variation
//! ([`model::circumstance`]). The answers stand among the values of a revision, so that a revision says
//! everything that its print was made of, and `settle` compares them with the order: what it answers
//! otherwise becomes a new revision while it is not too late.
//!
//! # From a laid-out drawing to a file
//!
//! Before each layout [`render::runs`] gives every character to the first family named that has all of it;
//! what the layout library does about fonts that lack something holds only where all fonts make as many
//! shapes of a text. [`render::edge`] looks at what stands too near to the cut.
//!
//! One tree, two ways: pixels go in strips to PNG, JPEG or TIFF ([`render::encode`]); shapes are walked
//! once more for PDF and SVG ([`render::pdf`], [`render::svg`]), with words outlined and photos embedded.
//! [`render::mockup`] lays what was drawn onto photographs of the product, for people alone.
//!
//! # What is found in a print that could be made
//!
//! The renderer tells everything it sees and draws all the same; what follows is the core's to say. Each
//! product has a level for each check ([`model::check`]): off, told, or held. [`flow::artwork`] writes the
//! holds before the files, in one transaction, so that nothing goes on in between; what is told stands
//! beside the revision. What cannot be printed at all is no check, and no setting lets it through.
//!
//! # A new version of a design
//!
//! Orders keep their version. [`flow::design_update`] draws what waits, and a test set at the ends of what
//! the fields allow ([`model::test_set`]), with both versions and compares pixels
//! ([`render::difference`]); a person moves an order to the new version as an amendment like any other.
//! Fonts that an installation lends ([`flow::font`]) are put into a version when it is added, so that a
//! version is everything its prints are made of, but for the fonts that the program itself brings.
//!
//! # Settings while it runs
//!
//! [`flow::Ctx`] is a snapshot: shops, providers, rules and mail do not change in it. A change in the
//! pages goes through [`app::live`]: checked as a whole ([`config::compose`]: what the file declares
//! wins), written in one transaction with its history, secrets sealed ([`flow::seal`]), and then put in
//! the place of the seats before. Whoever begins something asks for [`flow::Ctx::latest`]: the worker
//! for each job, the pages for each request (their router is made anew when something changed). So a job
//! ends with the seats and rules it began with, and the next one has the new ones; listeners and workers
//! stay. Disconnecting disables and never deletes: [`flow::disconnect`] holds what would go out and lets
//! it go on when the seat is there again.
//!
//! # Who may do what
//!
//! One table, [`web::routes`], names every route with the right that it needs; the router is made of it and
//! asks before a handler runs, of the rights that the person's role gives at that moment. [`flow::staff`]
//! holds the rules between people: nobody gives more than they have. Pages leave out what
//! [`web::routes::right_of`] says would be refused. One act on many orders is planned by the pure
//! [`model::bulk`] and done by [`flow::bulk`] through the same functions as a single press, each order in
//! a transaction of its own. Labels and who looks after an order ([`model::mark`], [`flow::mark`]) tell
//! people something and change nothing of what becomes of it.
//!
//! # An edit
//!
//! [`web::operator::edit`] shows the fields of an item, and asks for a drawing with each keystroke. The
//! press keeps a warm child for each session ([`outside::press::warm`]): one item of one order, or one
//! person at one design. It holds design, fonts and decoded photos ([`render::studio`]), draws the same
//! bytes as a fresh child, and is never given to another session. [`flow::amend`] saves only what was
//! begun on the revision that still counts, and the page only what was looked at: a seal ties the last
//! yes to the very values that were shown.
//!
//! # A yes
//!
//! Quality control and the customer say yes to bytes, not to a number: [`model::item::Facts::seal`] is a
//! hash of a revision and of each of its print files, a yes is kept under it, and the page sends the seal
//! of what it showed. Drawn again to other bytes (a newer renderer, a repaired font), the same revision
//! waits for its yes again. `web::operator::revisions` puts what was approved, drawn and sent beside each
//! other.
//!
//! # When the disk fails
//!
//! After an error of reading, writing or syncing nobody knows what the disk holds. [`db::engine`] then
//! refuses every transaction, [`app`] ends, and the next start reads what is there. A full disk is no
//! such error: the transaction is undone, the worker keeps in memory what its job came to, and
//! [`flow::submit`] spends nothing while little room is left.
//!
//! # A job that ends the program
//!
//! What was running when the program ended is suspected. `db::job::claim` gives suspects out first,
//! and each alone, so that the next crash tells the culprit; it counts against a job only when nothing
//! else ran. Then it pauses before it runs alone once more, and others go on meanwhile.
//!
//! # How it is known to be well
//!
//! [`flow::pulse`] holds each worker's last sign of life; [`flow::health`] gathers what was seen, and the
//! pure [`model::health::faults`] says what is wrong with it. `/healthz`, `/metrics`, the alerts, systemd
//! and the sign of life to the outside are views of that one judgement. Only a worker that does not get
//! on is a reason to be started again: what is wrong outside is not mended by a restart.

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[macro_use]
pub mod failpoint;

pub mod model;

pub mod render;

pub mod db;
pub mod outside;

pub mod flow;

pub mod config;

pub mod app;

pub mod web;

pub mod sandbox;

pub mod cli;
