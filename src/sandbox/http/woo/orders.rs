//! Reading orders: the listing with its filters and traps, and one order (sections 2.1 to 2.5).

use jiff::civil::DateTime;

use super::super::exchange::{Answer, Request, invalid_param, wp_error};
use super::document;
use crate::model::time::Moment;
use crate::sandbox::document::Doc;
use crate::sandbox::shop::Store;
use crate::sandbox::shop::order::Order;

/// What a listing was asked for, once it is understood.
struct Wanted {
    statuses: Vec<String>,
    bounds: Vec<Bound>,
    include: Vec<String>,
    exclude: Vec<String>,
    created_via: Vec<String>,
    orderby: String,
    is_ascending: bool,
    per_page: usize,
    skip: usize,
    page: usize,
}

/// One side of a range of dates; strict.
struct Bound {
    date: fn(&Order) -> Moment,
    side: Side,
    at: Moment,
}

#[derive(Clone, Copy)]
enum Side {
    After,
    Before,
}

impl Store {
    /// `GET orders`.
    pub(super) fn list_orders(&self, request: &Request) -> Answer {
        let wanted = match self.wanted(request) {
            Ok(wanted) => wanted,
            Err(answer) => return answer,
        };
        let mut rows: Vec<&Order> =
            self.orders.values().filter(|order| wanted.matches(order)).collect();
        rows.sort_by_key(|order| match wanted.orderby.as_str() {
            "modified" => (order.modified_at, order.id),
            "id" | "include" => (Moment::from_unix_ms(0), order.id),
            _ => (order.created_at, order.id),
        });
        if !wanted.is_ascending {
            rows.reverse();
        }
        let on_page = rows.iter().skip(wanted.skip).take(wanted.per_page);
        let documents: Vec<Doc> = on_page.map(|order| self.order_document(order)).collect();
        // Past the end WordPress counts nothing at all.
        let total = match documents.is_empty() {
            true => 0,
            false => rows.len(),
        };
        let pages = total.div_ceil(wanted.per_page);
        let mut answer = document(request, Doc::List(documents))
            .header("x-wp-total", total.to_string())
            .header("x-wp-totalpages", pages.to_string());
        let link = |page: usize, rel: &str| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let kept = request.query.iter().filter(|(key, _)| key != "page");
            query.extend_pairs(kept).append_pair("page", &page.to_string());
            let route = format!("{}/wp-json/wc/v3/orders", self.home);
            format!("<{route}?{}>; rel=\"{rel}\"", query.finish())
        };
        if 1 < wanted.page && 0 < pages {
            answer = answer.header("link", link(wanted.page - 1, "prev"));
        }
        if wanted.page < pages {
            answer = answer.header("link", link(wanted.page + 1, "next"));
        }
        answer
    }

    /// `GET orders/{id}`.
    pub(super) fn get_order(&self, request: &Request, id: i64) -> Answer {
        match self.orders.get(&id) {
            Some(order) => document(request, self.order_document(order)),
            None => wp_error(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID."),
        }
    }

    fn wanted(&self, request: &Request) -> Result<Wanted, Answer> {
        let per_page = number(request, "per_page", 10, 100)?;
        let page = number(request, "page", 1, usize::MAX)?;
        let offset = request.param("offset").and_then(|value| value.parse().ok());
        Ok(Wanted {
            statuses: self.wanted_statuses(request)?,
            bounds: self.bounds(request)?,
            include: request.list("include"),
            exclude: request.list("exclude"),
            created_via: request.list("created_via"),
            orderby: one_of(request, "orderby", &ORDERBYS)?,
            is_ascending: one_of(request, "order", &["desc", "asc"])? == "asc",
            per_page,
            skip: offset.unwrap_or_else(|| per_page.saturating_mul(page - 1)),
            page,
        })
    }

    fn wanted_statuses(&self, request: &Request) -> Result<Vec<String>, Answer> {
        let statuses = request.list("status");
        let is_known = |status: &String| {
            matches!(status.as_str(), "any" | "trash" | "auto-draft")
                || self.statuses.contains(status)
        };
        match statuses.iter().position(|status| !is_known(status)) {
            None => Ok(statuses),
            Some(idx) => {
                let known = self.statuses.join(", ");
                let message = format!("status[{idx}] is not one of any, trash, {known}.");
                Err(invalid_param("status", "rest_not_in_enum", &message))
            }
        }
    }

    /// The four dates of a range, with the trap: the text is first brought into the shop's zone,
    /// and with `dates_are_gmt` the outcome is compared with the column of UTC.
    fn bounds(&self, request: &Request) -> Result<Vec<Bound>, Answer> {
        let zone = match request.param("dates_are_gmt") {
            Some("true" | "1") => jiff::tz::TimeZone::UTC,
            None | Some("false" | "0") => self.zone.clone(),
            Some(_) => {
                let message = "dates_are_gmt is not of type boolean.";
                return Err(invalid_param("dates_are_gmt", "rest_invalid_type", message));
            }
        };
        let created: fn(&Order) -> Moment = |order| order.created_at;
        let modified: fn(&Order) -> Moment = |order| order.modified_at;
        let sides = [
            ("after", created, Side::After),
            ("before", created, Side::Before),
            ("modified_after", modified, Side::After),
            ("modified_before", modified, Side::Before),
        ];
        let mut bounds = Vec::new();
        for (name, date, side) in sides {
            let Some(text) = request.param(name) else {
                continue;
            };
            let at = self.in_shop_zone(text).and_then(|local| {
                let zoned = zone.to_ambiguous_zoned(local).compatible().ok()?;
                Some(Moment::from_unix_ms(zoned.timestamp().as_second() * 1000))
            });
            match at {
                Some(at) => bounds.push(Bound { date, side, at }),
                None => return Err(invalid_param(name, "rest_invalid_date", "Invalid date.")),
            }
        }
        Ok(bounds)
    }

    /// A date-time as WordPress formats it again: always in the shop's own zone.
    fn in_shop_zone(&self, text: &str) -> Option<DateTime> {
        if text.len() < "2026-08-18T09:00:00".len() {
            return None;
        }
        match text.parse::<jiff::Timestamp>() {
            Ok(timestamp) => Some(self.zone.to_datetime(timestamp)),
            Err(_) => text.parse::<DateTime>().ok(),
        }
    }
}

