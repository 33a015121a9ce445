//! The one declared table of routes: method, path, who may, and what for (R113).
//!
//! The routers are made of this table, so that a route without an entry does not exist.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, get, post};

use super::operator::{
    account, act, alerts, bulk, deliveries, designs, download, edit, entry, fonts,
    health as health_page, jobs, labels, letter, list, login, look as look_at, mails, marks,
    new_order, order, passed, people, pictures, products, recipient, reports, revisions, settings,
    setup, start, stop, tracking,
};
use super::{assets, connect, files, guard, health, hooks, site::Site};
use crate::model::right::Right;

/// Largest form with which an order from elsewhere is typed: its lines have pictures.
const ENTRY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Anybody.
    Anyone,
    /// A person with a log-in.
    Operator,
    /// The shop or a provider, who prove themselves in the request.
    Outside,
}

/// How a route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET` and `HEAD`: changes nothing.
    Look,
    /// `POST`.
    Press,
    /// Whatever the other side sends.
    Any,
}

/// One route.
pub struct Route {
    /// How it is asked.
    pub verb: Verb,
    /// Its path, as axum writes them.
    pub path: &'static str,
    /// Who may.
    pub role: Role,
    /// What whoever is logged in needs besides.
    pub right: Option<Right>,
    /// What for.
    pub purpose: &'static str,
    answer: MethodRouter<Site>,
}

impl Route {
    /// The same, for people with this right.
    fn needs(self, right: Right) -> Route {
        Route { right: Some(right), ..self }
    }

    /// The same, for everybody who is logged in: it changes what is the person's own.
    fn of_anybody(self) -> Route {
        Route { right: None, ..self }
    }
}

fn open(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { verb: Verb::Look, path, role: Role::Anyone, right: None, purpose, answer }
}

fn look(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { role: Role::Operator, ..open(path, purpose, answer) }
}

fn press(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { verb: Verb::Press, ..look(path, purpose, answer) }.needs(Right::Orders)
}

/// A form that lets somebody in: sent by people without a session.
fn entry(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { verb: Verb::Press, ..open(path, purpose, answer) }
}

fn outside(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { verb: Verb::Any, role: Role::Outside, ..open(path, purpose, answer) }
}

