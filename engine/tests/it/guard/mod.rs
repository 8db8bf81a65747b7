//! The guard over real documents: what an attempt with filled-in parameters may do.

mod allowed;
mod hosts;

use crate::check::catalogue::catalogue;
use sayflow_engine::document::{Document, Format};
use sayflow_engine::footprint::{SeenPlaces, Verdict, footprint};
use sayflow_engine::plan::{ActionCall, BlockId, Plan, Work};
use sayflow_protocol::{Destination, DestinationKind, Effect, FootprintEntry, InstanceKey, Workflow};
use serde_json::{Map, Value, json};

/// A plan, and what a run of it has seen and been permitted.
struct World {
    plan: Plan,
    seen: SeenPlaces,
    widened: Vec<FootprintEntry>,
}

impl World {
    fn of(text: &str) -> Self {
        let workflow = workflow(text);
        Self { plan: Plan::build(&workflow, &catalogue()).unwrap(), seen: SeenPlaces::default(), widened: Vec::new() }
    }

    /// The action of an instance.
    fn call(&self, key: &InstanceKey) -> &ActionCall {
        let mut block = BlockId::of_root(key.block);
        for segment in &key.path {
            let steps = self.plan.block(block);
            match &steps.steps[steps.index[&segment.step]].work {
                Work::Action(call) => return call,
                Work::Group(inner) => block = *inner,
            }
        }
        panic!("{key} is a group")
    }

    /// Judges an attempt: the parameters of the document, with these in their place.
    fn judge(&mut self, key: &str, params: Value) -> Verdict {
        let key: InstanceKey = key.parse().unwrap();
        let call = self.call(&key);
        let written = call.with.iter().filter_map(|(name, param)| Some((name.clone(), param.template().constant()?.clone())));
        let mut resolved: Map<String, Value> = written.collect();
        resolved.extend(params.as_object().cloned().unwrap());
        let (spec, effect) = (call.action.spec().clone(), call.effect);
        self.plan.guard.check(&key, &spec, effect, &resolved, &self.widened, &mut self.seen)
    }

    fn inside(&mut self, key: &str, params: Value) {
        let verdict = self.judge(key, params.clone());
        assert_eq!(verdict, Verdict::Inside, "{key} {params}");
    }

    /// The place that is asked about.
    fn asks(&mut self, key: &str, params: Value) -> FootprintEntry {
        match self.judge(key, params.clone()) {
            Verdict::Outside(entry) => entry,
            other => panic!("{key} {params}: {other:?}"),
        }
    }

    fn asks_about(&mut self, key: &str, params: Value) -> String {
        match self.asks(key, params).destination {
            Destination::Fixed(name) => name,
            other @ Destination::Dynamic { .. } => panic!("{other:?}"),
        }
    }
}

fn workflow(text: &str) -> Workflow {
    serde_json::from_value(Document::parse(text, Format::Yaml).unwrap().value).unwrap()
}

#[test]
fn what_the_document_says_is_inside() {
    let mut world = World::of(
        r##"
name: g
steps:
  - { id: get, uses: http.request, with: { url: "https://api.example/one" } }
  - { id: put, uses: http.request, with: { method: POST, url: "https://hooks.example/x" } }
  - { id: save, uses: file.write, with: { path: "./out//a.csv", content: 1 } }
  - { id: mail, uses: email.send, with: { to: "Ann <ann@x.example>, bob@x.example", subject: s, text: t } }
  - { id: other, uses: flow.call, with: { workflow: nightly } }
  - { id: ask, uses: flow.approve, with: { message: go? } }
on_failure:
  - { id: tell, uses: slack.send_message, with: { channel: "#ops", text: "${{ error.message }}" } }
"##,
    );
    for key in ["get", "put", "save", "mail", "other", "ask", "on_failure/tell"] {
        world.inside(key, json!({}));
    }
    world.inside("get", json!({ "url": "https://API.example:443/two?x=1" }));
    world.inside("mail", json!({ "to": ["bob@x.example", "\"Ann\" <ann@x.example>"] }));
    assert_eq!(world.asks_about("other", json!({ "workflow": "another" })), "another");
}

