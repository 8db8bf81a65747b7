//! Templates: proven workflows with a description, example requests and slots. Each is one file of the folder
//! `templates/`, compiled in; a file that is added there is a template.

mod file;
mod fill;
mod make;
mod parse;
mod place;
mod schedule;

pub use fill::{FillError, fill};
pub use make::{Making, make};
pub use parse::{TemplateError, parse, read};

use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::{TemplateInfo, TemplateOrigin};
use serde_json::Value;
use std::sync::LazyLock;

/// `(file name, text)`, sorted by name.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// One template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// What it is about.
    pub info: TemplateInfo,
    /// The workflow. Its inputs are slots, and so are the places that other slots set.
    pub workflow: Workflow,
    /// What a trigger could bring, for the dry run.
    pub payload: Option<Value>,
}

static ALL: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let read = |(file, text): &(&str, &str)| match parse(file, text) {
        Ok(template) => Some(template),
        Err(why) => {
            tracing::error!(%why, "a compiled-in template was left out");
            None
        }
    };
    FILES.iter().filter_map(read).collect()
});

/// All templates, by name. Parsed at the first call.
pub fn all() -> &'static [Template] {
    &ALL
}

/// A template by name.
pub fn find(name: &str) -> Option<&'static Template> {
    ALL.iter().find(|template| template.info.name == name)
}

/// A template as a file, in YAML; a built-in one as it was written.
pub fn to_yaml(template: &Template) -> String {
    let written = FILES.iter().find(|(file, _)| file.strip_suffix(".yaml") == Some(template.info.name.as_str()));
    match written.filter(|_| template.info.origin == TemplateOrigin::BuiltIn) {
        Some((_, text)) => (*text).to_owned(),
        None => file::TemplateFile::of(template).to_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_template() {
        let refused: Vec<String> = FILES.iter().filter_map(|(file, text)| parse(file, text).err()).map(|why| why.to_string()).collect();
        assert!(refused.is_empty(), "{}", refused.join("\n"));
        assert!(FILES.len() >= 65);
        assert_eq!(all().len(), FILES.len());
    }

    #[test]
    fn no_text_is_cut_at_a_channel() {
        // YAML takes ` #` outside of quotes for the beginning of a comment.
        for (file, text) in FILES {
            let cut = text.lines().find(|line| line.contains(" #") && !line.contains('"') && !line.contains('\''));
            assert_eq!(cut, None, "{file}: put the line in quotes");
        }
    }

    #[test]
    fn templates_are_found_by_name() {
        for template in all() {
            assert_eq!(find(&template.info.name), Some(template));
        }
        assert_eq!(find("no-such-template"), None);
    }
}
