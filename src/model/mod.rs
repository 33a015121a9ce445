//! What things are and what may become of them. Pure: no disk, network, clock or chance.

pub mod id;
pub mod money;
pub mod problem;
pub mod test_set;
pub mod time;

pub mod recipient;
pub mod shop_hook;
pub mod shop_order;
pub mod shop_product;

pub mod check;
pub mod circumstance;
pub mod design;
pub mod field;
pub mod file_name;
pub mod framing;
pub mod rule;
pub mod value;
pub mod word_diff;

pub mod product;
pub mod product_change;
pub mod sku;

pub mod hold;

pub mod audit;
pub mod bulk;
pub mod carrier;
pub mod explain;
pub mod fulfilment;
pub mod health;
pub mod item;
pub mod job;
pub mod letter;
pub mod mark;
pub mod order;
pub mod provider_hook;
pub mod provider_order;
pub mod quiet;
pub mod reading;
pub mod report;
pub mod right;
pub mod settle;
