//! The port on real SQLite files.

use super::WorkspaceSql;
use sayflow_engine::action::Retry;
use sayflow_engine::ports::Sql;
use serde_json::{Value, json};
use tempfile::TempDir;

async fn shop() -> (TempDir, WorkspaceSql) {
    let folder = tempfile::tempdir().unwrap();
    let sql = WorkspaceSql::new(folder.path());
    run(&sql, "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, raw BLOB, sold BOOLEAN, at DATETIME)").await;
    run(&sql, "INSERT INTO items VALUES (1, 'tea', 2.5, x'00ff', TRUE, '2026-01-01'), (2, 'cup', NULL, NULL, FALSE, NULL)").await;
    (folder, sql)
}

async fn run(sql: &WorkspaceSql, statement: &str) -> u64 {
    sql.execute("shop.db", statement, &[]).await.unwrap()
}

async fn refused(sql: &WorkspaceSql, statement: &str) -> (String, String) {
    let query = sql.query("shop.db", statement, &[]).await.unwrap_err();
    let execute = sql.execute("shop.db", statement, &[]).await.unwrap_err();
    (query.code, execute.code)
}

#[tokio::test]
async fn rows_are_objects_in_column_order_by_storage_class() {
    let (_folder, sql) = shop().await;
    let rows = sql.query("shop.db", "SELECT * FROM items WHERE id >= ? ORDER BY id", &[json!(1)]).await.unwrap();
    assert_eq!(
        Value::from(rows).to_string(),
        r#"[{"id":1,"name":"tea","price":2.5,"raw":"AP8=","sold":1,"at":"2026-01-01"},{"id":2,"name":"cup","price":null,"raw":null,"sold":0,"at":null}]"#
    );
    let twice = sql.query("./shop.db", "SELECT 1 AS id, 2 AS id, 3 AS id -- end\n;", &[]).await.unwrap();
    assert_eq!(twice, [json!({"id": 1, "id_2": 2, "id_3": 3})]);
}

#[tokio::test]
async fn values_are_bound_by_position_and_counted() {
    let (_folder, sql) = shop().await;
    let params = [json!("x'; DROP TABLE items"), json!(1.5), json!(null), json!([1]), json!(true)];
    let rows = sql.query("shop.db", "SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e", &params).await.unwrap();
    assert_eq!(rows, [json!({"a": "x'; DROP TABLE items", "b": 1.5, "c": null, "d": "[1]", "e": 1})]);
    let error = sql.query("shop.db", "SELECT ?, ?", &[json!(1)]).await.unwrap_err();
    assert_eq!(error.code, "invalid_parameters");
    assert!(error.message.contains("2 placeholders"), "{error}");
    assert_eq!(sql.query("shop.db", "SELECT ?", &[json!(u64::MAX)]).await.unwrap_err().code, "invalid_parameters");
}

#[tokio::test]
async fn changes_say_how_many_rows_they_touched() {
    let (_folder, sql) = shop().await;
    assert_eq!(run(&sql, "UPDATE items SET price = 1").await, 2);
    assert_eq!(run(&sql, "DELETE FROM items WHERE id = 7").await, 0);
    assert_eq!(run(&sql, "CREATE INDEX by_name ON items (name)").await, 0);
    let error = sql.execute("shop.db", "INSERT INTO items (id, name) VALUES (1, 'x')", &[]).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.outcome_unknown), ("sql_constraint", false));
}

#[tokio::test]
async fn a_query_cannot_change_anything() {
    let (_folder, sql) = shop().await;
    for statement in [
        "DELETE FROM items",
        "INSERT INTO items (name) VALUES ('x') RETURNING id",
        "WITH x AS (SELECT 1) UPDATE items SET price = 0",
        "CREATE TEMP TABLE t (x)",
        "DROP TABLE items",
    ] {
        assert_eq!(sql.query("shop.db", statement, &[]).await.unwrap_err().code, "sql_refused", "{statement}");
    }
    assert_eq!(sql.query("shop.db", "SELECT count(*) AS n FROM items", &[]).await.unwrap(), [json!({"n": 2})]);
}

#[tokio::test]
async fn nothing_reaches_beyond_the_one_file() {
    let (folder, sql) = shop().await;
    let other = folder.path().join("other.db");
    for statement in [
        format!("ATTACH DATABASE '{}' AS other", other.display()),
        format!("/**/aTTach '{}' AS o", other.display()),
        format!("VACUUM INTO '{}'", other.display()),
        "VACUUM".to_owned(),
        "DETACH main".to_owned(),
        "SELECT load_extension('x.so')".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "PRAGMA journal_mode(DELETE)".to_owned(),
        "PRAGMA query_only = off".to_owned(),
        "PRAGMA writable_schema = 1".to_owned(),
        "PRAGMA temp_store_directory = '/tmp'".to_owned(),
        "PRAGMA user_version = 3".to_owned(),
        "PRAGMA wal_checkpoint".to_owned(),
        "BEGIN".to_owned(),
        "COMMIT".to_owned(),
        "SAVEPOINT x".to_owned(),
    ] {
        let (query, execute) = refused(&sql, &statement).await;
        assert!(["sql_refused", "sql_error"].contains(&query.as_str()), "{statement}: {query}");
        assert!(["sql_refused", "sql_error"].contains(&execute.as_str()), "{statement}: {execute}");
    }
    assert!(!other.exists());
    let columns = sql.query("shop.db", "PRAGMA table_info(items)", &[]).await.unwrap();
    assert_eq!(columns.len(), 6, "what only tells something is allowed");
    assert_eq!(sql.query("shop.db", "PRAGMA user_version", &[]).await.unwrap(), [json!({"user_version": 0})]);
}

