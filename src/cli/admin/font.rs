//! Fonts for every design, as the command line asks for them.

use base64::Engine as _;

use crate::flow::operate::Staff;
use crate::flow::{Ctx, FlowError, font};
use crate::outside::design_folder::font::bundled;

/// Adds one.
pub async fn add(ctx: &Ctx, file: &str, bytes: &str, who: &Staff) -> Result<String, FlowError> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(bytes);
    let bytes = bytes.map_err(|_| FlowError::NotNow(format!("{file} did not arrive whole")))?;
    let font = font::add(ctx, file, bytes, who).await?.map_err(FlowError::NotNow)?;
    Ok(format!("{} is here: {} ({})", font.file, font.families.join(", "), font.about))
}

/// Every font that was added, and the families that the program has itself.
pub async fn list(ctx: &Ctx) -> Result<String, FlowError> {
    let mut lines = Vec::new();
    for one in font::list(ctx).await? {
        let used = match one.used_by.is_empty() {
            true => "no design has it".to_owned(),
            false => format!("in {}", one.used_by.join(", ")),
        };
        let families = one.font.families.join(", ");
        lines.push(format!("{:32} {families}; {}; {used}", one.font.file, one.font.about));
    }
    if lines.is_empty() {
        lines.push("no font was added yet".to_owned());
    }
    let own: Vec<String> = bundled().into_iter().collect();
    lines.push(format!("always here: {}", own.join(", ")));
    Ok(lines.join("\n"))
}
