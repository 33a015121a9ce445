//! The one declared table of routes: method, path, who may, and what for (R113).
//!
//! The routers are made of this table, so that a route without an entry does not exist.

use axum::Router;
use axum::routing::{MethodRouter, any, get, post};

use super::operator::{
    act, alerts, bulk, edit, jobs, list, login, order, passed, pictures, recipient, stop,
};
use super::{assets, files, health, hooks, site::Site};

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
    /// What for.
    pub purpose: &'static str,
    answer: MethodRouter<Site>,
}

fn open(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { verb: Verb::Look, path, role: Role::Anyone, purpose, answer }
}

fn look(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { role: Role::Operator, ..open(path, purpose, answer) }
}

fn press(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { verb: Verb::Press, ..look(path, purpose, answer) }
}

fn outside(path: &'static str, purpose: &'static str, answer: MethodRouter<Site>) -> Route {
    Route { verb: Verb::Any, role: Role::Outside, ..open(path, purpose, answer) }
}

/// The routes of the operators' pages.
pub fn operator_routes() -> Vec<Route> {
    let mut routes = vec![
        open("/login", "asks who it is", get(login::show)),
        Route { role: Role::Anyone, ..press("/login", "lets a person in", post(login::enter)) },
        open("/static/{name}", "styles and fonts", get(assets::show)),
        open("/healthz", "says how the program is", get(health::health)),
        open("/readyz", "says that the workers run", get(health::ready)),
        open("/metrics", "numbers for Prometheus", get(health::metrics)),
        press("/logout", "ends the session", post(login::leave)),
        look("/", "the order list", get(list::show)),
        look("/changes", "whether anything happened to an order", get(list::changes)),
        press("/bulk", "asks before many orders are changed", post(bulk::ask)),
        press("/bulk/do", "changes many orders", post(bulk::perform)),
        press("/views", "keeps a view of the list", post(list::saved::keep)),
        press("/views/{id}/delete", "deletes a kept view", post(list::saved::delete)),
        press("/views/{id}/start", "begins with a kept view", post(list::saved::start)),
        look("/alerts", "what people should know", get(alerts::show)),
        press("/alerts/{id}/clear", "marks an alert as seen", post(alerts::clear)),
        look("/jobs", "work that waits or failed", get(jobs::show)),
        look("/passed", "orders that need no print", get(passed::show)),
        press("/passed/{shop}/{order}/take-in", "asks for an order again", post(passed::take_in)),
        look("/stop", "asks before everything is stopped", get(stop::show)),
        press("/stop", "stops every submission", post(stop::stop)),
        press("/resume", "lets submissions go on", post(stop::resume_all)),
        press("/limits/resume", "lets go on what limits hold", post(stop::resume_limits)),
        press("/providers/{id}/resume", "lets a provider go on", post(stop::resume_provider)),
        look("/pictures/{hash}", "a picture of ours", get(pictures::show)),
        look("/previews/{name}", "a picture that is not kept", get(pictures::preview)),
    ];
    routes.extend(order_routes());
    routes.extend(fulfilment_routes());
    routes.extend(item_routes());
    routes
}

fn order_routes() -> Vec<Route> {
    vec![
        look("/orders/{order}", "one order", get(order::show)),
        press("/orders/{order}/hold", "stops an order", post(act::hold_order)),
        press("/orders/{order}/release", "lifts a hold", post(act::release)),
        press("/orders/{order}/cancel", "cancels an order", post(act::cancel)),
        press("/orders/{order}/look-again", "asks the shop again", post(act::look_again)),
        press("/orders/{order}/reprint", "orders pieces again", post(act::reprint)),
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
        press(of!("send-now"), "sends it at once", post(act::send_now)),
        press(of!("later"), "moves the moment of sending", post(act::later)),
        press(of!("hold"), "stops a fulfilment", post(act::hold_fulfilment)),
        press(of!("submit"), "sends what waits for a press", post(act::submit)),
        press(of!("submit-again"), "sends what was refused again", post(act::submit_again)),
        press(of!("give-up"), "gives a fulfilment up", post(act::give_up)),
        press(of!("placed"), "notes the provider's number", post(act::placed)),
        press(of!("absent"), "confirms that it is not there", post(act::absent)),
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
        press(of!("draw-again"), "draws an item again", post(act::draw_again)),
        press(of!("revision"), "takes an earlier revision", post(act::revision)),
        press(of!("judge"), "judges what was given", post(act::judge)),
        press(of!("pass"), "passes quality control", post(act::pass)),
        press(of!("approve"), "notes the customer's yes", post(act::approve)),
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
        open("/files/probe/{question}", "proves that it is we who answer", get(files::probe)),
    ]
}

/// A router of these routes.
pub fn assemble(routes: Vec<Route>) -> Router<Site> {
    routes.into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answer))
}
