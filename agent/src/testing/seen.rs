//! A request as the scripted model saw it.

use serde_json::Value;
use std::fmt::Write as _;

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Such as `POST`.
    pub method: String,
    /// Such as `/v1/chat/completions`.
    pub path: String,
    /// Names in lower case, and values, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body; null where there was none or it was no JSON.
    pub body: Value,
}

impl Seen {
    /// Whether it asks for an answer, not for the list of models.
    pub fn is_chat(&self) -> bool {
        self.path.ends_with("/chat/completions")
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Role and text of each message.
    pub fn messages(&self) -> Vec<(&str, &str)> {
        let messages = self.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        messages
            .iter()
            .map(|message| (message["role"].as_str().unwrap_or_default(), message["content"].as_str().unwrap_or_default()))
            .collect()
    }

    /// The system messages.
    pub fn system(&self) -> String {
        let texts: Vec<&str> = self.messages().into_iter().filter(|(role, _)| *role == "system").map(|(_, text)| text).collect();
        texts.join("\n\n")
    }

    /// The last message of the user.
    pub fn user(&self) -> &str {
        self.messages().into_iter().rev().find(|(role, _)| *role == "user").map_or("", |(_, text)| text)
    }

    /// Whether the first line of its first message, or of a system message, contains a text.
    pub fn is_headed(&self, heading: &str) -> bool {
        let first_line = |text: &str| text.trim_start().lines().next().unwrap_or_default().contains(heading);
        self.messages().into_iter().enumerate().any(|(place, (role, text))| (place == 0 || role == "system") && first_line(text))
    }

    /// The model that was asked for.
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// Whether the answer is to come in pieces.
    pub fn wants_stream(&self) -> bool {
        self.body["stream"] == true
    }

    /// The schema of the answer, where one was sent.
    pub fn schema(&self) -> Option<&Value> {
        self.body.pointer("/response_format/json_schema/schema")
    }

    /// The names of the tools.
    pub fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        tools.iter().filter_map(|tool| tool.pointer("/function/name").and_then(Value::as_str)).collect()
    }

    /// What the model is shown, to be read by people: the messages, then the form of the answer and the tools.
    pub fn prompt(&self) -> String {
        let mut page = String::new();
        for (role, text) in self.messages() {
            let _ = writeln!(page, "=== {role} ===\n{}\n", text.trim_end());
        }
        if let Some(format) = self.body.get("response_format") {
            let _ = writeln!(page, "=== response_format ===\n{}\n", pretty(format));
        }
        for tool in self.body["tools"].as_array().into_iter().flatten() {
            let _ = writeln!(page, "=== tool ===\n{}\n", pretty(&tool["function"]));
        }
        page
    }

    /// The whole request in words, for a failing test.
    pub(super) fn describe(&self) -> String {
        format!("{} {}\n{}", self.method, self.path, if self.is_chat() { self.prompt() } else { pretty(&self.body) })
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
