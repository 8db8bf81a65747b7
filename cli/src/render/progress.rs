//! What the journal says about each step, folded into one line a step.
//!
//! A step under `for_each` is one line with a count; what happens inside its items does not get lines of its own. The
//! steps of a plain group have theirs, as `group/inner`.

use super::time;
use crate::ui::screen::Screen;
use crate::ui::text;
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::event::UnknownDecision;
use sayflow_protocol::{BlockName, Event, InstanceKey, RecordedEvent, RunError};

/// Where one line stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// In progress.
    Running,
    /// Tried again at a time, after this failure.
    Retrying {
        /// When.
        at: Timestamp,
        /// What failed.
        message: String,
    },
    /// Nothing to do until a time.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
    /// Ended well.
    Succeeded,
    /// Ended well, with an output that a dry run made up.
    Simulated,
    /// Ended badly.
    Failed(RunError),
    /// Left out.
    Skipped(&'static str),
    /// Stopped by a person.
    Cancelled,
    /// A write was sent and nobody knows whether it arrived.
    Unknown,
    /// A person has to decide.
    Asked(String),
    /// Another run has to end.
    Calling(String),
}

impl Stage {
    /// Whether the line will not change by itself.
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Running | Self::Retrying { .. } | Self::Waiting { .. } | Self::Calling(_))
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The step, with the groups around it.
    pub id: String,
    /// Where it stands.
    pub stage: Stage,
    /// The latest attempt, from 1.
    pub attempt: u32,
    /// The iteration of a `repeat`, from 1.
    pub iteration: Option<u32>,
    /// Items ended and all items of a `for_each`.
    pub items: Option<Items>,
    /// Whether a dry run made up any part of its output.
    pub simulated: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// Progress of a `for_each`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Items {
    /// All.
    pub total: u32,
    /// Ended well.
    pub succeeded: u32,
    /// Ended badly.
    pub failed: u32,
}

#[derive(Clone, Copy)]
enum ItemEnd {
    Well,
    Badly,
}

impl Line {
    fn item_ended(&mut self, end: ItemEnd) {
        let items = self.items.get_or_insert_default();
        match end {
            ItemEnd::Well => items.succeeded += 1,
            ItemEnd::Badly => items.failed += 1,
        }
        if !self.stage.is_over() {
            self.stage = Stage::Running;
        }
    }
}

/// What an event changed on the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A line is new or different.
    Line(String),
    /// Something about the run as a whole.
    Note(String),
    /// Somebody asked for the run to stop.
    CancelRequested(String),
    /// The run has ended; these lines were still open and were stopped with it.
    Finished(Vec<String>),
}

/// The lines of one run.
#[derive(Debug, Default)]
pub struct Progress {
    lines: IndexMap<String, Line>,
    finished: bool,
}

/// How an instance ended.
enum End {
    Well(Stage),
    Badly(RunError),
}

