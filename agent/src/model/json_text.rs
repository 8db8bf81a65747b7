//! The JSON in what a model wrote: without thoughts, fences and the sentences around it.

use serde_json::{Deserializer, Value};

/// How many places are tried at which a document may begin.
const PLACES: usize = 64;

/// Marks of thoughts that some models put before their answer.
const THOUGHTS: &[&str] = &["think", "thinking", "thought", "reasoning"];

/// A text without the thoughts before it.
pub(super) fn without_thoughts(text: &str) -> &str {
    let mut rest = text.trim();
    for mark in THOUGHTS {
        // Templates of chats often hold the opening mark themselves, so that only the closing one is written.
        if let Some((_, behind)) = rest.split_once(&format!("</{mark}>")) {
            rest = behind.trim();
        } else if rest.starts_with(&format!("<{mark}>")) {
            // Thoughts without an end are no answer.
            return "";
        }
    }
    rest
}

/// The documents that a text may mean, the likeliest first.
pub(super) fn candidates(text: &str) -> Vec<Value> {
    let text = without_thoughts(text);
    if let Ok(whole) = serde_json::from_str(text) {
        return vec![whole];
    }
    let plain = without_trailing_commas(text);
    if plain != text {
        return candidates(&plain);
    }
    let mut found: Vec<Value> = fenced(text).filter_map(|inside| serde_json::from_str(inside).ok()).collect();
    let mut at = 0;
    let mut embedded: Vec<(usize, Value)> = Vec::new();
    for _ in 0..PLACES {
        let Some(begin) = text[at..].find(['{', '[']).map(|begin| at + begin) else { break };
        let mut documents = Deserializer::from_str(&text[begin..]).into_iter::<Value>();
        at = match documents.next() {
            Some(Ok(document)) => {
                let length = documents.byte_offset();
                embedded.push((length, document));
                begin + length.max(1)
            }
            _ => begin + 1,
        };
    }
    // The longest is the answer; short ones stand in the sentences around it.
    embedded.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found.extend(embedded.into_iter().map(|(_, document)| document));
    found
}

/// A text without commas in front of closing brackets, as JavaScript allows them and JSON does not.
fn without_trailing_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            '\\' if quoted => {
                out.push(letter);
                out.extend(letters.next().map(|(_, escaped)| escaped));
                continue;
            }
            ',' if !quoted && text[at + 1..].trim_start().starts_with(['}', ']']) => continue,
            _ => {}
        }
        out.push(letter);
    }
    out
}

/// What stands between fences of three backticks.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").skip(1).step_by(2).map(|block| {
        let word_ends = block.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(0);
        block[word_ends..].trim()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_found_in_whatever_is_around_it() {
        for text in [
            "{\"a\": [1]}",
            "{\"a\": [1,],}",
            "```json\n{\"a\": [1]}\n```",
            "Here you are:\n\n```\n{\"a\": [1]}\n```\nTell me if [1] is wrong.",
            "Sure {x}. The document is {\"a\": [1]} as asked for.",
            "<think>maybe {\"a\": 2}?</think>\n{\"a\": [1]}",
            "no opening mark {\"b\": 1}</think>{\"a\": [1]}",
        ] {
            assert_eq!(candidates(text).first(), Some(&json!({ "a": [1] })), "{text}");
        }
        assert_eq!(candidates("\"only words\""), [json!("only words")]);
        for none in ["", "I cannot do that.", "{\"a\": [1", "<think>{\"a\": 1}", "{{{{[[[["] {
            assert!(candidates(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn only_thoughts_are_taken_out() {
        assert_eq!(without_thoughts("<think>hm</think> Yes."), "Yes.");
        assert_eq!(without_thoughts(" 1 < 2 and <b>bold</b> "), "1 < 2 and <b>bold</b>");
    }
}
