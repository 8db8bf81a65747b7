//! What a first draft costs, with a catalogue of three hundred actions.

use super::desk::{Desk, FILL, OUTLINE};
use super::prompts::tokens;
use sayflow_agent::testing::Reply;
use sayflow_engine::action::{ActionContext, ActionSpec, Catalogue, DynAction, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use serde_json::{Value, json};
use std::sync::Arc;

struct Declared(ActionSpec);

#[async_trait::async_trait]
impl DynAction for Declared {
    fn spec(&self) -> &ActionSpec {
        &self.0
    }

    async fn run(&self, _: Value, _: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        Err(StepError::new("declared_only", "this action is a declaration".to_owned()))
    }
}

/// The real catalogue with as many made-up connectors as make three hundred actions, in the size of real ones.
fn three_hundred() -> Catalogue {
    let mut catalogue = sayflow_actions::catalogue();
    let things = ["ticket", "invoice", "customer", "order", "message", "report", "event", "contact", "deal", "task", "page", "file"];
    let verbs = ["create", "list", "update", "get"];
    let services = ["acorn", "birch", "cedar", "dogwood", "elm", "fir", "hazel"];
    'all: for service in services {
        for thing in things {
            for verb in verbs {
                if catalogue.specs().count() == 300 {
                    break 'all;
                }
                let effect = if ["create", "update"].contains(&verb) { Effect::Write } else { Effect::Read };
                let params = json!({
                    "type": "object", "additionalProperties": false, "required": ["project"],
                    "properties": {
                        "project": { "type": "string", "description": format!("The project of the {thing}."), "x-role": role::CHANNEL },
                        "title": { "type": "string", "description": format!("What the {thing} is called."), "x-role": role::SUBJECT },
                        "text": { "description": format!("What the {thing} says."), "x-role": role::TEXT },
                        "labels": { "type": "array", "items": { "type": "string" }, "description": "Words to find it by." },
                        "state": { "enum": ["open", "closed"], "description": "Where it stands." },
                        "due": { "type": "string", "description": "Until when, as a date." }
                    }
                });
                let output = json!({ "type": "object", "properties": {
                    "id": { "type": "string" }, "url": { "type": "string" },
                    "items": { "type": "array", "items": { "type": "object", "properties": { "id": { "type": "string" }, "title": { "type": "string" } } } }
                } });
                let summary = format!("{}s {thing}s of a project in {service}.", verb[..1].to_uppercase() + &verb[1..]);
                let spec =
                    SpecBuilder::new(&format!("{service}.{verb}_{thing}"), &format!("{verb} a {thing} in {service}"), &summary, effect)
                        .utterances(&[&format!("{verb} the {thing} in {service}"), &format!("{verb} {thing}s and post them")])
                        .keywords(&[service, thing, verb])
                        .destination("project", DestinationKind::Channel)
                        .service(service)
                        .finish_with(params, output);
                catalogue.add(Arc::new(Declared(spec))).unwrap();
            }
        }
    }
    catalogue
}

#[tokio::test]
async fn a_first_draft_of_five_steps_costs_less_than_fifteen_thousand_tokens() {
    let desk = Desk::with(three_hundred()).await;
    assert_eq!(desk.catalogue.specs().count(), 300);
    desk.server.on(OUTLINE).reply(Reply::text(
        r##"workflow order-digest "Send the open orders of orders.csv by region every weekday morning."
trigger schedule cron "0 8 * * 1-5" tz Europe/Berlin
orders = file.read(path: "orders.csv")
open = data.filter(items: orders.content, where: !item.paid)
sums = data.aggregate(items: open.items, group_by: "region", measures: later("the total amount and the number of orders"))
post = slack.send_message(channel: "#sales", text: later("a heading and a line for each region with its total and number"))
mail = email.send(to: "boss@shop.example", subject: later("how many orders are open"), text: later("the same lines as in the message"))"##,
    ));
    let lines = "${{ sums.items.map(row => row.region + ': ' + row.total + ' in ' + row.orders + ' orders').join('\\n') }}";
    for (id, parameters) in [
        (
            "sums",
            json!({ "items": "${{ open.items }}", "group_by": "region",
                    "measures": { "total": { "op": "sum", "of": "amount" }, "orders": { "op": "count" } } }),
        ),
        ("post", json!({ "channel": "#sales", "text": format!("Open orders by region:\n{lines}") })),
        (
            "mail",
            json!({ "to": "boss@shop.example", "subject": "${{ open.count }} open orders", "text": format!("Open orders by region:\n{lines}") }),
        ),
    ] {
        let marker = format!("parameters of `{id}`");
        desk.server.when(id, move |seen| seen.is_headed(FILL) && seen.user().contains(&marker)).reply(Reply::json(&parameters));
    }
    let request = "every weekday at 8 read orders.csv, take the unpaid orders, sum them up per region, post the sums to #sales and mail them to boss@shop.example";
    let input = desk.input(request).await;
    assert!(input.retrieved.actions.len() >= 25, "{}", input.retrieved.actions.len());
    assert_eq!(input.retrieved.demonstrations.len(), 5);
    let document = desk.document_of(&input).await;
    assert_eq!(document["steps"].as_array().map(Vec::len), Some(5));

    let asked: usize = desk.server.requests().iter().map(|seen| tokens(&seen.prompt())).sum();
    let (outline, fills) = (desk.asked(OUTLINE), desk.asked(FILL));
    assert_eq!((outline.len(), fills.len()), (1, 3));
    let first = tokens(&outline[0].prompt());
    // The answers are those above: three objects and seven lines.
    let answered = 700;
    assert!(asked + answered <= 15_000, "{asked} tokens asked ({first} for the outline), {answered} answered");
    println!("{asked} tokens asked, {first} of them for the outline");
}
