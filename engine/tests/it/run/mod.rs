//! Runs from outside: documents go in, views and effects come out.

mod branching;
mod clock;
mod crash;
mod disk;
mod dry;
mod failing;
mod groups;
mod looping;
mod postgres;
mod stopping;
mod stories;
