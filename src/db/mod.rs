//! All SQL: one file per thing. Only `engine` knows the database engine.

pub mod cells;
pub mod elsewhere;
pub mod engine;
pub mod migrations;

pub mod alert;
pub mod audit;
pub mod board;
pub mod countdown;
pub mod customer_note;
pub mod delivery;
pub mod design;
pub mod doctor;
pub mod doubled;
pub mod draft;
pub mod erase;
pub mod factor;
pub mod file;
pub mod fulfilment;
pub mod health;
pub mod history;
pub mod hold;
pub mod item;
pub mod job;
pub mod listing;
pub mod mail;
pub mod mark;
pub mod order;
pub mod passed;
pub mod person;
pub mod preference;
pub mod product;
pub mod provider;
pub mod recovery;
pub mod rehearsal;
pub mod report;
pub mod saved_view;
pub mod setting;
pub mod shipment;
pub mod shop;
pub mod spending;
pub mod staff;
pub mod switch;
pub mod unmapped;
pub mod window;

pub use engine::{Db, DbError, Tx};
