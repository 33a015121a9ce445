//! Print files for providers: no log-in, no cookie, an unguessable address (R74).

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse;

use super::site::Site;
use crate::db;
use crate::flow::file;
use crate::model::design::Format;
use crate::model::id::Hash;

/// Longest token that is looked up.
const TOKEN_BYTES_MAX: usize = 128;

/// `GET /files/probe/{question}`: an answer that only this installation can give, so that `doctor` can
/// tell from outside whether the public address leads here.
pub async fn probe(
    State(site): State<Site>,
    Path(question): Path<String>,
) -> Result<String, StatusCode> {
    let is_plain = question.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_plain && question.len() <= TOKEN_BYTES_MAX {
        true => Ok(file::probe_answer(&site.ctx.rules.file_key, &question)),
        false => Err(StatusCode::NOT_FOUND),
    }
}

/// `GET /files/{token}/{hash}.{ext}`, whole or in part; `HEAD` is the same without the bytes.
pub async fn show(
    State(site): State<Site>,
    Path((token, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    let Some((hash, format, extension)) = parse(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{hash}\"");
    match open(&site, token, hash, extension).await {
        Some(bytes) if is_known(&headers, &etag) => not_modified(&etag, bytes.len()),
        Some(bytes) => answer(bytes, format, &etag, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn parse(name: &str) -> Option<(Hash, Format, String)> {
    let (hash, extension) = name.split_once('.')?;
    let format = Format::from_extension(extension)?;
    Some((Hash::parse(hash)?, format, extension.to_owned()))
}

/// The bytes behind a link that lives; whatever is wrong with it looks the same from outside.
async fn open(site: &Site, token: String, hash: Hash, extension: String) -> Option<Vec<u8>> {
    if TOKEN_BYTES_MAX < token.len() {
        return None;
    }
    let wanted = hash.clone();
    let is_open = site
        .ctx
        .read(move |tx| Ok(db::file::open_link(tx, &token, &wanted, &extension)?))
        .await
        .inspect_err(|error| tracing::error!("a file link could not be looked up: {error}"))
        .unwrap_or(false);
    if !is_open {
        return None;
    }
    let read = site.ctx.files.get(&hash);
    read.inspect_err(|error| tracing::error!(file.hash = hash.short(), "a linked file: {error}"))
        .ok()
}

fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|one| one.trim() == etag))
}

fn not_modified(etag: &str, _bytes: usize) -> Response<Body> {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, etag.to_owned())]).into_response()
}

/// Which part of the bytes is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Range(usize, usize),
    Beyond,
}

/// Reads one range; several, or words that are no range, mean the whole (RFC 9110, section 14.2).
fn part(range: Option<&str>, length: usize) -> Part {
    let Some(wanted) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = wanted.split_once('-') else {
        return Part::Whole;
    };
    match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
        (Ok(first), _) if length <= first => Part::Beyond,
        (Ok(first), Ok(last)) if last < first => Part::Whole,
        (Ok(first), Ok(last)) => Part::Range(first, last.min(length - 1)),
        (Ok(first), Err(_)) if last.trim().is_empty() => Part::Range(first, length - 1),
        (Err(_), Ok(0)) if first.trim().is_empty() => Part::Beyond,
        (Err(_), Ok(last)) if first.trim().is_empty() && 0 < length => {
            Part::Range(length.saturating_sub(last), length - 1)
        }
        _ => Part::Whole,
    }
}

fn answer(bytes: Vec<u8>, format: Format, etag: &str, headers: &HeaderMap) -> Response<Body> {
    let length = bytes.len();
    let if_range = headers.get(header::IF_RANGE);
    let is_same_file = if_range.is_none_or(|known| known.as_bytes() == etag.as_bytes());
    let range = headers.get(header::RANGE).filter(|_| is_same_file);
    let part = part(range.and_then(|range| range.to_str().ok()), length);
    let head = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, etag.to_owned()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
    ];
    match part {
        Part::Whole => (head, bytes).into_response(),
        Part::Range(first, last) => {
            let range = format!("bytes {first}-{last}/{length}");
            let bytes = bytes[first..=last].to_vec();
            let range = [(header::CONTENT_RANGE, range)];
            (StatusCode::PARTIAL_CONTENT, head, range, bytes).into_response()
        }
        Part::Beyond => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, range).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_everything_else_is_the_whole() {
        let check = |range, expected| assert_eq!(part(Some(range), 100), expected, "{range}");
        assert_eq!(part(None, 100), Part::Whole);
        check("bytes=0-9", Part::Range(0, 9));
        check("bytes=90-", Part::Range(90, 99));
        check("bytes=90-500", Part::Range(90, 99));
        check("bytes=-10", Part::Range(90, 99));
        check("bytes=-500", Part::Range(0, 99));
        check("bytes=100-", Part::Beyond);
        check("bytes=-0", Part::Beyond);
        check("bytes=9-3", Part::Whole);
        check("bytes=0-1,5-6", Part::Whole);
        check("lines=1-2", Part::Whole);
        assert_eq!(part(Some("bytes=-5"), 0), Part::Whole);
    }
}
