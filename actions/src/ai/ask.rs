//! The one way from a step to a model: its budget, what it may cost, and whether the answer fits.

use super::form::Form;
use sayflow_engine::action::{ActionContext, StepError};
use sayflow_engine::ports::ModelRequest;
use sayflow_protocol::Interval;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The name that stands for the model of the settings.
pub(super) const DEFAULT: &str = "default";
/// The most that a step gives a model where the document does not say, in tokens.
const INPUT_TOKENS: u32 = 24_000;

/// What all steps that ask a model take. It stands among their parameters; the checks refuse those that none of them has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Budget {
    /// The model: a name, or a role of the settings (plan, fill, chat, judge); the default one when left out.
    #[serde(default = "default_model")]
    model: String,
    /// The most that the model is given, in tokens (about four letters each); 24000 when left out.
    #[serde(default)]
    #[schemars(with = "u32", range(min = 1))]
    max_input_tokens: Option<u32>,
    /// The longest answer, in tokens.
    #[serde(default)]
    #[schemars(with = "u32", range(min = 1))]
    max_output_tokens: Option<u32>,
    /// How long an answer is used again when the very same is asked, such as 24h; asked anew each time when left out.
    #[serde(default)]
    #[schemars(with = "Interval")]
    cache: Option<Interval>,
}

fn default_model() -> String {
    DEFAULT.to_owned()
}

/// What is asked.
pub(super) struct Question<'q> {
    /// The action, for messages.
    pub(super) action: &'static str,
    /// What the model is to do.
    pub(super) system: String,
    /// What it is to do it with.
    pub(super) user: String,
    /// The form of the answer; any text when left out.
    pub(super) form: Option<&'q Form>,
    /// The longest answer where the step does not say, in tokens.
    pub(super) output_tokens: u32,
}

/// What came back: the text, and the data where a form was given.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) data: Value,
}

/// Asks a model.
///
/// # Errors
/// `input_too_large`, `budget_model`, `model_answer_invalid`, and what the port says; see
/// [`sayflow_engine::ports::Model::answer`].
pub(super) async fn ask(question: Question<'_>, budget: &Budget, cx: &ActionContext<'_>) -> Result<Answer, StepError> {
    fits_input(&question, budget)?;
    let keep = budget.cache.as_ref().map(Interval::duration);
    // An answer that is kept costs nothing, so that it is for the port to refuse what is not.
    if keep.is_none() {
        cx.meter.may_spend()?;
    }
    let named = budget.model.trim();
    let request = ModelRequest {
        model: (!named.is_empty() && named != DEFAULT).then(|| named.to_owned()),
        system: question.system,
        user: question.user,
        schema: question.form.map(|form| form.schema().clone()),
        max_output_tokens: budget.max_output_tokens.unwrap_or(question.output_tokens).max(1),
        keep,
        timeout: cx.timeout,
        most_usd: cx.meter.left_usd(),
    };
    let answer = cx.ports.model.answer(request).await?;
    cx.meter.spend(answer.cost_usd)?;
    let data = match question.form {
        None => Value::Null,
        Some(form) => form.open(fitting(answer.value, form, question.action)?),
    };
    Ok(Answer { text: answer.text, data })
}

fn fits_input(question: &Question<'_>, budget: &Budget) -> Result<(), StepError> {
    let most = budget.max_input_tokens.unwrap_or(INPUT_TOKENS);
    let tokens = tokens_of(&question.system) + tokens_of(&question.user);
    if tokens <= u64::from(most) {
        return Ok(());
    }
    let letters = question.user.chars().count();
    let message = format!(
        "{}: what the model would be given is about {tokens} tokens ({letters} characters), and {most} are allowed",
        question.action
    );
    Err(StepError::new("input_too_large", message).help(
        "give it less: data.limit or data.map before this step, or text.split and one call for each part with for_each; or raise `max_input_tokens`",
    ))
}

/// About how many tokens a text is: four ASCII characters, or one other, each. Real tokenizers mostly count fewer.
fn tokens_of(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text.chars().count() as u64 - ascii;
    ascii.div_ceil(4) + others
}

/// The data of an answer. The port has checked it and asked once more; nothing that does not fit goes on from here,
/// whichever port it was.
fn fitting(value: Option<Value>, form: &Form, action: &str) -> Result<Value, StepError> {
    let invalid = |why: String| {
        StepError::new("model_answer_invalid", format!("{action}: the model's answer is not of the form that was asked for: {why}"))
            .help("say in words what each value means, ask for less at once, or use a more capable `model`")
    };
    let value = value.ok_or_else(|| invalid("it is no JSON".to_owned()))?;
    let validator = jsonschema::validator_for(form.schema()).map_err(|why| invalid(why.to_string()))?;
    // What the model wrote is not quoted: nobody knows whose words they are.
    let fault = validator.iter_errors(&value).next().map(|why| format!("{} does not hold", why.schema_path()));
    fault.map_or(Ok(value), |fault| Err(invalid(fault)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_rather_counted_too_many_than_too_few() {
        assert_eq!(tokens_of("four letters each"), 5);
        assert_eq!(tokens_of("日本語"), 3);
        assert_eq!(tokens_of(""), 0);
    }
}
