//! Documents in the language of outlines: for examples, and for the workflow that is to be changed.

use super::names::stands_for_output;
use super::on_a_deep_stack;
use super::rewrite::shortened;
use super::values::{Part, parts};
use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::{Condition, EventKind, OnError, OnUnknown, Overlap, Step, Trigger, WebhookAuth, When};
use serde_json::Value;

/// A workflow as an outline.
pub fn render(workflow: &Workflow) -> String {
    on_a_deep_stack(|| lines(workflow).join("\n")).unwrap_or_default()
}

/// One step as an outline, with the steps of a group below it.
pub fn render_step(step: &Step) -> String {
    on_a_deep_stack(|| {
        let mut out = Vec::new();
        step_lines(step, 0, "", &mut out);
        out.join("\n")
    })
    .unwrap_or_default()
}

fn lines(workflow: &Workflow) -> Vec<String> {
    let mut out = Vec::new();
    let description = workflow.description.as_ref().map(|text| format!(" {}", quoted(text))).unwrap_or_default();
    out.push(format!("workflow {}{description}", workflow.name));
    out.extend(workflow.triggers.iter().map(trigger));
    out.extend(workflow.inputs.iter().map(|(name, schema)| input(name, schema)));
    out.extend(workflow.timezone.iter().map(|zone| format!("timezone {zone}")));
    if !workflow.tags.is_empty() {
        out.push(format!("tags {}", workflow.tags.join(", ")));
    }
    out.extend(workflow.concurrency.iter().map(|count| format!("concurrency {count}")));
    out.extend(workflow.timeout.iter().map(|timeout| format!("timeout {timeout}")));
    out.extend(workflow.limits.iter().filter_map(|limits| {
        let fields = serde_json::to_value(limits).ok()?;
        let fields: Vec<String> = fields.as_object()?.iter().map(|(name, value)| format!("{name} {value}")).collect();
        Some(format!("limits {}", fields.join(", ")))
    }));
    for step in &workflow.steps {
        step_lines(step, 0, "", &mut out);
    }
    out.extend(workflow.outputs.iter().map(|(name, value)| format!("output {name} = {}", code(value))));
    for step in &workflow.on_failure {
        step_lines(step, 0, "on_failure ", &mut out);
    }
    out
}

/// A trigger's line.
fn trigger(trigger: &Trigger) -> String {
    let mut line = format!("trigger {}", trigger.kind());
    let mut add = |word: &str, value: Option<String>| {
        if let Some(value) = value {
            line.push_str(&format!(" {word} {value}"));
        }
    };
    match trigger {
        Trigger::Manual {} => {}
        Trigger::Schedule { cron, every, at, timezone, misfire, overlap } => {
            add("cron", cron.as_deref().map(quoted));
            add("every", every.as_ref().map(ToString::to_string));
            add("at", at.as_deref().map(quoted));
            add("tz", timezone.clone());
            add("misfire", misfire.clone());
            let overlap = overlap.map(|overlap| match overlap {
                Overlap::Skip => "skip",
                Overlap::Queue => "queue",
                Overlap::Parallel => "parallel",
            });
            add("overlap", overlap.map(str::to_owned));
        }
        Trigger::Webhook { path, method, auth } => {
            add("path", Some(quoted(path)));
            add("method", method.clone());
            match auth {
                Some(WebhookAuth::Token { credential }) => add("auth token", Some(credential.clone())),
                Some(WebhookAuth::Hmac { credential, header }) => {
                    add("auth hmac", Some(credential.clone()));
                    add("header", header.clone());
                }
                None => {}
            }
        }
        Trigger::Feed { url, every } => {
            add("url", Some(quoted(url)));
            add("every", every.as_ref().map(ToString::to_string));
        }
        Trigger::File { path, pattern } => {
            add("path", Some(quoted(path)));
            add("pattern", pattern.as_deref().map(quoted));
        }
        Trigger::Event { workflow, on } => {
            add("workflow", Some(quoted(workflow)));
            add("on", Some(if *on == EventKind::Failed { "failed" } else { "succeeded" }.to_owned()));
        }
        Trigger::Message { channel, pattern } => {
            add("channel", Some(quoted(channel)));
            add("pattern", pattern.as_deref().map(quoted));
        }
    }
    line
}

fn input(name: &str, schema: &Value) -> String {
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some("string") => "text",
        Some("array") => "list",
        Some(kind) => kind,
        None => "any",
    };
    let default = schema.get("default").map(|value| format!(" = {}", code(value))).unwrap_or_default();
    let description = schema.get("description").and_then(Value::as_str).map(|text| format!(" {}", quoted(text))).unwrap_or_default();
    format!("input {name}: {kind}{default}{description}")
}

