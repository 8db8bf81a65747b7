//! What a person may ask for besides a plan, each as the API has it. A message is taken for one of these by the rules or
//! by a model; it is stored with the thread, so that a restart takes the message for the same.

use sayflow_protocol::api::ItemBody;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One of the things that can be asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A new workflow, whatever the draft is.
    Create,
    /// A change of the draft, or of a saved workflow.
    Change(Which),
    /// A run, now.
    Run(RunWhat),
    /// That a workflow starts by itself from now on.
    Schedule(Which),
    /// That a run ends, or that a workflow no longer starts by itself.
    Stop(StopWhat),
    /// How things stand.
    Status(Which),
    /// What there is.
    List(ListWhat),
    /// Why something failed, what a workflow does, what would make it better.
    Explain(ExplainWhat),
    /// That what was offered is carried out.
    Apply(Picks),
    /// The draft before, or the version before.
    Undo(Which),
    /// What Sayflow can do, or how something is done with it.
    Help,
    /// Talk.
    SmallTalk,
    /// The request once more.
    Again,
}

/// A workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Its name; the draft of the conversation when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
}

/// What is run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunWhat {
    /// The workflow; the draft of the conversation when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// Values for its inputs.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub inputs: Map<String, Value>,
}

/// What is stopped: a run, or a workflow; when both are left out, the newest run of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopWhat {
    /// The workflow that no longer starts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The run that ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// What is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListWhat {
    /// Which kind of things.
    pub what: Listing,
}

/// Things that can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// Saved workflows.
    Workflows,
    /// Runs.
    Runs,
    /// Workflows that start by themselves, with their next times.
    Schedules,
    /// What waits for a person's decision.
    Approvals,
}

/// What is explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainWhat {
    /// What about it.
    pub about: About,
    /// The workflow; the draft of the conversation when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The run; the newest that failed when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// What can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Why a run failed.
    Failure,
    /// What a workflow does.
    Purpose,
    /// What would make it better.
    Improvements,
}

/// Which of the things that were offered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picks {
    /// Their numbers, from 1; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub picks: Vec<usize>,
}

/// Arguments for a command that takes none.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Command {
    /// Its name: that of the tool, and that in stored items.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change(_) => "change",
            Self::Run(_) => "run",
            Self::Schedule(_) => "schedule",
            Self::Stop(_) => "stop",
            Self::Status(_) => "status",
            Self::List(_) => "list",
            Self::Explain(_) => "explain",
            Self::Apply(_) => "apply",
            Self::Undo(_) => "undo",
            Self::Help => "help",
            Self::SmallTalk => "small_talk",
            Self::Again => "again",
        }
    }

    /// Reads a name with its arguments.
    ///
    /// # Errors
    /// Why they do not fit, as words without a full stop.
    pub fn parse(name: &str, arguments: &Value) -> Result<Self, String> {
        fn read<T: for<'a> Deserialize<'a>>(name: &str, arguments: &Value) -> Result<T, String> {
            let arguments = if arguments.is_null() { Value::Object(Map::new()) } else { arguments.clone() };
            serde_json::from_value(arguments).map_err(|why| format!("the arguments of \"{name}\" do not fit: {why}"))
        }
        let nothing = |command: Self| read::<Nothing>(name, arguments).map(|_| command);
        match name {
            "create" => nothing(Self::Create),
            "change" => read(name, arguments).map(Self::Change),
            "run" => read(name, arguments).map(Self::Run),
            "schedule" => read(name, arguments).map(Self::Schedule),
            "stop" => read(name, arguments).map(Self::Stop),
            "status" => read(name, arguments).map(Self::Status),
            "list" => read(name, arguments).map(Self::List),
            "explain" => read(name, arguments).map(Self::Explain),
            "apply" => read(name, arguments).map(Self::Apply),
            "undo" => read(name, arguments).map(Self::Undo),
            "help" => nothing(Self::Help),
            "small_talk" => nothing(Self::SmallTalk),
            "again" => nothing(Self::Again),
            _ => Err(format!("there is no tool \"{}\"", name.chars().take(60).collect::<String>())),
        }
    }

    /// The item that says what a message was taken for.
    pub(super) fn to_item(&self) -> ItemBody {
        let arguments = match self {
            Self::Change(which) | Self::Schedule(which) | Self::Status(which) | Self::Undo(which) => serde_json::to_value(which),
            Self::Run(what) => serde_json::to_value(what),
            Self::Stop(what) => serde_json::to_value(what),
            Self::List(what) => serde_json::to_value(what),
            Self::Explain(what) => serde_json::to_value(what),
            Self::Apply(picks) => serde_json::to_value(picks),
            Self::Create | Self::Help | Self::SmallTalk | Self::Again => Ok(Value::Null),
        };
        // Plain data of ours always has a JSON form.
        ItemBody::Intent { intent: self.name().to_owned(), arguments: arguments.unwrap_or_default() }
    }

    /// The workflow that it names.
    pub(super) fn workflow(&self) -> Option<&str> {
        match self {
            Self::Change(which) | Self::Schedule(which) | Self::Status(which) | Self::Undo(which) => which.workflow.as_deref(),
            Self::Run(what) => what.workflow.as_deref(),
            Self::Stop(what) => what.workflow.as_deref(),
            Self::Explain(what) => what.workflow.as_deref(),
            Self::Create | Self::List(_) | Self::Apply(_) | Self::Help | Self::SmallTalk | Self::Again => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_command_reads_what_it_wrote() {
        let named = |name: &str| Which { workflow: Some(name.to_owned()) };
        for command in [
            Command::Create,
            Command::Change(named("a")),
            Command::Run(RunWhat { workflow: None, inputs: Map::from_iter([("n".to_owned(), json!(3))]) }),
            Command::Stop(StopWhat { workflow: None, run: Some("r".into()) }),
            Command::List(ListWhat { what: Listing::Runs }),
            Command::Explain(ExplainWhat { about: About::Failure, workflow: None, run: Some("r".into()) }),
            Command::Apply(Picks { picks: vec![2, 3] }),
            Command::Undo(Which::default()),
            Command::Again,
        ] {
            let ItemBody::Intent { intent, arguments } = command.to_item() else { panic!("no intent") };
            assert_eq!(Command::parse(&intent, &arguments), Ok(command));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert!(Command::parse("rm", &json!({})).unwrap_err().contains("no tool \"rm\""));
        assert!(Command::parse("run", &json!({ "workflow": 3 })).unwrap_err().contains("\"run\""));
        assert!(Command::parse("help", &json!({ "deep": 1 })).unwrap_err().contains("deep"));
        assert!(Command::parse("list", &Value::Null).unwrap_err().contains("what"));
    }
}
