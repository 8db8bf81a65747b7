//! The catalogue's actions by what their parameters' roles say they can do, so that no action is known by name.

use super::api::PlanContext;
use crate::language::stem;
use sayflow_engine::action::{ActionSpec, EffectRule, role};
use sayflow_protocol::Effect;
use std::collections::HashSet;

/// A view of the catalogue by ability.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    context: &'a PlanContext<'a>,
}

fn has(spec: &ActionSpec, role: &str) -> bool {
    spec.param_with_role(role).is_some()
}

fn writes(spec: &ActionSpec) -> bool {
    spec.effect == EffectRule::Fixed(Effect::Write)
}

fn computes(spec: &ActionSpec) -> bool {
    spec.effect == EffectRule::Fixed(Effect::None)
}

impl<'a> Tools<'a> {
    /// Over a catalogue.
    pub fn new(context: &'a PlanContext<'a>) -> Self {
        Self { context }
    }

    fn find(&self, words: &str, fits: impl Fn(&ActionSpec) -> bool) -> Option<&'a ActionSpec> {
        let wanted: HashSet<String> =
            words.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(|word| stem(&word.to_lowercase())).collect();
        let mut best: Option<(usize, &ActionSpec)> = None;
        for spec in self.context.catalogue.specs().filter(|spec| fits(spec)) {
            let hits = spec.keywords.iter().filter(|word| wanted.contains(&stem(&word.to_lowercase()))).count();
            let ours = spec.service.as_ref().is_some_and(|service| self.context.credentials.iter().any(|(_, kind)| kind == service));
            let score = hits * 2 + usize::from(ours);
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, spec));
            }
        }
        best.map(|(_, spec)| spec)
    }

    /// Keeps items for which a condition holds.
    pub fn filter(&self) -> Option<&'a ActionSpec> {
        self.find("filter", |spec| computes(spec) && has(spec, role::ITEMS) && has(spec, role::CONDITION))
    }

    /// Orders items.
    pub fn sort(&self) -> Option<&'a ActionSpec> {
        self.find("sort", |spec| computes(spec) && has(spec, role::ITEMS) && has(spec, role::ORDER))
    }

    /// Keeps some items.
    pub fn limit(&self) -> Option<&'a ActionSpec> {
        self.find("limit", |spec| computes(spec) && has(spec, role::ITEMS) && has(spec, role::COUNT))
    }

    /// Reshapes items.
    pub fn project(&self) -> Option<&'a ActionSpec> {
        self.find("map", |spec| computes(spec) && has(spec, role::ITEMS) && has(spec, role::PROJECTION))
    }

    /// Measures lists.
    pub fn aggregate(&self) -> Option<&'a ActionSpec> {
        self.find("aggregate", |spec| computes(spec) && has(spec, role::ITEMS) && has(spec, role::MEASURES))
    }

    /// Puts lists together.
    pub fn join(&self) -> Option<&'a ActionSpec> {
        self.find("join", |spec| computes(spec) && has(spec, role::ITEMS) && has(spec, role::OTHER_ITEMS))
    }

    /// Takes repeats out.
    pub fn unique(&self) -> Option<&'a ActionSpec> {
        let others = [role::CONDITION, role::ORDER, role::COUNT, role::PROJECTION, role::MEASURES, role::OTHER_ITEMS];
        self.find("unique distinct duplicates", |spec| {
            computes(spec) && has(spec, role::ITEMS) && has(spec, role::BY) && !others.iter().any(|role| has(spec, role))
        })
    }

    /// Asks an address by a method.
    pub fn request(&self) -> Option<&'a ActionSpec> {
        self.find("http request", |spec| has(spec, role::URL) && has(spec, role::METHOD))
    }

    /// Reads a feed.
    pub fn feed(&self) -> Option<&'a ActionSpec> {
        self.find("feed rss", |spec| has(spec, role::URL) && !has(spec, role::METHOD) && spec.effect == EffectRule::Fixed(Effect::Read))
    }

    /// Takes elements out of a page.
    pub fn elements(&self) -> Option<&'a ActionSpec> {
        self.find("html", |spec| has(spec, role::SELECTOR) && has(spec, role::TEXT))
    }

    /// Reads a file.
    pub fn read_file(&self) -> Option<&'a ActionSpec> {
        self.find("read file", |spec| spec.effect == EffectRule::Fixed(Effect::Read) && has(spec, role::PATH))
    }

    /// Writes a file.
    pub fn write_file(&self) -> Option<&'a ActionSpec> {
        self.find("write file", |spec| writes(spec) && has(spec, role::PATH) && has(spec, role::VALUE))
    }

    /// Lists a folder.
    pub fn list_folder(&self) -> Option<&'a ActionSpec> {
        self.find("list files", |spec| spec.effect == EffectRule::Fixed(Effect::Read) && has(spec, role::FOLDER))
    }

    /// Takes a file away.
    pub fn delete_file(&self) -> Option<&'a ActionSpec> {
        self.find("delete", |spec| writes(spec) && has(spec, role::PATH) && !has(spec, role::VALUE) && paths(spec) == 1)
    }

    /// Gives a file another place.
    pub fn move_file(&self) -> Option<&'a ActionSpec> {
        self.find("move", |spec| writes(spec) && paths(spec) == 2)
    }

    /// Reads a database.
    pub fn query(&self) -> Option<&'a ActionSpec> {
        self.find("query", |spec| has(spec, role::SQL) && spec.effect == EffectRule::Fixed(Effect::Read))
    }

    /// Changes a database.
    pub fn execute(&self) -> Option<&'a ActionSpec> {
        self.find("insert update", |spec| has(spec, role::SQL) && writes(spec))
    }

    /// Sends mail.
    pub fn mail(&self) -> Option<&'a ActionSpec> {
        self.find("mail email", |spec| writes(spec) && has(spec, role::RECIPIENT) && has(spec, role::TEXT))
    }

    /// Writes to a channel, of the service that is named.
    pub fn channel(&self, service: &str) -> Option<&'a ActionSpec> {
        let named = |spec: &ActionSpec| spec.service.as_deref() == Some(service);
        let fits = |spec: &ActionSpec| writes(spec) && has(spec, role::CHANNEL) && has(spec, role::TEXT);
        self.find("message", |spec| fits(spec) && named(spec))
            .or_else(|| if service.is_empty() { self.find("message slack", fits) } else { None })
    }

    /// Writes to a chat.
    pub fn chat(&self, service: &str) -> Option<&'a ActionSpec> {
        let fits = |spec: &ActionSpec| writes(spec) && has(spec, role::CHAT) && has(spec, role::TEXT);
        self.find("message", |spec| fits(spec) && (service.is_empty() || spec.service.as_deref() == Some(service)))
    }

    /// Writes to the one place that the account of a service leads to.
    pub fn hook(&self, service: &str) -> Option<&'a ActionSpec> {
        self.find("message", |spec| {
            writes(spec) && spec.account_place.is_some() && has(spec, role::TEXT) && spec.service.as_deref() == Some(service)
        })
    }

    /// Opens an issue in a repository.
    pub fn create_issue(&self) -> Option<&'a ActionSpec> {
        self.find("issue", |spec| writes(spec) && has(spec, role::REPOSITORY) && has(spec, role::SUBJECT))
    }

    /// Reads the issues of a repository.
    pub fn list_issues(&self) -> Option<&'a ActionSpec> {
        self.find("issues", |spec| spec.effect == EffectRule::Fixed(Effect::Read) && has(spec, role::REPOSITORY))
    }

    /// Reads an object of a bucket.
    pub fn get_object(&self) -> Option<&'a ActionSpec> {
        self.find("object", |spec| spec.effect == EffectRule::Fixed(Effect::Read) && has(spec, role::BUCKET) && has(spec, role::KEY))
    }

    /// Writes an object of a bucket.
    pub fn put_object(&self) -> Option<&'a ActionSpec> {
        self.find("object", |spec| writes(spec) && has(spec, role::BUCKET) && has(spec, role::KEY) && has(spec, role::VALUE))
    }

    /// Waits.
    pub fn wait(&self) -> Option<&'a ActionSpec> {
        self.find("wait", |spec| has(spec, role::DURATION) && !has(spec, role::URL))
    }

    /// Answers whoever started the run.
    pub fn respond(&self) -> Option<&'a ActionSpec> {
        self.find("respond reply", |spec| {
            spec.id.ends_with(".respond") || (spec.keywords.iter().any(|word| word == "respond") && !has(spec, role::CHANNEL))
        })
    }

    /// Puts other text in the place of text.
    pub fn replace(&self) -> Option<&'a ActionSpec> {
        self.find("replace", |spec| computes(spec) && has(spec, role::REPLACEMENT))
    }

    /// Makes a fingerprint.
    pub fn hash(&self) -> Option<&'a ActionSpec> {
        self.find("hash", |spec| computes(spec) && has(spec, role::ALGORITHM))
    }

    /// Writes a moment as text.
    pub fn date(&self) -> Option<&'a ActionSpec> {
        self.find("date format", |spec| computes(spec) && has(spec, role::TIME) && has(spec, role::FORMAT))
    }

    /// Reads text of a format.
    pub fn parse(&self, format: &str) -> Option<&'a ActionSpec> {
        self.context.catalogue.spec(&format!("{format}.parse"))
    }

    /// Actions whose own words fit a text best, with scores. Used for what no ability covers.
    pub fn by_words(&self, text: &str) -> Vec<(&'a ActionSpec, usize)> {
        let wanted: HashSet<String> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(|word| stem(&word.to_lowercase())).collect();
        let mut scored: Vec<(&ActionSpec, usize)> = self
            .context
            .catalogue
            .specs()
            .map(|spec| {
                let keywords = spec.keywords.iter().filter(|word| wanted.contains(&stem(&word.to_lowercase()))).count();
                (spec, keywords)
            })
            .filter(|(_, score)| *score > 0)
            .collect();
        scored.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.id.cmp(&b.0.id)));
        scored
    }
}

fn paths(spec: &ActionSpec) -> usize {
    let properties = spec.params.get("properties").and_then(|properties| properties.as_object());
    properties.map_or(0, |properties| {
        properties.values().filter(|schema| schema.get("x-role").and_then(|role| role.as_str()) == Some(role::PATH)).count()
    })
}

/// The names of the parameters with a role, in order.
pub fn params_with<'s>(spec: &'s ActionSpec, role: &str) -> Vec<&'s str> {
    let properties = spec.params.get("properties").and_then(|properties| properties.as_object());
    properties.map_or_else(Vec::new, |properties| {
        properties
            .iter()
            .filter(|(_, schema)| schema.get("x-role").and_then(|found| found.as_str()) == Some(role))
            .map(|(name, _)| name.as_str())
            .collect()
    })
}
