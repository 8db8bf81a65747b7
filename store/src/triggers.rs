//! Triggers of active workflows: what starts runs, and when it looks again.

use crate::error::WriteError;
use crate::sql::{Connection, Statement, Value, values};
use crate::writer::Write;
use crate::{Store, StoreError};
use std::collections::HashSet;

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

/// What became of an activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activated {
    /// The version is active with these triggers.
    Done,
    /// There is no such workflow or no such version.
    NoSuchVersion,
    /// Another trigger has a route already. Nothing was changed.
    RouteTaken {
        /// `METHOD PATH`
        route: String,
        /// The workflow that has it.
        by: String,
    },
}

impl Store {
    /// Makes a version the active one, with these triggers in the place of those before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activate(&self, name: &str, version: i64, triggers: Vec<TriggerRow>) -> Result<Activated, StoreError> {
        self.write(Activate { name: name.to_owned(), version, triggers }).await
    }

    /// Leaves a workflow without active version and without triggers. Says whether there is such a workflow.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deactivate(&self, name: &str) -> Result<bool, StoreError> {
        self.write(Deactivate(name.to_owned())).await
    }

    /// The trigger that has a route (`METHOD PATH`).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trigger_at_route(&self, route: &str) -> Result<Option<TriggerRow>, StoreError> {
        self.one("SELECT * FROM triggers WHERE route = $1", values![route]).await
    }

    /// A workflow's triggers, as the document orders them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn triggers_of(&self, workflow: &str) -> Result<Vec<TriggerRow>, StoreError> {
        self.all("SELECT * FROM triggers WHERE workflow = $1 ORDER BY place", values![workflow]).await
    }

    /// The triggers that wait for the ends of a workflow's runs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn triggers_listening_to(&self, workflow: &str) -> Result<Vec<TriggerRow>, StoreError> {
        self.all("SELECT * FROM triggers WHERE listens_to = $1 ORDER BY workflow, place", values![workflow]).await
    }

    /// The workflows whose ends some trigger waits for, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listened_workflows(&self) -> Result<Vec<String>, StoreError> {
        self.ids("SELECT DISTINCT listens_to FROM triggers WHERE listens_to IS NOT NULL ORDER BY listens_to", values![]).await
    }

    /// Triggers that have to fire or look at `now` or before, at most `limit`, those that are due longest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_triggers(&self, now: i64, limit: i64) -> Result<Vec<TriggerRow>, StoreError> {
        self.all(
            "SELECT * FROM triggers WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at, workflow, place LIMIT $2",
            values![now, limit],
        )
        .await
    }

    /// When the next trigger has to fire or look, in microseconds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_trigger(&self) -> Result<Option<i64>, StoreError> {
        self.number("SELECT next_at FROM triggers WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1", values![]).await
    }

    /// Says how a trigger goes on, and whether it is still there in that version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advance_trigger(&self, advance: TriggerAdvance) -> Result<bool, StoreError> {
        self.write(advance).await
    }
}

impl Write for TriggerAdvance {
    type Output = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool, WriteError> {
        let changed = connection
            .execute(
                "UPDATE triggers SET next_at = $4, last_at = COALESCE($5, last_at), state = COALESCE($6, state), trouble = $7,
                     fired = fired + $8
                 WHERE workflow = $1 AND place = $2 AND version = $3",
                values![&self.workflow, self.place, self.version, self.next_at, self.last_at, &self.state, &self.trouble, self.fired],
            )
            .await?;
        Ok(changed > 0)
    }
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

struct Activate {
    name: String,
    version: i64,
    triggers: Vec<TriggerRow>,
}

impl Write for Activate {
    type Output = Activated;

    async fn apply(&self, connection: &mut Connection) -> Result<Activated, WriteError> {
        if let Some(taken) = self.route_taken(connection).await? {
            return Ok(taken);
        }
        let marked = connection
            .execute(
                "UPDATE workflows SET active = $2 WHERE name = $1
                 AND EXISTS (SELECT 1 FROM workflow_versions v WHERE v.workflow = $1 AND v.version = $2)",
                values![&self.name, self.version],
            )
            .await?;
        if marked == 0 {
            return Ok(Activated::NoSuchVersion);
        }
        connection.execute("DELETE FROM triggers WHERE workflow = $1", values![&self.name]).await?;
        let values: Vec<Value<'_>> = self.triggers.iter().flat_map(|row| self.row_values(row)).collect();
        let head = "INSERT INTO triggers (workflow, place, version, kind, body, state, route, listens_to, next_at, last_at, fired, trouble)
             SELECT * FROM ";
        connection.execute_all(&[Statement::insert(head, "WHERE column1 IS NOT NULL", COLUMNS, values)]).await.1?;
        Ok(Activated::Done)
    }
}

const COLUMNS: usize = 12;

impl Activate {
    fn row_values<'a>(&'a self, row: &'a TriggerRow) -> [Value<'a>; COLUMNS] {
        [
            (&self.name).into(),
            row.place.into(),
            self.version.into(),
            (&row.kind).into(),
            (&row.body).into(),
            (&row.state).into(),
            (&row.route).into(),
            (&row.listens_to).into(),
            row.next_at.into(),
            row.last_at.into(),
            row.fired.into(),
            (&row.trouble).into(),
        ]
    }

    /// The first of the routes that somebody has: another workflow, or another trigger of this one.
    async fn route_taken(&self, connection: &mut Connection) -> Result<Option<Activated>, WriteError> {
        let mut own = HashSet::new();
        for route in self.triggers.iter().filter_map(|row| row.route.as_ref()) {
            if !own.insert(route) {
                return Ok(Some(Activated::RouteTaken { route: route.clone(), by: self.name.clone() }));
            }
            let other: Option<(String,)> = connection
                .fetch_optional("SELECT workflow FROM triggers WHERE route = $1 AND workflow <> $2", values![route, &self.name])
                .await?;
            if let Some((by,)) = other {
                return Ok(Some(Activated::RouteTaken { route: route.clone(), by }));
            }
        }
        Ok(None)
    }
}

struct Deactivate(String);

impl Write for Deactivate {
    type Output = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool, WriteError> {
        connection.execute("DELETE FROM triggers WHERE workflow = $1", values![&self.0]).await?;
        let changed = connection.execute("UPDATE workflows SET active = NULL WHERE name = $1", values![&self.0]).await?;
        Ok(changed > 0)
    }
}