/// The routes of the operators' pages.
pub fn operator_routes() -> Vec<Route> {
    let mut routes = vec![
        open("/login", "asks who it is", get(login::show)),
        entry("/login", "lets a person in", post(login::enter)),
        entry("/login/code", "takes the code of a second factor", post(login::enter_code)),
        open("/join/{token}", "asks somebody invited for name and password", get(entry::join)),
        entry("/join/{token}", "lets somebody invited in", post(entry::joined)),
        open("/forgot", "asks who forgot the password", get(entry::forgot)),
        entry("/forgot", "mails a link for another password", post(entry::forgotten)),
        open("/reset/{token}", "asks for another password", get(entry::reset)),
        entry("/reset/{token}", "takes another password", post(entry::renewed)),
        open("/setup/{token}", "asks for the first account", get(setup::show)),
        entry("/setup/{token}", "makes the first account", post(setup::make)),
        open("/static/{name}", "styles and fonts", get(assets::show)),
        open("/healthz", "says how the program is", get(health::health)),
        open("/readyz", "says that the workers run", get(health::ready)),
        open("/metrics", "numbers for Prometheus", get(health::metrics)),
        press("/logout", "ends the session", post(login::leave)).of_anybody(),
        look("/", "the order list", get(list::show)),
        look("/changes", "whether anything happened to an order", get(list::changes)),
        press("/bulk", "asks before many orders are changed", post(bulk::ask)),
        press("/bulk/do", "changes many orders", post(bulk::perform)),
        press("/bulk/letter", "asks for words to many customers", post(bulk::letter::ask)),
        press("/bulk/letter/do", "writes to many customers", post(bulk::letter::send)),
        look("/labels", "every label", get(labels::show)),
        press("/labels/change", "renames a label or puts two together", post(labels::change)),
        press("/labels/delete", "takes a label off every order", post(labels::delete)),
        press("/columns", "keeps how the list looks", post(list::columns::save)).of_anybody(),
        press("/views", "keeps a view of the list", post(list::saved::keep)).of_anybody(),
        press("/views/{id}/delete", "deletes a kept view", post(list::saved::delete)).of_anybody(),
        press("/views/{id}/start", "begins with a kept view", post(list::saved::start))
            .of_anybody(),
        look("/alerts", "what people should know", get(alerts::show)),
        press("/alerts/{id}/clear", "marks an alert as seen", post(alerts::clear)),
        look("/health", "how each part of the program is", get(health_page::show)),
        look("/deliveries", "what webhooks told", get(deliveries::show)),
        look("/deliveries/{id}", "one call of a webhook", get(deliveries::one)),
        press("/deliveries/{id}/look", "asks for its order again", post(deliveries::look)),
        look("/mails", "what was mailed and what waits", get(mails::show)),
        look("/mails/{id}", "one mail", get(mails::one)),
        press("/mails/{id}/again", "sends a mail again", post(mails::again)),
        look("/jobs", "work that waits or failed", get(jobs::show)),
        look("/passed", "orders that need no print", get(passed::show)),
        press("/passed/{shop}/{order}/take-in", "asks for an order again", post(passed::take_in)),
        look("/stop", "asks before everything is stopped", get(stop::show)),
        press("/stop", "stops every submission", post(stop::stop)),
        press("/resume", "lets submissions go on", post(stop::resume_all)).needs(Right::Money),
        press("/limits/resume", "lets go on what limits hold", post(stop::resume_limits))
            .needs(Right::Money),
        press("/providers/{id}/resume", "lets a provider go on", post(stop::resume_provider))
            .needs(Right::Money),
        look("/reports", "what came in and how it went", get(reports::show)),
        look("/reports.csv", "the same as tables", get(reports::tables::table)),
        look("/pictures/{hash}", "a picture of ours", get(pictures::show)),
        look("/previews/{name}", "a picture that is not kept", get(pictures::preview)),
    ];
    routes.extend(product_routes());
    routes.extend(design_routes());
    routes.extend(people_routes());
    routes.extend(settings_routes());
    routes.extend(start_routes());
    routes.extend(elsewhere_routes());
    routes.extend(order_routes());
    routes.extend(fulfilment_routes());
    routes.extend(item_routes());
    routes
}

fn product_routes() -> Vec<Route> {
    let press = |path, purpose, answer| press(path, purpose, answer).needs(Right::Products);
    let form = |path, purpose, answer| look(path, purpose, answer).needs(Right::Products);
    vec![
        look("/products", "what is made how and where", get(products::show)),
        look("/products.csv", "the same as a table", get(products::table)),
        form("/products/edit", "asks what is made how", get(products::edit::show)),
        press("/products/edit", "saves a row of the map", post(products::edit::press)),
        press("/products/{id}/delete", "deletes a row of the map", post(products::delete)),
        press("/products/bulk", "asks before many rows change", post(products::bulk::ask)),
        press("/products/bulk/do", "changes many rows", post(products::bulk::perform)),
        form("/products/upload", "asks for a table", get(products::upload::show)),
        press("/products/upload", "asks before a table is taken", post(products::upload::ask)),
        press("/products/upload/do", "takes a table", post(products::upload::take)),
    ]
}

