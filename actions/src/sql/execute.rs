//! `sql.execute`: changes a database.

use super::query::Params;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The action.
pub struct SqlExecute;

/// What `sql.execute` hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Affected {
    /// How many rows it touched.
    pub affected: u64,
}

#[async_trait]
impl Action for SqlExecute {
    type Params = Params;
    type Output = Affected;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("sql.execute", "Change a database", "Changes a SQLite database with one SQL statement.", Effect::Write)
            .utterances(&[
                "insert a row into the table log in app.db",
                "store each item in the database",
                "save the results to a SQLite table",
                "update the status column in orders.db",
                "delete old rows from the database",
                "create a table in shop.sqlite",
                "run an INSERT on the database",
            ])
            .keywords(&["sql", "sqlite", "database", "db", "insert", "update", "delete", "store", "save", "table"])
            .destination("database", DestinationKind::Database)
            .example(json!({ "affected": 1 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Affected>, StepError> {
        let affected = cx.ports.sql.execute(&params.database, &params.sql, &params.params).await?;
        Ok(Affected { affected }.into())
    }
}
