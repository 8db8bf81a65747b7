//! Retrieval from outside: what every store must do, and what a person's words must find.

mod conformance;
mod corpus;
mod fake_qdrant;
mod hybrid;
mod library;
mod qdrant;
mod reference;
