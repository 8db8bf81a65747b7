//! The words that Sayflow's agent says. Each text is a Markdown file under `texts/` with minijinja places in it, and
//! has one typed function here. Nothing else in the workspace words a reply.

mod ai;
mod answers;
mod arguments;
mod change;
mod conversation;
mod document;
mod errors;
mod explanation;
mod fence;
mod planning;
mod render;
mod replies;
mod suggestions;

pub use ai::{ClassifyArgs, ExtractArgs, Form, GenerateArgs, Label, SummarizeArgs, ai_classify, ai_extract, ai_generate, ai_summarize};
pub use answers::{UnfitAnswerArgs, probe_answer, probe_schema, probe_stream, unfit_answer};
pub use arguments::{CannotArgs, CheckFailedArgs, DraftReadyArgs, Finding, HelpArgs, HelpExample, Missing, QuestionsArgs, SummaryArgs};
pub use change::{ChangeArgs, change};
pub use conversation::{
    ActivatedArgs, AdviceLine, DraftLine, ListedArgs, RunLine, SaidLine, StatusArgs, ToolLine, UnderstandArgs, WorkflowLine,
    activate_confirm, activated, approval_needed, changed, deactivated, differs, explained, interrupted, left, listed, not_applicable,
    not_mended, nothing_failed, nothing_offered, nothing_to_repeat, nothing_to_stop, nothing_to_undo, planned_offline, refused,
    run_started, status, stopped_run, suggested, talk, understand, understand_again, understand_case, undone, which_workflow,
    workflow_undone,
};
pub use document::{DocumentArgs, DocumentDetail, DocumentStep, document};
pub use errors::{ErrorMeaning, any_error, error_meaning};
pub use explanation::{ExplanationArgs, explanation};
pub use fence::{Fenced, fenced};
pub use planning::{
    KnownFacts, KnownFile, KnownTables, PlanAnswered, PlanChangeArgs, PlanFillArgs, PlanJudgeArgs, PlanOutlineArgs, PlanRepairArgs, Said,
    WriteShown, plan_again, plan_change, plan_change_request, plan_fill, plan_fill_request, plan_judge, plan_judge_request, plan_outline,
    plan_outline_request, plan_repair, plan_repair_request,
};
pub use replies::{
    cannot, check_failed, draft_ready, dropped, failed, greeting, help, nothing_drafted, nothing_said, questions, spent, summary, thanks,
    unknown_answer,
};
pub use suggestions::{SuggestionArgs, SuggestionLine, suggestion_advice, suggestion_evidence, suggestions};
