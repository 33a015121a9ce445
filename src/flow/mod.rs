//! The work, one file per step, in the order of the day.
//!
//! Everything that happens is one pass of one loop: an event goes through [`transition`], which
//! writes facts, states, history and jobs in one transaction; a job does the outside work and
//! ends in the next event. Nothing else starts work, and nothing else writes a state.

pub mod ctx;
pub mod transition;

pub mod amend;
pub mod artwork;
pub mod audit;
pub mod backup;
pub mod bulk;
pub mod clock;
pub mod comment;
pub mod compare;
pub mod correct;
pub mod customer_note;
pub mod delay;
pub mod design;
pub mod design_update;
pub mod disconnect;
pub mod elsewhere;
pub mod ending;
pub mod erase;
pub mod explain;
pub mod file;
pub mod font;
pub mod foreign_table;
pub mod furnish;
pub mod goods;
pub mod handout;
pub mod handout_bundle;
pub mod health;
pub mod hooks;
pub mod intake;
pub mod label;
pub mod limits;
pub mod mark;
pub mod notify;
pub mod operate;
pub mod order_import;
pub mod parcels;
pub mod payload;
pub mod poll;
pub mod product_csv;
pub mod products;
pub mod provider_hooks;
pub mod pulse;
pub mod rebuild;
pub mod recovery;
pub mod rehearsal;
pub mod rejected;
pub mod release;
pub mod resolve;
pub mod resume;
pub mod review;
pub mod seal;
pub mod shelf;
pub mod shop_sync;
pub mod staff;
pub mod submit;
pub mod take_in;
pub mod track;
pub mod watchdog;
pub mod worker;

pub use ctx::{Ctx, FlowError, Outcome};
