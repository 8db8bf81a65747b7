//! `text.template`: fill values into a text with loops and conditions.

use async_trait::async_trait;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Instructions that a template may execute; a loop over some 100,000 items fits.
const FUEL: u64 = 5_000_000;

/// `text.template`.
pub struct Template;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text in the Jinja language: `{{ title }}`, `{% for item in items %}…{% endfor %}`, `{% if … %}`.
    #[schemars(extend("x-role" = role::TEXT))]
    template: String,
    /// The values by name. A list is called `items`, any other single value `value`.
    #[serde(default)]
    #[schemars(extend("x-role" = role::VALUE))]
    values: Value,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The text with the values filled in.
    text: String,
}

#[async_trait]
impl Action for Template {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("text.template", "Fill a template", "Fills values into a text that may have loops and conditions.", Effect::None)
            .utterances(&[
                "render a summary with one line per item",
                "fill in the letter template",
                "build a markdown report from the rows",
                "compose a message listing all titles and links",
                "make a digest of the entries",
            ])
            .keywords(&["template", "render", "fill", "compose", "digest", "report", "jinja", "markdown", "bullet", "summary"])
            .example(json!({ "text": "- First\n- Second\n" }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let values = match params.values {
            Value::Object(values) => Value::Object(values),
            Value::Null => json!({}),
            Value::Array(items) => json!({ "items": items }),
            value => json!({ "value": value }),
        };
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_fuel(Some(FUEL));
        let text = environment.render_named_str("template", &params.template, minijinja::value::Serde(&values)).map_err(|why| {
            let line = why.line().map(|line| format!(" in line {line}")).unwrap_or_default();
            let detail = why.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            StepError::new("template_failed", format!("the template failed{line}: {}{detail}", why.kind()))
                .help("a value that may be missing needs a default: {{ name | default(\"\") }}")
        })?;
        Ok(Output { text }.into())
    }
}
