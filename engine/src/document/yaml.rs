//! Reads YAML 1.2 with the core schema's scalars. Aliases are expanded within a budget.

use super::Trouble;
use super::position::CharOffsets;
use super::tree::{Places, Read, check_depth, duplicate, member};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// The most values that aliases may add to a document.
const ALIAS_BUDGET: usize = 20_000;

pub(super) fn read(text: &str) -> Read {
    let mut reader = Reader {
        text,
        offsets: CharOffsets::new(text),
        parser: Parser::new_from_str(text),
        places: Places::default(),
        anchors: HashMap::new(),
        expanded: 0,
    };
    let value = reader.stream()?;
    Ok((value, reader.places.map))
}

struct Reader<'t> {
    text: &'t str,
    offsets: CharOffsets,
    parser: Parser<'t, StrInput<'t>>,
    places: Places,
    /// Anchored values with the number of values in them.
    anchors: HashMap<usize, (Value, usize)>,
    expanded: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Range<usize>), Trouble> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.range(&span))),
            Some(Err(why)) => Err(self.syntax(&why)),
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len())),
        }
    }

    fn range(&self, span: &Span) -> Range<usize> {
        let start = self.offsets.byte(span.start.index());
        let end = self.offsets.byte(span.end.index()).max(start);
        let written = self.text.get(start..end).unwrap_or_default();
        start..start + written.trim_end().len()
    }

    fn syntax(&self, why: &ScanError) -> Trouble {
        let at = self.offsets.byte(why.marker().index()).min(self.text.len());
        let message = format!("the document is not YAML: {}", lower_first(why.info()));
        let trouble = Trouble::new("E0101", at..at, message);
        match self.expression_near(at) {
            Some(line) => {
                trouble.help(format!("put quotes around the text with the expression, and use the other kind of quotes inside: {line}"))
            }
            None if why.info().contains("tab") => trouble.help("indent with spaces"),
            None => {
                trouble.help("check the indentation, and put quotes around text with \": \", \" #\", or a leading *, &, !, %, @, { or [")
            }
        }
    }

    /// The line with an unquoted `${{` in which reading failed (the scanner may notice it one line late).
    fn expression_near(&self, at: usize) -> Option<String> {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        let line = self.text[..end].lines().rev().take(2).find(|line| line.contains("${{"))?;
        let (key, value) = line.split_once(':').unwrap_or(("", line));
        let value = value.trim();
        if value.starts_with("${{") && value.ends_with("}}") && !value.contains('\'') {
            return Some(format!("{}: '{value}'", key.trim()));
        }
        Some(line.trim().to_owned())
    }

    fn stream(&mut self) -> Result<Value, Trouble> {
        let mut value = None;
        loop {
            let (event, range) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(value.unwrap_or(Value::Null)),
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if value.is_some() => {
                    return Err(Trouble::new("E0104", range, "the file holds several YAML documents").help("keep one workflow in a file"));
                }
                Event::DocumentStart(_) => {}
                event => value = Some(self.node(event, range, "", None, 0)?.0),
            }
        }
    }

    /// Builds a value from its first event. Gives the number of values in it.
    fn node(
        &mut self,
        event: Event<'t>,
        range: Range<usize>,
        pointer: &str,
        key: Option<Range<usize>>,
        depth: usize,
    ) -> Result<(Value, usize), Trouble> {
        check_depth(depth, &range)?;
        let (value, size, anchor, whole) = match event {
            Event::Scalar(text, style, anchor, tag) => (self.scalar(&text, style, tag, &range, pointer)?, 1, anchor, range),
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), "seq", &range, pointer)?;
                let (items, size, end) = self.sequence(pointer, depth)?;
                (items, size, anchor, range.start..end)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), "map", &range, pointer)?;
                let (members, size, end) = self.mapping(pointer, depth)?;
                (members, size, anchor, range.start..end)
            }
            Event::Alias(anchor) => {
                let (value, size) = self.alias(anchor, &range, pointer)?;
                (value, size, 0, range)
            }
            _ => return Err(Trouble::new("E0101", range, "the document is not YAML: a value is missing").at(pointer)),
        };
        self.places.put(pointer, key, whole);
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok((value, size))
    }

    fn sequence(&mut self, pointer: &str, depth: usize) -> Result<(Value, usize, usize), Trouble> {
        let mut items = Vec::new();
        let mut size = 1;
        loop {
            let (event, range) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok((Value::Array(items), size, range.end));
            }
            let (value, inner) = self.node(event, range, &format!("{pointer}/{}", items.len()), None, depth + 1)?;
            items.push(value);
            size += inner;
        }
    }

    fn mapping(&mut self, pointer: &str, depth: usize) -> Result<(Value, usize, usize), Trouble> {
        let mut members = Map::new();
        let mut size = 1;
        loop {
            let (event, range) = self.next()?;
            let name = match event {
                Event::MappingEnd => return Ok((Value::Object(members), size, range.end)),
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err(Trouble::new("E0104", range, "a key must be plain text").at(pointer).help("write keys as words")),
            };
            if members.contains_key(&name) {
                return Err(duplicate(pointer, &name, range));
            }
            let (event, value_range) = self.next()?;
            let (value, inner) = self.node(event, value_range, &member(pointer, &name), Some(range), depth + 1)?;
            members.insert(name, value);
            size += inner;
        }
    }

    fn alias(&mut self, anchor: usize, range: &Range<usize>, pointer: &str) -> Result<(Value, usize), Trouble> {
        let Some((value, size)) = self.anchors.get(&anchor) else {
            return Err(Trouble::new("E0104", range.clone(), "an alias inside the value that it stands for").at(pointer));
        };
        self.expanded += size;
        if self.expanded > ALIAS_BUDGET {
            let message = format!("aliases stand for more than {ALIAS_BUDGET} values");
            return Err(Trouble::new("E0103", range.clone(), message).at(pointer).help("write fewer aliases"));
        }
        Ok((value.clone(), *size))
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<Cow<'t, Tag>>,
        range: &Range<usize>,
        pointer: &str,
    ) -> Result<Value, Trouble> {
        if let Some(tag) = &tag {
            if tag.is_yaml_core_schema() && tag.suffix == "str" {
                return Ok(Value::String(text.to_owned()));
            }
            let plain = tag.is_yaml_core_schema() && ["int", "float", "bool", "null"].contains(&tag.suffix.as_str());
            if !plain {
                return Err(unknown_tag(tag, range, pointer));
            }
        } else if style != ScalarStyle::Plain {
            return Ok(Value::String(text.to_owned()));
        }
        core_scalar(text).ok_or_else(|| {
            Trouble::new("E0104", range.clone(), format!("{text} has no place in a workflow"))
                .at(pointer)
                .help("use a finite number, or quote the text")
        })
    }
}

