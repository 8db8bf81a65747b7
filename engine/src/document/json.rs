//! Reads JSON, strictly.

use super::Trouble;
use super::tree::{Places, Read, check_depth, duplicate, member};
use jsonc_parser::ast::Value as Node;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Map, Value};
use std::ops::Range;

pub(super) fn read(text: &str) -> Read {
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &strict).map_err(|why| {
        let range = why.range();
        let message = format!("the document is not JSON: {}", super::yaml::lower_first(&why.kind().to_string()));
        Trouble::new("E0101", range.start..range.end, message).help("JSON has double quotes, commas between members, and no comments")
    })?;
    let mut places = Places::default();
    let value = match &parsed.value {
        Some(node) => build(node, "", None, &mut places, 0)?,
        None => Value::Null,
    };
    Ok((value, places.map))
}

fn build(node: &Node<'_>, pointer: &str, key: Option<Range<usize>>, places: &mut Places, depth: usize) -> Result<Value, Trouble> {
    let range = node.start()..node.end();
    check_depth(depth, &range)?;
    places.put(pointer, key, range.clone());
    Ok(match node {
        Node::StringLit(text) => Value::String(text.value.to_string()),
        Node::NumberLit(number) => serde_json::from_str(number.value)
            .map_err(|_| Trouble::new("E0104", range, format!("{} is no number that fits", number.value)).at(pointer))?,
        Node::BooleanLit(truth) => Value::Bool(truth.value),
        Node::NullKeyword(_) => Value::Null,
        Node::Array(list) => {
            let items = list.elements.iter().enumerate();
            Value::Array(
                items.map(|(at, item)| build(item, &format!("{pointer}/{at}"), None, places, depth + 1)).collect::<Result<_, _>>()?,
            )
        }
        Node::Object(object) => {
            let mut members = Map::new();
            for property in &object.properties {
                let name = property.name.as_str();
                let key = property.name.start()..property.name.end();
                if members.contains_key(name) {
                    return Err(duplicate(pointer, name, key));
                }
                let value = build(&property.value, &member(pointer, name), Some(key), places, depth + 1)?;
                members.insert(name.to_owned(), value);
            }
            Value::Object(members)
        }
    })
}
