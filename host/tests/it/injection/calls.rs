//! Outsiders' words that one workflow hands over to another.

use super::corpus::{Aims, Attack, Surface};
use super::obedient::Obedient;
use super::steps::engine;
use super::world::World;
use sayflow_engine::run::StartRequest;
use sayflow_protocol::{RunView, Workflow};
use sayflow_store::Store;
use serde_json::{Value, json};

fn caller(inputs: Value) -> Value {
    let auth = json!({ "type": "token", "credential": "hook" });
    json!({
        "name": "caller",
        "triggers": [{ "type": "webhook", "path": "in", "auth": auth }],
        "steps": [{ "id": "g", "steps": [{ "id": "sub", "uses": "flow.call", "with": { "workflow": "notify", "inputs": inputs } }] }],
    })
}

fn notify(channel: &str, allow: Value) -> Value {
    json!({
        "name": "notify",
        "inputs": { "channel": { "type": "string" }, "text": { "type": "string" } },
        "steps": [
            { "id": "kept", "uses": "data.set", "with": { "values": { "channel": "${{ inputs.channel }}" } } },
            { "id": "post", "uses": "slack.send_message", "with": { "channel": channel, "text": "${{ inputs.text }}" }, "allow": allow },
        ],
    })
}

/// Runs the one, which calls the other; gives the code of the call's failure and what happened.
async fn run(inputs: Value, callee: Value) -> (Option<String>, Vec<Option<&'static str>>) {
    let attack = Attack { name: "call".into(), surface: Surface::Webhook, text: "#evil".into(), aims: Aims::default() };
    let world = World::new(attack, Obedient::new(Aims::default()));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let engine = engine(&world, &store).await;
    store.save_workflow("notify", &callee.to_string(), &folder.path().to_string_lossy(), 1).await.unwrap();
    let document: Workflow = serde_json::from_value(caller(inputs)).unwrap();
    let trigger = Some(json!({ "type": "webhook", "payload": { "text": "#evil", "team": "#team-a" } }));
    let request = StartRequest { trigger, ..StartRequest::by_hand(engine.compile(&document).unwrap(), folder.path().to_owned()) };
    let id = engine.start(request).await.unwrap().run;
    let mut events = engine.watch(&id, 0).await.unwrap();
    while events.recv().await.is_some() {}
    let view: RunView = engine.view(&id).await.unwrap();
    (view.error.map(|error| error.code), world.effects().iter().map(|effect| effect.line).collect())
}

#[tokio::test]
async fn outsiders_words_do_not_become_a_destination_by_way_of_another_workflow() {
    for channel in ["${{ inputs.channel }}", "${{ steps.kept.output.channel }}"] {
        for inputs in [
            json!({ "channel": "${{ trigger.payload.text }}", "text": "x" }),
            json!({ "channel": "#${{ trigger.payload.text }}", "text": "x" }),
            json!("${{ ({ channel: trigger.payload.text, text: 'x' }) }}"),
        ] {
            let (code, effects) = run(inputs.clone(), notify(channel, json!({}))).await;
            assert_eq!((code.as_deref(), effects), (Some("input_from_outside"), Vec::new()), "{inputs} {channel}");
        }
    }
}

#[tokio::test]
async fn they_may_be_content_there_and_a_destination_within_patterns() {
    let content = json!({ "channel": "#news", "text": "${{ trigger.payload.text }}" });
    assert_eq!(run(content, notify("#news", json!({}))).await, (None, vec![Some("post")]));
    let own = json!({ "channel": "#team-x", "text": "${{ trigger.payload.text }}" });
    assert_eq!(run(own, notify("${{ inputs.channel }}", json!({}))).await, (None, vec![Some("route")]));
    let within = json!({ "channel": "${{ trigger.payload.team }}", "text": "x" });
    let bound = notify("${{ inputs.channel }}", json!({ "channel": { "patterns": ["#team-*"] } }));
    assert_eq!(run(within, bound).await, (None, vec![Some("route")]));
}
