//! The program: parse, load, run.

fn main() {}
