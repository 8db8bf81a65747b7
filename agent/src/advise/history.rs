//! What is known of the past of a workflow: plain data that the host makes from its runs.

use sayflow_protocol::run::{RunStatus, RunView, StepView};
use sayflow_protocol::{RunError, StepStatus};

/// The past of one version of a workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// Its runs that have ended, newest first, without dry runs. Runs of other versions say nothing about this one.
    pub runs: Vec<RunView>,
    /// Who takes notice of its results.
    pub readers: Readers,
    /// The accounts that there are: name and type.
    pub credentials: Vec<(String, String)>,
}

/// Who takes notice of the results of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Readers {
    /// Nobody has counted.
    #[default]
    Unknown,
    /// It is known.
    Known {
        /// Whether anybody looked at one of the runs of the history.
        looked: bool,
        /// Workflows that call it or begin when it ends.
        workflows: Vec<String>,
    },
}

impl History {
    /// The runs that count: ended and real.
    pub(super) fn counted(&self) -> impl Iterator<Item = &RunView> {
        self.runs.iter().filter(|run| run.status.is_final() && !run.dry_run)
    }

    /// What became of a step, run by run.
    pub(super) fn of_step<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a RunView, &'a StepView)> {
        self.counted().filter_map(move |run| Some((run, run.steps.iter().find(|view| view.id == path)?)))
    }

    /// The errors that ended runs, with the path of the step (no item, no iteration).
    pub(super) fn failures(&self) -> impl Iterator<Item = (&RunView, &RunError, String)> {
        let failed = self.counted().filter(|run| run.status == RunStatus::Failed);
        failed.filter_map(|run| {
            let error = run.error.as_ref()?;
            Some((run, error, error.step.as_deref().map(path_of).unwrap_or_default()))
        })
    }

    /// How long a step took where it ended well, in milliseconds, newest first.
    pub(super) fn durations(&self, path: &str) -> Vec<u64> {
        let ended = self.of_step(path).filter(|(_, view)| view.status == StepStatus::Succeeded);
        ended.filter_map(|(_, view)| millis(view.started?, view.ended?)).collect()
    }
}

/// The path of an instance's step: `each[2]/send@1` is `each/send`.
pub(super) fn path_of(key: &str) -> String {
    key.split('/').map(|part| part.split(['[', '@']).next().unwrap_or_default()).collect::<Vec<_>>().join("/")
}

/// The time between two moments in milliseconds.
pub(super) fn millis(from: jiff::Timestamp, to: jiff::Timestamp) -> Option<u64> {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).ok()
}

/// Milliseconds as people say them.
pub(super) fn in_words(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..120_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => format!("{} min", millis / 60_000),
    }
}
