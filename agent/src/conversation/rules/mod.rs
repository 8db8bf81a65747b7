//! The rules that tell commands from requests: cheap, exact, and sure of what they say. One file, one command. A rule
//! looks at the whole message, so that a request is never taken for a command because a word of it looks like one.

mod again;
mod apply;
mod explain;
mod list;
mod request;
mod run;
mod schedule;
mod status;
mod stop;
mod undo;
mod words;

pub(super) use apply::agrees;
pub(super) use request::{Kind, Sureness, kind_of};
pub(super) use words::Words;

use super::command::Command;
use super::known::Known;
use sayflow_protocol::api::ItemBody;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Words that say nothing about what is meant.
const FILLERS: &[&str] = &["it", "this", "that", "the", "my", "our", "workflow", "draft", "one", "again", "all", "of"];

/// Where a message is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What the host knows.
    pub(super) known: &'a Known,
    /// The name of the conversation's draft.
    pub(super) draft: Option<&'a str>,
    /// Whether the conversation has started a run.
    pub(super) has_run: bool,
    /// What was offered last.
    pub(super) offered: Option<&'a Offered>,
}

/// Something that the person may say yes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "offer", rename_all = "snake_case")]
pub(super) enum Offered {
    /// To mend what made a run fail.
    Fix {
        /// The run.
        run: String,
    },
    /// To make a workflow better.
    Improvements {
        /// The saved workflow; the draft when left out.
        workflow: Option<String>,
    },
    /// To activate a workflow.
    Activation {
        /// The saved workflow; the draft when left out.
        workflow: Option<String>,
    },
}

/// The name of the items that say what was offered.
const OFFER: &str = "offer";

impl Offered {
    /// The item that says so.
    pub(super) fn to_item(&self) -> ItemBody {
        // Plain data of ours always has a JSON form.
        ItemBody::Intent { intent: OFFER.to_owned(), arguments: serde_json::to_value(self).unwrap_or_default() }
    }

    /// What an item says was offered.
    pub(super) fn of_item(intent: &str, arguments: &Value) -> Option<Self> {
        (intent == OFFER).then(|| serde_json::from_value(arguments.clone()).ok()).flatten()
    }

    /// In words, for a model.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Fix { .. } => "a fix for a failed run".to_owned(),
            Self::Improvements { .. } => "a numbered list of suggestions for a workflow".to_owned(),
            Self::Activation { .. } => "to activate a workflow".to_owned(),
        }
    }
}

/// The command that a message is, if the rules are sure of one.
pub(super) fn command(words: &Words, place: Place<'_>) -> Option<Command> {
    apply::rule(words, place)
        .or_else(|| undo::rule(words))
        .or_else(|| run::rule(words))
        .or_else(|| schedule::rule(words))
        .or_else(|| stop::rule(words, place))
        .or_else(|| list::rule(words))
        .or_else(|| status::rule(words))
        .or_else(|| explain::rule(words))
        .or_else(|| again::rule(words))
}

#[cfg(test)]
mod tests;
