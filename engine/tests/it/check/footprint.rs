//! Where workflows read and write.

use super::check_text;
use sayflow_engine::document::Format;
use sayflow_protocol::Destination;

fn lines(text: &str) -> Vec<String> {
    let checked = check_text(text, Format::Yaml).unwrap_or_else(|found| panic!("{found:?}"));
    let show = |entry: &sayflow_protocol::FootprintEntry| {
        let place = match &entry.destination {
            Destination::Fixed(place) => place.clone(),
            Destination::Dynamic { dynamic, allow, .. } => format!("<{dynamic}>{}", allow.join(",")),
        };
        let service = entry.service.as_ref().map(|service| format!(" ({service})")).unwrap_or_default();
        format!("{:?} {:?} {place}{service} by {}", entry.effect, entry.kind, entry.steps.join(", "))
    };
    checked.footprint.iter().map(show).collect()
}

#[test]
fn writes_come_first_and_steps_are_merged_by_place() {
    let text = r##"
name: f
triggers: [{ type: feed, url: "https://feeds.example/a" }]
inputs: { path: { type: string } }
steps:
  - { id: a, uses: http.request, with: { url: "https://api.example/one" } }
  - { id: b, uses: http.request, with: { method: GET, url: "https://API.example:443/two?x=${{ inputs.path }}" } }
  - { id: c, uses: http.request, with: { method: POST, url: "https://api.example/three" } }
  - { id: d, uses: file.read, with: { path: "./in/a.csv" } }
  - { id: e, uses: file.write, with: { path: "${{ inputs.path }}", content: 1 } }
  - { id: f, uses: file.write, with: { path: "out/${{ inputs.path }}.txt", content: 1 } }
  - id: g
    for_each: ["#a", "#b"]
    steps:
      - { id: post, uses: slack.send_message, with: { channel: "${{ item }}", text: hi } }
  - { id: h, uses: email.send, credential: work, with: { to: ["Ann <ann@x.example>", "bob@x.example"], subject: s, text: t } }
on_failure:
  - { id: tell, uses: slack.send_message, with: { channel: "#a", text: failed } }
"##;
    assert_eq!(
        lines(text),
        [
            "Write Host api.example:443 by c",
            "Write Channel #a (slack) by g/post, tell",
            "Write Channel #b (slack) by g/post",
            "Write Recipient ann@x.example (smtp) by h",
            "Write Recipient bob@x.example (smtp) by h",
            "Write File <inputs.path> by e",
            "Write File <out/${{ inputs.path }}.txt>out/** by f",
            "Read Host api.example:443 by a, b",
            "Read Host feeds.example:443 by ",
            "Read File in/a.csv by d",
        ]
    );
}

#[test]
fn what_a_step_does_without_being_told_where_is_a_place_too() {
    let text = "name: f\nsteps:\n  - { id: a, uses: file.list }\n  - { id: b, uses: flow.call, with: { workflow: other } }\n";
    assert_eq!(lines(text), ["Write Workflow other by b", "Read File . by a"]);
}

#[test]
fn a_method_or_host_from_data_counts_as_a_write_to_anywhere() {
    let text = r##"
name: f
inputs: { method: { type: string }, host: { type: string } }
steps:
  - { id: a, uses: http.request, with: { method: "${{ inputs.method }}", url: "https://${{ inputs.host }}/x" } }
"##;
    assert_eq!(lines(text), ["Write Host <https://${{ inputs.host }}/x> by a"]);
}
