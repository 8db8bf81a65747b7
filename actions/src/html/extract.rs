//! `html.extract`: take elements out of a page.

use super::fold_blanks;
use async_trait::async_trait;
use indexmap::IndexMap;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use scraper::{ElementRef, Html, Selector};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// `html.extract`.
pub struct Extract;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The page's HTML, such as the body of an `http.request`.
    #[schemars(extend("x-role" = role::TEXT))]
    html: String,
    /// A CSS selector for the elements, such as `h2.title` or `table tr`.
    #[schemars(extend("x-role" = role::SELECTOR))]
    selector: String,
    /// The attribute to take, such as `href`; `html` for the inner HTML. The element's text if left out.
    #[serde(default)]
    attribute: Option<String>,
    /// Makes an object of each element: by field name, a selector below the element. `a@href` takes an attribute and
    /// `@href` one of the element itself.
    #[serde(default)]
    fields: Option<IndexMap<String, String>>,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// For each element its text or attribute, or with `fields` an object; null for what is not there.
    items: Vec<Value>,
    /// How many elements there are.
    count: usize,
}

#[async_trait]
impl Action for Extract {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("html.extract", "Extract from HTML", "Takes the text or attributes of elements out of a web page.", Effect::None)
            .from_outsiders()
            .utterances(&[
                "get the headlines from the page",
                "extract all links from the HTML",
                "scrape the prices on the website",
                "the text of every h2 element",
                "collect the table rows of the web page",
                "find the image addresses in the page",
            ])
            .keywords(&["html", "scrape", "page", "website", "web", "extract", "selector", "css", "links", "headlines", "elements"])
            .example(json!({ "items": ["First headline", "Second headline"], "count": 2 }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let selector = selector(&params.selector)?;
        let fields = params
            .fields
            .iter()
            .flatten()
            .map(|(name, path)| Ok((name.clone(), Field::parse(path)?)))
            .collect::<Result<Vec<_>, StepError>>()?;
        let page = Html::parse_document(&params.html);
        let one = |element: ElementRef<'_>| match fields.is_empty() {
            true => value(element, params.attribute.as_deref()),
            false => Value::Object(fields.iter().map(|(name, field)| (name.clone(), field.of(element))).collect::<Map<_, _>>()),
        };
        let items: Vec<Value> = page.select(&selector).map(one).collect();
        Ok(Output { count: items.len(), items }.into())
    }
}

/// A selector below an element, and what to take of what it finds.
struct Field {
    selector: Option<Selector>,
    attribute: Option<String>,
}

impl Field {
    fn parse(path: &str) -> Result<Self, StepError> {
        let (css, attribute) = match path.rsplit_once('@') {
            Some((css, attribute)) if !attribute.contains([']', '"', '\'']) => (css.trim(), Some(attribute.trim().to_owned())),
            _ => (path.trim(), None),
        };
        let selector = if css.is_empty() { None } else { Some(selector(css)?) };
        Ok(Self { selector, attribute })
    }

    fn of(&self, element: ElementRef<'_>) -> Value {
        let found = match &self.selector {
            None => Some(element),
            Some(selector) => element.select(selector).next(),
        };
        found.map_or(Value::Null, |found| value(found, self.attribute.as_deref()))
    }
}

fn selector(css: &str) -> Result<Selector, StepError> {
    Selector::parse(css).map_err(|why| {
        StepError::new("invalid_selector", format!("\"{css}\" is no CSS selector: {why}"))
            .help("use selectors such as h2, .title, #main a or table tr")
    })
}

fn value(element: ElementRef<'_>, attribute: Option<&str>) -> Value {
    match attribute {
        None | Some("text") => Value::from(fold_blanks(&element.text().collect::<Vec<_>>().join(" "))),
        Some("html") => Value::from(element.inner_html()),
        Some(name) => element.attr(name).map_or(Value::Null, Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_below_each_element() {
        let page = Html::parse_document("<ul><li data-n=1><a href='/a'>A  b</a></li><li><i>x</i></li></ul>");
        let all = selector("li").unwrap();
        let link = Field::parse("a@href").unwrap();
        let own = Field::parse("@data-n").unwrap();
        let found: Vec<_> = page.select(&all).map(|li| (link.of(li), own.of(li), value(li, None))).collect();
        assert_eq!(found, [(json!("/a"), json!("1"), json!("A b")), (Value::Null, Value::Null, json!("x"))]);
    }
}