fn design_routes() -> Vec<Route> {
    let orders = press;
    use designs::{compare, show, update, upload};
    let press = |path, purpose, answer| press(path, purpose, answer).needs(Right::Products);
    // A whole folder may weigh more than a photo.
    let large = DefaultBodyLimit::max(upload::FORM_BYTES_MAX);
    vec![
        look("/designs", "what can be printed", get(designs::list)),
        look("/designs/new", "asks for a design", get(upload::show)).needs(Right::Products),
        press("/designs/new", "checks and adds a design", post(upload::take).layer(large)),
        look("/fonts", "fonts for every design", get(fonts::show)),
        press("/fonts/add", "adds fonts for every design", post(fonts::add).layer(large)),
        press("/fonts/remove", "removes a font", post(fonts::remove)),
        press("/designs/sample", "takes a sample over", post(upload::sample)),
        look("/designs/{design}", "one design", get(show::show)),
        press("/designs/{design}", "saves rules or values to try out", post(show::press)),
        press("/designs/{design}/preview", "draws what is typed", post(show::preview)),
        press("/designs/{design}/mockups", "draws the product", post(show::mockups)),
        press("/designs/{design}/retire", "takes a design out of use", post(designs::retire)),
        press("/designs/{design}/use", "takes a version into use", post(designs::use_version)),
        look("/designs/{design}/update", "what the version in use changes", get(update::show)),
        orders("/designs/{design}/update", "draws waiting orders anew", post(update::take)),
        look("/designs/{design}/{version}", "one version, or two compared", get(compare::show)),
        look("/designs/{design}/{version}/zip", "a version to keep", get(designs::download)),
    ]
}

fn people_routes() -> Vec<Route> {
    let press = |path, purpose, answer| press(path, purpose, answer).needs(Right::People);
    vec![
        look("/people", "who may log in", get(people::show)).needs(Right::People),
        press("/people/invite", "invites people", post(people::invite)),
        press("/people/{id}/role", "gives somebody another role", post(people::change_role)),
        press("/people/{id}/block", "lets somebody in no more", post(people::block)),
        press("/people/{id}/unblock", "lets somebody in again", post(people::unblock)),
        press("/invitations/{id}/take-back", "ends an invitation", post(people::take_back)),
        press("/roles", "makes or changes a role", post(people::put_role)),
        press("/roles/{id}/drop", "drops a role", post(people::drop_role)),
        look("/account", "one's own account", get(account::show)),
        self::press("/account/password", "takes another password", post(account::password))
            .of_anybody(),
        self::press("/account/factor", "shows a new second factor", post(account::factor))
            .of_anybody(),
        self::press("/account/factor/on", "begins with it", post(account::factor_on)).of_anybody(),
        self::press("/account/factor/off", "goes on without", post(account::factor_off))
            .of_anybody(),
        self::press("/account/email", "takes another address", post(account::email)).of_anybody(),
        self::press("/account/keys", "turns single-letter keys on or off", post(account::keys))
            .of_anybody(),
        self::press("/account/sessions/end", "ends other sessions", post(account::end_sessions))
            .of_anybody(),
    ]
}

fn settings_routes() -> Vec<Route> {
    let press = |path, purpose, answer| press(path, purpose, answer).needs(Right::Settings);
    let look = |path, purpose, answer| look(path, purpose, answer).needs(Right::Settings);
    use settings::named;
    vec![
        look("/settings", "leads to the shops", get(settings::index)),
        look("/settings/shops", "the shops", get(named::shops)),
        look("/settings/providers", "the providers", get(named::providers)),
        look("/settings/sending", "countdown and limits", get(settings::sending)),
        press("/settings/sending", "changes countdown and limits", post(settings::save_sending)),
        look("/settings/mail", "how mail leaves", get(settings::mail)),
        press("/settings/mail", "changes how mail leaves", post(settings::save_mail)),
        press("/settings/mail/test", "sends a test mail", post(settings::test_mail)),
        look("/settings/retention", "what is erased", get(settings::retention)),
        press("/settings/retention", "changes what is erased", post(settings::save_retention)),
        look("/settings/server", "where the server is", get(settings::server::show)),
        look("/settings/history", "who changed what", get(settings::history)),
        look("/settings/{kind}/{one}", "one shop or provider", get(named::show)),
        press("/settings/{kind}/{one}", "changes one", post(named::save)),
        press("/settings/{kind}/{one}/test", "tries one", post(named::test)),
        press("/settings/{kind}/{one}/disconnect", "ends one", post(named::disconnect)),
        press("/settings/{kind}/{one}/connect", "begins one again", post(named::connect)),
    ]
}

