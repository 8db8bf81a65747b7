//! Reading folders: the list of their files, or what is in the files, put together.

use super::super::fields::Fields;
use super::super::js;
use super::{Builder, Focus, Shape};
use crate::language::english;
use indexmap::IndexMap;
use sayflow_engine::action::role;
use serde_json::Value;

impl Builder<'_> {
    /// Lists a folder and puts the list in hand.
    pub(super) fn read_folder(&mut self, path: &str, pattern: Option<&str>) -> Option<Focus> {
        let spec = self.tools.list_folder()?;
        let mut with = IndexMap::from([(spec.param_with_role(role::FOLDER)?.to_owned(), Value::String(path.to_owned()))]);
        if let (Some(param), Some(pattern)) = (spec.param_with_role(role::PATTERN), pattern) {
            with.insert(param.to_owned(), Value::String(pattern.to_owned()));
        }
        let id = self.add("list_files", spec, with);
        let mut focus = Focus::new(format!("steps.{id}.output.files"), Shape::List);
        focus.fields =
            Fields::of(&serde_json::json!([{ "name": "a.csv", "path": "data/a.csv", "size": 1, "modified": "2026-01-02T03:04:05Z" }]));
        focus.nouns = vec!["file".to_owned()];
        focus.label = "files".to_owned();
        focus.shown = vec!["name".to_owned()];
        path.clone_into(&mut focus.origin);
        Some(focus)
    }

    /// Paths of the workspace's files in a folder that fit a pattern such as `*.csv`.
    pub fn files_in(&self, folder: &str, pattern: Option<&str>) -> Vec<String> {
        let ending = pattern.map(|pattern| pattern.rsplit('*').next().unwrap_or_default().to_lowercase()).unwrap_or_default();
        let prefix = if folder == "." { String::new() } else { format!("{}/", folder.trim_end_matches('/')) };
        self.context
            .samples
            .files()
            .into_iter()
            .filter(|file| file.strip_prefix(&prefix).is_some_and(|name| !name.contains('/') && name.to_lowercase().ends_with(&ending)))
            .collect()
    }

    /// What the files of a folder hold, as far as one of them shows.
    pub fn sample_in(&self, folder: &str, pattern: Option<&str>) -> Option<Value> {
        self.files_in(folder, pattern).iter().find_map(|file| self.context.samples.file(file))
    }

    /// Reads all files of the list in hand, and puts their rows in hand as one list, or their texts as one text.
    pub fn read_contents(&mut self, folder: &str, pattern: Option<&str>) -> Option<()> {
        let files = self.focus.clone()?;
        let spec = self.tools.read_file()?;
        let id = self.add("read_files", spec, IndexMap::from([(spec.param_with_role(role::PATH)?.to_owned(), js::whole("item.path"))]));
        self.for_each(&id, &files.list());
        let sample = self.sample_in(folder, pattern);
        let extension = pattern.and_then(|pattern| pattern.rsplit('.').next()).unwrap_or_default().to_lowercase();
        let plain = match &sample {
            Some(value) => value.is_string(),
            None => english().formats.get(&extension).is_none_or(|format| ["txt", "binary"].contains(&format.as_str())),
        };
        let mut focus = if plain {
            Focus::new(format!("steps.{id}.output.map(file => String(file.content).replace(/\\n$/, '')).join('\\n')"), Shape::Text)
        } else {
            Focus::new(format!("steps.{id}.output.flatMap(file => file.content)"), Shape::List)
        };
        focus.fields = match &sample {
            _ if plain => Fields { list: Vec::new(), known: true },
            Some(value) => Fields::of(value),
            None => Fields::default(),
        };
        focus.nouns = super::super::places::nouns_of(folder);
        focus.label = "rows".to_owned();
        self.hold(focus);
        Some(())
    }
}
