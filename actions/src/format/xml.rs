//! XML as values: an element is an object whose members are its attributes (`@name`) and its children by name; a
//! child that occurs more than once is a list; an element with text only is that text; text beside other things is
//! `#text`. Only the five predefined entities and character references are resolved, so a document cannot grow while
//! it is read.

use super::{Format, FormatError};
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 200;

/// An element that is being read.
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
}

/// Reads a document to an object with one member, named after the root element.
pub fn parse(text: &str) -> Result<Value, FormatError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<(String, Value)> = None;
    loop {
        let before = reader.buffer_position();
        let event = reader.read_event().map_err(|why| placed(text, reader.error_position(), &why.to_string()))?;
        let here = |message: &str| placed(text, before, message);
        match event {
            Event::Start(tag) => {
                if open.len() == MAX_DEPTH {
                    return Err(here("elements are nested more than 200 deep"));
                }
                check_root(&open, &root, &here)?;
                open.push(element(&tag, &here)?);
            }
            Event::Empty(tag) => {
                check_root(&open, &root, &here)?;
                close(element(&tag, &here)?, &mut open, &mut root);
            }
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(done, &mut open, &mut root);
                }
            }
            Event::Text(part) => add_text(&mut open, &part.xml10_content(), &here)?,
            Event::CData(part) => add_text(&mut open, &part.xml10_content(), &here)?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(|why| here(&why.to_string()))? {
                    Some(character) => character.to_string(),
                    None => {
                        let name = reference.xml10_content();
                        resolve_predefined_entity(&name).ok_or_else(|| here(&format!("unknown entity \"&{name};\"")))?.to_owned()
                    }
                };
                add_text(&mut open, &resolved, &here)?;
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let end = text.len() as u64;
    if let Some(unclosed) = open.last() {
        return Err(placed(text, end, &format!("<{}> is not closed", unclosed.name)));
    }
    let (name, value) = root.ok_or_else(|| placed(text, end, "there is no element in it"))?;
    Ok(Value::Object(Map::from_iter([(name, value)])))
}

fn check_root(open: &[Open], root: &Option<(String, Value)>, here: &dyn Fn(&str) -> FormatError) -> Result<(), FormatError> {
    if open.is_empty() && root.is_some() { Err(here("there is a second root element")) } else { Ok(()) }
}

fn element(tag: &BytesStart<'_>, here: &dyn Fn(&str) -> FormatError) -> Result<Open, FormatError> {
    let mut members = Map::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|why| here(&why.to_string()))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|why| here(&why.to_string()))?;
        members.insert(format!("@{}", attribute.key.into_inner()), Value::String(value.into_owned()));
    }
    Ok(Open { name: tag.name().into_inner().to_owned(), members, text: String::new() })
}

fn add_text(open: &mut [Open], text: &str, here: &dyn Fn(&str) -> FormatError) -> Result<(), FormatError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(here("there is text outside the root element")),
    }
    Ok(())
}

fn close(done: Open, open: &mut [Open], root: &mut Option<(String, Value)>) {
    let text = done.text.trim();
    let mut members = done.members;
    let value = if members.is_empty() {
        Value::String(text.to_owned())
    } else {
        if !text.is_empty() {
            members.insert("#text".to_owned(), Value::String(text.to_owned()));
        }
        Value::Object(members)
    };
    let Some(parent) = open.last_mut() else {
        *root = Some((done.name, value));
        return;
    };
    match parent.members.get_mut(&done.name) {
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None => {
            parent.members.insert(done.name, value);
        }
    }
}

fn placed(text: &str, offset: u64, message: &str) -> FormatError {
    let mut offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    FormatError::new(Format::Xml, message).at(line, column)
}

/// Writes a value: an object with one member is the root element, anything else stands in `<data>`, and the items of
/// a list in `<item>` each.
pub fn render(value: &Value) -> Result<String, FormatError> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match value {
        Value::Object(object) if object.len() == 1 && object.values().all(|inner| !inner.is_array()) => {
            for (name, inner) in object {
                write(&mut text, name, inner, 0)?;
            }
        }
        Value::Array(items) => {
            text.push_str("<data>\n");
            for item in items {
                write(&mut text, "item", item, 1)?;
            }
            text.push_str("</data>\n");
        }
        other => write(&mut text, "data", other, 0)?,
    }
    Ok(text)
}

fn write(out: &mut String, name: &str, value: &Value, depth: usize) -> Result<(), FormatError> {
    let indent = "  ".repeat(depth);
    let tag = valid_name(name)?;
    match value {
        Value::Array(items) => {
            for item in items {
                write(out, name, item, depth)?;
            }
        }
        Value::Object(members) => {
            let (attributes, children): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| name.starts_with('@'));
            out.push_str(&format!("{indent}<{tag}"));
            for (name, value) in attributes {
                let name = valid_name(&name[1..])?;
                out.push_str(&format!(" {name}=\"{}\"", escape(crate::items::plain_text(value))));
            }
            if let [(only, value)] = children[..]
                && only == "#text"
            {
                out.push_str(&format!(">{}</{tag}>\n", escape(crate::items::plain_text(value))));
                return Ok(());
            }
            out.push_str(">\n");
            for (name, value) in children {
                if name == "#text" {
                    out.push_str(&format!("{indent}  {}\n", escape(crate::items::plain_text(value))));
                } else {
                    write(out, name, value, depth + 1)?;
                }
            }
            out.push_str(&format!("{indent}</{tag}>\n"));
        }
        Value::Null => out.push_str(&format!("{indent}<{tag}/>\n")),
        plain => out.push_str(&format!("{indent}<{tag}>{}</{tag}>\n", escape(crate::items::plain_text(plain)))),
    }
    Ok(())
}

/// An element name; blanks and other characters that cannot be in one become `_`.
fn valid_name(name: &str) -> Result<String, FormatError> {
    let mut valid: String = name.chars().map(|c| if c.is_alphanumeric() || "_-.:".contains(c) { c } else { '_' }).collect();
    if valid.is_empty() {
        return Err(FormatError::new(Format::Xml, "a member without a name cannot be an element"));
    }
    if !valid.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        valid.insert(0, '_');
    }
    Ok(valid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_attributes_and_repeats_become_members() {
        let text = "<?xml version=\"1.0\"?><r a=\"1 &amp; 2\"><b>x &lt; y</b><b/><c k='v'>t</c></r>";
        assert_eq!(parse(text).unwrap(), json!({"r": {"@a": "1 & 2", "b": ["x < y", ""], "c": {"@k": "v", "#text": "t"}}}));
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let value = json!({"order": {"@id": "7", "line": ["a & b", "c"], "note": {"@lang": "en", "#text": "hi"}}});
        assert_eq!(parse(&render(&value).unwrap()).unwrap(), value);
        assert_eq!(parse(&render(&json!([{"n": 1}, {"n": 2}])).unwrap()).unwrap(), json!({"data": {"item": [{"n": "1"}, {"n": "2"}]}}));
    }

    #[test]
    fn a_wrong_end_is_placed() {
        let why = parse("<a>\n  <b></c>\n</a>").unwrap_err();
        assert_eq!(why.line, Some(2));
        assert_eq!(parse("<a><b></a>").unwrap_err().line, Some(1));
        assert_eq!(parse("<a>").unwrap_err().message, "<a> is not closed");
    }

    #[test]
    fn entities_that_a_document_defines_are_refused() {
        let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><d>&b;</d>";
        assert!(parse(bomb).unwrap_err().message.contains("unknown entity"));
    }
}