#[test]
fn a_value_that_the_document_does_not_say_is_outside() {
    let mut world = World::of(
        r##"
name: g
steps:
  - { id: get, uses: http.request, with: { url: "https://api.example/one" } }
  - { id: post, uses: slack.send_message, with: { channel: "#news", text: hi } }
  - { id: mail, uses: email.send, with: { to: ann@x.example, subject: s, text: t } }
"##,
    );
    assert_eq!(world.asks_about("get", json!({ "url": "https://api.example.evil.example/" })), "api.example.evil.example:443");
    assert_eq!(world.asks_about("get", json!({ "url": "http://api.example/" })), "api.example:80");
    assert_eq!(world.asks_about("get", json!({ "url": "https://api.example@evil.example/" })), "evil.example:443");
    assert_eq!(world.asks_about("post", json!({ "channel": "#News" })), "#News");
    assert_eq!(world.asks_about("post", json!({ "channel": 7 })), "7");
    assert_eq!(world.asks_about("mail", json!({ "to": "ann@x.example; Eve <eve@evil.example>" })), "eve@evil.example");
    assert_eq!(world.asks_about("mail", json!({ "to": ["ann@x.example", "eve@evil.example"] })), "eve@evil.example");
    assert_eq!(world.asks_about("mail", json!({ "to": "${{ not an expression }}" })), "${{ not an expression }}");
}

#[test]
fn a_place_that_is_read_may_not_be_written_nor_the_other_way_round() {
    let mut world = World::of(
        r##"
name: g
steps:
  - { id: get, uses: http.request, with: { url: "https://read.example/" } }
  - { id: put, uses: http.request, with: { method: POST, url: "https://written.example/" } }
  - { id: load, uses: file.read, with: { path: in.csv } }
  - { id: save, uses: file.write, with: { path: out.csv, content: 1 } }
"##,
    );
    let entry = world.asks("put", json!({ "url": "https://read.example/" }));
    assert_eq!((entry.effect, entry.kind, entry.steps), (Effect::Write, DestinationKind::Host, vec!["put".to_owned()]));
    assert_eq!(world.asks("get", json!({ "url": "https://written.example/" })).effect, Effect::Read);
    assert_eq!(world.asks_about("save", json!({ "path": "in.csv" })), "in.csv");
    assert_eq!(world.asks_about("load", json!({ "path": "out.csv" })), "out.csv");
}

#[test]
fn a_fixed_place_is_open_to_all_steps_of_its_service_and_to_no_other_service() {
    let mut world = World::of(
        r##"
name: g
steps:
  - { id: a, uses: slack.send_message, with: { channel: "#a", text: hi } }
  - { id: b, uses: slack.send_message, with: { channel: "#b", text: hi } }
  - { id: c, uses: telegram.send_message, with: { channel: "#c", text: hi } }
"##,
    );
    world.inside("b", json!({ "channel": "#a" }));
    assert_eq!(world.asks("c", json!({ "channel": "#a" })).service.as_deref(), Some("telegram"));
}

#[test]
fn a_place_from_data_is_open_to_the_step_it_was_approved_for() {
    let mut world = World::of(
        r##"
name: g
inputs: { channel: { type: string }, name: { type: string } }
steps:
  - { id: any, uses: slack.send_message, with: { channel: "${{ inputs.channel }}", text: hi } }
  - { id: fixed, uses: slack.send_message, with: { channel: "#a", text: hi } }
  - { id: under, uses: file.write, with: { path: "out/${{ inputs.name }}.txt", content: 1 } }
  - { id: odd, uses: file.write, with: { path: "out[1]/${{ inputs.name }}.txt", content: 1 } }
  - { id: file, uses: file.read, with: { path: "${{ inputs.name }}" } }
on_failure:
  - { id: any, uses: slack.send_message, with: { channel: "#ops", text: hi } }
"##,
    );
    world.inside("any", json!({ "channel": "#whatever" }));
    assert_eq!(world.asks_about("fixed", json!({ "channel": "#whatever" })), "#whatever");
    assert_eq!(world.asks_about("on_failure/any", json!({ "channel": "#whatever" })), "#whatever");
    world.inside("under", json!({ "path": "out/a.txt" }));
    world.inside("under", json!({ "path": "out/deep/er/a.txt" }));
    assert_eq!(world.asks_about("under", json!({ "path": "outside/a.txt" })), "outside/a.txt");
    world.inside("odd", json!({ "path": "out[1]/a.txt" }));
    assert_eq!(world.asks_about("odd", json!({ "path": "out1/a.txt" })), "out1/a.txt");
    world.inside("file", json!({ "path": "any/where.csv" }));
}

#[test]
fn files_outside_the_folder_are_out_of_reach_whatever_was_approved() {
    let mut world = World::of(
        r##"
name: g
inputs: { name: { type: string } }
steps:
  - { id: under, uses: file.write, with: { path: "out/${{ inputs.name }}.txt", content: 1 } }
  - { id: file, uses: file.read, with: { path: "${{ inputs.name }}" } }
"##,
    );
    for (key, path) in [("under", "out/../../x.txt"), ("under", "/etc/x.txt"), ("file", "../x"), ("file", "/etc/passwd"), ("file", "a/..")]
    {
        let verdict = world.judge(key, json!({ "path": path }));
        assert!(matches!(&verdict, Verdict::Impossible(why) if why.code == "path_outside"), "{path}: {verdict:?}");
    }
}

