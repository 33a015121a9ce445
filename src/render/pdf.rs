//! A laid-out drawing becomes a page of PDF: shapes stay shapes, words are outlined, photos are pictures.
//!
//! What a page cannot say (filters, circular gradients that repeat) is drawn as pixels of the print's
//! resolution, in its place. The page is the whole area; its boxes name what is left after the cut.

use std::sync::Arc;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Rect, Size, Transform};
use krilla::image::Image;
use krilla::mask::{Mask, MaskType};
use krilla::page::PageSettings;
use krilla::paint::{
    Fill, FillRule, LineCap, LineJoin, LinearGradient, Paint, Pattern, RadialGradient, Stroke,
    StrokeDash,
};
use krilla::surface::Surface;
use resvg::tiny_skia;
use usvg::tiny_skia_path::Transform as Placed;

use self::kind::{blend, part, shape, spread, stops, transform};
use super::encode::Sheet;
use super::photo::Photo;
use crate::model::design::Area;

mod kind;

/// Points around the area where marks stand, how long they are, and how far from the area.
const MARGIN_PT: f32 = 24.0;
const MARK_PT: f32 = 14.0;
const MARK_GAP_PT: f32 = 6.0;
const MARK_WIDTH_PT: f32 = 0.25;
/// Most pixels that one filter is drawn with.
const PIXELS_MAX: f32 = 150e6;

/// Writes the drawing of an area as one page.
pub fn write(tree: &usvg::Tree, area: &Area, sheet: Sheet) -> Result<Vec<u8>, String> {
    let points = |uin: u64| (uin as f64 * 72.0 / 1e6) as f32;
    let (width, height) = (points(area.size.width_uin), points(area.size.height_uin));
    let margin = if area.marks { MARGIN_PT } else { 0.0 };
    let cut = area.bleed_mil as f32 * 72.0 / 1000.0;
    let inside = |inset: f32| {
        let (left, top) = (margin + inset, margin + inset);
        Rect::from_xywh(left, top, width - 2.0 * inset, height - 2.0 * inset)
    };
    let settings = PageSettings::from_wh(width + 2.0 * margin, height + 2.0 * margin)
        .ok_or("the page has no size")?
        .with_bleed_box(inside(0.0))
        .with_trim_box(inside(cut));
    let mut document = Document::new();
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    surface.push_transform(&Transform::from_translate(margin, margin));
    if let Some(ground) = area.background {
        surface.set_fill(Some(plain(ground)));
        draw_rect(&mut surface, (0.0, 0.0), (width, height));
    }
    let size = tree.size();
    surface.push_clip_path(&rect_path((0.0, 0.0), (width, height))?, &FillRule::NonZero);
    surface.push_transform(&Transform::from_scale(width / size.width(), height / size.height()));
    let scale = sheet.width_px as f32 / size.width();
    let setter = Setter { scale };
    let drawn = setter.group(&mut surface, tree.root(), Placed::identity());
    surface.pop();
    surface.pop();
    surface.pop();
    if area.marks {
        marks(
            &mut surface,
            (margin + cut, margin + cut),
            (width - 2.0 * cut, height - 2.0 * cut),
            cut,
        );
    }
    surface.finish();
    page.finish();
    drawn?;
    document.finish().map_err(|error| format!("the page cannot be written: {error:?}"))
}

/// Where the paper is cut: two lines at each corner, beyond what is cut off.
fn marks(surface: &mut Surface<'_>, (x, y): (f32, f32), (width, height): (f32, f32), cut: f32) {
    surface.set_fill(Some(plain([0, 0, 0])));
    let half = MARK_WIDTH_PT / 2.0;
    let gap = cut + MARK_GAP_PT;
    for (corner_x, side_x) in [(x, -1.0), (x + width, 1.0)] {
        for (corner_y, side_y) in [(y, -1.0), (y + height, 1.0)] {
            let from_x = corner_x + side_x * gap + if side_x < 0.0 { -MARK_PT } else { 0.0 };
            draw_rect(surface, (from_x, corner_y - half), (MARK_PT, MARK_WIDTH_PT));
            let from_y = corner_y + side_y * gap + if side_y < 0.0 { -MARK_PT } else { 0.0 };
            draw_rect(surface, (corner_x - half, from_y), (MARK_WIDTH_PT, MARK_PT));
        }
    }
}

fn plain([red, green, blue]: [u8; 3]) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}

fn rect_path((x, y): (f32, f32), (width, height): (f32, f32)) -> Result<Path, String> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height).ok_or("a shape has no size")?);
    path.finish().ok_or_else(|| "a shape has no size".to_owned())
}

