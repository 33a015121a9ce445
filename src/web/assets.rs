//! The files that the pages need, compiled in, with the hash of their content in their names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::model::id::Hash;

/// One file: its plain name, its type, its bytes.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $media_type:literal) => {
        Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../../assets/static/", $name)),
        }
    };
}

/// Fonts first: the style sheet names them.
const ASSETS: &[Asset] = &[
    asset!("fonts/hanken-grotesk-latin-wght-normal.woff2", "font/woff2"),
    asset!("fonts/hanken-grotesk-latin-ext-wght-normal.woff2", "font/woff2"),
    asset!("woodblock.svg", "image/svg+xml"),
    asset!("woodblock.js", "text/javascript; charset=utf-8"),
    asset!("list.js", "text/javascript; charset=utf-8"),
    asset!("look.js", "text/javascript; charset=utf-8"),
    asset!("products.js", "text/javascript; charset=utf-8"),
    asset!("editor.js", "text/javascript; charset=utf-8"),
    asset!("designs.js", "text/javascript; charset=utf-8"),
    asset!("copy.js", "text/javascript; charset=utf-8"),
    asset!("compare.js", "text/javascript; charset=utf-8"),
    asset!("design.css", "text/css; charset=utf-8"),
    asset!("woodblock.css", "text/css; charset=utf-8"),
];

struct Served {
    media_type: &'static str,
    bytes: Vec<u8>,
}

struct Shelf {
    names: BTreeMap<&'static str, String>,
    served: BTreeMap<String, Served>,
}

static SHELF: LazyLock<Shelf> = LazyLock::new(|| {
    let mut shelf = Shelf { names: BTreeMap::new(), served: BTreeMap::new() };
    for asset in ASSETS {
        let bytes = with_names(asset, &shelf.names);
        let name = hashed_name(asset.name, &Hash::of(&bytes));
        let media_type = asset.media_type;
        shelf.names.insert(asset.name, name.clone());
        shelf.served.insert(name, Served { media_type, bytes });
    }
    shelf
});

/// The style sheet names the fonts as they are served.
fn with_names(asset: &Asset, names: &BTreeMap<&'static str, String>) -> Vec<u8> {
    if !asset.name.ends_with(".css") {
        return asset.bytes.to_vec();
    }
    let mut text = String::from_utf8_lossy(asset.bytes).into_owned();
    for (plain, hashed) in names {
        text = text.replace(plain, hashed);
    }
    text.into_bytes()
}

/// `fonts/a.woff2` becomes `a-0123456789ab.woff2`: one flat folder.
fn hashed_name(name: &str, hash: &Hash) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    format!("{stem}-{}.{extension}", hash.short())
}

/// The name under which a file is served; only names of the list above are asked for.
pub fn name_of(name: &str) -> &'static str {
    SHELF.names.get(name).map_or("", String::as_str)
}

/// `GET /static/{name}`
pub async fn show(Path(name): Path<String>) -> Response {
    match SHELF.served.get(&name) {
        Some(asset) => {
            let head = [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (head, asset.bytes.as_slice()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
