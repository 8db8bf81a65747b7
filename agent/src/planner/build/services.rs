//! Steps for places of outside services: messages to the channel of an account, issues of repositories, objects of
//! buckets.

use super::super::fields::Fields;
use super::source::file_noun;
use super::{Builder, Focus, Shape, Wording};
use crate::language::{english, stem};
use indexmap::IndexMap;
use sayflow_engine::action::{ActionSpec, role};
use serde_json::{Value, json};

/// The most issues that a list is asked for.
const MOST_ISSUES: u32 = 1000;

/// What is said of an issue beside its title and text.
#[derive(Debug, Clone, Default)]
pub struct IssueDraft {
    /// `owner/name`, if it was said.
    pub repository: Option<String>,
    /// By name.
    pub labels: Vec<String>,
    /// Login names.
    pub assignees: Vec<String>,
}

/// Which issues are wanted.
#[derive(Debug, Clone)]
pub struct IssueAsked {
    /// `owner/name`.
    pub repository: String,
    /// `open`, `closed` or `all`; open when nothing was said.
    pub state: Option<&'static str>,
    /// By name; an issue must have all.
    pub labels: Vec<String>,
    /// A login name.
    pub assignee: Option<String>,
}

impl<'a> Builder<'a> {
    /// The account that a message to the service goes through, where it has to be named. None when that was asked.
    #[allow(clippy::option_option, reason = "asked, not needed, and this one are three things")]
    pub(super) fn hook_account(&mut self, spec: &ActionSpec, channel: Option<&str>) -> Option<Option<String>> {
        let kind = spec.credential.as_deref().unwrap_or_default();
        let accounts: Vec<&str> =
            self.context.credentials.iter().filter(|(_, known)| known == kind).map(|(name, _)| name.as_str()).collect();
        let wanted = channel.map(|channel| channel.trim_start_matches('#').to_lowercase());
        let same = |account: &&&str| wanted.as_ref().is_some_and(|wanted| account.to_lowercase() == *wanted);
        if let Some(account) = accounts.iter().find(same) {
            return Some(Some((*account).to_owned()));
        }
        if let (Some(channel), 0 | 1) = (channel, accounts.len()) {
            let account = accounts.first().copied().unwrap_or(kind);
            self.notes.push(format!(
                "The account \"{account}\" posts to the one channel that its address was made for; check that this is {channel}."
            ));
        }
        if accounts.len() < 2 {
            return Some(None);
        }
        let service = spec.service.as_deref().unwrap_or_default();
        let question = format!("Through which {service} account should it be posted? Each leads to one channel.");
        self.ask(&format!("{}.account", spec.id), &question, &accounts).map(|answer| Some(answer.trim().to_owned()))
    }

    /// Opens an issue. False when something has to be asked first.
    pub fn create_issue(&mut self, draft: &IssueDraft, wording: &Wording) -> bool {
        self.issue(draft, wording).is_some()
    }

    fn issue(&mut self, draft: &IssueDraft, wording: &Wording) -> Option<()> {
        let spec = self.tools.create_issue()?;
        let (repo, title) = (spec.param_with_role(role::REPOSITORY)?, spec.param_with_role(role::SUBJECT)?);
        let repository = match &draft.repository {
            Some(name) => name.clone(),
            None => self.ask(&format!("{}.{repo}", spec.id), "In which repository (owner/name)?", &[])?.trim().to_owned(),
        };
        let (heading, text) = match (&wording.subject, &wording.text) {
            (Some(subject), text) => (subject.clone(), text.clone()),
            (None, Some(text)) => (text.clone(), None),
            (None, None) => (self.ask(&format!("{}.{title}", spec.id), "What should be the issue's title?", &[])?, None),
        };
        let mut with =
            IndexMap::from([(repo.to_owned(), Value::String(repository)), (title.to_owned(), Value::String(self.filled(&heading)))]);
        let in_hand = self.each.is_some() || self.focus.as_ref().is_some_and(|focus| !focus.given);
        let body = if text.is_some() || in_hand { self.message(&Wording { text, subject: None, ..wording.clone() }) } else { None };
        if let (Some(param), Some(body)) = (spec.param_with_role(role::TEXT), body) {
            with.insert(param.to_owned(), body);
        }
        for (param, names) in [("labels", &draft.labels), ("assignees", &draft.assignees)] {
            if !names.is_empty() && spec.param(param).is_some() {
                with.insert(param.to_owned(), json!(names));
            }
        }
        let id = self.add("create_issue", spec, with);
        if let Some(each) = self.each.clone() {
            self.for_each(&id, &each.list);
        }
        Some(())
    }

    /// Reads the issues of a repository and puts them in hand.
    pub fn list_issues(&mut self, asked: &IssueAsked) -> bool {
        self.issues(asked).map(|focus| self.hold(focus)).is_some()
    }

