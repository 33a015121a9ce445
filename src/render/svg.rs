//! A laid-out drawing becomes an SVG that says the same everywhere: words are outlined, pictures embedded.

use crate::model::design::Area;

/// Writes the drawing of an area, in inches.
pub fn write(tree: &usvg::Tree, area: &Area) -> Result<Vec<u8>, String> {
    let options = usvg::WriteOptions { indent: usvg::Indent::Spaces(1), ..Default::default() };
    let written = tree.to_string(&options);
    let (head, body) = written.split_once('>').ok_or("the drawing is empty")?;
    if !head.starts_with("<svg ") {
        return Err("the drawing does not begin as one".to_owned());
    }
    let (body, end) = match head.strip_suffix('/') {
        Some(_) => ("", "</svg>"),
        None => (body, ""),
    };
    let inches = |uin: u64| format!("{}in", uin as f64 / 1e6);
    let size = tree.size();
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\">",
        inches(area.size.width_uin),
        inches(area.size.height_uin),
        size.width(),
        size.height()
    );
    if let Some([red, green, blue]) = area.background {
        text += &format!(
            "\n <rect width=\"100%\" height=\"100%\" fill=\"#{red:02x}{green:02x}{blue:02x}\"/>"
        );
    }
    text += body;
    text += end;
    Ok(text.into_bytes())
}
