//! Runs from outside: documents go in, views and effects come out.

mod branching;
mod crash;
mod dry;
mod failing;
mod groups;
mod looping;
mod stopping;
