//! Rewrites a YAML text so that it says something else, and leaves alone what it says already.

use super::flow::flow;
use super::regions::{Region, content_end, is_flow, line_end, line_start, member_of, of_item, of_member, written};
use sayflow_engine::document::{Document, emit_yaml};
use serde_json::{Map, Value, json};
use std::ops::Range;

/// The keys of a workflow in the order in which they are written.
const WORKFLOW_KEYS: [&str; 12] =
    ["name", "description", "triggers", "inputs", "steps", "on_failure", "outputs", "concurrency", "limits", "timeout", "timezone", "tags"];

/// The text with another value. `renamed` is the old and the new id of a step. `None` where the text is written in a way
/// that cannot be changed in parts.
pub(super) fn rewrite(document: &Document, value: &Value, renamed: Option<(&str, &str)>) -> Option<String> {
    let writer = Writer { document, renamed };
    let mut edits = Vec::new();
    writer.value("", &document.value, value, &mut edits)?;
    Some(writer.render(0..document.text.len(), edits))
}

struct Writer<'a> {
    document: &'a Document,
    renamed: Option<(&'a str, &'a str)>,
}

/// What is put in the place of a stretch of text.
type Edits = Vec<(Range<usize>, String)>;

impl Writer<'_> {
    fn render(&self, range: Range<usize>, mut edits: Edits) -> String {
        edits.sort_by_key(|(at, _)| (at.start, at.end));
        let mut text = String::new();
        let mut done = range.start;
        for (at, new) in edits {
            text.push_str(self.document.text.get(done..at.start).unwrap_or_default());
            text.push_str(&new);
            done = at.end.max(done);
        }
        text.push_str(self.document.text.get(done..range.end).unwrap_or_default());
        text
    }

    fn value(&self, pointer: &str, old: &Value, new: &Value, edits: &mut Edits) -> Option<()> {
        if old == new {
            return Some(());
        }
        let block = !is_flow(self.document, pointer);
        match (old, new) {
            (Value::Object(old), Value::Object(new)) if block => self.members(pointer, old, new, edits),
            (Value::Array(old), Value::Array(new)) if block && !old.is_empty() && !new.is_empty() => self.items(pointer, old, new, edits),
            _ => self.on_its_line(pointer, old, new, edits),
        }
    }

    /// A value that stands on one line, and will.
    fn on_its_line(&self, pointer: &str, old: &Value, new: &Value, edits: &mut Edits) -> Option<()> {
        let container = |value: &Value| value.is_object() || value.is_array();
        let known = self.document.written_at(pointer)?;
        let place = written(&self.document.text, known);
        let spelled = self.document.text.get(place.clone())?;
        // What stands below its key is a block, of which the parser gives the content only.
        let below = known.key.as_ref().map_or(line_start(&self.document.text, place.start), |key| key.end);
        let before = self.document.text.get(below..place.start)?;
        if spelled.is_empty() || spelled.contains('\n') || before.contains(['\n', '|', '>', '&', '!']) || spelled.starts_with('*') {
            return None;
        }
        let text = match (container(old), container(new)) {
            (true, true) => flow(new)?,
            (false, false) => scalar(new)?,
            _ => return None,
        };
        edits.push((place, text));
        Some(())
    }

    fn members(&self, pointer: &str, old: &Map<String, Value>, new: &Map<String, Value>, edits: &mut Edits) -> Option<()> {
        let regions = self.member_regions(pointer, old)?;
        let indent = regions.first()?.1.indent;
        let kept = old.keys().filter(|name| new.contains_key(*name)).count();
        // The first member of an item stands behind the dash.
        let behind_dash = self.document.text.get(regions.first()?.1.line..)?.trim_start().starts_with("- ");
        if kept == 0 || (behind_dash && !new.contains_key(&regions.first()?.0)) {
            return None;
        }
        for (at, (name, region)) in regions.iter().enumerate() {
            let Some(value) = new.get(name) else {
                let next = regions.get(at + 1).map_or(region.body.end, |(_, next)| next.body.start);
                edits.push((region.body.start..next, String::new()));
                continue;
            };
            let mut inner = Vec::new();
            match self.value(&member_of(pointer, name), &old[name], value, &mut inner) {
                Some(()) => edits.extend(inner),
                None => edits.push(self.whole_member(pointer, name, region, value)?),
            }
        }
        for (at, (name, value)) in new.iter().enumerate().filter(|(_, (name, _))| !old.contains_key(*name)) {
            let earlier: Vec<&str> = match WORKFLOW_KEYS.iter().position(|key| key == name).filter(|_| pointer.is_empty()) {
                Some(place) => WORKFLOW_KEYS[..place].to_vec(),
                None => new.keys().take(at).map(String::as_str).collect(),
            };
            let before = earlier.iter().filter_map(|known| regions.iter().find(|(name, _)| name == known)).next_back();
            let place = before.unwrap_or(regions.first()?).1.body.end;
            let text = indented(&emit_yaml(&json!({ name.clone(): value })), indent);
            edits.push((place..place, self.on_a_new_line(place, text)));
        }
        Some(())
    }

    fn member_regions(&self, pointer: &str, members: &Map<String, Value>) -> Option<Vec<(String, Region)>> {
        let mut bound = None;
        let mut found = Vec::new();
        for (name, value) in members {
            let at = member_of(pointer, name);
            let key = self.document.written_at(&at)?.key.clone()?;
            // The comments above the first member are about the whole.
            let bound_here = bound.unwrap_or(key.start);
            let region = of_member(self.document, &at, value, bound_here)?;
            bound = Some(region.body.end);
            found.push((name.clone(), region));
        }
        Some(found)
    }

    /// A member written anew.
    fn whole_member(&self, pointer: &str, name: &str, region: &Region, value: &Value) -> Option<(Range<usize>, String)> {
        let at = member_of(pointer, name);
        let key = self.document.written_at(&at)?.key.clone()?;
        let text = indented(&emit_yaml(&json!({ name: value })), region.indent);
        let one_line = text.trim_end_matches('\n').trim_start();
        let old = self.document.value.pointer(&at)?;
        if !one_line.contains('\n') && !old.is_null() {
            // A comment behind it stays.
            return Some((key.start..content_end(self.document, &at, old)?, one_line.to_owned()));
        }
        Some((key.start..region.body.end, text.trim_start().to_owned()))
    }

    fn items(&self, pointer: &str, old: &[Value], new: &[Value], edits: &mut Edits) -> Option<()> {
        let regions = self.item_regions(pointer, old)?;
        let (first, last) = (regions.first()?, regions.last()?);
        let text = &self.document.text;
        let gap = |at: usize| text.get(regions[at].body.end..regions.get(at + 1)?.body.start);
        let usual = (0..regions.len()).filter_map(gap).find(|gap| gap.trim().is_empty() && !gap.is_empty()).unwrap_or_default();
        let pairs = self.pairs(old, new);
        let mut written = String::new();
        for (at, (value, from)) in new.iter().zip(pairs).enumerate() {
            let body = match from {
                Some(from) => self.kept_item(&format!("{pointer}/{from}"), &old[from], value, &regions[from])?,
                None => indented(&emit_yaml(&json!([value])), first.indent),
            };
            written.push_str(&body);
            if !body.ends_with('\n') {
                written.push('\n');
            }
            if at + 1 < new.len() {
                written.push_str(from.and_then(gap).unwrap_or(usual));
            }
        }
        edits.push((first.body.start..last.body.end, written));
        Some(())
    }

    fn item_regions(&self, pointer: &str, items: &[Value]) -> Option<Vec<Region>> {
        let own = self.document.written_at(pointer)?;
        let mut bound = own.key.as_ref().map_or(0, |key| line_end(&self.document.text, key.end));
        let mut found = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let region = of_item(self.document, &format!("{pointer}/{at}"), item, bound)?;
            bound = region.body.end;
            found.push(region);
        }
        Some(found)
    }

    fn kept_item(&self, pointer: &str, old: &Value, new: &Value, region: &Region) -> Option<String> {
        let mut inner = Vec::new();
        if self.value(pointer, old, new, &mut inner).is_some() {
            return Some(self.render(region.body.clone(), inner));
        }
        let comments = self.document.text.get(region.body.start..region.line)?;
        Some(comments.to_owned() + &indented(&emit_yaml(&json!([new])), region.indent))
    }

    /// For each new item the old one that it was, if any.
    fn pairs(&self, old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
        let id = |value: &Value| value.get("id").and_then(Value::as_str).map(str::to_owned);
        let mut free: Vec<usize> = (0..old.len()).collect();
        let mut found = vec![None; new.len()];
        let take = |free: &mut Vec<usize>, fits: &dyn Fn(usize) -> bool| {
            let at = free.iter().position(|at| fits(*at))?;
            Some(free.remove(at))
        };
        for (at, value) in new.iter().enumerate() {
            found[at] = take(&mut free, &|before| old[before] == *value);
        }
        for (at, value) in new.iter().enumerate().filter(|(at, _)| found.get(*at).is_some_and(Option::is_none)).collect::<Vec<_>>() {
            let own = id(value);
            let was = self.renamed.filter(|(_, to)| own.as_deref() == Some(to)).map(|(from, _)| from.to_owned());
            found[at] = match &own {
                Some(_) => take(&mut free, &|before| {
                    let known = id(&old[before]);
                    known == own || was.is_some() && known == was
                }),
                None => take(&mut free, &|before| before == at && old[before].get("type") == value.get("type")),
            };
        }
        found
    }

    /// Text that is put behind a line; the last line of a file may have no break.
    fn on_a_new_line(&self, place: usize, text: String) -> String {
        let broken = place == 0 || self.document.text[..place].ends_with('\n');
        if broken { text } else { format!("\n{}", text.trim_end_matches('\n')) }
    }
}

fn scalar(value: &Value) -> Option<String> {
    let text = emit_yaml(value);
    let text = text.trim_end_matches('\n');
    (!text.contains('\n') && !text.starts_with(['|', '>'])).then(|| text.to_owned())
}

fn indented(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    text.split_inclusive('\n').map(|line| if line.trim().is_empty() { line.to_owned() } else { format!("{margin}{line}") }).collect()
}
