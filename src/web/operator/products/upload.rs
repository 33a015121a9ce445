//! A table of the product map, uploaded: first what it would change, then taken whole or not at all.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::bulk::tell;
use super::row::in_words;
use super::{shop_of, shops, with_doubts};
use crate::flow::product_csv::COLUMNS;
use crate::flow::{FlowError, file, products};
use crate::model::id::Hash;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::{Frame, page};
use crate::web::site::Site;

/// Largest table.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// So many rows of each kind are shown.
const SHOWN_MAX: usize = 200;

#[derive(Template)]
#[template(path = "operator/products_upload.html")]
struct UploadPage {
    frame: Frame,
    shops: Vec<(String, String)>,
    shop: String,
    columns: String,
    preview: Option<Preview>,
    problem: String,
}

struct Preview {
    file: String,
    added: Vec<Line>,
    added_count: usize,
    changed: Vec<Line>,
    changed_count: usize,
    faults: Vec<(u64, String)>,
    fault_count: usize,
    same: usize,
    label: String,
}

struct Line {
    line: u64,
    place: String,
    before: String,
    after: String,
}

/// `GET /products/upload`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    upload_page(&site, &operator, String::new(), None, String::new()).await
}

/// `POST /products/upload`: what the table would change.
pub async fn ask(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let shop = shop_of(&site, posted.form.text("shop"))?;
    let shown = |preview, problem: &str| {
        upload_page(&site, &operator, shop.to_string(), preview, problem.to_owned())
    };
    let Some(bytes) = posted.form.file("table") else {
        return shown(None, "Choose a file first.").await;
    };
    if BYTES_MAX < bytes.len() {
        return shown(None, "A table may weigh 2 MB at most.").await;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        let words = "This is no table in UTF-8. Save it as “CSV UTF-8” and upload it again.";
        return shown(None, words).await;
    };
    let import = products::compare(&site.ctx, shop, text).await?;
    let hash = file::store(&site.ctx, bytes.to_vec(), "other").await?;
    let added = import.added.iter().take(SHOWN_MAX).map(|(line, matches, made)| Line {
        line: *line,
        place: products::place(matches),
        before: String::new(),
        after: in_words(made),
    });
    let changed = import.changed.iter().take(SHOWN_MAX).map(|(line, row, made)| Line {
        line: *line,
        place: products::place(&row.matches),
        before: in_words(&row.made),
        after: in_words(made),
    });
    let count = import.added.len() + import.changed.len();
    let faults = import.faults.iter().take(SHOWN_MAX);
    let preview = Preview {
        file: hash.to_string(),
        added: added.collect(),
        added_count: import.added.len(),
        changed: changed.collect(),
        changed_count: import.changed.len(),
        faults: faults.map(|fault| (fault.line, fault.what.clone())).collect(),
        fault_count: import.faults.len(),
        same: import.same,
        label: match (count, import.faults.is_empty()) {
            (0, _) | (_, false) => String::new(),
            (1, true) => "Take 1 row".to_owned(),
            (count, true) => format!("Take {count} rows"),
        },
    };
    shown(Some(preview), "").await
}

/// `POST /products/upload/do`: takes it.
pub async fn take(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let shop = shop_of(&site, posted.form.text("shop"))?;
    let again = site.links().to("/products/upload");
    let gone = || FlowError::NotNow("the table is gone: upload it once more".to_owned());
    let hash = Hash::parse(posted.form.text("file"));
    let bytes = hash.and_then(|hash| site.ctx.files.get(&hash).ok());
    let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return posted.finish(&site, Err(gone()), &again);
    };
    match products::take(&site.ctx, shop, &text, &posted.staff()).await {
        Ok((count, doubts)) => {
            let done = match count {
                0 => "The map is as the table says already.".to_owned(),
                1 => "1 row of the table is in force.".to_owned(),
                count => format!("{count} rows of the table are in force."),
            };
            let words = with_doubts(done, &doubts);
            let back = site.links().to("/products");
            Ok(tell(&site, &posted, words, !doubts.is_empty(), &back))
        }
        Err(error) => posted.finish(&site, Err(error), &again),
    }
}

async fn upload_page(
    site: &Site,
    operator: &Operator,
    shop: String,
    preview: Option<Preview>,
    problem: String,
) -> Result<Response, Error> {
    let shops = shops(site).into_iter().map(|(id, name)| (id.to_string(), name));
    page(&UploadPage {
        frame: Frame::load(site, operator, "products", "Upload a table").await?,
        shops: shops.collect(),
        shop,
        columns: COLUMNS.join(", "),
        preview,
        problem,
    })
}