/// A plain scalar by the core schema; `None` for what JSON has no number for.
fn core_scalar(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_not_finite(text) => return None,
        _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
    })
}

fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    [".inf", ".Inf", ".INF"].contains(&unsigned) || [".nan", ".NaN", ".NAN"].contains(&text)
}

fn number(text: &str) -> Option<Value> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).ok().map(Value::from);
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let whole = text.strip_prefix('+').unwrap_or(text);
        return whole.parse::<i64>().ok().map(Value::from).or_else(|| whole.parse::<u64>().ok().map(Value::from)).or_else(|| float(text));
    }
    let starts = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let only = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    (starts && only).then(|| float(text)).flatten()
}

fn float(text: &str) -> Option<Value> {
    text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
}

fn refuse_tag(tag: Option<&Tag>, allowed: &str, range: &Range<usize>, pointer: &str) -> Result<(), Trouble> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == allowed) => Err(unknown_tag(tag, range, pointer)),
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, range: &Range<usize>, pointer: &str) -> Trouble {
    Trouble::new("E0104", range.clone(), format!("the YAML tag {tag} is not used in workflows")).at(pointer).help("leave the tag out")
}

/// A message of a library as the second half of a sentence.
pub(super) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        read(text).expect("readable").0
    }

    fn code(text: &str) -> &'static str {
        read(text).expect_err("refused").code
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        let text = "a: [on, yes, true, ~, 12, +3, 0x1F, 0o17, 1.5, 1e3, '1', 1.2.3, 09, 1_000, .5]\nb:\n";
        let expected = json!(["on", "yes", true, null, 12, 3, 31, 15, 1.5, 1000.0, "1", "1.2.3", 9, "1_000", 0.5]);
        assert_eq!(value(text), json!({ "a": expected, "b": null }));
    }

    #[test]
    fn aliases_are_expanded_within_a_budget() {
        assert_eq!(value("a: &x { n: 1 }\nb: *x\n"), json!({ "a": { "n": 1 }, "b": { "n": 1 } }));
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let before = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
        }
        assert_eq!(code(&bomb), "E0103");
    }

    #[test]
    fn what_a_workflow_cannot_hold_is_refused() {
        assert_eq!(code("a: 1\na: 2\n"), "E0102");
        assert_eq!(code("a: .inf\n"), "E0104");
        assert_eq!(code("a: !secret x\n"), "E0104");
        assert_eq!(code("? [a]\n: b\n"), "E0104");
        assert_eq!(code("a: 1\n---\nb: 2\n"), "E0104");
        assert_eq!(code(&format!("a: {}{}\n", "[".repeat(70), "]".repeat(70))), "E0103");
    }

    #[test]
    fn a_broken_line_with_an_expression_says_to_quote_it() {
        let trouble = read("steps:\n  - id: a\n    if: ${{ inputs.n ? true : false }}\n").expect_err("refused");
        assert_eq!(trouble.help.as_deref().map(|help| help.ends_with("if: '${{ inputs.n ? true : false }}'")), Some(true), "{trouble:?}");
    }
}
