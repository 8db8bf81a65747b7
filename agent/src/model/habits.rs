//! What an endpoint takes and what it does not, found out by asking and remembered.

use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How a model at an endpoint wants to be asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Habits {
    /// It answers in pieces. One that does not is given all the time of a call for its first word.
    pub(super) streams: bool,
    /// It says at the end of a stream how many tokens it took, when asked to.
    pub(super) counts: bool,
    /// How it is told the form of an answer.
    pub(super) form: FormOf,
    /// The name of the longest answer.
    pub(super) limit: LimitName,
    /// The longest answer that it accepts, in tokens.
    pub(super) longest: Option<u32>,
    /// It may be told how freely to answer.
    pub(super) temperature: bool,
    /// It takes tools.
    pub(super) tools: bool,
    /// The only model that it has, where none was named.
    pub(super) instead: Option<String>,
}

/// How a model is told the form of an answer. The prompt says it in words besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormOf {
    /// By the schema, which the endpoint enforces.
    Schema,
    /// As JSON of any form.
    Object,
    /// By the prompt alone.
    Words,
}

/// What the longest answer is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitName {
    /// As all servers but OpenAI's newest models know it.
    MaxTokens,
    /// As those know it.
    MaxCompletionTokens,
}

impl LimitName {
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

impl Habits {
    /// What is tried first.
    pub(super) fn at_first(is_openai: bool) -> Self {
        let limit = if is_openai { LimitName::MaxCompletionTokens } else { LimitName::MaxTokens };
        Self { streams: true, counts: true, form: FormOf::Schema, limit, longest: None, temperature: true, tools: true, instead: None }
    }

    /// What to try after a request was refused as wrong, by what the refusal says; none where nothing can be left out any more.
    pub(super) fn after(&self, words: &str, sent: &Value) -> Option<Self> {
        let words = words.to_ascii_lowercase();
        let said = |word: &str| words.contains(word);
        let mut next = self.clone();
        if said("max_tokens") || said("max_completion_tokens") {
            if let Some(longest) = largest_allowed(&words, sent[self.limit.field()].as_u64()) {
                next.longest = Some(longest);
                return Some(next);
            }
            next.limit = match self.limit {
                LimitName::MaxTokens => LimitName::MaxCompletionTokens,
                LimitName::MaxCompletionTokens => LimitName::MaxTokens,
            };
            return Some(next);
        }
        let is_sent = |field: &str| !sent[field].is_null();
        if said("stream_options") || said("include_usage") {
            next.counts = false;
        } else if said("temperature") {
            next.temperature = false;
        } else if ["response_format", "json_schema", "json_object", "schema", "structured", "grammar", "guided"]
            .iter()
            .any(|word| said(word))
            && is_sent("response_format")
        {
            next.form = self.form.looser()?;
        } else if said("tool") || said("function") {
            next.tools = false;
        } else if said("stream") {
            next.streams = false;
            next.counts = false;
        } else {
            // It does not say what it minds: leave out all that can be left out.
            next = Self { counts: false, form: FormOf::Words, temperature: false, ..next };
        }
        (next != *self).then_some(next)
    }
}

impl FormOf {
    fn looser(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Object),
            Self::Object => Some(Self::Words),
            Self::Words => None,
        }
    }
}

/// The bound that a refusal such as "max_tokens is too large: 9000; at most 4096" names.
fn largest_allowed(words: &str, asked: Option<u64>) -> Option<u32> {
    let is_about_size =
        ["at most", "too large", "less than or equal", "maximum", "must be <=", "exceeds"].iter().any(|word| words.contains(word));
    let asked = asked.filter(|_| is_about_size)?;
    words
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse::<u64>().ok())
        .filter(|number| (16..asked).contains(number))
        .max()
        .and_then(|number| u32::try_from(number).ok())
}

/// The habits of all endpoints that were asked so far, by address and model.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<(String, String), Habits>>);

impl Memory {
    pub(super) fn of(&self, base_url: &str, model: &str, is_openai: bool) -> Habits {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(base_url.to_owned(), model.to_owned())).cloned().unwrap_or_else(|| Habits::at_first(is_openai))
    }

    pub(super) fn keep(&self, base_url: &str, model: &str, habits: Habits) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((base_url.to_owned(), model.to_owned()), habits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn after(words: &str) -> Habits {
        let sent = json!({ "max_tokens": 9000, "response_format": {}, "temperature": 0.2 });
        Habits::at_first(false).after(words, &sent).unwrap()
    }

    #[test]
    fn what_a_refusal_names_is_done_otherwise() {
        let first = Habits::at_first(false);
        let renamed = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        assert_eq!(after(renamed), Habits { limit: LimitName::MaxCompletionTokens, ..first.clone() });
        let bounded = "max_tokens is too large: 9000. This model supports at most 4096 completion tokens";
        assert_eq!(after(bounded), Habits { longest: Some(4096), ..first.clone() });
        let fixed = "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.";
        assert_eq!(after(fixed), Habits { temperature: false, ..first.clone() });
        assert_eq!(after("json_schema is not supported by this engine"), Habits { form: FormOf::Object, ..first.clone() });
        assert_eq!(after("registry.example/tiny does not support tools"), Habits { tools: false, ..first.clone() });
        assert_eq!(after("unknown field stream_options"), Habits { counts: false, ..first.clone() });
        assert_eq!(after("invalid request"), Habits { counts: false, form: FormOf::Words, temperature: false, ..first });
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut habits = Habits::at_first(false);
        for _ in 0..2 {
            habits = habits.after("response_format.type is invalid", &json!({ "response_format": {} })).unwrap();
        }
        assert_eq!(habits.after("response_format.type is invalid", &json!({ "response_format": {} })), None);
        let bare = Habits::at_first(false).after("no", &json!({})).unwrap();
        assert_eq!(bare.after("no", &json!({})), None);
    }
}
