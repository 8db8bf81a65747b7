//! What the compiler adds to an outline by rule.

use super::super::outline::{parse, render};
use super::*;
use serde_json::json;

fn catalogue() -> Catalogue {
    sayflow_actions::catalogue()
}

fn compiled(text: &str, request: &str) -> Compiled {
    let catalogue = catalogue();
    let env = Env { catalogue: &catalogue, timezone: "Europe/Berlin", taken: &["taken".to_owned()], request };
    let outline = parse(text).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"));
    let mut compiled = compile(&outline, &env).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"));
    care_for(&mut compiled.workflow, &env);
    compiled
}

fn document(text: &str) -> Value {
    serde_json::to_value(compiled(text, "do it").workflow).unwrap()
}

fn errors(text: &str) -> Vec<String> {
    let catalogue = catalogue();
    let env = Env { catalogue: &catalogue, timezone: "UTC", taken: &[], request: "do it" };
    compile(&parse(text).unwrap(), &env).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn an_outline_becomes_the_document_that_it_describes() {
    let found = document(
        r##"
workflow rust-news "Post Rust stories to Slack every weekday morning."
trigger schedule cron "0 9 * * 1-5"
input keyword: text = "Rust"
stories = feed.read(url: "https://news.example/feed.xml")
matching = data.filter(items: stories.entries, where: item.title.includes(inputs.keyword))
post = slack.send_message(channel: "#news", text: `${story.title} ${story.link}`) for each story in matching.items
on_failure tell = slack.send_message(channel: "#ops", text: `rust-news failed: ${error.message}`)
"##,
    );
    assert_eq!(
        found,
        json!({
            "name": "rust-news",
            "description": "Post Rust stories to Slack every weekday morning.",
            "triggers": [{ "type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin" }],
            "inputs": { "keyword": { "type": "string", "default": "Rust" } },
            "steps": [
                {
                    "id": "stories", "uses": "feed.read", "with": { "url": "https://news.example/feed.xml" },
                    "retry": { "max_attempts": 3, "backoff": "2s" }, "timeout": "30s"
                },
                {
                    "id": "matching", "uses": "data.filter",
                    "with": { "items": "${{ steps.stories.output.entries }}", "where": "${{ item.title.includes(inputs.keyword) }}" }
                },
                {
                    "id": "post", "uses": "slack.send_message", "with": { "channel": "#news", "text": "${{ item.title }} ${{ item.link }}" },
                    "for_each": "${{ steps.matching.output.items }}"
                }
            ],
            "on_failure": [{ "id": "tell", "uses": "slack.send_message", "with": { "channel": "#ops", "text": "rust-news failed: ${{ error.message }}" } }]
        })
    );
}

#[test]
fn an_object_that_holds_one_list_means_the_list() {
    let found = document(
        "stories = feed.read(url: \"https://a.example/f\")\nfew = data.limit(items: stories, count: 3)\nrows = file.read(path: \"a.csv\")\n\
         big = data.filter(items: rows, where: item.n > 1)\nsave = file.write(path: \"b.json\", content: item) for each item in big",
    );
    assert_eq!(found["steps"][1]["with"]["items"], "${{ steps.stories.output.entries }}");
    assert_eq!(found["steps"][3]["with"]["items"], "${{ steps.rows.output.content }}");
    assert_eq!(found["steps"][4]["for_each"], "${{ steps.big.output.items }}");
}

#[test]
fn a_condition_about_the_items_picks_items() {
    let found = document(
        "rows = file.read(path: \"a.csv\")\ntell = slack.send_message(channel: \"#a\", text: order.id) for each order in rows.content if order.total > 5\n\
         other = slack.send_message(channel: \"#a\", text: row.id) for each row in rows.content if rows.content.length > 5",
    );
    assert_eq!(found["steps"][1]["for_each"], "${{ steps.rows.output.content.filter(order => (order.total > 5)) }}");
    assert_eq!(found["steps"][1].get("if"), None);
    assert_eq!(found["steps"][2]["if"], "${{ steps.rows.output.content.length > 5 }}");
}

#[test]
fn parameters_per_item_are_read_in_every_spelling() {
    for text in ["item.n > 1", "row => row.n > 1", "\"item.n > 1\"", "\"${{ item.n > 1 }}\""] {
        let found = document(&format!("rows = file.read(path: \"a.csv\")\nbig = data.filter(items: rows.content, where: {text})"));
        assert_eq!(found["steps"][1]["with"]["where"], "${{ item.n > 1 }}", "{text}");
    }
    let found = document("rows = file.read(path: \"a.csv\")\nsorted = data.sort(items: rows.content, by: amount, order: desc)");
    assert_eq!(found["steps"][1]["with"], json!({ "items": "${{ steps.rows.output.content }}", "by": "amount", "order": "desc" }));
}

#[test]
fn a_message_about_a_list_is_not_sent_when_it_is_empty() {
    let steps = "rows = file.read(path: \"a.csv\")\nbig = data.filter(items: rows.content, where: item.n > 1)\n\
                 tell = slack.send_message(channel: \"#a\", text: big.items.map(row => row.n).join(\", \"))";
    let guard = |text: &str, request: &str| {
        let workflow = compiled(text, request).workflow;
        workflow.steps.last().and_then(|step| serde_json::to_value(step).ok()?.get("if").cloned())
    };
    assert_eq!(guard(steps, "post the big ones"), Some(json!("${{ steps.big.output.items.length > 0 }}")));
    assert_eq!(guard(steps, "post the big ones, even if there are none"), None);
    let count = "rows = file.read(path: \"a.csv\")\nbig = data.filter(items: rows.content, where: item.n > 1)\n\
                 tell = slack.send_message(channel: \"#a\", text: `${big.count} and ${big.items.length}`)";
    assert_eq!(guard(count, "post how many"), None);
    let sums = "rows = file.read(path: \"a.csv\")\nsums = data.aggregate(items: rows.content, measures: { total: { op: \"sum\", of: \"n\" } })\n\
                tell = slack.send_message(channel: \"#a\", text: `${sums.items[0].total}`)";
    assert_eq!(guard(sums, "post the total"), None);
}

#[test]
fn only_what_may_be_repeated_is_tried_again() {
    let found = document(
        "a = http.request(url: \"https://a.example\")\nb = http.request(url: \"https://a.example\", method: \"POST\")\n\
         c = http.request(url: \"https://a.example\", method: \"PUT\") retry 5 every 1s\nd = file.read(path: \"a\")",
    );
    let retries: Vec<Value> = found["steps"].as_array().unwrap().iter().map(|step| step["retry"]["max_attempts"].clone()).collect();
    assert_eq!(retries, [json!(3), Value::Null, json!(5), Value::Null]);
}

#[test]
fn what_is_left_out_is_open() {
    let open = compiled("a = http.request(method: \"GET\")\nb = slack.send_message(channel: \"#a\", text: later(\"a line\"))", "x").open;
    let wanted: Vec<(String, Vec<(String, String)>)> = open.into_iter().map(|open| (open.path, open.wanted)).collect();
    assert_eq!(
        wanted,
        [("a".to_owned(), vec![("url".to_owned(), String::new())]), ("b".to_owned(), vec![("text".to_owned(), "a line".to_owned())])]
    );
}

#[test]
fn lines_that_mean_nothing_are_named() {
    for (text, wanted) in [
        ("a = feed.reed(url: \"https://a.example\")", "did you mean feed.read?"),
        ("a = file.read(path: \"a\")\nb = file.write(path: \"b\", content: c.content)", "`c` means nothing here"),
        ("a = file.read(path: \"a\") after z", "no step `z`"),
        (
            "a = file.read(path: \"a\")\nb = data.filter(items: a.content, where: item.id === order.id) for each order in a.content",
            "`order` cannot be seen here",
        ),
        ("a = file.read(path: \"a\" + )", "no JavaScript expression"),
    ] {
        let errors = errors(text);
        assert!(errors.iter().any(|error| error.contains(wanted) && error.contains("line ")), "{text}: {errors:?}");
    }
}

#[test]
fn names_differ_from_those_of_other_workflows() {
    assert_eq!(compiled("workflow taken \"x\"\na = file.read(path: \"a\")", "x").workflow.name, "taken-2");
    assert_eq!(compiled("a = file.read(path: \"a\")", "Read the invoices from a").workflow.name, "read-invoices");
}

#[test]
fn every_template_can_be_told_in_the_language_of_outlines() {
    let catalogue = catalogue();
    let env = Env { catalogue: &catalogue, timezone: "Europe/Berlin", taken: &[], request: "x" };
    let mut failed = Vec::new();
    for template in crate::templates::all() {
        let text = render(&template.workflow);
        let back = parse(&text)
            .map_err(|errors| format!("{errors:?}"))
            .and_then(|outline| compile(&outline, &env).map(|compiled| compiled.workflow).map_err(|errors| format!("{errors:?}")));
        let same = |workflow: &Workflow| {
            let plain = |workflow: &Workflow| {
                let mut value = serde_json::to_value(workflow).unwrap();
                // Blanks in expressions, and zones that are given by default, are no difference.
                value["triggers"] = Value::Null;
                // A bound on an input is not shown; what is not shown is not changed.
                for schema in value["inputs"].as_object_mut().into_iter().flat_map(|inputs| inputs.values_mut()) {
                    schema.as_object_mut().unwrap().retain(|key, _| ["type", "default", "description"].contains(&key.as_str()));
                }
                value.to_string().replace(' ', "").replace("\\\\n", "\\n")
            };
            plain(workflow) == plain(&template.workflow)
        };
        match back {
            Ok(workflow) if same(&workflow) => {}
            Ok(workflow) => failed.push(format!("{}\n{text}\n{}\n{}", template.info.name, json!(workflow), json!(template.workflow))),
            Err(why) => failed.push(format!("{}\n{text}\n{why}", template.info.name)),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
