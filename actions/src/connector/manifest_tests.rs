//! Manifests: those that are embedded, and broken ones.

use super::{EMBEDDED, parse};
use serde_json::Value;

#[test]
fn every_manifest_of_the_folder_is_embedded_and_valid() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors");
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let embedded: Vec<String> = EMBEDDED.iter().map(|(name, _)| format!("{name}.yaml")).collect();
    assert_eq!(files, embedded);
    for (file, text) in EMBEDDED {
        parse(file, text).unwrap();
    }
}

#[test]
fn the_examples_of_manifests_fit_their_output_schemas() {
    for (file, text) in EMBEDDED {
        for operation in parse(file, text).unwrap().operations {
            for (name, schema) in operation.output.schema["properties"].as_object().unwrap() {
                let fits = match schema["type"].as_str() {
                    Some("string") => operation.example[name].is_string(),
                    Some("integer") => operation.example[name].is_i64(),
                    Some("boolean") => operation.example[name].is_boolean(),
                    _ => operation.example[name] != Value::Null,
                };
                assert!(fits, "{}: example of {name}", operation.id);
            }
        }
    }
}

#[test]
fn a_broken_manifest_is_refused_with_its_place() {
    let slack = EMBEDDED.iter().find(|(name, _)| *name == "slack").unwrap().1;
    let cases = [
        ("service: slack", "service: slck", "service"),
        ("base_url_field: base_url", "base_url_field: url", "base_url_field"),
        ("kind: bearer, field: token", "kind: bearer, field: base_url", "auth.field"),
        ("id: slack.send_message", "id: send_message", "operations.send_message.id"),
        ("method: POST", "method: SEND", "operations.slack.send_message.method"),
        ("path: /chat.postMessage", "path: /bot{token}/x", "operations.slack.send_message.path"),
        ("path: /chat.postMessage", "path: chat", "operations.slack.send_message.path"),
        ("body: [channel, text,", "body: [chanel, text,", "operations.slack.send_message.body"),
        ("body: [channel, text,", "body: [channel,", "operations.slack.send_message.params"),
        ("param: channel", "param: room", "operations.slack.send_message.destinations"),
        ("ts: body.ts", "time: body.ts", "operations.slack.send_message.output.map"),
        ("additionalProperties: false", "additionalProperties: true", "operations.slack.send_message.params.additionalProperties"),
        ("effect: write", "effect: wrote", "document"),
        ("idempotent: false", "idempotnt: false", "document"),
        ("idempotent: false", "idempotent: false\n    idempotency: { header: \"two words\" }", "operations.slack.send_message.idempotency"),
        ("idempotent: false", "idempotent: false\n    idempotency: { field: channel }", "operations.slack.send_message.idempotency"),
        ("idempotent: false", "idempotent: false\n    idempotency: { query: key }", "document"),
        ("effect: write", "effect: read\n    idempotency: { header: idempotency-key }", "operations.slack.send_message.idempotency"),
    ];
    for (from, to, place) in cases {
        assert!(slack.contains(from), "{from}");
        let error = parse("slack", &slack.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.place, place, "{from} -> {to}: {error}");
    }
}