fn draw_rect(surface: &mut Surface<'_>, at: (f32, f32), size: (f32, f32)) {
    // What has no size is not seen.
    if let Ok(path) = rect_path(at, size) {
        surface.set_stroke(None);
        surface.draw_path(&path);
    }
}

struct Setter {
    /// Pixels of the print for one unit of the drawing.
    scale: f32,
}

impl Setter {
    /// Draws a group; `above` places its parent on the drawing.
    fn group(
        &self,
        surface: &mut Surface<'_>,
        group: &usvg::Group,
        above: Placed,
    ) -> Result<(), String> {
        if !group.filters().is_empty() {
            return self.as_pixels(surface, &usvg::Node::Group(Box::new(group.clone())), above);
        }
        let here = above.pre_concat(group.transform());
        surface.push_transform(&transform(group.transform()));
        let mut pushed = 1;
        let entered = self.enter(surface, group, here, &mut pushed);
        let done = entered.and_then(|()| self.children(surface, group, here));
        // Whatever came of it: an open layer would be a mistake of the whole page.
        (0..pushed).for_each(|_| surface.pop());
        done
    }

    /// Opens the layers that a group is seen through, and counts them.
    fn enter(
        &self,
        surface: &mut Surface<'_>,
        group: &usvg::Group,
        here: Placed,
        pushed: &mut usize,
    ) -> Result<(), String> {
        let mode = blend(group.blend_mode())?;
        if group.blend_mode() != usvg::BlendMode::Normal {
            surface.push_blend_mode(mode);
            *pushed += 1;
        }
        if let Some(clip) = group.clip_path() {
            *pushed += self.clip(surface, clip, here)?;
        }
        if let Some(mask) = group.mask() {
            let mask = self.mask(surface, mask, here)?;
            surface.push_mask(mask);
            *pushed += 1;
        }
        if group.opacity().get() < 1.0 {
            surface.push_opacity(part(group.opacity().get()));
            *pushed += 1;
        } else if group.isolate() {
            surface.push_isolated();
            *pushed += 1;
        }
        Ok(())
    }

    fn children(
        &self,
        surface: &mut Surface<'_>,
        group: &usvg::Group,
        here: Placed,
    ) -> Result<(), String> {
        for node in group.children() {
            match node {
                usvg::Node::Group(inner) => self.group(surface, inner, here)?,
                usvg::Node::Text(text) => self.group(surface, text.flattened(), here)?,
                usvg::Node::Path(path) if !path.is_visible() => {}
                usvg::Node::Path(path) => match is_told(path) {
                    true => self.path(surface, path, here)?,
                    false => self.as_pixels(surface, node, here)?,
                },
                usvg::Node::Image(image) if image.is_visible() => picture(surface, image)?,
                usvg::Node::Image(_) => {}
            }
        }
        Ok(())
    }

    fn path(
        &self,
        surface: &mut Surface<'_>,
        path: &usvg::Path,
        here: Placed,
    ) -> Result<(), String> {
        let Some(shape) = shape(path.data()) else { return Ok(()) };
        let fill = path.fill().map(|fill| self.fill(surface, fill, here)).transpose()?;
        let stroke = path.stroke().map(|stroke| self.stroke(surface, stroke, here)).transpose()?;
        let both = match path.paint_order() {
            usvg::PaintOrder::FillAndStroke => [(fill, None), (None, stroke)],
            usvg::PaintOrder::StrokeAndFill => [(None, stroke), (fill, None)],
        };
        for (fill, stroke) in
            both.into_iter().filter(|(fill, stroke)| fill.is_some() || stroke.is_some())
        {
            surface.set_fill(fill);
            surface.set_stroke(stroke);
            surface.draw_path(&shape);
        }
        Ok(())
    }

    fn fill(
        &self,
        surface: &mut Surface<'_>,
        fill: &usvg::Fill,
        here: Placed,
    ) -> Result<Fill, String> {
        let rule = match fill.rule() {
            usvg::FillRule::NonZero => FillRule::NonZero,
            usvg::FillRule::EvenOdd => FillRule::EvenOdd,
        };
        let paint = self.paint(surface, fill.paint(), here)?;
        Ok(Fill { paint, opacity: part(fill.opacity().get()), rule })
    }

