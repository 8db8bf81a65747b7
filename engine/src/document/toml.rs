//! Reads TOML. Dates and times become text in RFC 3339.

use super::Trouble;
use super::tree::{Places, Read, check_depth, member};
use serde_json::{Map, Value};
use std::ops::Range;
use toml_edit::{Array, Item, Key, TableLike, Value as Node};

pub(super) fn read(text: &str) -> Read {
    let document = toml_edit::Document::parse(text).map_err(|why| {
        let message = why.message().lines().map(str::trim).collect::<Vec<_>>().join(", ");
        let range = why.span().unwrap_or_default();
        if message.contains("duplicate key") {
            return Trouble::new("E0102", range, message).help("keep one of the two");
        }
        Trouble::new("E0101", range, format!("the document is not TOML: {message}")).help("see https://toml.io for the syntax")
    })?;
    let mut reader = Reader { text, places: Places::default() };
    let range = 0..text.len();
    let value = reader.table(document.as_table(), "", 0, &range)?;
    reader.places.put("", None, range);
    Ok((value, reader.places.map))
}

struct Reader<'t> {
    text: &'t str,
    places: Places,
}

impl Reader<'_> {
    fn table(&mut self, table: &dyn TableLike, pointer: &str, depth: usize, around: &Range<usize>) -> Result<Value, Trouble> {
        check_depth(depth, around)?;
        let mut members = Map::new();
        for (name, item) in table.iter() {
            let key = table.key(name).and_then(Key::span);
            let at = member(pointer, name);
            let value = self.item(item, &at, key, depth + 1, around)?;
            members.insert(name.to_owned(), value);
        }
        Ok(Value::Object(members))
    }

    fn item(
        &mut self,
        item: &Item,
        pointer: &str,
        key: Option<Range<usize>>,
        depth: usize,
        around: &Range<usize>,
    ) -> Result<Value, Trouble> {
        let range = item.span().or_else(|| key.clone()).unwrap_or_else(|| around.clone());
        self.places.put(pointer, key.clone(), range.clone());
        match item {
            Item::None => Ok(Value::Null),
            Item::Value(node) => self.value(node, pointer, key, depth, &range),
            Item::Table(table) => self.table(table, pointer, depth, &range),
            Item::ArrayOfTables(tables) => {
                check_depth(depth, &range)?;
                let mut items = Vec::new();
                for (at, table) in tables.iter().enumerate() {
                    let pointer = format!("{pointer}/{at}");
                    let range = table.span().unwrap_or_else(|| range.clone());
                    self.places.put(&pointer, None, range.clone());
                    items.push(self.table(table, &pointer, depth + 1, &range)?);
                }
                Ok(Value::Array(items))
            }
        }
    }

    fn value(
        &mut self,
        node: &Node,
        pointer: &str,
        key: Option<Range<usize>>,
        depth: usize,
        around: &Range<usize>,
    ) -> Result<Value, Trouble> {
        let range = node.span().unwrap_or_else(|| around.clone());
        self.places.put(pointer, key, range.clone());
        Ok(match node {
            Node::String(text) => Value::String(text.value().clone()),
            Node::Integer(number) => Value::from(*number.value()),
            Node::Float(number) => serde_json::Number::from_f64(*number.value()).map(Value::Number).ok_or_else(|| {
                let written = self.text.get(range).unwrap_or("this number");
                Trouble::new("E0104", around.clone(), format!("{written} has no place in a workflow"))
                    .at(pointer)
                    .help("use a finite number")
            })?,
            Node::Boolean(truth) => Value::Bool(*truth.value()),
            Node::Datetime(time) => Value::String(time.value().to_string()),
            Node::Array(list) => self.list(list, pointer, depth, &range)?,
            Node::InlineTable(table) => self.table(table, pointer, depth, &range)?,
        })
    }

    fn list(&mut self, list: &Array, pointer: &str, depth: usize, range: &Range<usize>) -> Result<Value, Trouble> {
        check_depth(depth, range)?;
        let items = list.iter().enumerate().map(|(at, item)| self.value(item, &format!("{pointer}/{at}"), None, depth + 1, range));
        Ok(Value::Array(items.collect::<Result<_, _>>()?))
    }
}
