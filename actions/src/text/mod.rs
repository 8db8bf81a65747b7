//! Actions over text, dates and hashes.

mod date_format;
mod hash_digest;
mod matching;
mod replace;
mod split;
mod template;

use regex::{Regex, RegexBuilder};
use sayflow_engine::action::{Catalogue, CatalogueError, StepError, erase};

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(matching::Match))?;
    catalogue.add(erase(split::Split))?;
    catalogue.add(erase(replace::Replace))?;
    catalogue.add(erase(template::Template))?;
    catalogue.add(erase(date_format::DateFormat))?;
    catalogue.add(erase(hash_digest::Digest))
}

/// A pattern with a bound on the memory that it may take.
fn compile(pattern: &str) -> Result<Regex, StepError> {
    RegexBuilder::new(pattern).size_limit(4 * 1024 * 1024).build().map_err(|why| {
        let short = why.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        StepError::new("invalid_pattern", format!("\"{pattern}\" is no regular expression: {short}"))
            .help("put a backslash before characters that are meant as they are, such as \\. or \\(")
    })
}
