//! Saved workflows and their versions. A version never changes.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};

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
        self.one(select!("WHERE w.name = $1"), values![name]).await
    }

    /// All workflows, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_workflows(&self) -> Result<Vec<WorkflowRow>, StoreError> {
        self.all(select!("ORDER BY w.name"), values![]).await
    }

    /// One version of a workflow.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workflow_version(&self, name: &str, version: i64) -> Result<Option<VersionRow>, StoreError> {
        self.one("SELECT * FROM workflow_versions WHERE workflow = $1 AND version = $2", values![name, version]).await
    }

    /// Removes a workflow with all its versions and triggers. Says whether there was one. Its runs stay.
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

    async fn apply(&self, connection: &mut Connection) -> Result<i64, WriteError> {
        let newest: Option<(i64, String, String)> = connection
            .fetch_optional(
                "SELECT v.version, v.document, v.workspace FROM workflows w
                 JOIN workflow_versions v ON v.workflow = w.name AND v.version = w.latest WHERE w.name = $1",
                values![&self.name],
            )
            .await?;
        let version = match newest {
            Some((version, document, workspace)) if document == self.document && workspace == self.workspace => return Ok(version),
            Some((version, ..)) => version + 1,
            None => 1,
        };
        connection
            .execute(
                "INSERT INTO workflows (name, created, updated, latest) VALUES ($1, $2, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET updated = excluded.updated, latest = excluded.latest",
                values![&self.name, self.at, version],
            )
            .await?;
        connection
            .execute(
                "INSERT INTO workflow_versions (workflow, version, created, workspace, document) VALUES ($1, $2, $3, $4, $5)",
                values![&self.name, version, self.at, &self.workspace, &self.document],
            )
            .await?;
        Ok(version)
    }
}

struct DeleteWorkflow(String);

impl Write for DeleteWorkflow {
    type Output = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool, WriteError> {
        Ok(connection.execute("DELETE FROM workflows WHERE name = $1", values![&self.0]).await? > 0)
    }
}
