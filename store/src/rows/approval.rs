//! An approval: what is asked, and what was decided.

/// One question to a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct ApprovalRow {
    /// Its id; sorts by age.
    pub id: String,
    /// The run that waits for it.
    pub run: Option<String>,
    /// The step of that run.
    pub step: Option<String>,
    /// The workflow's name.
    pub workflow: String,
    /// `step`, `footprint` or `start`.
    pub kind: String,
    /// What is asked, in words.
    pub what: String,
    /// Tells payloads apart: who decides about another payload than the one that is asked about decides nothing.
    pub payload_hash: String,
    /// What would be done, as JSON.
    pub payload: String,
    /// Who may decide, as a JSON list.
    pub deciders: String,
    /// Microseconds.
    pub created: i64,
    /// From when on nobody can decide, in microseconds.
    pub expires: Option<i64>,
    /// `approved`, `rejected`, `expired` or `withdrawn`.
    pub decision: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Where it was decided, such as `cli`.
    pub decided_via: Option<String>,
    /// What the person who decided had to say.
    pub comment: Option<String>,
    /// Microseconds.
    pub decided_at: Option<i64>,
}
