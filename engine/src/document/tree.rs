//! What the three readers share: the value being built, with places, duplicate keys and depth looked after.

use super::{MAX_DEPTH, Place, Trouble, escape};
use serde_json::Value;
use std::collections::HashMap;
use std::ops::Range;

pub(super) type Read = Result<(Value, HashMap<String, Place>), Trouble>;

/// Places by JSON pointer, while a document is read.
#[derive(Default)]
pub(super) struct Places {
    pub(super) map: HashMap<String, Place>,
}

impl Places {
    pub(super) fn put(&mut self, pointer: &str, key: Option<Range<usize>>, value: Range<usize>) {
        self.map.insert(pointer.to_owned(), Place { key, value });
    }
}

/// The pointer of a member.
pub(super) fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", escape(name))
}

pub(super) fn duplicate(pointer: &str, name: &str, key: Range<usize>) -> Trouble {
    Trouble::new("E0102", key, format!("the key \"{name}\" is there twice")).at(&member(pointer, name)).help("keep one of the two")
}

/// Refuses what nests too deep.
pub(super) fn check_depth(depth: usize, range: &Range<usize>) -> Result<(), Trouble> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    let message = format!("lists and objects nest more than {MAX_DEPTH} deep");
    Err(Trouble::new("E0103", range.clone(), message).help("read deep data from a file"))
}
