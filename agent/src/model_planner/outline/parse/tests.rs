//! What outlines are read as, and how faults are named.

use super::*;

fn read_well(text: &str) -> Outline {
    parse(text).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"))
}

fn ids(steps: &[StepLine]) -> Vec<&str> {
    steps.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn everything_that_a_document_has_can_be_written() {
    let outline = read_well(
        r##"
workflow order-report "Report the large orders."
trigger schedule cron "0 9 * * 1-5" tz Europe/Berlin
trigger webhook path "orders" auth token shop
input minimum: number = 100 "From which amount on"
timezone Europe/Berlin
tags sales, orders
concurrency 1
timeout 1h
limits runs_per_hour 10
note "Large means over the minimum."
orders = file.read(path: "orders.csv")
large = data.filter(items: orders.content, where: item.amount > inputs.minimum)
each_order = group for each order in large.items concurrency 4
  detail = http.request(url: `https://shop.example/orders/${order.id}`) retry 5 every 2s timeout 30s on error continue
  save = file.write(path: "out.csv", mode: "append", content: [detail.body]) after detail
  output status = detail.status
tell = slack.send_message(channel: "#sales", text: later("a summary")) if large.count > 0 account team
none = slack.send_message(channel: "#sales", text: "no large orders") else of tell
poll = http.request(url: "https://shop.example/job") repeat until poll.body.done every 30s max 10
output count = large.count
on_failure alarm = slack.send_message(channel: "#ops", text: error.message)
"##,
    );
    assert_eq!(ids(&outline.steps), ["orders", "large", "each_order", "tell", "none", "poll"]);
    let Body::Group { steps, outputs } = &outline.steps[2].body else { panic!() };
    assert_eq!((ids(steps), outputs.len()), (vec!["detail", "save"], 1));
    assert_eq!(outline.on_failure[0].id, "alarm");
    assert_eq!(outline.triggers.len(), 2);
    assert_eq!(outline.inputs["minimum"]["default"], 100);
    assert_eq!(outline.steps[4].modifiers.else_of.as_deref(), Some("tell"));
    assert_eq!((outline.tags.len(), outline.concurrency, outline.limits.and_then(|limits| limits.runs_per_hour)), (2, Some(1), Some(10)));
}

#[test]
fn blocks_are_understood_as_what_they_mean() {
    let outline = read_well(
        "workflow a\norders = file.read(path: \"a.csv\")\nfor each order in orders.content:\n    send = email.send(to: \"a@x.example\", text: order.id)\n\
         if orders.content.length > 10:\n    many = file.write(path: \"a\", content: 1)\nelse:\n    few = file.write(path: \"b\", content: 1)\n\
         if few: last = file.write(path: \"c\", content: {a: 1})\n",
    );
    assert_eq!(ids(&outline.steps), ["orders", "send", "many", "few", "last"]);
    assert_eq!(outline.steps[1].modifiers.for_each, Some(("order".to_owned(), "orders.content".to_owned())));
    assert_eq!(outline.steps[2].modifiers.condition.as_deref(), Some("orders.content.length > 10"));
    assert_eq!(outline.steps[3].modifiers.else_of.as_deref(), Some("many"));
    assert_eq!(outline.steps[4].modifiers.condition.as_deref(), Some("few"));
}

#[test]
fn several_steps_under_a_loop_become_a_group() {
    let outline = read_well(
        "workflow a\nfor order in [1, 2]:\n  b = file.read(path: \"b\")\n  c = file.read(path: \"c\")\nd = file.read(path: \"d\")",
    );
    assert_eq!(ids(&outline.steps), ["each_order", "d"]);
}

#[test]
fn errors_name_the_line() {
    let answer = "Here you are:\n```\nworkflow a\nx = file.read(\"a\")\nx = file.read(path: \"b\")\nitem = file.read(path: \"c\")\ntrigger never\nBad = a.b()\n```";
    let errors = parse(answer).unwrap_err();
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [4, 7, 6, 8], "{errors:?}");
    assert!(errors[0].to_string().contains("line 4 (x = file.read(\"a\")): `\"a\"` has no name"), "{}", errors[0]);
}

#[test]
fn an_answer_without_an_outline_says_so() {
    for answer in ["", "I cannot help with that.", "```json\n{}\n```"] {
        assert_eq!(parse(answer).unwrap_err()[0].line, 0, "{answer}");
    }
    assert!(parse("workflow a \"b\"").unwrap_err()[0].message.contains("no step"));
    assert_eq!(read_well("cannot \"There is no action for faxes.\"").cannot.as_deref(), Some("There is no action for faxes."));
    assert_eq!(read_well("ask \"Which file?\" choices \"a.csv\", \"b.csv\"").questions[0].choices, ["a.csv", "b.csv"]);
}

#[test]
fn an_else_belongs_to_the_condition_before_it() {
    let outline = read_well("a = file.read(path: \"a\") if true\nb = file.read(path: \"b\") else");
    assert_eq!(outline.steps[1].modifiers.else_of.as_deref(), Some("a"));
    assert!(parse("b = file.read(path: \"b\") else").unwrap_err()[0].message.contains("no step with `if`"));
}