    fn issues(&mut self, asked: &IssueAsked) -> Option<Focus> {
        let spec = self.tools.list_issues()?;
        let repo = spec.param_with_role(role::REPOSITORY)?;
        let mut with = IndexMap::from([(repo.to_owned(), Value::String(asked.repository.clone()))]);
        if let Some(state) = asked.state.filter(|state| spec.default_of("state") != Some(&json!(state))) {
            with.insert("state".to_owned(), json!(state));
        }
        if !asked.labels.is_empty() {
            with.insert("labels".to_owned(), json!(asked.labels));
        }
        if let Some(assignee) = &asked.assignee {
            with.insert("assignee".to_owned(), json!(assignee));
        }
        if let Some(limit) = spec.param_with_role(role::COUNT) {
            with.insert(limit.to_owned(), json!(MOST_ISSUES));
        }
        let id = self.add("list_issues", spec, with);
        let (name, items) = spec.example.as_object()?.iter().find(|(_, value)| value.is_array())?;
        let mut focus = Focus::new(format!("steps.{id}.output.{name}"), Shape::List);
        focus.fields = Fields::of(items);
        focus.nouns = ["issue", "issues", "ticket", "bug"].map(stem).to_vec();
        focus.label = "issues".to_owned();
        focus.count = Some(format!("steps.{id}.output.count"));
        focus.origin.clone_from(&asked.repository);
        focus.shown = vec!["title".to_owned(), "url".to_owned()];
        Some(focus)
    }

    /// Reads an object of a bucket.
    pub(super) fn read_object(&mut self, address: &str) -> Option<Focus> {
        let spec = self.tools.get_object()?;
        let (bucket, key) = bucket_and_key(address)?;
        let key = match key {
            "" => self.ask(&format!("{}.key", spec.id), &format!("Which object of the bucket {bucket} should be read?"), &[])?,
            key => key.to_owned(),
        };
        let with = self.place_of_object(spec, bucket, &key)?;
        let id = self.add(&format!("read_{}", file_noun(&key)), spec, with);
        let format = format_of(&key);
        let shape = match format {
            "csv" => Shape::List,
            "txt" | "binary" => Shape::Text,
            _ => Shape::Body,
        };
        let mut focus = Focus::new(format!("steps.{id}.output.content"), shape);
        focus.nouns = super::super::places::nouns_of(&key);
        focus.label = file_noun(&key).replace('_', " ");
        focus.origin = address.to_owned();
        Some(focus)
    }

    /// Writes what is in hand as an object of a bucket.
    pub(super) fn write_object(&mut self, address: &str, wording: &Wording) -> Option<()> {
        let spec = self.tools.put_object()?;
        let (bucket, key) = bucket_and_key(address)?;
        let of_source = || {
            let name = self.focus.as_ref().map(|focus| focus.origin.rsplit('/').next().unwrap_or_default().to_owned());
            name.filter(|name| name.contains('.')).unwrap_or_else(|| "result.json".to_owned())
        };
        let key = match key {
            "" => of_source(),
            folder if folder.ends_with('/') => format!("{folder}{}", of_source()),
            key => key.to_owned(),
        };
        let content = match self.file_content(format_of(&key), wording) {
            Some(content) => content,
            None => {
                let about = format!("{}.{}", spec.id, spec.param_with_role(role::VALUE)?);
                Value::String(self.ask(&about, &format!("What should be written to {address}?"), &[])?)
            }
        };
        let key = self.stamped(&key);
        let mut with = self.place_of_object(spec, bucket, &key)?;
        with.insert(spec.param_with_role(role::VALUE)?.to_owned(), content);
        let id = self.add(&format!("upload_{}", file_noun(&key)), spec, with);
        if let Some(each) = self.each.clone() {
            self.for_each(&id, &each.list);
        }
        Some(())
    }

    fn place_of_object(&self, spec: &ActionSpec, bucket: &str, key: &str) -> Option<IndexMap<String, Value>> {
        let key = if key.contains("${{") { key.to_owned() } else { self.filled(key) };
        Some(IndexMap::from([
            (spec.param_with_role(role::BUCKET)?.to_owned(), Value::String(bucket.to_owned())),
            (spec.param_with_role(role::KEY)?.to_owned(), Value::String(key)),
        ]))
    }
}

/// Whether an address names an object of a bucket.
pub fn is_object(address: &str) -> bool {
    address.starts_with("s3://")
}

fn bucket_and_key(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("s3://")?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    (!bucket.is_empty()).then_some((bucket, key))
}

fn format_of(key: &str) -> &'static str {
    let extension = key.rsplit('.').next().unwrap_or_default().to_lowercase();
    english().formats.get(&extension).map_or("txt", String::as_str)
}
