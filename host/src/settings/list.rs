//! Lists that may also be written as one text with commas, as environment variables need it.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Many(Vec<String>),
    One(String),
}

pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match List::deserialize(deserializer)? {
        List::Many(entries) => entries,
        List::One(text) => text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect(),
    })
}