fn step_lines(step: &Step, indent: usize, before: &str, out: &mut Vec<String>) {
    let blanks = " ".repeat(indent);
    let does = match &step.uses {
        Some(action) => {
            let with: Vec<String> = step.with.iter().map(|(name, value)| format!("{}: {}", key(name), code(value))).collect();
            format!("{action}({})", with.join(", "))
        }
        None => "group".to_owned(),
    };
    out.push(format!("{blanks}{before}{} = {does}{}", step.id, modifiers(step)));
    for inner in &step.steps {
        step_lines(inner, indent + 2, "", out);
    }
    out.extend(step.outputs.iter().map(|(name, value)| format!("{blanks}  output {name} = {}", code(value))));
}

fn modifiers(step: &Step) -> String {
    let mut out = String::new();
    let mut add = |word: &str, value: Option<String>| {
        if let Some(value) = value {
            out.push_str(&format!(" {word} {value}"));
        }
    };
    add("for each item in", step.for_each.as_ref().map(code));
    add("concurrency", step.concurrency.map(|count| count.to_string()));
    add("else of", step.else_of.clone());
    add("if", step.condition.as_ref().map(condition));
    add("after", (!step.needs.is_empty()).then(|| step.needs.join(", ")));
    let when = step.when.map(|when| match when {
        When::AllSucceeded => "all_succeeded",
        When::AnySucceeded => "any_succeeded",
        When::AllDone => "all_done",
        When::AnyFailed => "any_failed",
    });
    add("when", when.map(str::to_owned));
    if let Some(repeat) = &step.repeat {
        let every = repeat.every.as_ref().map(|every| format!(" every {every}")).unwrap_or_default();
        add("repeat until", Some(format!("{}{every} max {}", condition(&repeat.until), repeat.max)));
    }
    if let Some(retry) = &step.retry {
        let every = retry.backoff.as_ref().map(|every| format!(" every {every}")).unwrap_or_default();
        add("retry", Some(format!("{}{every}", retry.max_attempts)));
    }
    add("timeout", step.timeout.as_ref().map(ToString::to_string));
    add("on error", step.on_error.map(|on| if on == OnError::Continue { "continue" } else { "fail" }.to_owned()));
    let unknown = step.on_unknown.map(|on| match on {
        OnUnknown::Ask => "ask",
        OnUnknown::Retry => "retry",
        OnUnknown::Skip => "skip",
    });
    add("on_unknown", unknown.map(str::to_owned));
    add("account", step.credential.clone());
    add("key", step.idempotency_key.as_ref().map(|key| code(&Value::from(key.as_str()))));
    for (param, allowed) in &step.allow {
        let patterns = allowed.patterns.iter().map(|pattern| quoted(pattern)).collect::<Vec<_>>().join(", ");
        let most = allowed.max.map(|most| format!(" max {most}")).unwrap_or_default();
        add("allow", Some(format!("{param} {patterns}{most}")));
    }
    add("titled", step.name.as_deref().map(quoted));
    out
}

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Bool(value) => value.to_string(),
        Condition::Expression(text) => code(&Value::from(text.as_str())),
    }
}

/// A document's value as JavaScript.
fn code(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains("${{") => text_code(text),
        Value::String(text) => quoted(text),
        Value::Array(list) => format!("[{}]", list.iter().map(code).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{}: {}", key(name), code(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

fn text_code(text: &str) -> String {
    let parts = parts(text);
    if let [Part::Code(code)] = parts.as_slice() {
        return short(code);
    }
    let mut out = String::from("`");
    for part in parts {
        match part {
            Part::Text(text) => {
                let text = text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${").replace('\n', "\\n");
                out.push_str(&text);
            }
            Part::Code(code) => out.push_str(&format!("${{{}}}", short(code))),
        }
    }
    out.push('`');
    out
}

fn short(code: &str) -> String {
    shortened(code, stands_for_output)
}

fn key(name: &str) -> String {
    let plain =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates;

    #[test]
    fn a_document_reads_like_code() {
        let template = templates::find("large-orders-to-slack").unwrap();
        assert_eq!(
            render(&template.workflow),
            "workflow large-orders-to-slack \"Post the large orders of orders.csv to the sales channel, largest first.\"\n\
             input minimum: number = 500\n\
             orders = file.read(path: \"orders.csv\")\n\
             large = data.filter(items: orders.content, where: item.amount >= inputs.minimum)\n\
             ranked = data.sort(items: large.items, by: \"amount\", order: \"desc\")\n\
             post = slack.send_message(channel: \"#sales\", text: `${large.count} large orders:\\n${ranked.items.map(order => order.customer + ': ' + order.amount).join('\\n')}`) if large.count > 0"
        );
    }
}
