//! Keeps a dry run's report small: it is stored with the draft and shown again and again, while the data that it read
//! may be large.

use sayflow_protocol::api::DryRunReport;
use serde_json::{Map, Value, json};

/// Values up to this size, in bytes of JSON, stay whole.
const WHOLE: usize = 64 * 1024;

/// Of larger ones, so many entries of each list and object and so many characters of each text stay.
const ENTRIES: usize = 20;
const CHARACTERS: usize = 500;

/// How deep a shortened value goes.
const DEPTH: usize = 8;

/// Shortens the outputs and payloads that are too large.
pub(super) fn report(mut report: DryRunReport) -> DryRunReport {
    for step in &mut report.run.steps {
        step.output = step.output.take().map(value);
    }
    report.run.outputs = report.run.outputs.take().map(value);
    for effect in report.suppressed.iter_mut().chain(&mut report.files) {
        effect.payload = value(std::mem::take(&mut effect.payload));
    }
    report
}

/// The value, or `{"shortened": its size in bytes, "head": its beginning}`.
fn value(value: Value) -> Value {
    match size(&value) {
        bytes if bytes > WHOLE => json!({ "shortened": bytes, "head": head(&value, DEPTH) }),
        _ => value,
    }
}

fn size(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

fn head(value: &Value, depth: usize) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) if depth == 0 => Value::Null,
        Value::Array(items) => items.iter().take(ENTRIES).map(|item| head(item, depth - 1)).collect(),
        Value::Object(members) => {
            let kept: Map<String, Value> =
                members.iter().take(ENTRIES).map(|(name, member)| (name.clone(), head(member, depth - 1))).collect();
            Value::Object(kept)
        }
        Value::String(text) => match text.char_indices().nth(CHARACTERS) {
            Some((end, _)) => Value::String(format!("{}…", &text[..end])),
            None => value.clone(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_stay_whole_and_large_ones_keep_their_beginning() {
        let small = json!({ "rows": [1, 2, 3] });
        assert_eq!(value(small.clone()), small);
        let rows: Vec<Value> = (0..50_000).map(|id| json!({ "id": id, "text": "é".repeat(10) })).collect();
        let large = json!({ "content": rows });
        let short = value(large.clone());
        assert_eq!(short["shortened"], json!(large.to_string().len()));
        assert_eq!(short["head"]["content"].as_array().unwrap().len(), ENTRIES);
        assert_eq!(short["head"]["content"][7], large["content"][7]);
        assert!(short.to_string().len() < 4096);
        let text = value(json!("é".repeat(100_000)));
        assert_eq!(text["head"].as_str().unwrap().chars().count(), CHARACTERS + 1);
    }

    #[test]
    fn a_deep_value_ends_somewhere() {
        let mut deep = json!("x".repeat(WHOLE));
        for _ in 0..60 {
            deep = json!([deep]);
        }
        assert!(value(deep).to_string().len() < 200);
    }
}
