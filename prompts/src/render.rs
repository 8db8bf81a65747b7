//! The texts, parsed once.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};
use std::sync::LazyLock;

macro_rules! texts {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../texts/", $name, ".md")))),*]
    };
}

/// All texts by name.
pub(crate) const TEXTS: &[(&str, &str)] = texts! {
    "ai_classify" "ai_data" "ai_extract" "ai_form" "ai_generate" "ai_summarize" "cannot" "check_failed" "draft_ready" "dropped" "failed" "greeting" "help" "nothing_drafted" "nothing_said"
    "questions" "spent" "summary" "thanks" "unknown_answer"
    "plan_again" "plan_change" "plan_change_request" "plan_changes" "plan_facts" "plan_fill" "plan_fill_request" "plan_judge" "plan_judge_request" "plan_language" "plan_outline" "plan_outline_request" "plan_repair" "plan_repair_request" "unfit_answer"
    "probe_answer" "probe_stream" "probe_schema"
    "change" "document" "explanation" "suggestion_advice" "suggestion_evidence" "suggestions"

    "activate_confirm" "activated" "approval_needed" "changed" "deactivated" "differs" "explained" "interrupted" "left" "listed"
    "not_applicable" "not_mended" "nothing_failed" "nothing_offered" "nothing_to_repeat" "nothing_to_stop" "nothing_to_undo" "planned_offline" "refused"
    "run_started" "status" "stopped_run" "suggested" "undone" "which_workflow" "workflow_undone"
    "talk" "talk_case" "understand" "understand_again" "understand_case"
};

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(parse_all);

#[allow(clippy::expect_used, reason = "the texts are compiled in, and a test renders every one of them")]
fn parse_all() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the usual delimiters do not clash"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in TEXTS {
        environment.add_template(name, text).expect("a compiled-in text is a valid template");
    }
    environment
}

/// Fills a text in. Arguments are checked by the types of the functions in `replies`.
#[allow(clippy::expect_used, reason = "the texts are compiled in, and a test renders every one of them with its own arguments")]
pub(crate) fn render(name: &str, arguments: impl Into<Value>) -> String {
    let text = ENVIRONMENT.get_template(name).expect("every text is in the list");
    text.render(arguments).expect("a text names only what its arguments have").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_in_the_folder_is_a_text() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/texts");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let listed: BTreeSet<String> = TEXTS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(files, listed);
    }

    #[test]
    fn every_text_is_calm() {
        for (name, text) in TEXTS {
            let said = text.replace("!=", "").replace("{%", "");
            assert!(!said.contains('!'), "{name} has an exclamation mark");
            assert!(said.chars().all(|c| c < '\u{2600}'), "{name} has a symbol in it");
        }
    }
}
