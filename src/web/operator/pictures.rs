//! Pictures for people with a log-in: previews, print files in full size, customers' photos.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::items::FileView;
use super::problems::item_title;
use super::record::Record;
use super::words::humane;
use super::{Frame, items, page};
use crate::db;
use crate::model::design::Format;
use crate::model::id::{Hash, ItemId, OrderId};
use crate::model::item::PrintFile;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

/// What a customer uploaded is shown as a picture and as nothing else (R101).
const PICTURE_CSP: &str = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'";

#[derive(Template)]
#[template(path = "operator/print_file.html")]
struct PrintFilePage {
    frame: Frame,
    id: OrderId,
    number: String,
    item: ItemId,
    title: String,
    revision: u32,
    present: u32,
    file: FileView,
    full: String,
    /// Whether the picture is the file itself.
    is_whole: bool,
    others: Vec<(String, String)>,
}

/// `GET /pictures/{hash}`
pub async fn show(
    State(site): State<Site>,
    _: Operator,
    Path(hash): Path<String>,
) -> Result<Response, Error> {
    let hash = Hash::parse(&hash).ok_or(Error::NotFound)?;
    let wanted = hash.clone();
    let known = site.ctx.read(move |tx| Ok(db::board::kind_of_file(tx, &wanted)?)).await?;
    known.ok_or(Error::NotFound)?;
    let bytes = site.ctx.files.get(&hash).map_err(|_| Error::NotFound)?;
    picture(bytes, "private, max-age=31536000, immutable")
}

/// `GET /previews/{name}`
pub async fn preview(
    State(site): State<Site>,
    _: Operator,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let bytes = site.preview(&name).ok_or(Error::NotFound)?;
    picture(bytes.as_ref().clone(), "private, no-store")
}

/// What kind of picture these bytes begin like: the formats that photos and print files have.
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

fn picture(bytes: Vec<u8>, keep: &'static str) -> Result<Response, Error> {
    let media_type = media_type(&bytes).ok_or(Error::NotFound)?;
    let head = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, keep),
        (header::CONTENT_SECURITY_POLICY, PICTURE_CSP),
    ];
    Ok((head, bytes).into_response())
}

/// `GET /orders/{order}/items/{item}/files/{area}`
pub async fn print_file(
    State(site): State<Site>,
    operator: Operator,
    Path((order, item, area)): Path<(i64, i64, String)>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let record = Record::load(&site, OrderId(order)).await?;
    let present = record.order.item(ItemId(item)).ok_or(Error::NotFound)?;
    let asked = asked.get("revision").and_then(|text| text.parse().ok());
    let revision = asked.unwrap_or(present.facts.revision);
    let file = find(&record, ItemId(item), revision, &area)?;
    let title = format!("Print file of order {}", record.order.number);
    let frame = Frame::load(&site, &operator, "orders", &title).await?;
    let (id, is_present) = (record.order.id, revision == present.facts.revision);
    let others = present.facts.files_of(revision).filter(|one| one.area != area).map(|one| {
        let act = match is_present {
            true => format!("files/{}", one.area),
            false => format!("files/{}?revision={revision}", one.area),
        };
        (humane(&one.area), site.links().item_act(&id, &present.id, &act))
    });
    page(&PrintFilePage {
        id,
        item: present.id,
        number: record.order.number.clone(),
        title: item_title(&record, present.id),
        revision,
        present: present.facts.revision,
        is_whole: file.full().is_some(),
        full: site.links().picture(file.full().or(file.shown()).unwrap_or(&file.hash)),
        others: others.collect(),
        file: items::file_view(&site, &record, present, &file),
        frame,
    })
}

/// `GET /orders/{order}/items/{item}/download/{area}`
pub async fn download(
    State(site): State<Site>,
    _: Operator,
    Path((order, item, area)): Path<(i64, i64, String)>,
) -> Result<Response, Error> {
    let record = Record::load(&site, OrderId(order)).await?;
    let present = record.order.item(ItemId(item)).ok_or(Error::NotFound)?;
    let file = find(&record, ItemId(item), present.facts.revision, &area)?;
    let bytes = site.ctx.files.get(&file.hash).map_err(|_| Error::NotFound)?;
    let format = Format::from_extension(&file.extension).ok_or(Error::NotFound)?;
    let name = file_name(&record.order.item_name(ItemId(item)), &file);
    let head = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CONTENT_SECURITY_POLICY, PICTURE_CSP.to_owned()),
    ];
    Ok((head, bytes).into_response())
}

/// `1001-1-front-r2.png`: the same file always has the same name.
fn file_name(item: &str, file: &PrintFile) -> String {
    let whole = format!("{item}-{}-r{}", file.area, file.revision);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let plain: String = whole.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    format!("{plain}.{}", file.extension)
}

fn find(record: &Record, item: ItemId, revision: u32, area: &str) -> Result<PrintFile, Error> {
    let item = record.order.item(item).ok_or(Error::NotFound)?;
    let mut files = item.facts.files_of(revision);
    let file = files.find(|file| file.area == area);
    file.cloned().ok_or(Error::NotFound)
}
