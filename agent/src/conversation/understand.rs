//! A message that the rules are not sure of: a model chooses a tool for it, one for each thing that can be asked for. Only
//! the person's own words, names and words of ours are shown to it, because it has tools; and all that it can do is choose.
//! What it chooses is judged; when nothing fits, the rules decide.

use super::command::Command;
use super::digest::Who;
use super::{Conversation, Effect, Phase};
use crate::model::{AnswerForm, ChatAnswer, ChatCall, Fault, Message, ModelError, Role, Tool};
use sayflow_prompts::{self as prompts, DraftLine, SaidLine, ToolLine, UnderstandArgs};
use serde_json::{Value, json};

/// Wrong choices after which the rules decide.
const TRIES: u32 = 2;
/// The longest answer, in tokens: a name and a few arguments.
const ANSWER: u32 = 300;
/// So many saved workflows and steps are named.
const NAMES: usize = 60;
const STEPS: usize = 30;
/// The longest message that is shown, in characters.
const MESSAGE: usize = 4_000;

/// What a model may choose besides the commands: the message answers the open questions.
const ANSWERS: &str = "answer";

/// What a model chose.
enum Choice {
    Command(Command),
    Answers,
}

impl Conversation {
    /// Asks a model what the message means.
    pub(super) fn understand(&mut self) -> Effect {
        let tools = self.tools();
        let lines: Vec<ToolLine> = tools
            .iter()
            .map(|(tool, example)| ToolLine {
                name: tool.name.clone(),
                description: tool.description.clone(),
                arguments: (*example).to_owned(),
            })
            .collect();
        let messages = vec![Message::system(prompts::understand(&lines)), Message::user(prompts::understand_case(&self.case()))];
        self.ask(messages, 1)
    }

    fn ask(&mut self, messages: Vec<Message>, tries: u32) -> Effect {
        self.phase = Phase::Understanding { messages: messages.clone(), tries };
        Effect::Understand(ChatCall {
            role: Role::Chat,
            purpose: "understand",
            messages,
            answer: AnswerForm::Text,
            tools: self.tools().into_iter().map(|(tool, _)| tool).collect(),
            max_output_tokens: ANSWER,
        })
    }

