//! The pages of a list, put together until there are as many items as are wanted.

use super::manifest::PagesSection;
use sayflow_engine::action::{ActionSpec, StepError};
use serde_json::{Map, Value};

/// The most pages of one list. Items may be left out of pages, so that a page can be empty and still have a next one.
const MOST_PAGES: usize = 50;

/// What was read so far.
pub(super) struct Pages<'a> {
    section: &'a PagesSection,
    id: &'a str,
    wanted: usize,
    items: Vec<Value>,
    rest: Map<String, Value>,
    read: usize,
}

impl<'a> Pages<'a> {
    /// Nothing yet.
    ///
    /// # Errors
    /// When more items are wanted than the operation can give.
    pub(super) fn new(section: &'a PagesSection, spec: &'a ActionSpec, params: &Map<String, Value>) -> Result<Self, StepError> {
        let schema = spec.param(&section.limit);
        let most = schema.and_then(|schema| schema.get("maximum")).and_then(Value::as_u64).unwrap_or(u64::MAX);
        let wanted = match params.get(&section.limit).or_else(|| spec.default_of(&section.limit)) {
            None => Some(most),
            Some(value) => value.as_u64().filter(|wanted| (1..=most).contains(wanted)),
        };
        let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok()).ok_or_else(|| {
            StepError::new("invalid_parameters", format!("{}: \"{}\" must be a whole number from 1 to {most}", spec.id, section.limit))
        })?;
        Ok(Self { section, id: &spec.id, wanted, items: Vec::new(), rest: Map::new(), read: 0 })
    }

    /// Takes a page in; the query of the next one, when more items are wanted and there are more.
    ///
    /// # Errors
    /// When the list has more pages than are read.
    pub(super) fn add(&mut self, page: Value, link: Option<String>) -> Result<Option<String>, StepError> {
        let Value::Object(mut page) = page else { return Ok(None) };
        if let Some(Value::Array(items)) = page.remove(&self.section.items) {
            self.items.extend(items);
        }
        self.rest = page;
        self.read += 1;
        let next = link.as_deref().and_then(next_query).filter(|_| self.items.len() < self.wanted);
        if next.is_some() && self.read == MOST_PAGES {
            let (id, found) = (self.id, self.items.len());
            return Err(StepError::new(
                "too_many_pages",
                format!("{id}: after {MOST_PAGES} pages there are {found} items, and more pages"),
            )
            .help(format!("ask for fewer with \"{}\", or narrow the list down", self.section.limit)));
        }
        Ok(next)
    }

    /// The output, with all items.
    pub(super) fn finish(mut self) -> Value {
        self.items.truncate(self.wanted);
        let mut output = self.rest;
        output.insert(self.section.count.clone(), self.items.len().into());
        output.insert(self.section.items.clone(), Value::Array(self.items));
        Value::Object(output)
    }
}

/// The query of the next page, with its `?`.
fn next_query(link: &str) -> Option<String> {
    let next = link.split(", <").find(|part| part.split(';').skip(1).any(|param| param.trim() == "rel=\"next\""))?;
    let address = next.split('>').next()?.trim_start_matches('<');
    let query = address.split_once('?')?.1;
    Some(format!("?{}", query.split('#').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::next_query;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let both = "<https://a.example/x?page=1&labels=a,b>; rel=\"prev\", <https://b.example/y?page=3&labels=a,b#z>; rel=\"next\"";
        assert_eq!(next_query(both).as_deref(), Some("?page=3&labels=a,b"));
        assert_eq!(next_query("<https://a.example/x?page=1>; rel=\"prev\""), None);
        assert_eq!(next_query("<https://a.example/x>; rel=\"next\""), None);
        assert_eq!(next_query("nonsense"), None);
    }
}
