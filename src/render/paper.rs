//! Sheets of paper as PDF: headings, words, addresses, pictures and a code to scan, page after page.
//!
//! Fonts are those compiled in. A character that the first has not is set in the second; one that none
//! has is a box, since nobody prints these sheets for a customer's wall.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size as FontSize};

/// The fonts: plain and bold, each with the one that has the rest of the world's letters.
const PLAIN: [&[u8]; 2] = [
    include_bytes!("../../fonts/OpenSans-Regular.ttf"),
    include_bytes!("../../fonts/DejaVuSans.ttf"),
];
const BOLD: [&[u8]; 2] = [
    include_bytes!("../../fonts/OpenSans-Bold.ttf"),
    include_bytes!("../../fonts/DejaVuSans-Bold.ttf"),
];

/// Points around what is written.
const MARGIN: f32 = 48.0;
/// The side of a code to scan.
const CODE_SIDE: f32 = 76.0;
/// Side of a picture.
const PICTURE_SIDE: f32 = 104.0;
/// Words that run on for longer than this are cut.
const LINES_MAX: usize = 60;

/// How large the paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperSize {
    /// 210 × 297 mm.
    A4,
    /// 8.5 × 11 in.
    Letter,
}

impl PaperSize {
    /// What lies in the printers of a country.
    pub fn of_country(code: &str) -> PaperSize {
        match code {
            "US" | "CA" | "MX" | "PR" | "PH" | "CL" | "CO" | "VE" | "GT" | "CR" | "PA" | "DO" => {
                PaperSize::Letter
            }
            _ => PaperSize::A4,
        }
    }

    /// The size of this word.
    pub fn from_word(word: &str) -> Option<PaperSize> {
        match word {
            "a4" => Some(PaperSize::A4),
            "letter" => Some(PaperSize::Letter),
            _ => None,
        }
    }

    fn points(self) -> (f32, f32) {
        match self {
            PaperSize::A4 => (595.28, 841.89),
            PaperSize::Letter => (612.0, 792.0),
        }
    }
}

/// A small picture, four bytes for each pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Red, green, blue, opacity.
    pub rgba: Vec<u8>,
}

/// One part of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// Words in lines.
    Words(Vec<String>),
    /// Names with values beside them.
    Facts(Vec<(String, String)>),
    /// A thing: pieces, name, words below, and pictures.
    Thing {
        /// Pieces.
        quantity: u32,
        /// What it is.
        title: String,
        /// Names with values beside them.
        facts: Vec<(String, String)>,
        /// Its pictures.
        pictures: Vec<Picture>,
    },
}

/// One sheet, which begins a new page and may take several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What stands on top.
    pub title: String,
    /// What stands below it, smaller.
    pub sub: String,
    /// What the code says; empty for none.
    pub code: String,
    /// Its parts.
    pub blocks: Vec<Block>,
    /// How large the paper is.
    pub size: PaperSize,
}

/// A face with what measuring needs.
struct Face {
    font: Font,
    measure: skrifa::FontRef<'static>,
}

struct Faces {
    plain: [Face; 2],
    bold: [Face; 2],
}

#[derive(Clone, Copy, PartialEq)]
enum Weight {
    Plain,
    Bold,
}

