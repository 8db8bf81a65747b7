//! A change as people see it.

use super::diff::diff;
use super::words::in_words;
use sayflow_engine::document::{Format, emit};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::DiffView;
use similar::TextDiff;

/// How many unchanged lines are shown around a change.
const AROUND: usize = 3;

/// What leads from `base` to `new`: as operations, in plain words, and as a unified difference of the two in YAML. The
/// text is empty where nothing differs. `against` is such as `version 3 of rust-news`.
pub fn view(against: &str, base: &Workflow, new: &Workflow) -> DiffView {
    let operations = diff(base, new);
    let words = in_words(base, &operations);
    let (old, text) = (emit(base, Format::Yaml), emit(new, Format::Yaml));
    let text = TextDiff::from_lines(old.as_str(), text.as_str()).unified_diff().context_radius(AROUND).header(against, "draft").to_string();
    DiffView { against: against.to_owned(), operations, words, text }
}
