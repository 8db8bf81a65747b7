//! An answer put together from its pieces, read leniently: servers leave out what they think nobody needs.

use serde_json::Value;

/// The most that an answer may hold, in bytes, whatever was asked for.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// Bytes of one token at most, for servers that do not keep to the longest answer.
const BYTES_OF_TOKEN: usize = 32;
/// Short answers may always be so long, in bytes.
const ALWAYS_FINE: usize = 64 * 1024;

/// An answer as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    pub(super) text: String,
    pub(super) refusal: String,
    pub(super) calls: Vec<RawCall>,
    /// Why it ended, such as `stop`, `length` or `content_filter`.
    pub(super) finish: Option<String>,
    /// Tokens in and out, as the server counts them.
    pub(super) counted: Option<(u64, u64)>,
    /// The model's name, as the server says it.
    pub(super) model: Option<String>,
    /// A failure in the middle of the stream.
    pub(super) error: Option<Value>,
    /// Bytes of everything that the model wrote, thoughts included.
    pub(super) written: usize,
}

/// A call as the model wrote it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct RawCall {
    place: Option<u64>,
    id: String,
    pub(super) name: String,
    pub(super) arguments: String,
}

/// There is more than was asked for by far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Assembled {
    /// The most that an answer of so many tokens may hold, in bytes.
    pub(super) fn most_for(tokens: u32) -> usize {
        usize::try_from(tokens).unwrap_or(usize::MAX).saturating_mul(BYTES_OF_TOKEN).clamp(ALWAYS_FINE, LARGEST_ANSWER)
    }

    /// Takes in a piece, or a whole document; returns the words in it.
    ///
    /// # Errors
    /// When the answer has become longer than `most` bytes.
    pub(super) fn take(&mut self, piece: &Value, most: usize) -> Result<String, TooLong> {
        if let Some(error) = piece.get("error").filter(|error| !error.is_null()) {
            self.error = Some(error.clone());
        }
        if let Some(model) = piece["model"].as_str().filter(|name| !name.is_empty()) {
            self.model = Some(model.to_owned());
        }
        if let Some(counted) = counted(&piece["usage"]) {
            self.counted = Some(counted);
        }
        let Some(choice) = piece["choices"].get(0) else { return Ok(String::new()) };
        if let Some(reason) = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()) {
            self.finish = Some(reason.to_owned());
        }
        let message = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        let words = words(&message["content"]);
        let refusal = message["refusal"].as_str().unwrap_or_default();
        let thoughts =
            ["reasoning_content", "reasoning"].iter().filter_map(|field| message[*field].as_str()).map(str::len).max().unwrap_or(0);
        self.written += words.len() + refusal.len() + thoughts;
        self.text.push_str(&words);
        self.refusal.push_str(refusal);
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            self.take_call(call);
        }
        if self.written > most { Err(TooLong) } else { Ok(words) }
    }

    fn take_call(&mut self, piece: &Value) {
        let function = &piece["function"];
        let id = piece["id"].as_str().unwrap_or_default();
        let name = function["name"].as_str().unwrap_or_default();
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            // Some servers send them as they are.
            other => other.to_string(),
        };
        self.written += name.len() + arguments.len();
        let place = piece["index"].as_u64();
        let known = match place {
            Some(_) => self.calls.iter().rposition(|call| call.place == place),
            None => self.calls.len().checked_sub(1),
        };
        // Some servers number all calls 0, and some do not number them: another id, or a name where there is no number,
        // begins another call.
        let begins = |call: &RawCall| (!id.is_empty() && !call.id.is_empty() && call.id != id) || (place.is_none() && !name.is_empty());
        match known {
            Some(known) if !begins(&self.calls[known]) => {
                let call = &mut self.calls[known];
                call.name.push_str(name);
                call.arguments.push_str(&arguments);
            }
            _ => self.calls.push(RawCall { place, id: id.to_owned(), name: name.to_owned(), arguments }),
        }
    }

    /// Whether a word of an answer has come, thoughts included.
    pub(super) fn has_begun(&self) -> bool {
        self.written > 0
    }
}