    fn stroke(
        &self,
        surface: &mut Surface<'_>,
        stroke: &usvg::Stroke,
        here: Placed,
    ) -> Result<Stroke, String> {
        let dash = stroke
            .dasharray()
            .map(|dashes| StrokeDash { array: dashes.to_vec(), offset: stroke.dashoffset() });
        Ok(Stroke {
            paint: self.paint(surface, stroke.paint(), here)?,
            width: stroke.width().get(),
            miter_limit: stroke.miterlimit().get(),
            line_cap: match stroke.linecap() {
                usvg::LineCap::Butt => LineCap::Butt,
                usvg::LineCap::Round => LineCap::Round,
                usvg::LineCap::Square => LineCap::Square,
            },
            line_join: match stroke.linejoin() {
                // A page knows no clipped mitres: the nearest.
                usvg::LineJoin::Miter | usvg::LineJoin::MiterClip => LineJoin::Miter,
                usvg::LineJoin::Round => LineJoin::Round,
                usvg::LineJoin::Bevel => LineJoin::Bevel,
            },
            opacity: part(stroke.opacity().get()),
            dash,
        })
    }

    fn paint(
        &self,
        surface: &mut Surface<'_>,
        paint: &usvg::Paint,
        here: Placed,
    ) -> Result<Paint, String> {
        Ok(match paint {
            usvg::Paint::Color(colour) => {
                rgb::Color::new(colour.red, colour.green, colour.blue).into()
            }
            usvg::Paint::LinearGradient(gradient) => LinearGradient {
                x1: gradient.x1(),
                y1: gradient.y1(),
                x2: gradient.x2(),
                y2: gradient.y2(),
                transform: transform(gradient.transform()),
                spread_method: spread(gradient.spread_method()),
                stops: stops(gradient.stops()),
                anti_alias: false,
            }
            .into(),
            usvg::Paint::RadialGradient(gradient) => RadialGradient {
                fx: gradient.fx(),
                fy: gradient.fy(),
                fr: gradient.fr().get(),
                cx: gradient.cx(),
                cy: gradient.cy(),
                cr: gradient.r().get(),
                transform: transform(gradient.transform()),
                spread_method: spread(gradient.spread_method()),
                stops: stops(gradient.stops()),
                anti_alias: false,
            }
            .into(),
            usvg::Paint::Pattern(pattern) => {
                let rect = pattern.rect();
                let mut builder = surface.stream_builder();
                let mut tile = builder.surface();
                tile.push_transform(&Transform::from_translate(-rect.x(), -rect.y()));
                let inside = here.pre_concat(pattern.transform());
                let done = self.group(&mut tile, pattern.root(), inside);
                tile.pop();
                tile.finish();
                let stream = builder.finish();
                done?;
                let placed = pattern.transform().pre_translate(rect.x(), rect.y());
                Pattern {
                    stream,
                    transform: transform(placed),
                    width: rect.width(),
                    height: rect.height(),
                }
                .into()
            }
        })
    }

    /// Cuts what follows to a clip path; how many layers that takes.
    fn clip(
        &self,
        surface: &mut Surface<'_>,
        clip: &usvg::ClipPath,
        here: Placed,
    ) -> Result<usize, String> {
        if let (None, Some((path, rule))) = (clip.clip_path(), only_path(clip)) {
            surface.push_clip_path(&path, &rule);
            return Ok(1);
        }
        // Several shapes, words or a clip path of its own: what is drawn in it is what stays.
        let mut builder = surface.stream_builder();
        let mut inner = builder.surface();
        let pushed = match clip.clip_path() {
            Some(outer) => self.clip(&mut inner, outer, here),
            None => Ok(0),
        };
        let drawn = pushed.and_then(|pushed| {
            inner.push_transform(&transform(clip.transform()));
            let drawn = self.group(&mut inner, clip.root(), here.pre_concat(clip.transform()));
            (0..=pushed).for_each(|_| inner.pop());
            drawn
        });
        inner.finish();
        let stream = builder.finish();
        drawn?;
        surface.push_mask(Mask::new(stream, MaskType::Alpha));
        Ok(1)
    }

    fn mask(
        &self,
        surface: &mut Surface<'_>,
        mask: &usvg::Mask,
        here: Placed,
    ) -> Result<Mask, String> {
        let rect = mask.rect();
        let frame = rect_path((rect.x(), rect.y()), (rect.width(), rect.height()))?;
        let mut builder = surface.stream_builder();
        let mut inner = builder.surface();
        let mut pushed = 1;
        inner.push_clip_path(&frame, &FillRule::NonZero);
        let outer = mask.mask().map(|outer| self.mask(&mut inner, outer, here)).transpose();
        let drawn = outer.and_then(|outer| {
            if let Some(outer) = outer {
                inner.push_mask(outer);
                pushed += 1;
            }
            self.group(&mut inner, mask.root(), here)
        });
        (0..pushed).for_each(|_| inner.pop());
        inner.finish();
        let stream = builder.finish();
        drawn?;
        let kind = match mask.kind() {
            usvg::MaskType::Luminance => MaskType::Luminosity,
            usvg::MaskType::Alpha => MaskType::Alpha,
        };
        Ok(Mask::new(stream, kind))
    }

