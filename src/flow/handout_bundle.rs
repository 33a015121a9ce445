//! Handouts as bytes: stacks of sheets, and an archive with everything in it.

use crate::outside::bundle;
use crate::render::paper::{self, PaperSize, Sheet};

use super::ctx::{Ctx, FlowError};
use super::handout::{self, Handout};

/// The job sheets of orders, one after the other.
pub fn job_sheets(
    ctx: &Ctx,
    handouts: &[Handout],
    size: Option<PaperSize>,
) -> Result<Vec<u8>, FlowError> {
    pdf("Job sheets", handouts.iter().map(|one| handout::job_sheet(ctx, one, size)).collect())
}

/// The packing slips of orders, one after the other.
pub fn packing_slips(handouts: &[Handout], size: Option<PaperSize>) -> Result<Vec<u8>, FlowError> {
    pdf("Packing slips", handouts.iter().map(|one| handout::packing_slip(one, size)).collect())
}

/// The print files of orders, their job sheets, and a table of their lines.
pub fn pack(
    ctx: &Ctx,
    handouts: &[Handout],
    size: Option<PaperSize>,
    lines: Vec<u8>,
) -> Result<Vec<u8>, FlowError> {
    let mut files = handout::files(ctx, handouts)?;
    if files.is_empty() {
        return Err(FlowError::NotNow("none of these orders has a print file yet".to_owned()));
    }
    files.push(("job-sheets.pdf".to_owned(), job_sheets(ctx, handouts, size)?));
    files.push(("lines.csv".to_owned(), lines));
    bundle::pack(files).map_err(failed)
}

fn pdf(title: &str, sheets: Vec<Sheet>) -> Result<Vec<u8>, FlowError> {
    match sheets.is_empty() {
        true => Err(FlowError::NotNow("nothing is left of these orders".to_owned())),
        false => paper::pdf(title, &sheets).map_err(failed),
    }
}

fn failed(reason: String) -> FlowError {
    FlowError::Later { reason, retry_after_s: None }
}
