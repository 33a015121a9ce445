//! woodblock takes the orders of a WooCommerce shop from payment to tracking number.

pub mod model;

pub mod render;

pub mod db;
pub mod outside;

pub mod flow;

pub mod app;

pub mod sandbox;

pub mod cli;
pub mod config;