#[tokio::test]
async fn there_is_exactly_one_statement() {
    let (_folder, sql) = shop().await;
    for statement in ["SELECT 1; DELETE FROM items", "SELECT 1; SELECT 2", "DELETE FROM items; nonsense", "", " -- nothing"] {
        assert_eq!(refused(&sql, statement).await, ("sql_error".to_owned(), "sql_error".to_owned()), "{statement}");
    }
    assert_eq!(sql.query("shop.db", "SELECT ';' AS x; -- one\n/* still */ ;", &[]).await.unwrap(), [json!({"x": ";"})]);
    assert_eq!(sql.query("shop.db", "SELECT count(*) AS n FROM items", &[]).await.unwrap(), [json!({"n": 2})]);
}

#[tokio::test]
async fn a_database_stays_inside_the_folder() {
    let (folder, sql) = shop().await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("shop.db"), elsewhere.path().join("secret.db")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("way-out")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("new.db"), folder.path().join("dangling.db")).unwrap();
        std::os::unix::fs::symlink("shop.db", folder.path().join("alias.db")).unwrap();
        assert_eq!(sql.query("alias.db", "SELECT count(*) AS n FROM items", &[]).await.unwrap(), [json!({"n": 2})]);
    }
    let absolute = elsewhere.path().join("secret.db");
    for database in ["../secret.db", "a/../../secret.db", absolute.to_str().unwrap(), "way-out/secret.db", "way-out/new.db", "dangling.db"]
    {
        let query = sql.query(database, "SELECT 1", &[]).await.unwrap_err();
        let execute = sql.execute(database, "CREATE TABLE t (x)", &[]).await.unwrap_err();
        assert_eq!((query.code.as_str(), execute.code.as_str()), ("path_outside", "path_outside"), "{database}");
    }
    assert!(!elsewhere.path().join("new.db").exists());
    assert_eq!(sql.query(" ", "SELECT 1", &[]).await.unwrap_err().code, "invalid_parameters");
}

#[tokio::test]
async fn only_create_brings_a_database_into_being() {
    let (folder, sql) = shop().await;
    for statement in ["INSERT INTO t VALUES (1)", "-- CREATE\nDELETE FROM t"] {
        assert_eq!(sql.execute("new.db", statement, &[]).await.unwrap_err().code, "database_not_found");
    }
    assert_eq!(sql.query("new.db", "CREATE TABLE t (x)", &[]).await.unwrap_err().code, "database_not_found");
    assert_eq!(sql.execute("new.db", "CREATE nonsense", &[]).await.unwrap_err().code, "sql_error");
    assert!(!folder.path().join("new.db").exists(), "a failure leaves no file");
    sql.execute("new.db", "-- first\n/* table */ create table t (x)", &[]).await.unwrap();
    assert!(folder.path().join("new.db").exists());
    assert_eq!(sql.execute("no/new.db", "CREATE TABLE t (x)", &[]).await.unwrap_err().code, "folder_not_found");
}

#[tokio::test]
async fn errors_name_the_database_and_the_way_out() {
    let (folder, sql) = shop().await;
    let error = sql.query("shop.db", "SELECT * FROM itms", &[]).await.unwrap_err();
    assert_eq!(error.message, "database \"shop.db\": no such table: itms");
    assert_eq!(error.help.as_deref(), Some("the tables are items"));
    let error = sql.query("shop.db", "SELEC 1", &[]).await.unwrap_err();
    assert!(error.code == "sql_error" && error.message.contains("syntax error"), "{error}");
    std::fs::write(folder.path().join("text.db"), "this is no database, but it is long enough to look at".repeat(20)).unwrap();
    assert_eq!(sql.query("text.db", "SELECT * FROM t", &[]).await.unwrap_err().code, "database_damaged");
}

#[tokio::test]
async fn rows_beyond_the_limit_are_an_error() {
    let (_folder, sql) = shop().await;
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT zeroblob(65536) AS b FROM n";
    assert_eq!(sql.query("shop.db", many, &[]).await.unwrap_err().code, "output_too_large");
}

#[tokio::test]
async fn a_database_in_wal_mode_that_another_program_has_open_is_readable() {
    use sqlx::Connection;
    let (folder, sql) = shop().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("shop.db"))
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let mut other = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("INSERT INTO items (name) VALUES ('new')").execute(&mut other).await.unwrap();
    assert_eq!(sql.query("shop.db", "SELECT count(*) AS n FROM items", &[]).await.unwrap(), [json!({"n": 3})]);
    other.close().await.unwrap();
    assert_eq!(sql.query("shop.db", "SELECT count(*) AS n FROM items", &[]).await.unwrap(), [json!({"n": 3})]);
}

#[tokio::test]
async fn a_locked_database_may_be_tried_again() {
    use sqlx::Connection;
    let (folder, sql) = shop().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("shop.db"));
    let mut other = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let sql = sql.with_busy_timeout(std::time::Duration::from_millis(1));
    let error = sql.execute("shop.db", "DELETE FROM items", &[]).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("database_busy", Retry::Maybe));
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_stops_and_changes_nothing() {
    let (_folder, sql) = shop().await;
    let endless = "INSERT INTO items (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'x' FROM n";
    let gave_up = tokio::time::timeout(std::time::Duration::from_millis(50), sql.execute("shop.db", endless, &[])).await;
    assert!(gave_up.is_err());
    assert_eq!(run(&sql, "UPDATE items SET price = 1").await, 2, "its lock is given back and its rows are gone");
}