impl Faces {
    fn load() -> Faces {
        let face = |bytes: &'static [u8]| Face {
            font: Font::new(bytes.to_vec().into(), 0).expect("a bundled font can be read"),
            measure: skrifa::FontRef::new(bytes).expect("a bundled font can be read"),
        };
        Faces { plain: PLAIN.map(face), bold: BOLD.map(face) }
    }

    /// The text in runs of one face each.
    fn runs(&self, text: &str, weight: Weight) -> Vec<(&Face, String)> {
        let [first, second] = match weight {
            Weight::Plain => &self.plain,
            Weight::Bold => &self.bold,
        };
        let mut runs: Vec<(&Face, bool, String)> = Vec::new();
        for c in text.chars() {
            let is_first = first.measure.charmap().map(c).is_some()
                || second.measure.charmap().map(c).is_none();
            match runs.last_mut() {
                Some((_, was_first, run)) if *was_first == is_first => run.push(c),
                _ => runs.push((if is_first { first } else { second }, is_first, c.to_string())),
            }
        }
        runs.into_iter().map(|(face, _, run)| (face, run)).collect()
    }

    fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        let runs = self.runs(text, weight);
        runs.iter().map(|(face, run)| face.width(run, size)).sum()
    }

    /// Lines that are no wider than this; a word that is wider is broken.
    fn wrap(&self, text: &str, weight: Weight, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let joined = match line.is_empty() {
                    true => word.to_owned(),
                    false => format!("{line} {word}"),
                };
                if self.width(&joined, weight, size) <= width {
                    line = joined;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                for c in word.chars() {
                    let longer = format!("{line}{c}");
                    if width < self.width(&longer, weight, size) && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                    }
                    line.push(c);
                }
            }
            lines.push(line);
        }
        if LINES_MAX < lines.len() {
            lines.truncate(LINES_MAX);
            lines.push("…".to_owned());
        }
        lines
    }
}

impl Face {
    fn width(&self, text: &str, size: f32) -> f32 {
        let metrics = self.measure.glyph_metrics(FontSize::new(size), LocationRef::default());
        let charmap = self.measure.charmap();
        let glyphs = text.chars().map(|c| charmap.map(c).unwrap_or_default());
        glyphs.map(|glyph| metrics.advance_width(glyph).unwrap_or(size * 0.6)).sum()
    }
}

/// What is put where on one page.
enum Mark {
    Text { x: f32, y: f32, size: f32, weight: Weight, text: String },
    Rule { y: f32 },
    Picture { x: f32, y: f32, width: f32, height: f32, picture: Picture },
    Code { x: f32, y: f32, text: String },
}

