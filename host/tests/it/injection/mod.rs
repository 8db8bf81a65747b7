//! Attacks by words: what outsiders write reaches models that obey every word of it, and nothing happens but what a person
//! approved.

mod calls;
mod conversation;
mod corpus;
mod obedient;
mod steps;
mod world;
