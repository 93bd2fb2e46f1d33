//! The compliance suite: rules of the design that every backend has to keep, and what tests share.
//!
//! [`models`] are the models of a small blog, [`fixture`] makes databases of them, [`probe`] writes down what goes over the
//! wire and lets statements fail, and [`mod@suite`] holds the rules. A backend is a [`fixture::Backend`]; its test file runs a
//! part of the suite by the macro of that part's name.

#![allow(clippy::unwrap_used, clippy::panic)]

pub mod dice;
pub mod fixture;
pub mod habits;
pub mod models;
pub mod probe;
pub mod programs;
pub mod suite;

/// The examples of the README are compiled and run as tests of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