    /// Takes the model's choice.
    pub(super) fn understood(&mut self, answer: Result<ChatAnswer, ModelError>, mut messages: Vec<Message>, tries: u32) -> Vec<Effect> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) if why.fault == Fault::Cancelled => return self.interrupted(),
            Err(why) => {
                self.turn.usage.add(&why.usage);
                tracing::info!(%why, "a message was not understood by a model");
                return self.by_rules();
            }
        };
        self.turn.usage.add(&answer.usage);
        match self.choice(&answer) {
            Ok(Choice::Answers) => self.by_rules(),
            Ok(Choice::Command(command)) => {
                self.turn.by_model = true;
                let mut effects = vec![self.record(command.to_item())];
                if let Some(intent) = self.thread.decided() {
                    effects.extend(self.go_on(intent));
                }
                effects
            }
            Err(complaint) if tries < TRIES => {
                let said = if answer.text.trim().is_empty() { tool_calls(&answer) } else { answer.text };
                messages.push(Message::assistant(said.chars().take(MESSAGE).collect::<String>()));
                let names: Vec<String> = self.tools().into_iter().map(|(tool, _)| tool.name).collect();
                messages.push(Message::user(prompts::understand_again(&complaint, &names)));
                vec![self.ask(messages, tries + 1)]
            }
            Err(complaint) => {
                tracing::info!(complaint, "a model's choice did not fit twice; the rules decide");
                self.by_rules()
            }
        }
    }

    fn by_rules(&mut self) -> Vec<Effect> {
        match self.thread.read(&self.turn.known) {
            Some(reading) => self.take(reading),
            None => self.give_up(prompts::nothing_said()),
        }
    }

    /// The choice, if it fits.
    fn choice(&self, answer: &ChatAnswer) -> Result<Choice, String> {
        let (name, arguments) = match answer.calls.as_slice() {
            [call] => (call.name.clone(), call.arguments.clone()),
            [] => written(&answer.text)?,
            _ => return Err("more than one tool was called".to_owned()),
        };
        let offered = self.tools().into_iter().any(|(tool, _)| tool.name == name);
        if name == ANSWERS && offered {
            return Ok(Choice::Answers);
        }
        let command = Command::parse(&name, &arguments)?;
        if !offered {
            return Err(format!("there is no tool \"{name}\" here"));
        }
        match command.workflow() {
            Some(workflow) if !self.turn.known.has(workflow) && self.thread.draft_name() != Some(workflow) => {
                Err(format!("no saved workflow is called \"{}\"", workflow.chars().take(80).collect::<String>()))
            }
            _ => Ok(Choice::Command(command)),
        }
    }

    /// What the model is told of the message's place.
    fn case(&self) -> UnderstandArgs {
        let known = &self.turn.known.workflows;
        let digest = self.thread.digest();
        let said = |said: &super::Said| SaidLine {
            who: if said.who == Who::Person { "person" } else { "agent" }.to_owned(),
            // What the agent said may hold what outsiders wrote.
            text: said.gist.clone(),
        };
        let step = |step: &sayflow_protocol::workflow::Step| format!("{} ({})", step.id, step.uses.as_deref().unwrap_or("group"));
        UnderstandArgs {
            draft: self
                .thread
                .document()
                .map(|workflow| DraftLine { name: workflow.name.clone(), steps: workflow.steps.iter().take(STEPS).map(step).collect() }),
            workflows: known.iter().take(NAMES).map(|workflow| workflow.name.clone()).collect(),
            more: known.len().saturating_sub(NAMES),
            open: self.thread.open().iter().map(|question| question.text.clone()).collect(),
            offered: self.thread.offered().map(super::rules::Offered::in_words),
            earlier: digest.earlier,
            recent: digest.recent.iter().map(said).collect(),
            message: self.thread.turn().map(|turn| turn.text.chars().take(MESSAGE).collect()).unwrap_or_default(),
        }
    }

    /// The tools of this place, each with an example of its arguments.
    fn tools(&self) -> Vec<(Tool, &'static str)> {
        let mut tools = vec![
            tool("create", "a new workflow is described.", json!({}), "{}"),
            tool("change", "the draft or a saved workflow is to be altered.", workflow_only(), r#"{"workflow": "orders-report"} or {}"#),
            tool(
                "run",
                "it is to be run once, now.",
                run_arguments(),
                r#"{"workflow": "orders-report", "inputs": {"region": "north"}} or {}"#,
            ),
            tool(
                "schedule",
                "a workflow is to start by itself from now on, as it says.",
                workflow_only(),
                r#"{"workflow": "orders-report"} or {}"#,
            ),
            tool(
                "stop",
                "a run is to end, or a workflow is to start by itself no more.",
                stop_arguments(),
                r#"{"workflow": "orders-report"}; {} for the newest run"#,
            ),
            tool("status", "how a run or a workflow stands is asked.", workflow_only(), r#"{"workflow": "orders-report"} or {}"#),
            tool("list", "what there is is asked.", list_arguments(), r#"{"what": "workflows"}; or "runs", "schedules", "approvals""#),
            tool(
                "explain",
                "why a run failed, what a workflow does, or how it could be better is asked.",
                explain_arguments(),
                r#"{"about": "failure"}; or "purpose", "improvements"; with "workflow" where one is named"#,
            ),
            tool("undo", "the last change is to be taken back.", workflow_only(), r#"{"workflow": "orders-report"}; {} for the draft"#),
            tool("help", "how something is done with Sayflow, or what it can do, is asked.", json!({}), "{}"),
            tool("small_talk", "everything else that is neither work nor a question about Sayflow.", json!({}), "{}"),
        ];
        if self.thread.offered().is_some() {
            tools.push(tool(
                "apply",
                "the person agrees to what was offered last.",
                picks_arguments(),
                r#"{"picks": [2]}; {} for all of it"#,
            ));
        }
        if !self.thread.open().is_empty() {
            tools.push(tool(ANSWERS, "the message answers the open questions.", json!({}), "{}"));
        }
        tools
    }
}

fn tool(name: &str, description: &str, properties: Value, example: &'static str) -> (Tool, &'static str) {
    let required: &[&str] = match name {
        "list" => &["what"],
        "explain" => &["about"],
        _ => &[],
    };
    let parameters = json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    (Tool { name: name.to_owned(), description: description.to_owned(), parameters }, example)
}

fn workflow_only() -> Value {
    json!({ "workflow": { "type": "string", "description": "Name of a saved workflow; leave it out for the draft." } })
}

fn run_arguments() -> Value {
    json!({ "workflow": workflow_only()["workflow"], "inputs": { "type": "object", "description": "Values for its inputs, by name." } })
}

fn stop_arguments() -> Value {
    json!({ "workflow": workflow_only()["workflow"], "run": { "type": "string", "description": "Id of a run." } })
}

fn list_arguments() -> Value {
    json!({ "what": { "type": "string", "enum": ["workflows", "runs", "schedules", "approvals"] } })
}

fn explain_arguments() -> Value {
    json!({
        "about": { "type": "string", "enum": ["failure", "purpose", "improvements"] },
        "workflow": workflow_only()["workflow"],
        "run": { "type": "string", "description": "Id of a run." },
    })
}

fn picks_arguments() -> Value {
    json!({ "picks": { "type": "array", "items": { "type": "integer", "minimum": 1 } } })
}

/// A choice that was written down in place of a call.
fn written(text: &str) -> Result<(String, Value), String> {
    let none = || "no tool was called, and the answer holds no JSON object of the form {\"tool\": …, \"arguments\": …}".to_owned();
    let start = text.find('{').ok_or_else(none)?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let value = values.next().and_then(Result::ok).ok_or_else(none)?;
    let name = ["tool", "name"].iter().find_map(|key| value.get(key)?.as_str()).ok_or_else(none)?.to_owned();
    let arguments = value.get("arguments").cloned().unwrap_or_default();
    Ok((name, arguments))
}

/// What was called, as the model may have written it.
fn tool_calls(answer: &ChatAnswer) -> String {
    let calls: Vec<Value> = answer.calls.iter().map(|call| json!({ "tool": call.name, "arguments": call.arguments })).collect();
    calls.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_may_be_written_with_words_and_fences_around_it() {
        let fenced = "I choose:\n```json\n{\"tool\": \"run\", \"arguments\": {\"workflow\": \"a\"}}\n```";
        assert_eq!(written(fenced), Ok(("run".to_owned(), json!({ "workflow": "a" }))));
        assert_eq!(written("{\"name\": \"help\"}"), Ok(("help".to_owned(), Value::Null)));
        for bad in ["run it", "{\"tool\": ", "{\"do\": \"run\"}", ""] {
            assert!(written(bad).unwrap_err().contains("no tool"), "{bad}");
        }
    }
}
