//! Replies as they go over the wire: one JSON document, or pieces as server-sent events.

use super::reply::{Content, Counted, Reply};
use super::seen::Seen;
use serde_json::{Value, json};

/// Input and output tokens that a reply says it took.
fn usage(reply: &Reply, seen: &Seen) -> Option<Value> {
    let tokens = |characters: usize| u64::try_from(characters.div_ceil(4)).unwrap_or(u64::MAX);
    let (input, output) = match (reply.usage, &reply.content) {
        (Counted::NotAtAll, _) => return None,
        (Counted::As(input, output), _) => (input, output),
        (Counted::Honestly, content) => {
            let said = match content {
                Content::Text(text) | Content::Refusal(text) => text.len(),
                Content::Calls(calls) => calls.iter().map(|(name, arguments)| name.len() + arguments.len()).sum(),
                _ => 0,
            };
            (tokens(seen.prompt().len()), tokens(said))
        }
    };
    Some(json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input.saturating_add(output) }))
}

fn finish(reply: &Reply) -> &str {
    match (&reply.finish, &reply.content) {
        (Some(reason), _) => reason,
        (None, Content::Calls(_)) => "tool_calls",
        (None, _) => "stop",
    }
}

fn call(place: usize, name: &str, arguments: &str) -> Value {
    json!({ "index": place, "id": format!("call_{place}"), "type": "function", "function": { "name": name, "arguments": arguments } })
}

/// The reply as one document.
pub(super) fn document(reply: &Reply, seen: &Seen) -> Value {
    let mut message = json!({ "role": "assistant", "content": null });
    match &reply.content {
        Content::Text(text) => message["content"] = json!(text),
        Content::Calls(calls) => {
            message["tool_calls"] = calls.iter().enumerate().map(|(place, (name, arguments))| call(place, name, arguments)).collect();
        }
        Content::Refusal(text) => message["refusal"] = json!(text),
        Content::Raw(..) | Content::Endless | Content::Silence | Content::HangUp => {}
    }
    if let Some(reasoning) = &reply.reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    let mut document = json!({
        "id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": seen.model(),
        "choices": [{ "index": 0, "message": message, "finish_reason": finish(reply) }],
    });
    if let Some(usage) = usage(reply, seen) {
        document["usage"] = usage;
    }
    document
}

/// One piece of a stream.
pub(super) fn piece(seen: &Seen, delta: &Value, finish: Option<&str>) -> String {
    let choices = json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
    event(&chunk(seen, choices))
}

fn chunk(seen: &Seen, choices: Value) -> Value {
    json!({ "id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0, "model": seen.model(), "choices": choices })
}

fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// The pieces of a stream that have something in them.
pub(super) fn pieces(reply: &Reply, seen: &Seen) -> Vec<String> {
    let mut pieces = Vec::new();
    for part in parts(reply.reasoning.as_deref().unwrap_or_default(), reply.piece) {
        pieces.push(piece(seen, &json!({ "reasoning_content": part }), None));
    }
    match &reply.content {
        Content::Text(text) => pieces.extend(parts(text, reply.piece).map(|part| piece(seen, &json!({ "content": part }), None))),
        Content::Refusal(text) => pieces.extend(parts(text, reply.piece).map(|part| piece(seen, &json!({ "refusal": part }), None))),
        Content::Calls(calls) => {
            for (place, (name, arguments)) in calls.iter().enumerate() {
                pieces.push(piece(seen, &json!({ "tool_calls": [call(place, name, "")] }), None));
                for part in parts(arguments, reply.piece) {
                    let more = json!({ "tool_calls": [{ "index": place, "function": { "arguments": part } }] });
                    pieces.push(piece(seen, &more, None));
                }
            }
        }
        Content::Raw(..) | Content::Endless | Content::Silence | Content::HangUp => {}
    }
    pieces
}

/// What ends a stream.
pub(super) fn ending(reply: &Reply, seen: &Seen) -> String {
    let mut end = piece(seen, &json!({}), Some(finish(reply)));
    let wanted = seen.body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
    if let Some(usage) = usage(reply, seen).filter(|_| wanted) {
        let mut last = chunk(seen, json!([]));
        last["usage"] = usage;
        end.push_str(&event(&last));
    }
    end.push_str("data: [DONE]\n\n");
    end
}

fn parts(text: &str, size: usize) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    let parts: Vec<String> = characters.chunks(size.max(1)).map(|part| part.iter().collect()).collect();
    parts.into_iter()
}