#[test]
fn loops_and_groups_are_held_to_what_their_step_says() {
    let mut world = World::of(
        r##"
name: g
inputs: { list: { type: array } }
steps:
  - id: each
    for_each: ["#a", "#b"]
    steps:
      - { id: post, uses: slack.send_message, with: { channel: "${{ item }}", text: hi } }
      - id: inner
        for_each: ${{ inputs.list }}
        repeat: { until: "${{ output.ts }}", max: 2 }
        uses: telegram.send_message
        with: { channel: "${{ item }}", text: hi }
"##,
    );
    world.inside("each[0]/post", json!({ "channel": "#a" }));
    world.inside("each[1]/post", json!({ "channel": "#b" }));
    assert_eq!(world.asks_about("each[1]/post", json!({ "channel": "#c" })), "#c");
    world.inside("each[1]/inner[7]@2", json!({ "channel": "@anybody" }));
    let entry = world.asks("each[0]/post", json!({ "channel": "#d" }));
    assert_eq!(entry.steps, ["each/post"]);
}

#[test]
fn what_was_approved_in_the_run_is_inside_from_then_on_for_that_effect() {
    let mut world = World::of(
        r##"
name: g
steps:
  - { id: mail, uses: email.send, with: { to: ann@x.example, subject: s, text: t } }
  - { id: get, uses: http.request, with: { url: "https://api.example/" } }
  - { id: put, uses: http.request, with: { method: POST, url: "https://hooks.example/" } }
"##,
    );
    let to = json!({ "to": ["ann@x.example", "bob@x.example", "cy@x.example"] });
    for next in ["bob@x.example", "cy@x.example"] {
        let entry = world.asks("mail", to.clone());
        assert_eq!(entry.destination, Destination::Fixed(next.into()), "places are asked about one after the other");
        world.widened.push(entry);
    }
    world.inside("mail", to);
    let entry = world.asks("get", json!({ "url": "https://new.example/a" }));
    world.widened.push(entry);
    world.inside("get", json!({ "url": "https://new.example/b" }));
    assert_eq!(world.asks_about("put", json!({ "url": "https://new.example/b" })), "new.example:443");
}

#[test]
fn a_parameter_that_is_left_out_goes_where_its_default_says() {
    let mut world = World::of(
        "name: g\nsteps:\n  - { id: some, uses: file.list, with: { path: in } }\n  - { id: all, uses: file.list, with: { path: '${{ run.id }}' } }\n",
    );
    world.inside("some", json!({}));
    world.inside("all", json!({}));
    // As the engine fills in an expression that gives nothing.
    let key: InstanceKey = "some".parse().unwrap();
    let spec = world.call(&key).action.spec().clone();
    let verdict = world.plan.guard.check(&key, &spec, Effect::Read, &Map::new(), &[], &mut world.seen);
    assert!(matches!(verdict, Verdict::Outside(entry) if entry.destination == Destination::Fixed(".".into())));
}

#[test]
fn every_line_of_the_footprint_is_permitted() {
    let text = r##"
name: g
triggers: [{ type: feed, url: "https://feeds.example/a" }]
steps:
  - { id: a, uses: feed.read, with: { url: "https://feeds.example/b" } }
  - { id: b, uses: http.request, with: { method: POST, url: "https://hooks.example:8443/x" } }
  - { id: c, uses: file.write, with: { path: out/a.csv, content: 1 } }
"##;
    let mut world = World::of(text);
    for (key, param, place) in
        [("a", "url", "https://feeds.example"), ("b", "url", "https://hooks.example:8443"), ("c", "path", "out/a.csv")]
    {
        world.inside(key, json!({ param: place }));
    }
    assert_eq!(footprint(&workflow(text), &catalogue()).len(), 3);
}

#[test]
fn a_step_that_brings_its_own_key_says_that_the_destination_knows_repeats() {
    let world = World::of(
        r##"
name: g
steps:
  - { id: plain, uses: http.request, with: { method: POST, url: "https://hooks.example/" } }
  - { id: keyed, uses: http.request, with: { method: POST, url: "https://hooks.example/" }, idempotency_key: "${{ run.id }}" }
  - { id: own, uses: http.request, with: { method: POST, url: "https://hooks.example/", headers: { Idempotency-Key: "1" } }, idempotency_key: "x" }
  - { id: chat, uses: slack.send_message, with: { channel: "#a", text: hi }, idempotency_key: "x" }
"##,
    );
    let takes = |key: &str| world.call(&key.parse().unwrap()).takes_key;
    assert_eq!(["plain", "keyed", "own", "chat"].map(takes), [false, true, false, false]);
}
