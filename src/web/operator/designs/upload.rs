//! A design comes as a ZIP, as a folder, or from the samples; it is checked whole before it is kept.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::{added, samples};
use crate::db;
use crate::flow::design;
use crate::outside::design_folder::archive::{self, Sent};
use crate::outside::design_folder::{self, DESCRIPTION, Fault};
use crate::outside::press::DesignFiles;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::designs::SampleView;
use crate::web::operator::{Frame, page};
use crate::web::site::Site;

/// So many lines of a file are shown before and after the one of a fault.
const CODE_AROUND: usize = 2;
/// So much of a line is shown.
const CODE_CHARS: usize = 140;
/// So many faults are shown with a picture; people mend a few at a time.
const PICTURES_MAX: usize = 20;

/// Largest form of a design: all its files, and the words beside them.
pub const FORM_BYTES_MAX: usize = 202 * 1024 * 1024;

#[derive(Template)]
#[template(path = "operator/design_upload.html")]
struct UploadPage {
    frame: Frame,
    name: String,
    faults: Vec<FaultView>,
    samples: Vec<SampleView>,
}

/// One fault as people read it.
pub struct FaultView {
    /// Where.
    pub place: String,
    /// The line of the file, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
    /// The lines of the file around it.
    pub code: Vec<CodeLine>,
    /// The drawing with the place marked.
    pub picture: Option<MarkedPicture>,
}

/// A line of a file.
pub struct CodeLine {
    /// Its number, from 1.
    pub number: usize,
    /// Its text, or the part of it that matters.
    pub text: String,
    /// Whether the fault is there.
    pub is_here: bool,
}

/// A drawing and a box in it, in thousandths.
pub struct MarkedPicture {
    /// The picture.
    pub href: String,
    /// Of which file.
    pub file: String,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Left edge of the box.
    pub left: i32,
    /// Top edge.
    pub top: i32,
    /// Width of the box.
    pub wide: i32,
    /// Height of the box.
    pub high: i32,
}

/// `GET /designs/new`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let name = asked.get("name").cloned().unwrap_or_default();
    upload_page(&site, &operator, name, Vec::new()).await
}

/// `POST /designs/new`
pub async fn take(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let typed = posted.form.text("name").trim().to_lowercase();
    let sent = match sent(&posted) {
        Ok(sent) => sent,
        Err(fault) => {
            let faults = views(&DesignFiles::new(), &[fault]);
            return upload_page(&site, &operator, typed, faults).await;
        }
    };
    let name = match typed.is_empty() {
        true => plain_name(&sent.folder),
        false => typed,
    };
    if name.is_empty() {
        let fault =
            Fault::new("the name", "nobody gave one", "Type one above, for example best-dog-mug.");
        return upload_page(&site, &operator, name, views(&sent.files, &[fault])).await;
    }
    match design::add(&site.ctx, &name, sent.files.clone(), &posted.staff().0).await? {
        Ok(_) => added(&site, &posted, &name, "The design is here. New orders are made with it."),
        Err(faults) => {
            let faults = shown(&site, &name, &sent.files, &faults).await?;
            upload_page(&site, &operator, name, faults).await
        }
    }
}

/// `POST /designs/sample`
pub async fn sample(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let wanted = posted.form.text("sample");
    let sample = design_folder::samples().iter().find(|one| one.name == wanted);
    let sample = sample.ok_or(Error::NotFound)?;
    match design::add(&site.ctx, sample.name, sample.file_map(), &posted.staff().0).await? {
        Ok(_) => added(&site, &posted, sample.name, "The sample is here. Change it as you like."),
        Err(faults) => {
            let operator = Operator { session: posted.session.clone() };
            let faults = shown(&site, sample.name, &sample.file_map(), &faults).await?;
            upload_page(&site, &operator, sample.name.to_owned(), faults).await
        }
    }
}

/// What was sent: one ZIP, or the files of a folder.
fn sent(posted: &Posted) -> Result<Sent, Fault> {
    let files: Vec<_> = posted.form.files_of("files").collect();
    match files.as_slice() {
        [] => Err(Fault::new("the files", "none was chosen", "Choose a ZIP or a folder.")),
        [(name, bytes)] if archive::is_zip(bytes) => {
            let mut sent = archive::read(bytes)?;
            if sent.folder.is_empty() {
                let stem = name.rsplit(['/', '\\']).next().unwrap_or_default();
                sent.folder = stem.trim_end_matches(".zip").to_owned();
            }
            Ok(sent)
        }
        several => archive::gather(
            several.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())),
        ),
    }
}

/// `Best dog Mug` becomes `best-dog-mug`.
fn plain_name(folder: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = folder.chars().map(plain).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-").chars().take(80).collect()
}

/// Faults with their lines, and with a picture where they have a place in a drawing.
pub async fn shown(
    site: &Site,
    name: &str,
    files: &DesignFiles,
    faults: &[Fault],
) -> Result<Vec<FaultView>, Error> {
    let mut pictures = BTreeMap::new();
    for (file, picture) in design::pictures(&site.ctx, name, files, faults).await? {
        let kept = site.keep_preview(picture.bytes);
        let href = site.links().to(&format!("/previews/{kept}"));
        pictures.insert(file, (href, picture.size));
    }
    let mut views = views(files, faults);
    for (view, fault) in views.iter_mut().zip(faults).take(PICTURES_MAX) {
        let Some(mark) = &fault.mark else { continue };
        view.picture = pictures.get(&mark.file).map(|(href, (width, height))| MarkedPicture {
            href: href.clone(),
            file: mark.file.clone(),
            width: *width,
            height: *height,
            left: mark.place.left,
            top: mark.place.top,
            wide: mark.place.right - mark.place.left,
            high: mark.place.bottom - mark.place.top,
        });
    }
    Ok(views)
}

