//! What the texts are filled in with.

use serde::Serialize;

/// For [`crate::summary`]. Lists may be empty; their lines are left out then.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SummaryArgs {
    /// The workflow's name.
    pub name: String,
    /// What it does, in a sentence.
    pub description: Option<String>,
    /// What starts it, each as `at 09:00 (Europe/Berlin)`.
    pub starts: Vec<String>,
    /// The next times, in the zone that `starts` names.
    pub next: Vec<String>,
    /// What has to be given at each start.
    pub inputs: Vec<String>,
    /// Where it reads.
    pub reads: Vec<String>,
    /// The language models that it gives data to.
    pub models: Vec<String>,
    /// Where it writes to, each as `the Slack channel #news`.
    pub writes: Vec<String>,
    /// The accounts that it uses.
    pub accounts: Vec<String>,
    /// What was taken for granted.
    pub assumed: Vec<String>,
}

/// For [`crate::questions`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct QuestionsArgs {
    /// Each question with its choices.
    pub questions: Vec<Missing>,
}

/// One question.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Missing {
    /// The question.
    pub text: String,
    /// Answers to choose from.
    pub choices: Vec<String>,
}

/// For [`crate::cannot`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct CannotArgs {
    /// Why, as a sentence.
    pub reason: String,
    /// Requests of the same kind that would work.
    pub suggestions: Vec<String>,
}

/// For [`crate::check_failed`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct CheckFailedArgs {
    /// The workflow's name.
    pub name: String,
    /// What the checks found.
    pub findings: Vec<Finding>,
    /// How often a repair was tried.
    pub rounds: u32,
}

/// One finding of the checks.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Finding {
    /// `E0203`.
    pub code: String,
    /// Where in the document.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

/// For [`crate::draft_ready`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct DraftReadyArgs {
    /// What [`crate::summary`] said.
    pub summary: String,
    /// What the dry run could not finish, as a sentence.
    pub stopped: Option<String>,
    /// Reads that the dry run left out, as places.
    pub not_tried: Vec<String>,
    /// Writes that the dry run held back, as `slack.send_message (3 times)`.
    pub held_back: Vec<String>,
    /// Warnings of the checks.
    pub warnings: Vec<String>,
    /// Whether a dry run was made.
    pub dry_run: bool,
}

/// For [`crate::help`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct HelpArgs {
    /// Things to say, by area.
    pub examples: Vec<HelpExample>,
}

/// One thing to say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HelpExample {
    /// `finance`.
    pub area: String,
    /// The request.
    pub request: String,
}
