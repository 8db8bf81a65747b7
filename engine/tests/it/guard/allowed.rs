//! Places from data, held to what the step allows.

use super::World;
use sayflow_engine::footprint::{Verdict, footprint};
use serde_json::json;

const TEXT: &str = r##"
name: g
triggers: [{ type: webhook, path: x, auth: { type: token, credential: team } }]
inputs: { channel: { type: string } }
steps:
  - { id: chat, uses: slack.send_message, with: { channel: "${{ trigger.payload.channel }}", text: hi }, allow: { channel: { patterns: ["#team-*", "#all"], max: 2 } } }
  - { id: few, uses: telegram.send_message, with: { channel: "${{ inputs.channel }}", text: hi }, allow: { channel: { max: 1 } } }
  - { id: mail, uses: email.send, with: { to: ["boss@x.example", "${{ trigger.payload.to }}"], subject: s, text: t }, allow: { to: { patterns: ["*@example.com"] } } }
  - { id: post, uses: http.request, with: { method: POST, url: "${{ trigger.payload.url }}" }, allow: { url: { patterns: ["*.example.com"] } } }
  - { id: save, uses: file.write, with: { path: "out/${{ trigger.payload.name }}", content: 1 }, allow: { path: { patterns: ["out/*.csv"] } } }
"##;

#[test]
fn a_place_within_the_patterns_is_inside_and_any_other_is_asked_about() {
    let mut world = World::of(TEXT);
    for channel in ["#team-a", "#all", "#team-a"] {
        world.inside("chat", json!({ "channel": channel }));
    }
    assert_eq!(world.asks_about("chat", json!({ "channel": "#team-b" })), "#team-b", "the third one");
    assert_eq!(world.asks_about("chat", json!({ "channel": "#evil" })), "#evil");
    assert_eq!(world.asks_about("chat", json!({ "channel": "#team-x\n#evil" })), "#team-x\n#evil");
    world.inside("few", json!({ "channel": "#any" }));
    assert_eq!(world.asks_about("few", json!({ "channel": "#other" })), "#other");
}

#[test]
fn addresses_hosts_and_paths_are_held_to_their_patterns_one_by_one() {
    let mut world = World::of(TEXT);
    world.inside("mail", json!({ "to": ["boss@x.example", "ann@example.com"] }));
    for to in
        ["eve@evil.example", "ann@example.com.evil.example", "ann@example.com, eve@evil.example", "\"ann@example.com\" <eve@evil.example>"]
    {
        let asked = world.asks_about("mail", json!({ "to": ["boss@x.example", to] }));
        assert!(asked.ends_with("evil.example"), "{to}: {asked}");
    }
    world.inside("post", json!({ "url": "https://hooks.example.com/in" }));
    for url in [
        "https://evil.example/.example.com",
        "https://hooks.example.com@evil.example/",
        "http://hooks.example.com/",
        "https://hooks.example.com:8443/",
    ] {
        world.asks("post", json!({ "url": url }));
    }
    world.inside("save", json!({ "path": "out/a.csv" }));
    assert_eq!(world.asks_about("save", json!({ "path": "out/deep/a.csv" })), "out/deep/a.csv");
    assert!(matches!(world.judge("save", json!({ "path": "out/../a.csv" })), Verdict::Impossible(_)));
}

#[test]
fn the_person_sees_the_patterns_and_the_number() {
    let shown: Vec<String> = footprint(&super::workflow(TEXT), &super::catalogue()).iter().map(|line| line.in_words()).collect();
    let said = "write to places that come from data (trigger.payload.channel, within #team-*, #all, at most 2) (slack)";
    assert!(shown.iter().any(|line| line == said), "{shown:#?}");
}
