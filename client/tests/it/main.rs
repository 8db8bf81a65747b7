//! The client against servers that behave badly: scripted answers on loopback.

mod refusals;
mod scripted;
mod streams;
