//! Headers of every answer, and the page around an error (R114, R117).

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::error;
use super::site::Site;

/// Nothing but our own files, and no frame around us.
const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
    connect-src 'self'; \
    font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
    browsing-topics=()";
/// A year.
const HSTS: &str = "max-age=31536000";

/// Sets the headers of the operators' pages, and writes the page of an error.
pub async fn page(State(site): State<Site>, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    let mut answer = error::dress(&site, answer);
    let is_https = site.settings.is_https();
    let mut set = |name: HeaderName, value: &'static str| {
        let headers = answer.headers_mut();
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::CACHE_CONTROL, "private, no-store");
    if is_https {
        set(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    answer
}

/// Sets the headers of what the shop and providers reach.
pub async fn plain(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    let referrer = HeaderValue::from_static("no-referrer");
    headers.insert(header::REFERRER_POLICY, referrer);
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; sandbox"));
    answer
}
