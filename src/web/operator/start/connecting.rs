//! Connecting a shop through its own approval page (`/wc-auth/v1/authorize`).

use axum::extract::State;
use axum::response::Response;
use secrecy::SecretString;
use url::Url;

use super::{Approval, Step, back, onward, save, step_page, waits_until};
use crate::app::seats;
use crate::config::field::Section;
use crate::db;
use crate::db::setting::Connection;
use crate::flow::{FlowError, seal};
use crate::web::auth;
use crate::web::connect::place;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::page;
use crate::web::operator::settings::form::{self, Typed};
use crate::web::operator::settings::probe;
use crate::web::site::Site;

/// How far connecting is.
pub(super) async fn standing(site: &Site) -> Result<Approval, FlowError> {
    let known = site.ctx.read(|tx| Ok(db::setting::connections(tx)?)).await?;
    let mut approval = Approval::default();
    for one in known {
        match one.arrived_at {
            Some(_) => approval.arrived = Some((one.name, one.url)),
            None => approval.waiting = Some(one.url),
        }
    }
    Ok(approval)
}

/// `POST /start/shop/approve`: begins to wait for keys, and shows the way to the shop's page.
pub async fn approve(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let typed = posted.form.text("url").trim().trim_end_matches('/').to_owned();
    let url = match typed.contains("://") {
        true => typed.clone(),
        false => format!("https://{typed}"),
    };
    let by = posted.session.person.clone();
    let operator = Operator { session: posted.session };
    let mut shown = step_page(&site, &operator, Step::Shop, None, Vec::new()).await?;
    let is_web = |url: &Url| matches!(url.scheme(), "https" | "http") && url.host().is_some();
    let home = Url::parse(&url).ok().filter(|url| !typed.is_empty() && is_web(url));
    let Some(home) = home else {
        shown.approval.fault =
            "This is no address. Write it as the shop’s customers do: https://shop.example.com"
                .to_owned();
        shown.approval.url = typed;
        return super::faulty(&shown);
    };
    if let Some(fault) = probe::fault_of_callback(&site.settings.public_url, &url) {
        (shown.approval.fault, shown.approval.url) = (fault, url);
        return super::faulty(&shown);
    }
    let name = free_name(&site);
    let (token, user) = (auth::secret(), auth::secret());
    let connection = Connection {
        token_hash: auth::token_hash(&token),
        user_hash: auth::token_hash(&user),
        name,
        url: url.clone(),
        made_by: by,
        expires_at: waits_until(site.now()),
        key_sealed: String::new(),
        secret_sealed: String::new(),
        permissions: String::new(),
        arrived_at: None,
    };
    site.ctx.call(move |tx| Ok(db::setting::put_connection(tx, &connection)?)).await?;
    shown.approval.page = authorize_page(&site, &home, &token, &user);
    shown.approval.url = url;
    page(&shown)
}

/// `main`, and where it is taken `shop2` and so on.
pub(super) fn free_name(site: &Site) -> String {
    let standing = site.live.standing();
    let is_taken = |name: &str| {
        site.ctx.shops.values().any(|seat| seat.name == name)
            || standing.rows.iter().any(|row| row.section == "shop" && row.name == name)
    };
    let later = (2..).map(|nth: u32| format!("shop{nth}"));
    let mut names = std::iter::once("main".to_owned()).chain(later);
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// The shop's own page that asks whether we may have keys.
fn authorize_page(site: &Site, home: &Url, token: &str, user: &str) -> String {
    let settings = &site.settings;
    let mut page = home.clone();
    page.set_path(&format!("{}/wc-auth/v1/authorize", home.path().trim_end_matches('/')));
    page.query_pairs_mut()
        .append_pair("app_name", "woodblock")
        .append_pair("scope", "read_write")
        .append_pair("user_id", user)
        .append_pair("return_url", &format!("{}/start/shop", settings.operators_url))
        .append_pair("callback_url", &format!("{}/connect/{token}", settings.public_url));
    page.into()
}

/// `POST /start/shop/look`: tries the keys that came at the shop that was asked, and connects it.
pub async fn look(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let known = site.ctx.read(|tx| Ok(db::setting::connections(tx)?)).await?;
    let Some(one) = known.into_iter().find(|one| one.arrived_at.is_some()) else {
        let words = "no keys came, or they waited for more than an hour: connect the shop again";
        let done = Err(FlowError::NotNow(words.to_owned()));
        return posted.finish(&site, done, &Step::Shop.page(&site));
    };
    let mut typed =
        Typed { document: form::stored(&site.live, Section::Shop, &one.name), ..Typed::default() };
    typed.document.set_text("url", &one.url);
    for (field, sealed, column) in [
        ("consumer_key", &one.key_sealed, "key"),
        ("consumer_secret", &one.secret_sealed, "secret"),
    ] {
        let file_key = &site.ctx.rules.file_key;
        let opened = seal::unseal(sealed, &place(&one.token_hash, column), file_key);
        let text = opened.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        typed.secrets.insert(field.to_owned(), SecretString::from(text));
    }
    connect(&site, &one.name, typed, posted).await
}

/// Tries a shop with what was typed or came, and connects it when everything works.
pub(super) async fn connect(
    site: &Site,
    name: &str,
    mut typed: Typed,
    posted: Posted,
) -> Result<Response, Error> {
    let by = posted.session.person.clone();
    let config = match site.live.candidate(&typed.draft(Section::Shop, name)).await {
        Ok(config) => config,
        Err(crate::app::live::SaveError::Faults(faults)) => {
            typed.take_faults(faults);
            return back(site, Step::Shop, posted, typed, Vec::new()).await;
        }
        Err(crate::app::live::SaveError::Flow(error)) => return Err(error.into()),
    };
    let shop = config.shop.iter().find(|shop| shop.name == name).ok_or(Error::NotFound)?;
    let seed = site.now().unix_ms().unsigned_abs();
    let seat = seats::woocommerce(shop, site.ctx.clock.clone(), seed);
    let seat = seat.map_err(|error| Error::NotNow(error.to_string()))?;
    let found = probe::shop(&site.ctx, name, &seat).await;
    if !probe::is_good(&found) {
        return back(site, Step::Shop, posted, typed, found).await;
    }
    if !save(site, Section::Shop, name, &mut typed, &by).await? {
        return back(site, Step::Shop, posted, typed, found).await;
    }
    let gone = name.to_owned();
    site.ctx.call(move |tx| Ok(db::setting::drop_connections(tx, &gone)?)).await?;
    let words: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
    let words = format!("The shop is connected. {}", words.join(" "));
    Ok(onward(site, Step::Shop, &posted, &words))
}
