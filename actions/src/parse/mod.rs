//! Actions that turn text into values and back: CSV, JSON, YAML and XML.

mod csv_format;
mod csv_parse;
mod json_format;
mod json_parse;
mod xml_parse;
mod yaml_format;
mod yaml_parse;

use crate::format::{self, Format};
use sayflow_engine::action::{Catalogue, CatalogueError, StepError, erase, role};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(csv_parse::CsvParse))?;
    catalogue.add(erase(csv_format::CsvFormat))?;
    catalogue.add(erase(json_parse::JsonParse))?;
    catalogue.add(erase(json_format::JsonFormat))?;
    catalogue.add(erase(yaml_parse::YamlParse))?;
    catalogue.add(erase(yaml_format::YamlFormat))?;
    catalogue.add(erase(xml_parse::XmlParse))
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextParams {
    /// The text.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
}

impl TextParams {
    /// The value that the text is, in a format.
    fn read(&self, format: Format) -> Result<Value, StepError> {
        format::parse(format, self.text.as_bytes()).map_err(|why| malformed(&why))
    }
}

/// The byte that stands between fields: one ASCII character, or the word `tab`.
fn delimiter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(Some(b'\t')),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Some(*byte)),
        _ => Err(serde::de::Error::custom(format!("\"{text}\" is no delimiter; use one character, such as , or ;"))),
    }
}

/// Text that did not come from a place with a name.
fn malformed(why: &crate::format::FormatError) -> StepError {
    let mut error = why.in_place("the text");
    error.help = None;
    error
}
