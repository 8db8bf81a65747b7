//! Whether an answer is what was asked for: the decoder of an endpoint is not the judge of it.

use super::assemble::{Assembled, RawCall};
use super::json_text::{candidates, without_thoughts};
use super::{AnswerForm, ChatCall, Fault, Tool, ToolCall};
use jsonschema::Validator;
use serde_json::Value;

/// The most findings that a model is told.
const FINDINGS: usize = 12;

/// An answer that fits.
#[derive(Debug, PartialEq)]
pub(super) struct Fit {
    pub(super) text: String,
    pub(super) json: Option<Value>,
    pub(super) calls: Vec<ToolCall>,
}

/// An answer that does not fit.
#[derive(Debug, PartialEq)]
pub(super) struct Unfit {
    pub(super) fault: Fault,
    /// What is wrong, for people: a sentence without a full stop.
    pub(super) message: String,
    /// What is wrong, for the model.
    pub(super) findings: Vec<String>,
    /// Whether it ends where the longest answer ends.
    pub(super) is_cut_off: bool,
}

/// What answers to a call are judged by. Made once for each call.
pub(super) struct Judge<'a> {
    form: Option<Validator>,
    tools: Vec<(&'a Tool, Validator)>,
}

impl<'a> Judge<'a> {
    /// For a call.
    ///
    /// # Errors
    /// When a schema of the call is none.
    pub(super) fn new(call: &'a ChatCall) -> Result<Self, String> {
        let compiled =
            |what: &str, schema: &Value| jsonschema::validator_for(schema).map_err(|why| format!("the schema of {what} is broken: {why}"));
        let form = match &call.answer {
            AnswerForm::Text => None,
            AnswerForm::Json { name, schema } => Some(compiled(name, schema)?),
        };
        let tools = call.tools.iter().map(|tool| Ok((tool, compiled(&tool.name, &tool.parameters)?))).collect::<Result<_, String>>()?;
        Ok(Self { form, tools })
    }

    /// Judges.
    ///
    /// # Errors
    /// Says what is wrong.
    pub(super) fn judge(&self, answer: &Assembled) -> Result<Fit, Unfit> {
        let is_cut_off = answer.finish.as_deref() == Some("length");
        let unfit = |fault, message: String, findings: Vec<String>| Unfit { fault, message, findings, is_cut_off };
        if !answer.refusal.is_empty() {
            return Err(unfit(Fault::Refused, format!("the model refuses: {}", answer.refusal.trim()), Vec::new()));
        }
        if !answer.calls.is_empty() {
            let calls = self.calls(&answer.calls).map_err(|(message, findings)| unfit(Fault::Malformed, message, findings))?;
            return Ok(Fit { text: without_thoughts(&answer.text).to_owned(), json: None, calls });
        }
        let text = without_thoughts(&answer.text);
        if text.is_empty() && answer.finish.as_deref() == Some("content_filter") {
            return Err(unfit(Fault::Refused, "the filter of the endpoint held the answer back".to_owned(), Vec::new()));
        }
        if text.is_empty() {
            let (message, finding) = match (is_cut_off, answer.has_begun()) {
                (true, _) => {
                    ("the model used up its longest answer without a word of it", "The answer was cut off before it began. Think less.")
                }
                (false, true) => ("the model thought and gave no answer", "There was no answer behind the thoughts."),
                (false, false) => ("the model's answer is empty", "The answer was empty."),
            };
            return Err(unfit(Fault::Empty, message.to_owned(), vec![finding.to_owned()]));
        }
        if let Some(call) = self.call_in_words(text) {
            return Ok(Fit { text: String::new(), json: None, calls: vec![call] });
        }
        let Some(form) = &self.form else {
            return Ok(Fit { text: text.to_owned(), json: None, calls: Vec::new() });
        };
        match data(form, text) {
            Ok(json) => Ok(Fit { text: text.to_owned(), json: Some(json), calls: Vec::new() }),
            Err((message, findings)) => Err(unfit(Fault::Malformed, message, findings)),
        }
    }

    fn calls(&self, raw: &[RawCall]) -> Result<Vec<ToolCall>, (String, Vec<String>)> {
        let mut calls = Vec::new();
        let mut findings = Vec::new();
        for raw in raw {
            match self.call(&raw.name, &raw.arguments) {
                Ok(call) => calls.push(call),
                Err(finding) => findings.push(finding),
            }
        }
        match findings.first() {
            None => Ok(calls),
            Some(first) => Err((format!("the model called a tool in a wrong way: {}", first.trim_end_matches('.')), findings)),
        }
    }

    fn call(&self, name: &str, arguments: &str) -> Result<ToolCall, String> {
        let Some((tool, form)) = self.tools.iter().find(|(tool, _)| tool.name == name) else {
            let known: Vec<&str> = self.tools.iter().map(|(tool, _)| tool.name.as_str()).collect();
            return Err(if known.is_empty() {
                format!("there is no tool \"{name}\", and no other one.")
            } else {
                format!("there is no tool \"{name}\"; the tools are {}.", known.join(", "))
            });
        };
        // No arguments at all are an empty object.
        let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
        let arguments: Value = serde_json::from_str(arguments)
            .map_err(|why| format!("the arguments of \"{name}\" are no JSON ({why}): {}", super::transport::beginning(arguments)))?;
        match findings(form, &arguments).as_slice() {
            [] => Ok(ToolCall { name: tool.name.clone(), arguments }),
            findings => Err(format!("the arguments of \"{name}\" do not fit: {}", findings.join(" "))),
        }
    }

    /// A call that a model without tools of its own wrote as text.
    fn call_in_words(&self, text: &str) -> Option<ToolCall> {
        if self.tools.is_empty() {
            return None;
        }
        let call = candidates(text).into_iter().next()?;
        let name = ["name", "tool", "function"].iter().find_map(|field| call[*field].as_str())?;
        let arguments = ["arguments", "parameters", "args"].iter().find_map(|field| call.get(*field)).cloned().unwrap_or_default();
        let arguments = match arguments {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        self.call(name, &arguments).ok()
    }
}

/// The data in a text: the first document that fits, else what is wrong with the likeliest.
fn data(form: &Validator, text: &str) -> Result<Value, (String, Vec<String>)> {
    let documents = candidates(text);
    if let Some(fitting) = documents.iter().find(|document| form.is_valid(document)) {
        return Ok(fitting.clone());
    }
    let Some(likeliest) = documents.first() else {
        let why = serde_json::from_str::<Value>(text).err().map(|why| why.to_string()).unwrap_or_default();
        let finding = format!("The answer was no JSON document: {why}.");
        return Err((format!("the model's answer is no JSON: {}", super::transport::beginning(text)), vec![finding]));
    };
    let findings = findings(form, likeliest);
    let first = findings.first().map(String::as_str).unwrap_or_default();
    Err((format!("the model's answer has not the form that was asked for: {}", first.trim_end_matches('.')), findings))
}

/// What does not fit, each as a sentence with its place.
fn findings(form: &Validator, value: &Value) -> Vec<String> {
    let place = |path: String| if path.is_empty() { "the document".to_owned() } else { path };
    form.iter_errors(value)
        .take(FINDINGS)
        .map(|why| format!("{}: {}.", place(why.instance_path().to_string()), super::transport::beginning(&why.to_string())))
        .collect()
}
