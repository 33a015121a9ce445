//! What answers HTTP: the operators' pages, the hooks, and the files that providers fetch.
//!
//! Two routers are made of one declared table of routes: [`operators`] is for people with a log-in,
//! [`public`] is reachable by the shop and by providers. Nothing here decides: a handler extracts,
//! calls one function of `flow`, and shows what came of it.

pub mod address;
pub mod assets;
pub mod auth;
pub mod connect;
pub mod error;
pub mod files;
pub mod form;
pub mod guard;
pub mod headers;
pub mod health;
pub mod hooks;
pub mod operator;
pub mod routes;
pub mod second_factor;
pub mod site;
pub mod table;

pub use site::{ShopHook, Site, SiteSettings};

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower::ServiceExt;

/// Largest form: an upload of 50 MB and the words beside it.
const FORM_BYTES_MAX: usize = 52 * 1024 * 1024;
/// Largest webhook (reliability section 17).
const HOOK_BYTES_MAX: usize = 5 * 1024 * 1024;

/// The pages for people with a log-in.
pub fn operators(site: Site) -> Router {
    renewed(site, operator_pages)
}

fn operator_pages(site: Site) -> Router {
    let prefix = site.links().prefix().to_owned();
    let mut pages = mount(routes::assemble(routes::operator_routes(), &site), &prefix);
    if !prefix.is_empty() {
        // `nest` answers `/prints` alone; the list's own address ends in a slash.
        pages = pages.route(&format!("{prefix}/"), get(operator::list::show));
    }
    pages
        .fallback(operator::not_found)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(site.clone(), headers::page))
        .with_state(site)
}

/// What the shop and the providers reach without a log-in.
pub fn public(site: Site) -> Router {
    renewed(site, public_pages)
}

/// A router whose requests each begin with the settings that hold then. It is made anew when they were
/// changed, and not before.
fn renewed(site: Site, make: fn(Site) -> Router) -> Router {
    let kept = Arc::new(Mutex::new((site.ctx.changes(), make(site.latest()))));
    Router::new().fallback(move |request: Request| {
        let changes = site.ctx.changes();
        let router = {
            let mut kept = kept.lock().expect("no holder of this lock panics");
            if kept.0 != changes {
                *kept = (changes, make(site.latest()));
            }
            kept.1.clone()
        };
        router.oneshot(request)
    })
}

fn public_pages(site: Site) -> Router {
    let prefix = site.settings.public_prefix();
    mount(routes::assemble(routes::public_routes(), &site), &prefix)
        .layer(DefaultBodyLimit::max(HOOK_BYTES_MAX))
        .layer(axum::middleware::from_fn(headers::plain))
        .with_state(site)
}

/// Answers under the prefix and without it, because some reverse proxies take the prefix off.
fn mount(routes: Router<Site>, prefix: &str) -> Router<Site> {
    match prefix.is_empty() {
        true => routes,
        false => Router::new().nest(prefix, routes.clone()).merge(routes),
    }
}
