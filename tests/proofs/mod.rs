//! Proofs with figures: each counts what must never happen, over a seed. Run them whole with
//! `scripts/submissions`, `scripts/kill-loop`, `scripts/power-loss`, `scripts/load` and `scripts/marked`; a slice of
//! each is a test.

#![allow(dead_code, reason = "tests and example each use their own part")]

pub mod fail_points;
pub mod kill_loop;
pub mod load;
pub mod mail_server;
pub mod marked;
pub mod power_loss;
pub mod stage;
pub mod submissions;