impl Wanted {
    fn matches(&self, order: &Order) -> bool {
        let id = order.id.to_string();
        let is_in_range = self.bounds.iter().all(|bound| match bound.side {
            Side::After => bound.at < (bound.date)(order),
            Side::Before => (bound.date)(order) < bound.at,
        });
        Store::is_listed(order, &self.statuses)
            && is_in_range
            && (self.include.is_empty() || self.include.contains(&id))
            && !self.exclude.contains(&id)
            && (self.created_via.is_empty() || self.created_via.contains(&order.created_via))
    }
}

const ORDERBYS: [&str; 6] = ["date", "id", "include", "title", "slug", "modified"];

fn number(request: &Request, name: &str, usual: usize, most: usize) -> Result<usize, Answer> {
    let Some(text) = request.param(name) else {
        return Ok(usual);
    };
    let number = text.parse().unwrap_or(0);
    if 1 <= number && number <= most {
        return Ok(number);
    }
    let message = match most {
        usize::MAX => format!("{name} must be greater than or equal to 1"),
        _ => format!("{name} must be between 1 (inclusive) and {most} (inclusive)"),
    };
    Err(invalid_param(name, "rest_out_of_bounds", &message))
}

/// The first of `allowed` is the usual one.
fn one_of(request: &Request, name: &str, allowed: &[&str]) -> Result<String, Answer> {
    let value = request.param(name).unwrap_or(allowed[0]);
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    let message = format!("{name} is not one of {}.", allowed.join(", "));
    Err(invalid_param(name, "rest_not_in_enum", &message))
}