/// Puts blocks onto pages.
struct Setter<'faces> {
    faces: &'faces Faces,
    size: PaperSize,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Setter<'_> {
    fn width(&self) -> f32 {
        self.size.points().0 - 2.0 * MARGIN
    }

    fn mark(&mut self, mark: Mark) {
        self.pages.last_mut().expect("there is a page").push(mark);
    }

    /// Begins another page where so much does not fit.
    fn need(&mut self, height: f32) {
        if self.size.points().1 - MARGIN < self.y + height && MARGIN < self.y {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    fn words(&mut self, text: &str, (x, width): (f32, f32), size: f32, weight: Weight) {
        for text in self.faces.wrap(text, weight, size, width) {
            self.need(size * 1.4);
            self.y += size * 1.4;
            let y = self.y - size * 0.3;
            self.mark(Mark::Text { x, y, size, weight, text });
        }
    }

    fn facts(&mut self, facts: &[(String, String)], (x, width): (f32, f32)) {
        const NAME_WIDTH: f32 = 100.0;
        for (name, value) in facts {
            self.need(14.0);
            let (page, y) = (self.pages.len(), self.y);
            self.words(name, (x, NAME_WIDTH - 8.0), 9.0, Weight::Plain);
            let end = self.y;
            if self.pages.len() == page {
                self.y = y;
            }
            self.words(value, (x + NAME_WIDTH, width - NAME_WIDTH), 10.0, Weight::Bold);
            self.y = self.y.max(if self.pages.len() == page { end } else { 0.0 });
        }
    }

    fn top(&mut self, sheet: &Sheet) {
        let has_code = !sheet.code.is_empty();
        let width = self.width() - if has_code { CODE_SIDE + 16.0 } else { 0.0 };
        if has_code {
            let x = MARGIN + self.width() - CODE_SIDE;
            self.mark(Mark::Code { x, y: MARGIN, text: sheet.code.clone() });
        }
        self.words(&sheet.title, (MARGIN, width), 22.0, Weight::Bold);
        self.words(&sheet.sub, (MARGIN, width), 10.0, Weight::Plain);
        if has_code {
            self.words(&sheet.code, (MARGIN, width), 10.0, Weight::Bold);
            self.y = self.y.max(MARGIN + CODE_SIDE);
        }
        self.y += 10.0;
        let y = self.y;
        self.mark(Mark::Rule { y });
    }

    fn block(&mut self, block: &Block) {
        let whole = (MARGIN, self.width());
        match block {
            Block::Heading(text) => {
                self.need(60.0);
                self.y += 12.0;
                self.words(text, whole, 13.0, Weight::Bold);
            }
            Block::Words(lines) => {
                for line in lines {
                    self.words(line, whole, 11.0, Weight::Plain);
                }
            }
            Block::Facts(facts) => self.facts(facts, whole),
            Block::Thing { quantity, title, facts, pictures } => {
                self.thing((*quantity, title), facts, pictures);
            }
        }
    }

    fn thing(
        &mut self,
        (quantity, title): (u32, &str),
        facts: &[(String, String)],
        pictures: &[Picture],
    ) {
        let side = if pictures.is_empty() { 0.0 } else { PICTURE_SIDE + 14.0 };
        self.y += 8.0;
        self.need(if pictures.is_empty() { 48.0 } else { PICTURE_SIDE + 12.0 });
        let (page, top) = (self.pages.len(), self.y);
        if let Some(first) = pictures.first() {
            self.picture(first, (MARGIN, top + 4.0));
        }
        let place = (MARGIN + side, self.width() - side);
        self.words(&format!("{quantity} × {title}"), place, 12.0, Weight::Bold);
        self.facts(facts, place);
        if !pictures.is_empty() && self.pages.len() == page {
            self.y = self.y.max(top + PICTURE_SIDE + 6.0);
        }
        // More areas stand beside each other below.
        for row in pictures.get(1..).unwrap_or_default().chunks(4) {
            self.need(PICTURE_SIDE + 12.0);
            let y = self.y + 6.0;
            for (at, picture) in row.iter().enumerate() {
                self.picture(picture, (MARGIN + at as f32 * (PICTURE_SIDE + 14.0), y));
            }
            self.y = y + PICTURE_SIDE;
        }
        self.y += 8.0;
        let y = self.y;
        self.mark(Mark::Rule { y });
    }

    fn picture(&mut self, picture: &Picture, (x, y): (f32, f32)) {
        let (across, down) = (picture.width.max(1) as f32, picture.height.max(1) as f32);
        let scale = (PICTURE_SIDE / across).min(PICTURE_SIDE / down);
        let (width, height) = (across * scale, down * scale);
        self.mark(Mark::Picture { x, y, width, height, picture: picture.clone() });
    }
}

/// The sheets as one document.
pub fn pdf(title: &str, sheets: &[Sheet]) -> Result<Vec<u8>, String> {
    let faces = Faces::load();
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title.to_owned()).creator("woodblock".to_owned()));
    for sheet in sheets {
        let mut setter =
            Setter { faces: &faces, size: sheet.size, pages: vec![Vec::new()], y: MARGIN };
        setter.top(sheet);
        for block in &sheet.blocks {
            setter.block(block);
        }
        let (width, height) = sheet.size.points();
        let count = setter.pages.len();
        for (nth, marks) in setter.pages.into_iter().enumerate() {
            let settings =
                PageSettings::from_wh(width, height).ok_or("the paper has no size".to_owned())?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            for mark in &marks {
                draw(&mut surface, &faces, mark, width);
            }
            if 1 < count {
                let text = format!("{} · page {} of {count}", sheet.title, nth + 1);
                let (x, y, weight) = (MARGIN, height - 24.0, Weight::Plain);
                draw(&mut surface, &faces, &Mark::Text { x, y, size: 8.0, weight, text }, width);
            }
            surface.finish();
            page.finish();
        }
    }
    document.finish().map_err(|error| format!("the sheet cannot be written: {error:?}"))
}

