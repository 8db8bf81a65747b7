//! The model planner against a scripted model: what it is asked, and what its answers come to.

mod attacks;
mod changes;
mod cost;
mod desk;
mod prompts;
mod readers;
mod stories;
