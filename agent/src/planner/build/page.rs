//! Taking elements out of a web page in hand: a list of texts or links, one text, or the rows of a table.

use super::super::fields::Fields;
use super::super::js;
use super::super::page::single;
use super::{Builder, Focus, Shape};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::Value;

impl Builder<'_> {
    /// The elements of a page as a value.
    pub fn extract(&mut self, page: Focus, selector: &str, attribute: Option<&str>) -> Option<Focus> {
        if selector == "table" {
            return self.table_rows(page);
        }
        let id = self.elements(&page, "extract", selector, attribute)?;
        let items = format!("steps.{id}.output.items");
        let mut found = Focus { fields: Fields { list: Vec::new(), known: true }, count: None, ..page };
        if single(selector) {
            found.expr = format!("({items}[0] ?? '')");
            found.shape = Shape::Text;
            "title".clone_into(&mut found.label);
            return Some(found);
        }
        found.expr = items;
        found.shape = Shape::List;
        found.count = Some(format!("steps.{id}.output.count"));
        found.nouns.extend(["head", "link", "headlin", "element"].map(str::to_owned));
        Some(found)
    }

    fn elements(&mut self, page: &Focus, name: &str, selector: &str, attribute: Option<&str>) -> Option<String> {
        let spec = self.tools.elements()?;
        let (html, css) = (spec.param_with_role(role::TEXT)?, spec.param_with_role(role::SELECTOR)?);
        let mut with = IndexMap::from([(html.to_owned(), js::whole(&page.expr)), (css.to_owned(), Value::String(selector.to_owned()))]);
        if let Some(attribute) = attribute.filter(|_| spec.param("attribute").is_some()) {
            with.insert("attribute".to_owned(), Value::String(attribute.to_owned()));
        }
        Some(self.add(name, spec, with))
    }

    /// The rows of a page's table as objects by its headings.
    fn table_rows(&mut self, page: Focus) -> Option<Focus> {
        let heads = self.elements(&page, "headings", "table th", None)?;
        let cells = self.elements(&page, "cells", "table td", None)?;
        let (heads, cells) = (format!("steps.{heads}.output.items"), format!("steps.{cells}.output.items"));
        let rows = format!(
            "({heads}.length === 0 ? {cells}.map(cell => ({{ value: cell }})) : Array.from({{ length: Math.floor({cells}.length / {heads}.length) }}, (_, row) => Object.fromEntries({heads}.map((name, column) => [name, {cells}[row * {heads}.length + column]]))))"
        );
        let mut focus = Focus::new(rows, Shape::List);
        focus.label = page.label;
        focus.origin = page.origin;
        focus.nouns = vec!["tabl".to_owned(), "row".to_owned()];
        Some(focus)
    }

    /// The elements of the page in hand, where a later clause asks for them.
    pub fn extract_from_hand(&mut self, chunk: &mut super::super::chunk::Chunk) -> bool {
        let Some(page) = self.focus.clone().filter(|focus| focus.shape == Shape::Body && super::super::page::is_page(&focus.origin)) else {
            return false;
        };
        let Some((selector, attribute)) = super::super::page::elements(chunk, true) else { return false };
        match self.extract(page, &selector, attribute.as_deref()) {
            Some(found) => {
                self.hold(found);
                true
            }
            None => false,
        }
    }
}
