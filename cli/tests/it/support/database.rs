//! SQLite files for tests: made from SQL, read by a query, and dumped to see whether anything changed.

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, Connection, Row, TypeInfo, ValueRef};
use std::path::Path;

/// Makes a database file by running SQL statements.
pub async fn create(path: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a new database");
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("the fixture's SQL runs");
    connection.close().await.expect("the database closes");
}

/// The rows of a query as lists of JSON values.
pub async fn rows(path: &Path, sql: &str) -> Vec<Vec<Value>> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the database opens");
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.expect("the query runs");
    rows.iter().map(|row| (0..row.len()).map(|column| cell(row, column)).collect()).collect()
}

/// All tables with all rows, as text.
pub async fn dump(path: &Path) -> String {
    let tables = rows(path, "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").await;
    let mut dump = String::new();
    for table in tables {
        let name = table[0].as_str().unwrap_or_default().to_owned();
        let content = rows(path, &format!("SELECT * FROM \"{name}\" ORDER BY rowid")).await;
        dump.push_str(&format!("{table:?}\n{content:?}\n"));
    }
    dump
}

fn cell(row: &SqliteRow, column: usize) -> Value {
    let raw = row.try_get_raw(column).expect("the column exists");
    if raw.is_null() {
        return Value::Null;
    }
    match raw.type_info().name() {
        "INTEGER" | "BOOLEAN" => row.get::<i64, _>(column).into(),
        "REAL" => row.get::<f64, _>(column).into(),
        "TEXT" | "DATETIME" | "DATE" | "TIME" => row.get::<String, _>(column).into(),
        other => panic!("column {} holds {other}, which no test expects", row.column(column).name()),
    }
}
