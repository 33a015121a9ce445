//! Every test against the finished program, as one binary: a second one would only link the same
//! program again. Run a part of it with `cargo nextest run stories::`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

mod audit;
mod backup;
mod bombs;
mod browser;
mod by_hand_hooks;
mod changes;
mod checks;
mod codes;
mod common;
mod conformance;
mod correcting;
mod corrections;
mod crash;
mod demo;
mod design_cli;
mod design_update;
mod designs;
mod disk;
mod doctor;
mod editor;
mod elsewhere;
mod erasing;
mod explain;
mod exports;
mod first_run;
mod fitting;
mod fixtures;
mod fonts;
mod formats;
mod fuzz;
mod fuzzed;
mod gallery;
mod goods;
mod hooks;
mod hostile;
mod housekeeping;
mod keys;
mod letters;
mod limits;
mod list;
mod meanwhile;
mod migrations;
mod mockups;
mod operating;
mod over_http;
mod people;
mod photos;
mod postgres;
mod press;
mod products;
mod proof_slices;
mod proofs;
mod recovery;
mod rehearsing;
mod releasing;
mod render;
mod reports;
mod review;
mod sandbox;
mod scripts;
mod secrets;
mod serve;
mod settings;
mod shop_watch;
mod simulation;
mod simulator;
mod stories;
mod supply;
mod suspects;
mod tidy;
mod told;
mod tracking;
mod urls;
mod walk;
mod web;
mod whole_life;
