//! The one builder of addresses. Links come from the configured address, never from `Host` (R115).

use crate::model::id::{FulfilmentId, Hash, ItemId, OrderId, ProviderId};

use super::assets;

/// Addresses of the operators' pages, as paths from the root of their host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    prefix: String,
    origin: String,
}

/// The path of an address, without slash at the end.
pub fn path_of(url: &str) -> String {
    let path = url::Url::parse(url).map_or(String::new(), |url| url.path().to_owned());
    path.trim_end_matches('/').to_owned()
}

impl Links {
    /// From the configured address of the pages.
    pub fn new(operators_url: &str) -> Links {
        let origin = url::Url::parse(operators_url)
            .map_or(String::new(), |url| url.origin().ascii_serialization());
        Links { prefix: path_of(operators_url), origin }
    }

    /// The path that stands before every page; empty at the root of the host.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Scheme, host and port, as a browser writes them in `Origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The page of this path.
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The order list.
    pub fn home(&self) -> String {
        self.to("/")
    }

    /// One view of the order list.
    pub fn view(&self, view: &str) -> String {
        self.to(&format!("/?view={view}"))
    }

    /// An order.
    pub fn order(&self, id: &OrderId) -> String {
        self.to(&format!("/orders/{id}"))
    }

    /// Something that is done to an order.
    pub fn order_act(&self, id: &OrderId, act: &str) -> String {
        self.to(&format!("/orders/{id}/{act}"))
    }

    /// Something that is done to a fulfilment.
    pub fn fulfilment_act(&self, order: &OrderId, id: &FulfilmentId, act: &str) -> String {
        self.to(&format!("/orders/{order}/fulfilments/{id}/{act}"))
    }

    /// Something that is done to an item.
    pub fn item_act(&self, order: &OrderId, id: &ItemId, act: &str) -> String {
        self.to(&format!("/orders/{order}/items/{id}/{act}"))
    }

    /// Something that is done to a provider.
    pub fn provider_act(&self, id: &ProviderId, act: &str) -> String {
        self.to(&format!("/providers/{id}/{act}"))
    }

    /// A picture of ours.
    pub fn picture(&self, hash: &Hash) -> String {
        self.to(&format!("/pictures/{hash}"))
    }

    /// A file that the program carries.
    pub fn asset(&self, name: &str) -> String {
        self.to(&format!("/static/{}", assets::name_of(name)))
    }
}

/// A text as part of a query.
pub fn query_part(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_prefix_of_the_configured_address() {
        let at_root = Links::new("http://127.0.0.1:8080");
        assert_eq!(at_root.order(&OrderId(7)), "/orders/7");
        assert_eq!(at_root.origin(), "http://127.0.0.1:8080");
        let below = Links::new("https://shop.example/prints/");
        assert_eq!(below.view("all"), "/prints/?view=all");
        assert_eq!(below.origin(), "https://shop.example");
    }
}
