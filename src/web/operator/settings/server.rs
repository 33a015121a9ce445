//! Where the server is reached and where it listens. It was told so before the pages could ask: it is
//! shown here, and changed in config.toml.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::flow::hooks;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::operator::{Frame, page};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/settings_server.html")]
struct ServerPage {
    frame: Frame,
    rows: Vec<AddressRow>,
    /// Where shops and providers reach us.
    public_url: String,
    /// Whether others can reach that at all.
    is_public: bool,
}

/// One address.
struct AddressRow {
    label: &'static str,
    value: String,
    key: &'static str,
    hint: &'static str,
    is_declared: bool,
}

/// `GET /settings/server`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let (file, settings) = (site.live.file(), &site.settings);
    let row = |key, label, value: String, hint| AddressRow {
        label,
        value,
        key,
        hint,
        is_declared: file.declares_of_server(key),
    };
    let rows = vec![
        row(
            "public_url",
            "Public address",
            settings.public_url.clone(),
            "What shops and providers use to reach this server: webhooks, and the addresses of print \
             files. The shop's own web server can pass a path on, such as \
             https://shop.example.com/woodblock.",
        ),
        row(
            "public",
            "Listens for shops and providers at",
            file.server.public.to_string(),
            "Address and port on this machine to which the public address is passed on.",
        ),
        row(
            "operators_url",
            "Address of these pages",
            settings.operators_url.clone(),
            "What people type, and what stands in mails. Beyond this machine it must begin with https.",
        ),
        row(
            "operators",
            "Listens for people at",
            file.server.operators.to_string(),
            "Address and port on this machine of these pages; behind a proxy, the proxy's target.",
        ),
        row(
            "zone",
            "Time zone",
            file.server.zone.clone(),
            "In which moments are shown in these pages; a shop may have its own for quiet hours.",
        ),
    ];
    page(&ServerPage {
        frame: Frame::load(&site, &operator, "server", "Server").await?,
        rows,
        public_url: settings.public_url.clone(),
        is_public: hooks::reaches_others(&settings.public_url),
    })
}
