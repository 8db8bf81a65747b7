//! Saved workflows and their versions. A version never changes.

use crate::error::WriteError;
use crate::writer::Write;
use crate::{Store, StoreError};
use sqlx::sqlite::SqliteConnection;

/// One saved workflow with its newest version.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WorkflowRow {
    /// Its name.
    pub name: String,
    /// Microseconds.
    pub created: i64,
    /// When the newest version was saved, in microseconds.
    pub updated: i64,
    /// The newest version, from 1.
    pub latest: i64,
    /// The version that is active.
    pub active: Option<i64>,
    /// The newest version's document, in canonical JSON.
    pub document: String,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VersionRow {
    /// The workflow's name.
    pub workflow: String,
    /// From 1.
    pub version: i64,
    /// Microseconds.
    pub created: i64,
    /// Absolute path of the workspace folder.
    pub workspace: String,
    /// The document, in canonical JSON.
    pub document: String,
}

/// The columns of a [`WorkflowRow`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT w.name, w.created, w.updated, w.latest, w.active, v.document FROM workflows w
             JOIN workflow_versions v ON v.workflow = w.name AND v.version = w.latest ",
            $rest
        )
    };
}

impl Store {
    /// Keeps a document as the newest version of a name and returns its number. A document that says the same as
    /// the newest version makes no new one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_workflow(&self, name: &str, document: &str, workspace: &str, at: i64) -> Result<i64, StoreError> {
        self.write(SaveWorkflow { name: name.into(), document: document.into(), workspace: workspace.into(), at }).await
    }

    /// A workflow by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workflow(&self, name: &str) -> Result<Option<WorkflowRow>, StoreError> {
        sqlx::query_as(select!("WHERE w.name = $1")).bind(name).fetch_optional(self.readers()).await.map_err(|why| self.explain(&why))
    }

    /// All workflows, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_workflows(&self) -> Result<Vec<WorkflowRow>, StoreError> {
        sqlx::query_as(select!("ORDER BY w.name")).fetch_all(self.readers()).await.map_err(|why| self.explain(&why))
    }

    /// One version of a workflow.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workflow_version(&self, name: &str, version: i64) -> Result<Option<VersionRow>, StoreError> {
        sqlx::query_as("SELECT * FROM workflow_versions WHERE workflow = $1 AND version = $2")
            .bind(name)
            .bind(version)
            .fetch_optional(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }

    /// Marks a version as the active one, or none. Says whether there is such a workflow (and version).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_active_version(&self, name: &str, version: Option<i64>) -> Result<bool, StoreError> {
        self.write(SetActive { name: name.into(), version }).await
    }

    /// Removes a workflow with all its versions. Says whether there was one. Its runs stay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_workflow(&self, name: &str) -> Result<bool, StoreError> {
        self.write(DeleteWorkflow(name.into())).await
    }
}

struct SaveWorkflow {
    name: String,
    document: String,
    workspace: String,
    at: i64,
}

impl Write for SaveWorkflow {
    type Output = i64;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<i64, WriteError> {
        let newest: Option<(i64, String, String)> = sqlx::query_as(
            "SELECT v.version, v.document, v.workspace FROM workflows w
             JOIN workflow_versions v ON v.workflow = w.name AND v.version = w.latest WHERE w.name = $1",
        )
        .bind(&self.name)
        .fetch_optional(&mut *connection)
        .await?;
        let version = match newest {
            Some((version, document, workspace)) if document == self.document && workspace == self.workspace => return Ok(version),
            Some((version, ..)) => version + 1,
            None => 1,
        };
        sqlx::query(
            "INSERT INTO workflows (name, created, updated, latest) VALUES ($1, $2, $2, $3)
             ON CONFLICT (name) DO UPDATE SET updated = excluded.updated, latest = excluded.latest",
        )
        .bind(&self.name)
        .bind(self.at)
        .bind(version)
        .execute(&mut *connection)
        .await?;
        sqlx::query("INSERT INTO workflow_versions (workflow, version, created, workspace, document) VALUES ($1, $2, $3, $4, $5)")
            .bind(&self.name)
            .bind(version)
            .bind(self.at)
            .bind(&self.workspace)
            .bind(&self.document)
            .execute(connection)
            .await?;
        Ok(version)
    }
}

struct SetActive {
    name: String,
    version: Option<i64>,
}

impl Write for SetActive {
    type Output = bool;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<bool, WriteError> {
        let done = sqlx::query(
            "UPDATE workflows SET active = $2 WHERE name = $1 AND
             ($2 IS NULL OR EXISTS (SELECT 1 FROM workflow_versions v WHERE v.workflow = $1 AND v.version = $2))",
        )
        .bind(&self.name)
        .bind(self.version)
        .execute(connection)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

struct DeleteWorkflow(String);

impl Write for DeleteWorkflow {
    type Output = bool;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<bool, WriteError> {
        let done = sqlx::query("DELETE FROM workflows WHERE name = $1").bind(&self.0).execute(connection).await?;
        Ok(done.rows_affected() > 0)
    }
}
