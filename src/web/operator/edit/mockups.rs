//! The finished product with the values of an editor: drawn a moment after the design itself.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::{Desk, live};
use crate::flow::amend;
use crate::model::design::Design;
use crate::model::id::{ItemId, OrderId};
use crate::model::value::Values;
use crate::outside::press::{Session, Want};
use crate::web::error::Error;
use crate::web::guard::Posted;
use crate::web::operator::edit_form;
use crate::web::site::Site;

/// Widest picture.
const WIDTH_PX: u32 = 900;

/// One picture of the product.
#[derive(Debug, Clone, Serialize)]
pub struct MockupView {
    /// Names it among the others.
    pub key: String,
    /// What people read below it.
    pub title: String,
    /// Where the picture is.
    pub href: String,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

impl Desk {
    /// The product with these values.
    pub(super) async fn mockups(
        &self,
        site: &Site,
        values: &Values,
    ) -> Result<Vec<MockupView>, Error> {
        draw(site, &self.session(), &self.design, values).await
    }
}

/// Draws every picture of the product that a design has; what is wrong with the values is told beside
/// the design itself.
pub async fn draw(
    site: &Site,
    session: &Session,
    design: &Arc<Design>,
    values: &Values,
) -> Result<Vec<MockupView>, Error> {
    if design.mockups.is_empty() {
        return Ok(Vec::new());
    }
    let want = Want::Mockups { width_px: WIDTH_PX };
    let given = (Arc::clone(design), values.clone());
    let drawn = amend::preview(&site.ctx, session, given.0, given.1, want).await?;
    let view = |pressed: crate::outside::press::PressedArea| {
        let mockup = design.mockups.iter().find(|mockup| mockup.key == pressed.area);
        MockupView {
            title: mockup.map_or(String::new(), |mockup| mockup.title.clone()),
            href: site.links().to(&format!("/previews/{}", site.keep_preview(pressed.bytes))),
            width: pressed.width_px,
            height: pressed.height_px,
            key: pressed.area,
        }
    };
    Ok(drawn.pressed.mockups.into_iter().map(view).collect())
}

/// `POST /orders/{order}/items/{item}/mockups`
pub async fn answer(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Result<Response, Error> {
    let desk = Desk::load(&site, OrderId(order), ItemId(item)).await?;
    let present = &desk.present()?.values;
    let (values, _) = edit_form::read_values(&site, &desk.design, &posted.form, present).await?;
    live::json(&desk.mockups(&site, &values).await?)
}
