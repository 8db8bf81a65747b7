//! `sql.query`: rows of a database.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The action.
pub struct SqlQuery;

/// What the SQL steps take.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// A SQLite file in the workspace folder.
    #[schemars(extend("x-role" = role::DATABASE))]
    pub database: String,
    /// One statement, with ? or ?1 where values belong.
    #[schemars(extend("x-role" = role::SQL))]
    pub sql: String,
    /// The values, in order.
    #[serde(default)]
    pub params: Vec<Value>,
}

/// What `sql.query` hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rows {
    /// The rows as objects by column name, in column order.
    #[schemars(with = "Vec<serde_json::Map<String, Value>>")]
    pub rows: Vec<Value>,
    /// How many there are.
    pub count: usize,
}

#[async_trait]
impl Action for SqlQuery {
    type Params = Params;
    type Output = Rows;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("sql.query", "Query a database", "Reads rows from a SQLite database with one SQL statement.", Effect::Read)
            .utterances(&[
                "query the database shop.db",
                "read the orders table of sales.sqlite",
                "select all customers from crm.db",
                "get the rows from the database",
                "run SELECT * FROM users on app.db",
                "look up open invoices in the database",
                "how many rows are in the table",
            ])
            .keywords(&["sql", "sqlite", "database", "db", "query", "select", "table", "rows", "records"])
            .destination("database", DestinationKind::Database)
            .example(json!({ "rows": [{ "id": 1 }], "count": 1 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Rows>, StepError> {
        let rows = cx.ports.sql.query(&params.database, &params.sql, &params.params).await?;
        Ok(Rows { count: rows.len(), rows }.into())
    }
}