/// Text, or the texts of a list of parts.
fn words(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn counted(usage: &Value) -> Option<(u64, u64)> {
    let number = |names: [&str; 2]| names.iter().find_map(|name| usage[*name].as_u64());
    Some((number(["prompt_tokens", "input_tokens"])?, number(["completion_tokens", "output_tokens"])?))
}

/// About how many tokens a text has: four bytes of English make one, and other scripts take more tokens for a character.
pub(super) fn estimate(text: &str) -> u64 {
    let (ascii, others) =
        text.chars().fold((0u64, 0u64), |(ascii, others), c| if c.is_ascii() { (ascii + 1, others) } else { (ascii, others + 1) });
    ascii.div_ceil(4) + others
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn assembled(pieces: &[Value]) -> Assembled {
        let mut assembled = Assembled::default();
        for piece in pieces {
            assembled.take(piece, LARGEST_ANSWER).unwrap();
        }
        assembled
    }

    fn calls(pieces: &[Value]) -> Vec<(String, String)> {
        let pieces: Vec<Value> = pieces.iter().map(|calls| json!({ "choices": [{ "delta": { "tool_calls": calls } }] })).collect();
        assembled(&pieces).calls.into_iter().map(|call| (call.name, call.arguments)).collect()
    }

    #[test]
    fn words_are_read_from_pieces_documents_and_parts() {
        let pieces = [
            json!({ "choices": [{ "delta": { "content": "Good " } }] }),
            json!({ "choices": [{ "delta": { "content": [{ "text": "day" }] } }] }),
        ];
        assert_eq!(assembled(&pieces).text, "Good day");
        let document = json!({ "model": "m", "choices": [{ "message": { "content": "whole" }, "finish_reason": "stop" }], "usage": { "prompt_tokens": 3, "completion_tokens": 1 } });
        let answer = assembled(&[document]);
        assert_eq!((answer.text.as_str(), answer.counted, answer.finish.as_deref()), ("whole", Some((3, 1)), Some("stop")));
        assert_eq!(assembled(&[json!({}), json!({ "choices": [] }), json!({ "choices": null, "usage": null })]).written, 0);
    }

    #[test]
    fn calls_are_put_together_however_they_are_numbered() {
        let piece =
            |place: u64, name: &str, arguments: &str| json!([{ "index": place, "function": { "name": name, "arguments": arguments } }]);
        let two = [("a".to_owned(), "{\"x\":1}".to_owned()), ("b".to_owned(), "{}".to_owned())];
        assert_eq!(calls(&[piece(0, "a", ""), piece(0, "", "{\"x\""), piece(0, "", ":1}"), piece(1, "b", "{}")]), two);
        // All of them numbered 0.
        let same =
            |id: &str, name: &str, arguments: &str| json!([{ "index": 0, "id": id, "function": { "name": name, "arguments": arguments } }]);
        assert_eq!(calls(&[same("i", "a", "{\"x\":1}"), same("j", "b", "{}")]), two);
        // Not numbered, and with arguments as they are.
        let bare = |name: &str, arguments: Value| json!([{ "function": { "name": name, "arguments": arguments } }]);
        assert_eq!(calls(&[bare("a", json!({ "x": 1 })), bare("b", json!("{}"))]), two);
    }

    #[test]
    fn an_answer_without_an_end_is_cut_off() {
        let piece = json!({ "choices": [{ "delta": { "content": "x".repeat(1000) } }] });
        let mut endless = Assembled::default();
        assert_eq!((0..1000).find(|_| endless.take(&piece, Assembled::most_for(100)).is_err()), Some(65));
        assert_eq!(Assembled::most_for(u32::MAX), LARGEST_ANSWER);
    }
}