fn start_routes() -> Vec<Route> {
    let press = |path, purpose, answer| press(path, purpose, answer).needs(Right::Settings);
    let look = |path, purpose, answer| look(path, purpose, answer).needs(Right::Settings);
    vec![
        look("/start", "leads to the next step", get(start::index)),
        look("/start/{step}", "one step of the beginning", get(start::show)),
        press("/start/{step}", "takes a step", post(start::take)),
        press("/start/shop/approve", "asks a shop for keys", post(start::approve)),
        press("/start/shop/look", "tries the keys that came", post(start::look)),
        press("/start/rehearsal/clear", "removes a rehearsal", post(start::clear)),
        press("/start/dismiss", "hides the checklist", post(start::dismiss)),
    ]
}

fn elsewhere_routes() -> Vec<Route> {
    // Pictures and tables come with words.
    let large = DefaultBodyLimit::max(ENTRY_BYTES_MAX);
    let form = |path, purpose, answer| look(path, purpose, answer).needs(Right::Orders);
    vec![
        form("/orders/new", "asks for an order", get(new_order::show)),
        press("/orders/new", "takes an order in", post(new_order::press).layer(large)),
        form("/orders/import", "asks for a table of orders", get(new_order::import::show)),
        press(
            "/orders/import",
            "takes orders of a table",
            post(new_order::import::press).layer(large),
        ),
        look("/orders/{order}/papers/{paper}", "sheets and files to keep", get(download::one)),
        press("/download", "the same of many orders", post(download::many)).of_anybody(),
        look("/tracking", "asks for tracking numbers", get(tracking::show)),
        press("/tracking", "asks before parcels are saved", post(tracking::ask)),
        press("/tracking/do", "saves parcels", post(tracking::save)),
        look("/tracking/upload.csv", "parcels for a marketplace", get(tracking::upload)),
        press("/tracking/told", "notes what a marketplace knows", post(tracking::told)),
    ]
}

fn order_routes() -> Vec<Route> {
    vec![
        look("/orders/{order}", "one order", get(order::show)),
        look("/orders/{order}/look", "a short look at an order", get(look_at::show)),
        press("/orders/{order}/label", "puts a label on or takes it off", post(marks::label)),
        press("/orders/{order}/assign", "gives an order to somebody", post(marks::assign)),
        press("/orders/{order}/hold", "stops an order", post(act::hold_order)),
        press("/orders/{order}/release", "lifts a hold", post(act::release)),
        press("/orders/{order}/cancel", "cancels an order", post(act::cancel)),
        press("/orders/{order}/look-again", "asks the shop again", post(act::look_again)),
        press("/orders/{order}/comment", "writes a comment", post(act::comment)),
        press("/orders/{order}/letter", "writes to the customer", post(letter::press)),
        press("/orders/{order}/reprint", "orders pieces again", post(act::reprint))
            .needs(Right::Money),
        look("/orders/{order}/recipient", "edits the address", get(recipient::show)),
        press("/orders/{order}/recipient", "saves the address", post(recipient::save)),
    ]
}

fn fulfilment_routes() -> Vec<Route> {
    macro_rules! of {
        ($act:literal) => {
            concat!("/orders/{order}/fulfilments/{fulfilment}/", $act)
        };
    }
    vec![
        press(of!("send-now"), "sends it at once", post(act::send_now)).needs(Right::Money),
        press(of!("later"), "moves the moment of sending", post(act::later)),
        press(of!("hold"), "stops a fulfilment", post(act::hold_fulfilment)),
        press(of!("submit"), "sends what waits for a press", post(act::submit)).needs(Right::Money),
        press(of!("submit-again"), "sends what was refused again", post(act::submit_again))
            .needs(Right::Money),
        press(of!("give-up"), "gives a fulfilment up", post(act::give_up)),
        press(of!("placed"), "notes the provider's number", post(act::placed)),
        press(of!("absent"), "confirms that it is not there", post(act::absent))
            .needs(Right::Money),
        press(of!("parcel"), "types a parcel in", post(act::parcel)),
    ]
}