    /// Draws a node as pixels of the print's resolution and lays them where it would stand.
    fn as_pixels(
        &self,
        surface: &mut Surface<'_>,
        node: &usvg::Node,
        above: Placed,
    ) -> Result<(), String> {
        let Some(room) = node.abs_layer_bounding_box() else { return Ok(()) };
        let (wide, high) =
            ((room.width() * self.scale).ceil(), (room.height() * self.scale).ceil());
        if PIXELS_MAX < wide * high {
            return Err("a filter covers more than can be drawn".to_owned());
        }
        // In range: checked above.
        let (width_px, height_px) = ((wide as u32).max(1), (high as u32).max(1));
        let mut pixels = tiny_skia::Pixmap::new(width_px, height_px)
            .ok_or("a filter covers more than can be drawn")?;
        // resvg moves what it draws by its box, before everything else.
        let placed = Placed::from_scale(self.scale, self.scale)
            .pre_translate(-room.x(), -room.y())
            .pre_concat(above)
            .pre_translate(room.x(), room.y());
        resvg::render_node(node, placed, &mut pixels.as_mut());
        let rgba = pixels.take_demultiplied();
        let png = Photo { width_px, height_px, rgba }.stored()?;
        let image = Image::from_png(png.into(), false)?;
        let Some(back) = above.invert() else { return Ok(()) };
        let size =
            Size::from_wh(wide / self.scale, high / self.scale).ok_or("a filter has no size")?;
        surface.push_transform(&transform(back.pre_translate(room.x(), room.y())));
        surface.draw_image(image, size);
        surface.pop();
        Ok(())
    }
}

/// Whether a page can say how a path is painted.
fn is_told(path: &usvg::Path) -> bool {
    let paints = [path.fill().map(usvg::Fill::paint), path.stroke().map(usvg::Stroke::paint)];
    !paints.into_iter().flatten().any(|paint| {
        matches!(paint, usvg::Paint::RadialGradient(one)
            if one.spread_method() != usvg::SpreadMethod::Pad)
    })
}

/// The one path that a clip path is made of, placed as it stands.
fn only_path(clip: &usvg::ClipPath) -> Option<(Path, FillRule)> {
    let mut placed = clip.transform();
    let mut group = clip.root();
    loop {
        let is_plain = group.clip_path().is_none() && group.mask().is_none();
        placed = placed.pre_concat(group.transform());
        match group.children() {
            [usvg::Node::Group(inner)] if is_plain => group = inner,
            [usvg::Node::Path(path)] if is_plain && path.is_visible() => {
                let fill = path.fill()?;
                let rule = match fill.rule() {
                    usvg::FillRule::NonZero => FillRule::NonZero,
                    usvg::FillRule::EvenOdd => FillRule::EvenOdd,
                };
                let data = path.data().clone().transform(placed)?;
                return Some((shape(&data)?, rule));
            }
            _ => return None,
        }
    }
}

fn picture(surface: &mut Surface<'_>, image: &usvg::Image) -> Result<(), String> {
    let made = match image.kind() {
        usvg::ImageKind::PNG(bytes) => Image::from_png(Arc::clone(bytes).into_data(), false)?,
        usvg::ImageKind::JPEG(bytes) => Image::from_jpeg(Arc::clone(bytes).into_data(), false)?,
        // Every picture was decoded and made one of these before it came here.
        usvg::ImageKind::GIF(_) | usvg::ImageKind::WEBP(_) | usvg::ImageKind::SVG(_) => {
            return Err("a picture is of a kind that a page cannot hold".to_owned());
        }
    };
    let size = image.size();
    let size = Size::from_wh(size.width(), size.height()).ok_or("a picture has no size")?;
    surface.draw_image(made, size);
    Ok(())
}

/// The bytes as krilla takes them.
trait IntoData {
    fn into_data(self) -> krilla::Data;
}

impl IntoData for Arc<Vec<u8>> {
    fn into_data(self) -> krilla::Data {
        self.as_ref().clone().into()
    }
}
