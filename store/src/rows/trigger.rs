//! A trigger of an active workflow, and how it goes on.

/// One trigger of an active workflow.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct TriggerRow {
    /// The workflow's name.
    pub workflow: String,
    /// Its place in the document, from 0.
    pub place: i64,
    /// The active version.
    pub version: i64,
    /// `schedule`, `webhook`, `feed`, `file`, `event` or `message`.
    pub kind: String,
    /// The trigger as the document has it, as JSON.
    pub body: String,
    /// What its source remembers, as JSON.
    pub state: String,
    /// `METHOD PATH`, which no other trigger has.
    pub route: Option<String>,
    /// The workflow whose ends it waits for.
    pub listens_to: Option<String>,
    /// When it fires or looks next, in microseconds.
    pub next_at: Option<i64>,
    /// The last time of firing that was handled, in microseconds.
    pub last_at: Option<i64>,
    /// How often it fired.
    pub fired: i64,
    /// Why it failed when it looked last.
    pub trouble: Option<String>,
}

/// How a trigger goes on. It changes nothing when the workflow was activated anew or deactivated meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TriggerAdvance {
    /// The workflow's name.
    pub workflow: String,
    /// Its place in the document, from 0.
    pub place: i64,
    /// The active version.
    pub version: i64,
    /// When it fires or looks next, in microseconds; none: never.
    pub next_at: Option<i64>,
    /// The time of firing that was handled, in microseconds; none: the one before stays.
    pub last_at: Option<i64>,
    /// What its source remembers, as JSON; none: what it remembered before.
    pub state: Option<String>,
    /// Why it failed when it looked; none: it did not.
    pub trouble: Option<String>,
    /// How often it fired, in addition.
    pub fired: i64,
}

impl TriggerAdvance {
    /// Takes in what comes after it for the same trigger.
    pub(crate) fn then(&mut self, later: &Self) {
        self.next_at = later.next_at;
        self.last_at = later.last_at.or(self.last_at);
        if later.state.is_some() {
            self.state.clone_from(&later.state);
        }
        self.trouble.clone_from(&later.trouble);
        self.fired += later.fired;
    }
}
