//! What the flow asks of a shop.