impl Progress {
    /// A line by its id.
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.get(id)
    }

    /// Whether the run has ended.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// When nothing is in progress: the next time at which something will be, or `None` if only a person can bring it on.
    /// `Err` while something is in progress.
    pub fn idle_until(&self) -> Result<Option<Timestamp>, StillBusy> {
        let mut next: Option<Timestamp> = None;
        let mut stuck = false;
        for line in self.lines.values() {
            match &line.stage {
                Stage::Running | Stage::Calling(_) => return Err(StillBusy),
                Stage::Retrying { at, .. } => next = Some(next.map_or(*at, |known| known.min(*at))),
                Stage::Waiting { until } => next = Some(next.map_or(*until, |known| known.min(*until))),
                Stage::Unknown | Stage::Asked(_) => stuck = true,
                _ => {}
            }
        }
        if next.is_some() || stuck { Ok(next) } else { Err(StillBusy) }
    }

    /// Takes in an event.
    pub fn apply(&mut self, recorded: &RecordedEvent) -> Option<Change> {
        let at = recorded.at;
        match &recorded.event {
            Event::ItemsResolved { key, items } => {
                let total = u32::try_from(items.len()).unwrap_or(u32::MAX);
                self.update(key, at, |line, place| {
                    if place == Place::Whole {
                        line.items = Some(Items { total, ..Items::default() });
                    }
                })
            }
            Event::StepStarted { key, attempt, .. } => self.update(key, at, |line, place| {
                line.stage = Stage::Running;
                if place != Place::Inside {
                    line.attempt = *attempt;
                    line.iteration = key.last().and_then(|segment| segment.iteration);
                }
            }),
            Event::StepSucceeded { key, simulated, .. } => {
                self.end(key, at, End::Well(if *simulated { Stage::Simulated } else { Stage::Succeeded }))
            }
            Event::StepFailed { key, error, retry_at: Some(retry_at), .. } => {
                self.update(key, at, |line, _| line.stage = Stage::Retrying { at: *retry_at, message: error.message.clone() })
            }
            Event::StepFailed { key, error, retry_at: None, .. } => self.end(key, at, End::Badly(error.clone())),
            Event::StepFinished { key, error: Some(error), .. } => self.end(key, at, End::Badly(error.clone())),
            Event::StepFinished { key, error: None, .. } => self.end(key, at, End::Well(Stage::Succeeded)),
            Event::UntilDecided { key, done: true, .. } => self.end_repeat(key, at),
            Event::UntilDecided { key, next_at: Some(next_at), .. } => {
                self.update(key, at, |line, _| line.stage = Stage::Waiting { until: *next_at })
            }
            Event::StepWaiting { key, until, .. } => self.update(key, at, |line, _| line.stage = Stage::Waiting { until: *until }),
            Event::StepOutcomeUnknown { key, .. } => self.update(key, at, |line, _| line.stage = Stage::Unknown),
            Event::UnknownResolved { key, decision, .. } => match decision {
                UnknownDecision::Retry => self.update(key, at, |line, _| line.stage = Stage::Running),
                UnknownDecision::Skip => self.end(key, at, End::Well(Stage::Succeeded)),
                UnknownDecision::Fail => None,
            },
            Event::StepKept { key, .. } => self.end(key, at, End::Well(Stage::Succeeded)),
            Event::ApprovalRequested { key, question, .. } => {
                self.update(key, at, |line, _| line.stage = Stage::Asked(question.message.clone()))
            }
            Event::ApprovalDecided { key, decision, by, .. } => {
                self.update(key, at, |line, _| line.stage = Stage::Running)?;
                let who = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                Some(Change::Note(format!("{key}: {}{who}", decision.as_str())))
            }
            Event::CallStarted { key, workflow, .. } => self.update(key, at, |line, _| line.stage = Stage::Calling(workflow.clone())),
            Event::PauseRequested { by } => Some(Change::Note(format!("Paused by {by}."))),
            Event::ResumeRequested { by } => Some(Change::Note(format!("Resumed by {by}."))),
            Event::StepSkipped { key, reason } => self.set_over(key, at, Stage::Skipped(reason.describe())),
            Event::StepCancelled { key, .. } => self.set_over(key, at, Stage::Cancelled),
            Event::CancelRequested { by } => Some(Change::CancelRequested(by.clone())),
            Event::TimedOut { key } if key.path.is_empty() => Some(Change::Note("The run used up its time.".to_owned())),
            Event::TimedOut { key } => Some(Change::Note(format!("{key} used up its time."))),
            Event::FailureHandlingStarted { .. } => Some(Change::Note("The run failed; its on_failure steps begin.".to_owned())),
            Event::RunFinished { .. } => Some(self.finish(at)),
            Event::RunCreated { .. }
            | Event::ResultsKept { .. }
            | Event::Advanced { .. }
            | Event::RunStarted
            | Event::ConditionDecided { .. }
            | Event::UntilDecided { .. }
            | Event::Responded { .. } => None,
        }
    }

    /// Instances are stopped one by one; the loop around them is stopped with the run.
    fn finish(&mut self, at: Timestamp) -> Change {
        self.finished = true;
        let open = self.lines.values_mut().filter(|line| !line.stage.is_over());
        let stopped = open.map(|line| {
            line.stage = Stage::Cancelled;
            line.ended = Some(at);
            line.id.clone()
        });
        Change::Finished(stopped.collect())
    }

    fn update(&mut self, key: &InstanceKey, at: Timestamp, change: impl FnOnce(&mut Line, Place)) -> Option<Change> {
        let (id, place) = locate(key)?;
        let line = self.lines.entry(id.clone()).or_insert_with(|| Line {
            id: id.clone(),
            stage: Stage::Running,
            attempt: 1,
            iteration: None,
            items: None,
            simulated: false,
            started: at,
            ended: None,
        });
        change(line, place);
        line.ended = if line.stage.is_over() { line.ended.or(Some(at)) } else { None };
        Some(Change::Line(id))
    }

    fn set_over(&mut self, key: &InstanceKey, at: Timestamp, stage: Stage) -> Option<Change> {
        self.update(key, at, |line, place| {
            if place == Place::Whole {
                line.stage = stage;
            }
        })
    }

    fn end(&mut self, key: &InstanceKey, at: Timestamp, end: End) -> Option<Change> {
        self.update(key, at, |line, place| {
            line.simulated |= matches!(end, End::Well(Stage::Simulated));
            match (place, end) {
                // Whether an iteration that ended well was the last one, its `until` says.
                (Place::Inside, _) | (Place::Iteration | Place::ItemIteration, End::Well(_)) => {}
                (Place::Item, End::Well(_)) => line.item_ended(ItemEnd::Well),
                (Place::Item | Place::ItemIteration, End::Badly(_)) => line.item_ended(ItemEnd::Badly),
                // A repeat is over before its step is said to be finished.
                (Place::Whole, End::Well(_)) if line.stage.is_over() && !matches!(line.stage, Stage::Unknown | Stage::Asked(_)) => {}
                (Place::Whole, End::Well(_)) => line.stage = if line.simulated { Stage::Simulated } else { Stage::Succeeded },
                (Place::Whole | Place::Iteration, End::Badly(error)) => line.stage = Stage::Failed(error),
            }
        })
    }

    /// A `repeat` is over when its `until` holds; under `for_each` that ends one item only.
    fn end_repeat(&mut self, key: &InstanceKey, at: Timestamp) -> Option<Change> {
        self.update(key, at, |line, place| match place {
            Place::Iteration => line.stage = if line.simulated { Stage::Simulated } else { Stage::Succeeded },
            Place::ItemIteration => line.item_ended(ItemEnd::Well),
            Place::Whole | Place::Item | Place::Inside => {}
        })
    }
}