fn item_routes() -> Vec<Route> {
    macro_rules! of {
        ($act:literal) => {
            concat!("/orders/{order}/items/{item}/", $act)
        };
    }
    vec![
        look(of!("edit"), "edits the values of an item", get(edit::show)),
        press(of!("edit"), "previews or saves values", post(edit::press)),
        look(of!("correct"), "edits what the provider has", get(edit::correct::show)),
        press(of!("correct"), "sends a corrected file", post(edit::correct::press)),
        press(of!("preview"), "draws what is typed", post(edit::live::preview)),
        press(of!("mockups"), "draws the product with what is typed", post(edit::mockups::answer)),
        press(of!("lease"), "keeps the order waiting for an edit", post(edit::live::lease)),
        press(of!("draw-again"), "draws an item again", post(act::draw_again)),
        look(of!("revisions"), "the revisions of an item", get(revisions::show)),
        press(of!("revision"), "takes an earlier revision", post(act::revision)),
        press(of!("judge"), "judges what was given", post(act::judge)),
        press(of!("pass"), "passes quality control", post(act::pass)),
        press(of!("approve"), "notes the customer's yes", post(act::approve)),
        press(of!("unapprove"), "takes the customer's yes back", post(act::unapprove)),
        look(of!("files/{area}"), "one print file, large", get(pictures::print_file)),
        look(of!("download/{area}"), "one print file, to keep", get(pictures::download)),
    ]
}

/// The routes of what the shop and providers reach.
pub fn public_routes() -> Vec<Route> {
    vec![
        outside("/hooks/shop/{name}", "a shop's webhook", post(hooks::shop::receive)),
        outside(
            "/hooks/provider/{name}/{token}",
            "a provider's hook",
            any(hooks::provider::receive),
        ),
        outside(
            "/hooks/provider/{name}/{token}/{topic}",
            "a provider's hook of one topic",
            any(hooks::provider::receive_topic),
        ),
        outside("/files/{token}/{name}", "a print file", get(files::show)),
        outside("/connect/{token}", "the keys of a shop", post(connect::receive)),
        open("/files/probe/{question}", "proves that it is we who answer", get(files::probe)),
    ]
}

/// A router of these routes. What a route needs is asked before its handler runs, of the rights that the
/// person has at this moment.
pub fn assemble(routes: Vec<Route>, site: &Site) -> Router<Site> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let answer = match route.right {
            Some(right) => {
                let state = (site.clone(), right);
                route.answer.layer(from_fn_with_state(state, guard::with_right))
            }
            None => route.answer,
        };
        router.route(route.path, answer)
    })
}

/// Whether there is a page of this path to look at.
pub fn is_shown(path: &str) -> bool {
    static LOOKS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let looks = operator_routes().into_iter().filter(|route| route.verb == Verb::Look);
        looks.map(|route| route.path).collect()
    });
    LOOKS.contains(&path)
}

/// What a press on this path needs, so that pages need not offer what would be refused.
pub fn right_of(path: &str) -> Option<Right> {
    static PRESSES: LazyLock<Vec<(&'static str, Option<Right>)>> = LazyLock::new(|| {
        let presses = operator_routes().into_iter().filter(|route| route.verb == Verb::Press);
        presses.map(|route| (route.path, route.right)).collect()
    });
    let fits = |pattern: &str| {
        let (mut here, mut there) = (path.split('/'), pattern.split('/'));
        loop {
            match (here.next(), there.next()) {
                (None, None) => return true,
                (Some(part), Some(wanted)) if wanted.starts_with('{') || part == wanted => {}
                _ => return false,
            }
        }
    };
    PRESSES.iter().find(|(pattern, _)| fits(pattern)).and_then(|(_, right)| *right)
}
