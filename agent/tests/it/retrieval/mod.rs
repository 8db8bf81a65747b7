//! Retrieval from outside: what every store must do, and what a person's words must find.

mod conformance;
mod library;
mod reference;
