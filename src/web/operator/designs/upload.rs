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
            let faults = views(&DesignFiles::new(), vec![fault]);
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
        return upload_page(&site, &operator, name, views(&sent.files, vec![fault])).await;
    }
    match design::add(&site.ctx, &name, sent.files.clone(), &posted.staff().0).await? {
        Ok(_) => added(&site, &posted, &name, "The design is here. New orders are made with it."),
        Err(faults) => upload_page(&site, &operator, name, views(&sent.files, faults)).await,
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
            let faults = views(&sample.file_map(), faults);
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

/// Faults with the line that they are about, where it can be found.
pub fn views(files: &DesignFiles, faults: Vec<Fault>) -> Vec<FaultView> {
    let line = |fault: &Fault| {
        let text = |path: &str| {
            let bytes = files.get(path)?;
            std::str::from_utf8(bytes).ok()
        };
        let at = |text: &str, mark: &str| {
            let found = text.find(mark)?;
            Some(text[..found].matches('\n').count() + 1)
        };
        if fault.place.starts_with('[') {
            let head = fault.place.split_whitespace().next()?;
            return at(text(DESCRIPTION)?, head);
        }
        // What an element is called stands between back-ticks or quotes.
        let text = text(&fault.place)?;
        let quoted = fault.what.split(['`', '“', '”']).nth(1)?;
        at(text, quoted)
    };
    let view = |fault: Fault| FaultView {
        line: line(&fault),
        place: fault.place,
        what: fault.what,
        cure: fault.cure,
    };
    faults.into_iter().map(view).collect()
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
        let lines: Vec<_> = views(&files, faults).into_iter().map(|one| one.line).collect();
        assert_eq!(lines, [Some(3), Some(2), None]);
    }
}
