//! Puts a workflow together, step by step, with a value in hand that the next clause speaks of.

mod branch;
mod focus;
mod folder;
mod guess;
mod keys;
mod message;
mod page;
mod ranks;
mod says;
mod services;
mod shares;
mod sink;
mod source;
mod stamp;
mod transform;

pub use branch::{Guard, Read as ReadCondition};
pub use focus::{Focus, Shape};
pub use message::{ListStyle, Wording};
pub use services::{IssueAsked, IssueDraft, is_object};
pub use sink::WriteMode;
pub use source::{feed_fields, quoted_name};
pub use stamp::Stamp;

use super::api::PlanContext;
use super::fields::Fields;
use super::js;
use super::request_options::RequestOptions;
use super::tools::Tools;
use indexmap::IndexMap;
use sayflow_engine::action::{ActionSpec, role};
use sayflow_protocol::Interval;
use sayflow_protocol::api::Question;
use sayflow_protocol::workflow::{Retry, Step};
use serde_json::Value;

/// A list that steps run over, one item at a time.
#[derive(Debug, Clone)]
pub struct Loop {
    /// The list.
    pub list: String,
    /// What is known of its items.
    pub fields: Fields,
    /// Stems of nouns that name them.
    pub nouns: Vec<String>,
}

/// The workflow so far.
pub struct Builder<'a> {
    /// What may be looked at.
    pub context: &'a PlanContext<'a>,
    /// The catalogue by ability.
    pub tools: Tools<'a>,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// What was assumed.
    pub notes: Vec<String>,
    /// What has to be known.
    pub questions: Vec<Question>,
    /// Answers by what they are about.
    pub answers: &'a [(Question, String)],
    /// The value in hand.
    pub focus: Option<Focus>,
    /// Values that were in hand, newest last.
    pub history: Vec<Focus>,
    /// The list that is gone through.
    pub each: Option<Loop>,
    /// Under which condition steps are added now.
    pub guard: Guard,
    /// Groups that wait for a measure.
    pub pending_groups: Vec<super::modifiers::Group>,
    /// Steps with effects that what comes later must wait for.
    pub barrier: Vec<String>,
    /// Attempts that were wished for.
    pub attempts: Option<u32>,
    /// What goes along with requests, by their address.
    pub options: Vec<(String, RequestOptions)>,
    /// A date or time that the name of the next file is to bear.
    pub stamp: Option<Stamp>,
    /// Files that the workflow itself has written, with the step.
    pub written: Vec<(String, String)>,
    /// The file that a column was added to, where the rows go when no other place is named.
    pub extended: Option<String>,
}

impl<'a> Builder<'a> {
    /// An empty one.
    pub fn new(context: &'a PlanContext<'a>, answers: &'a [(Question, String)]) -> Self {
        Self {
            context,
            tools: Tools::new(context),
            steps: Vec::new(),
            notes: Vec::new(),
            questions: Vec::new(),
            answers,
            focus: None,
            history: Vec::new(),
            each: None,
            guard: Guard::default(),
            pending_groups: Vec::new(),
            barrier: Vec::new(),
            attempts: None,
            options: Vec::new(),
            stamp: None,
            written: Vec::new(),
            extended: None,
        }
    }

    /// Asks, unless it was answered: then the answer.
    pub fn ask(&mut self, about: &str, text: &str, choices: &[&str]) -> Option<String> {
        if let Some((_, answer)) = self.answers.iter().rev().find(|(question, _)| question.about == about) {
            return Some(answer.clone());
        }
        if !self.questions.iter().any(|question| question.about == about) {
            let id = about.replace(['.', ' '], "_");
            self.questions.push(Question {
                id,
                text: text.to_owned(),
                about: about.to_owned(),
                choices: choices.iter().map(|&choice| choice.to_owned()).collect(),
            });
        }
        None
    }

    /// An id that no step has.
    pub fn fresh_id(&self, wish: &str) -> String {
        let base: String = wish.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let base = base.split('_').filter(|part| !part.is_empty()).take(4).collect::<Vec<_>>().join("_");
        let base = if base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit()) { format!("step_{base}") } else { base };
        let base = base.trim_end_matches('_').to_owned();
        let taken = |id: &str| self.steps.iter().any(|step| step.id == id);
        if !taken(&base) {
            return base;
        }
        (2..).map(|n| format!("{base}_{n}")).find(|id| !taken(id)).unwrap_or(base)
    }

    /// Adds a step under the present guard and gives its id.
    pub fn add(&mut self, id: &str, spec: &ActionSpec, with: IndexMap<String, Value>) -> String {
        let id = self.fresh_id(id);
        let mut step = Step { id: id.clone(), uses: Some(spec.id.clone()), with, ..Step::default() };
        let write = spec.effect_of(&step.with.clone().into_iter().collect()) == sayflow_protocol::Effect::Write;
        let network = !super::tools::params_with(spec, sayflow_engine::action::role::URL).is_empty();
        // Only what is safe to repeat is repeated: for writes, failures before sending and "too many requests".
        let outside = spec.service.is_some() || spec.param_with_role(sayflow_engine::action::role::RECIPIENT).is_some();
        if write && (network || outside) {
            step.retry =
                Some(Retry { max_attempts: self.attempts.unwrap_or(3), backoff: Some(Interval::from_millis(2000)), max_backoff: None });
        } else if network && !write {
            step.retry =
                Some(Retry { max_attempts: self.attempts.unwrap_or(3), backoff: Some(Interval::from_millis(2000)), max_backoff: None });
            step.timeout = Some(Interval::from_millis(30_000));
        } else if let Some(attempts) = self.attempts.filter(|_| write || network) {
            step.retry = Some(Retry { max_attempts: attempts, backoff: Some(Interval::from_millis(2000)), max_backoff: None });
        }
        // A message that a service refuses for now, such as one too many in a minute, is sent later.
        let message = [role::CHANNEL, role::CHAT, role::RECIPIENT].iter().any(|role| spec.param_with_role(role).is_some());
        if message && write && step.retry.is_none() {
            let backoff = Some(Interval::from_millis(2000));
            step.retry = Some(Retry { max_attempts: self.attempts.unwrap_or(3), backoff, max_backoff: None });
        }
        self.guard_step(&mut step);
        let refers = serde_json::to_string(&step).unwrap_or_default();
        let missing = self.barrier.iter().filter(|earlier| !refers.contains(&format!("steps.{earlier}."))).cloned();
        step.needs = missing.collect();
        self.steps.push(step);
        id
    }

    /// Puts the headers and the query that go with an address into a request's parameters.
    pub fn with_options(&self, spec: &ActionSpec, url: &str, with: &mut IndexMap<String, Value>) {
        let Some((_, options)) = self.options.iter().find(|(known, _)| known == url) else { return };
        let object = |pairs: &[(String, String)]| {
            Value::Object(pairs.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect())
        };
        if let Some(param) = spec.param_with_role(sayflow_engine::action::role::HEADERS).filter(|_| !options.headers.is_empty()) {
            with.insert(param.to_owned(), object(&options.headers));
        }
        if spec.param("query").is_some() && !options.query.is_empty() {
            with.insert("query".to_owned(), object(&options.query));
        }
    }

    /// Runs the step for each item of the list that is gone through.
    pub fn for_each(&mut self, id: &str, list: &str) {
        if let Some(step) = self.steps.iter_mut().find(|step| step.id == id) {
            step.for_each = Some(js::whole(list));
        }
    }

    /// Puts a value in hand.
    pub fn hold(&mut self, focus: Focus) {
        if let Some(before) = self.focus.replace(focus) {
            self.history.push(before);
        }
    }
}
