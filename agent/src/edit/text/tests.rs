//! What operations do to a text, comments and layout included.

use super::*;
use insta::assert_snapshot;
use serde_json::{Value, json};

const TEXT: &str = r##"# Posts the news.
# Owner: Ann.
name: news # keep the name
triggers:
  # Before the stand-up.
  - type: schedule
    cron: "0 9 * * 1-5"   # nine sharp

steps:
  # Where it comes from.
  - id: feed
    uses: feed.read
    with: { url: "https://news.example/feed.xml" }   # the public one

  # Only what is about Rust.
  - id: keep
    uses: data.filter
    with:
      # A list.
      items: ${{ steps.feed.output.entries }}
      where: ${{ item.title.includes('Rust') }} # case counts

  - id: post
    uses: slack.send_message
    for_each: ${{ steps.keep.output.items }}
    with:
      channel: "#news"
      # The text of the post.
      text: |
        # ${{ item.title }}

        ${{ item.link }}
    # Slack is slow at times.
    retry: { max_attempts: 3 }
# The end.
"##;

fn edited(operations: Value) -> String {
    let document = Document::parse(TEXT, Format::Yaml).unwrap();
    let operations: Vec<Operation> = serde_json::from_value(operations).unwrap();
    let text = apply_to_text(&document, &operations).unwrap();
    let read: Workflow = serde_json::from_value(Document::parse(&text, Format::Yaml).unwrap().value).unwrap();
    let wanted = crate::edit::apply(&serde_json::from_value(document.value).unwrap(), &operations).unwrap();
    assert_eq!(read, wanted, "{text}");
    text
}

#[test]
fn set_values_change_their_line_only() {
    let text = edited(json!([
        { "op": "set", "step": "post", "pointer": "/with/channel", "value": "#sales" },
        { "op": "set", "step": "feed", "pointer": "/with/url", "value": "https://other.example/feed.xml" },
        { "op": "set", "step": "post", "pointer": "/retry/max_attempts", "value": 5 },
        { "op": "set", "pointer": "/triggers/0/cron", "value": "0 8 * * *" },
    ]));
    let changed = TEXT
        .replace("\"#news\"", "\"#sales\"")
        .replace("news.example", "other.example")
        .replace("max_attempts: 3", "max_attempts: 5")
        .replace("\"0 9 * * 1-5\"", "0 8 * * *");
    assert_eq!(text, changed);
}

#[test]
fn new_keys_come_where_they_belong() {
    assert_snapshot!(edited(json!([
        { "op": "set", "step": "feed", "pointer": "/timeout", "value": "30s" },
        { "op": "set", "step": "keep", "pointer": "/if", "value": "${{ steps.feed.output.entries.length > 0 }}" },
        { "op": "set", "step": "keep", "pointer": "/with/note", "value": "x" },
        { "op": "set", "pointer": "/description", "value": "Posts: the news." },
        { "op": "set", "pointer": "/triggers/-", "value": { "type": "manual" } },
        { "op": "set", "step": "post", "pointer": "/with/text", "value": "${{ item.title }}" },
    ])));
}

#[test]
fn steps_come_and_go_with_their_comments() {
    assert_snapshot!(edited(json!([
        { "op": "remove", "step": "feed" },
        { "op": "set", "step": "keep", "pointer": "/with/items", "value": [1, 2] },
        { "op": "add", "step": { "id": "log", "uses": "file.write", "with": { "path": "log.txt", "content": "${{ steps.keep.output }}" } }, "after": "keep" },
        { "op": "add", "step": { "id": "tell", "uses": "slack.send_message", "with": { "channel": "#ops", "text": "x" } }, "within": "on_failure" },
        { "op": "unset", "step": "post", "pointer": "/retry" },
        { "op": "move", "step": "post" },
    ])));
}

#[test]
fn a_new_id_leaves_everything_else_as_it_is() {
    let text = edited(json!([{ "op": "rename", "step": "keep", "to": "matching" }]));
    let changed = TEXT.replace("id: keep", "id: matching").replace("steps.keep", "steps.matching");
    assert_eq!(text, changed);
}

#[test]
fn no_operation_leaves_the_text_alone() {
    assert_eq!(edited(json!([])), TEXT);
}

#[test]
fn a_text_that_cannot_be_changed_in_parts_is_written_anew_below_its_head() {
    let text = "# Head.\nname: x\nbase: &u { path: a }\nsteps: []\n".replace(
        "base: &u { path: a }\nsteps: []",
        "steps:\n  - &a { id: a, uses: data.set, with: &w { count: 1 } }\n  - { id: b, uses: data.set, with: *w }",
    );
    let document = Document::parse(&text, Format::Yaml).unwrap();
    let operations: Vec<Operation> = serde_json::from_value(json!([{ "op": "remove", "step": "a" }])).unwrap();
    let text = apply_to_text(&document, &operations).unwrap();
    assert_eq!(text, "# Head.\nname: x\nsteps:\n  - id: b\n    uses: data.set\n    with:\n      count: 1\n");
}

#[test]
fn json_and_toml_keep_their_format() {
    let operations: Vec<Operation> =
        serde_json::from_value(json!([{ "op": "set", "step": "a", "pointer": "/with/n", "value": 2 }])).unwrap();
    for (format, text) in [
        (Format::Json, "{\"name\": \"x\", \"steps\": [{\"id\": \"a\", \"uses\": \"data.set\", \"with\": {\"n\": 1}}]}"),
        (Format::Toml, "name = \"x\"\n[[steps]]\nid = \"a\"\nuses = \"data.set\"\nwith = { n = 1 }\n"),
    ] {
        let text = apply_to_text(&Document::parse(text, format).unwrap(), &operations).unwrap();
        assert_eq!(Document::parse(&text, format).unwrap().value["steps"][0]["with"]["n"], 2, "{text}");
    }
}

#[test]
fn a_document_that_is_no_workflow_is_refused() {
    let document = Document::parse("name: x\n", Format::Yaml).unwrap();
    assert!(apply_to_text(&document, &[]).is_err());
}

#[test]
fn values_of_every_spelling_are_changed_in_their_place() {
    let text = "name: x\nsteps:\n  - id: a\n    uses: data.set\n    with:\n      one: 'it''s' # 1\n      two: \"a \\\" # b\" # 2\n      \
                three: |\n        block\n      # 4\n      four: [ 'a # b', \"]\" ] # 4\n      five:\n        plain # 5\n      six: {} # 6\n      seven: # 7\n      eight: ~ # 8\n";
    let document = Document::parse(text, Format::Yaml).unwrap();
    let operations: Vec<Operation> = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
        .iter()
        .map(|name| Operation::Set { step: Some("a".into()), pointer: format!("/with/{name}"), value: json!(format!("new {name}")) })
        .collect();
    assert_snapshot!(apply_to_text(&document, &operations).unwrap());
}

#[test]
fn items_without_an_id_keep_their_own_comments() {
    let text =
        "name: x\ntriggers:\n  - type: schedule\n    cron: 0 9 * * * # nine\n  - type: schedule\n    cron: 0 17 * * * # five\nsteps: []\n";
    let document = Document::parse(text, Format::Yaml).unwrap();
    let unset = [Operation::Unset { step: None, pointer: "/triggers/0".into() }];
    let left = "name: x\ntriggers:\n  - type: schedule\n    cron: 0 17 * * * # five\nsteps: []\n";
    assert_eq!(apply_to_text(&document, &unset).unwrap(), left);
}