/// Faults with the line that they are about, where it can be found.
pub fn views(files: &DesignFiles, faults: &[Fault]) -> Vec<FaultView> {
    let view = |fault: &Fault| {
        let found = place_of(files, fault);
        FaultView {
            line: found.map(|(text, at)| line_of(text, at)),
            code: found.map_or(Vec::new(), |(text, at)| code(text, at)),
            place: fault.place.clone(),
            what: fault.what.clone(),
            cure: fault.cure.clone(),
            picture: None,
        }
    };
    faults.iter().map(view).collect()
}

/// The text of the file that a fault is in, and where in it.
fn place_of<'files>(files: &'files DesignFiles, fault: &Fault) -> Option<(&'files str, usize)> {
    let text = |path: &str| std::str::from_utf8(files.get(path)?).ok();
    if fault.place.starts_with('[') {
        let (text, head) = (text(DESCRIPTION)?, fault.place.split_whitespace().next()?);
        return Some((text, text.find(head)?));
    }
    let text = text(&fault.place)?;
    // What an element is called stands between back-ticks, quotes or pointed brackets.
    let quoted = fault.what.split(['`', '“', '”']).nth(1);
    let named = fault.what.split_once('<').and_then(|(_, rest)| rest.split('>').next());
    let at = match (quoted, named) {
        (Some(quoted), _) => text.find(quoted),
        (None, Some(name)) => text.find(&format!("<{name}")),
        (None, None) if fault.what.contains("flowed text") => text.find("<flowRoot"),
        (None, None) => None,
    };
    Some((text, at?))
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The line of a fault with those around it; of a long line the part that matters.
fn code(text: &str, at: usize) -> Vec<CodeLine> {
    let (here, start) = (line_of(text, at), text[..at].rfind('\n').map_or(0, |end| end + 1));
    let part = |(number, line): (usize, &str)| {
        let is_here = number == here;
        let before = if is_here { line[..at - start].chars().count() } else { 0 };
        let skipped = before.saturating_sub(CODE_CHARS / 3);
        let skipped = if line.chars().count() <= CODE_CHARS { 0 } else { skipped };
        let shown: String = line.chars().skip(skipped).take(CODE_CHARS).collect();
        let is_cut = skipped + CODE_CHARS < line.chars().count();
        let (head, tail) = (if skipped == 0 { "" } else { "…" }, if is_cut { "…" } else { "" });
        CodeLine { number, text: format!("{head}{shown}{tail}"), is_here }
    };
    let numbered = text.lines().enumerate().map(|(idx, line)| (idx + 1, line));
    let around = numbered.filter(|(number, _)| number.abs_diff(here) <= CODE_AROUND);
    around.map(part).collect()
}

async fn upload_page(
    site: &Site,
    operator: &Operator,
    name: String,
    faults: Vec<FaultView>,
) -> Result<Response, Error> {
    let versions = site.ctx.read(|tx| Ok(db::design::versions(tx)?)).await?;
    let names = versions.into_iter().map(|one| one.name).collect();
    let frame = Frame::load(site, operator, "designs", "Add a design").await?;
    page(&UploadPage { samples: samples(&names), name, faults, frame })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_the_design_its_name() {
        assert_eq!(plain_name("Best dog  Mug!"), "best-dog-mug");
        assert_eq!(plain_name("--"), "");
    }

    #[test]
    fn a_fault_says_its_line() {
        let files: DesignFiles = [
            (DESCRIPTION.to_owned(), b"name='x'\n\n[field.name]\nkind='text'".to_vec()),
            ("a.svg".to_owned(), b"<svg>\n<text id=\"other\"/>\n</svg>".to_vec()),
        ]
        .into();
        let faults = vec![
            Fault::new("[field.name]", "no drawing has it", ""),
            Fault::new("a.svg", "it holds “other”, which is odd", ""),
            Fault::new("b.svg", "it is not here", ""),
        ];
        let lines: Vec<_> = views(&files, &faults).into_iter().map(|one| one.line).collect();
        assert_eq!(lines, [Some(3), Some(2), None]);
    }

    #[test]
    fn the_lines_around_a_fault_are_shown_and_long_ones_cut() {
        let long = format!("{}<script>x</script>{}", "é".repeat(400), "y".repeat(400));
        let text = format!("<svg>\n<g/>\n<g/>\n{long}\n</svg>");
        let files: DesignFiles = [("a.svg".to_owned(), text.into_bytes())].into();
        let fault = Fault::new("a.svg", "it holds <script>, which is not printed", "");
        let view = views(&files, &[fault]).remove(0);
        let numbers: Vec<_> = view.code.iter().map(|one| (one.number, one.is_here)).collect();
        assert_eq!(numbers, [(2, false), (3, false), (4, true), (5, false)]);
        let here = &view.code[2].text;
        assert!(here.starts_with("…é") && here.contains("<script>x</script>yy"), "{here}");
        assert!(here.ends_with("y…") && here.chars().count() == CODE_CHARS + 2, "{here}");
    }
}
