//! Triggers of active workflows: what starts runs, and when it looks again.

use crate::changes::advance;
use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::rows::trigger::{TriggerAdvance, TriggerRow};
use crate::sql::{Connection, Statement, Value, values};
use std::collections::HashSet;

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
        advance(connection, self).await
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