/// Something is in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StillBusy;

/// Which part of a line an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The step as a whole.
    Whole,
    /// One item of its `for_each`.
    Item,
    /// One iteration of its `repeat`.
    Iteration,
    /// One iteration of one of its items.
    ItemIteration,
    /// A step inside one of its items or iterations.
    Inside,
}

/// The line that an instance belongs to: its path up to the first loop.
fn locate(key: &InstanceKey) -> Option<(String, Place)> {
    let end = key.path.iter().position(|segment| segment.item.is_some() || segment.iteration.is_some());
    let shown = end.map_or(key.path.len(), |place| place + 1);
    let last = key.path.get(shown.checked_sub(1)?)?;
    let mut id = String::new();
    if key.block == BlockName::OnFailure {
        id.push_str("on_failure/");
    }
    id.push_str(&key.path[..shown].iter().map(|segment| segment.step.as_str()).collect::<Vec<_>>().join("/"));
    let place = match (shown == key.path.len(), last.item, last.iteration) {
        (false, ..) => Place::Inside,
        (true, Some(_), None) => Place::Item,
        (true, Some(_), Some(_)) => Place::ItemIteration,
        (true, None, Some(_)) => Place::Iteration,
        (true, None, None) => Place::Whole,
    };
    Some((id, place))
}

/// The line's mark: what stands before the step's name.
pub fn mark(stage: &Stage, screen: &Screen) -> String {
    match stage {
        Stage::Succeeded => screen.good(screen.pick("✔", "ok")),
        Stage::Simulated => screen.hint(screen.pick("~", "~")),
        Stage::Failed(_) => screen.bad(screen.pick("✖", "x")),
        Stage::Skipped(_) => screen.dim(screen.pick("–", "-")),
        Stage::Cancelled => screen.warn(screen.pick("■", "!")),
        Stage::Unknown | Stage::Asked(_) => screen.warn("?"),
        Stage::Running | Stage::Calling(_) => screen.hint(screen.pick("▸", ">")),
        Stage::Retrying { .. } => screen.warn(screen.pick("↻", "r")),
        Stage::Waiting { .. } => screen.dim(screen.pick("◷", "w")),
    }
}

/// What is said of a step behind its name, without the duration.
pub fn details(line: &Line, screen: &Screen) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some(items) = line.items {
        let ended = items.succeeded + items.failed;
        parts.push(format!("{ended}/{}", items.total.max(ended)));
        if items.failed > 0 {
            parts.push(screen.bad(&format!("{} failed", items.failed)));
        }
    }
    if let Some(iteration) = line.iteration {
        parts.push(format!("round {iteration}"));
    }
    if line.attempt > 1 && line.items.is_none() {
        parts.push(format!("attempt {}", line.attempt));
    }
    match &line.stage {
        Stage::Failed(error) => parts.push(text::one_line(&error.message)),
        Stage::Skipped(reason) => parts.push(screen.dim(&format!("skipped: {reason}"))),
        Stage::Cancelled => parts.push("cancelled".to_owned()),
        Stage::Simulated => parts.push(screen.dim("simulated")),
        Stage::Unknown => parts.push(screen.warn("sent, and nobody knows whether it arrived")),
        Stage::Retrying { message, .. } => parts.push(format!("tries again: {}", text::one_line(message))),
        Stage::Waiting { until } => {
            parts.push(format!("waits until {}", time::clock(*until, Timestamp::now(), &jiff::tz::TimeZone::system())));
        }
        Stage::Asked(message) => parts.push(format!("{} {}", screen.warn("asks:"), text::one_line(message))),
        Stage::Calling(workflow) => parts.push(format!("runs {}", text::one_line(workflow))),
        Stage::Running | Stage::Succeeded => {}
    }
    parts.join("  ")
}

/// A whole line: mark, name, duration, details, cut at the terminal's edge.
pub fn line(line: &Line, id_width: usize, screen: &Screen) -> String {
    let took = match &line.stage {
        Stage::Skipped(_) => String::new(),
        _ => time::took(Some(line.started), line.ended).map(time::duration).unwrap_or_default(),
    };
    let mark = text::pad(&mark(&line.stage, screen), screen.pick("✔", "ok").chars().count());
    let id = text::pad(&text::one_line(&line.id), id_width);
    let rendered = format!("  {mark} {id}  {}  {}", screen.dim(&text::pad(&took, TOOK_WIDTH)), details(line, screen));
    screen.cut(rendered.trim_end())
}

/// Columns of a duration.
pub const TOOK_WIDTH: usize = 8;

/// How long a line has been going.
pub fn running_for(line: &Line, now: Timestamp) -> SignedDuration {
    now.duration_since(line.started)
}

#[cfg(test)]
mod tests;