fn draw(surface: &mut Surface<'_>, faces: &Faces, mark: &Mark, page_width: f32) {
    match mark {
        Mark::Text { x, y, size, weight, text } => {
            surface.set_fill(Some(fill(24)));
            let mut x = *x;
            for (face, run) in faces.runs(text, *weight) {
                let start = Point::from_xy(x, *y);
                let direction = TextDirection::Auto;
                surface.draw_text(start, face.font.clone(), *size, &run, false, direction);
                x += face.width(&run, *size);
            }
        }
        Mark::Rule { y } => {
            surface.set_fill(Some(fill(200)));
            rectangle(surface, (MARGIN, *y), (page_width - 2.0 * MARGIN, 0.75));
        }
        Mark::Picture { x, y, width, height, picture } => {
            let image = Image::from_rgba8(picture.rgba.clone(), picture.width, picture.height);
            if let Some(size) = Size::from_wh(*width, *height) {
                surface.push_transform(&Transform::from_translate(*x, *y));
                surface.draw_image(image, size);
                surface.pop();
            }
        }
        Mark::Code { x, y, text } => code(surface, (*x, *y), text),
    }
}

fn fill(grey: u8) -> Fill {
    Fill { paint: rgb::Color::new(grey, grey, grey).into(), ..Fill::default() }
}

fn rectangle(surface: &mut Surface<'_>, (x, y): (f32, f32), (width, height): (f32, f32)) {
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// The code, row by row: neighbours are one rectangle, so that no line shows between them.
fn code(surface: &mut Surface<'_>, (x, y): (f32, f32), text: &str) {
    let Ok(code) = qrcode::QrCode::new(text.as_bytes()) else {
        return;
    };
    let side = code.width();
    let square = CODE_SIDE / side as f32;
    surface.set_fill(Some(fill(0)));
    for (down, row) in code.to_colors().chunks(side).enumerate() {
        let mut across = 0;
        while across < side {
            let run = row[across..].iter().take_while(|one| **one == qrcode::Color::Dark).count();
            if 0 < run {
                let place = (x + across as f32 * square, y + down as f32 * square);
                rectangle(surface, place, (run as f32 * square, square));
            }
            across += run.max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_where_they_fit() {
        let faces = Faces::load();
        let lines = faces.wrap("one two three", Weight::Plain, 10.0, 40.0);
        assert_eq!(lines, ["one two", "three"]);
        let long = faces.wrap(&"W".repeat(100), Weight::Bold, 10.0, 50.0);
        assert!(5 < long.len(), "{long:?}");
        assert_eq!(faces.wrap("a\nb", Weight::Plain, 10.0, 50.0), ["a", "b"]);
        let runs: Vec<String> =
            faces.runs("Żaneta → ✿", Weight::Plain).into_iter().map(|(_, run)| run).collect();
        assert_eq!(runs.concat(), "Żaneta → ✿");
    }

    #[test]
    fn a_long_sheet_takes_several_pages_of_its_size() {
        let picture = Picture { width: 2, height: 1, rgba: vec![200; 8] };
        let thing = Block::Thing {
            quantity: 2,
            title: "Name mug".to_owned(),
            facts: vec![("Name".to_owned(), "Rex Καλημέρα Привет".to_owned())],
            pictures: vec![picture; 3],
        };
        let sheet = Sheet {
            title: "Job sheet".to_owned(),
            sub: "Order 1001".to_owned(),
            code: "wb-1001-1".to_owned(),
            blocks: vec![thing; 9],
            size: PaperSize::of_country("US"),
        };
        let faces = Faces::load();
        let mut setter =
            Setter { faces: &faces, size: sheet.size, pages: vec![Vec::new()], y: MARGIN };
        sheet.blocks.iter().for_each(|block| setter.block(block));
        assert!((3..9).contains(&setter.pages.len()), "{}", setter.pages.len());
        let bytes = pdf("Job sheet", &[sheet]).unwrap();
        assert!(bytes.starts_with(b"%PDF-"));
    }
}
