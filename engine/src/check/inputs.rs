//! E0116 inputs that are no JSON Schema, E0117 defaults that do not match it.

use super::report::Report;
use super::survey::Survey;
use crate::document::{describe, escape};
use serde_json::Value;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for (name, schema) in &survey.workflow.inputs {
        let pointer = format!("/inputs/{}", escape(name));
        if !schema.is_object() {
            let message = format!("the input \"{name}\" must be a JSON Schema, not {}", describe(schema));
            report.error("E0116", &pointer, message, Some(format!("write {name}: {{ type: string }}, with a `default` if it has one")));
            continue;
        }
        let validator = match jsonschema::validator_for(schema) {
            Ok(validator) => validator,
            Err(why) => {
                let at = format!("{pointer}{}", why.instance_path());
                let help = "types are string, number, integer, boolean, array, object and null".to_owned();
                report.error("E0116", &at, format!("the input \"{name}\" is no JSON Schema: {why}"), Some(help));
                continue;
            }
        };
        if let Some(default) = schema.get("default")
            && let Some(why) = validator.iter_errors(default).next()
        {
            let help = match schema.get("type").and_then(Value::as_str) {
                Some(kind) => format!("give a default of type {kind}, or change the type"),
                None => "change the default or the schema".to_owned(),
            };
            report.error("E0117", &format!("{pointer}/default"), format!("the default of \"{name}\" does not match: {why}"), Some(help));
        }
    }
}
