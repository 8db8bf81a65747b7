//! One SQL text with the same values on either database.
//!
//! Texts write their places as `$1`, `$2`, …: SQLite's driver takes them by number too.

use sqlx::postgres::{PgArguments, PgConnection, PgPool, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Arguments, Connection as _, FromRow, SqlSafeStr, SqlStr};

/// A value for a place in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(Option<&'a str>),
    Int(Option<i64>),
    Bool(bool),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        Self::Text(value.as_deref())
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// The values of a text, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

/// The values as a driver takes them.
macro_rules! arguments {
    ($kind:ty, $values:expr) => {{
        let mut arguments = <$kind>::default();
        for value in $values {
            let added = match *value {
                Value::Text(value) => arguments.add(value),
                Value::Int(value) => arguments.add(value),
                Value::Bool(value) => arguments.add(value),
                Value::Bytes(value) => arguments.add(value),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        arguments
    }};
}

/// What a row of either database can be read into.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}

impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static> Row for T {}

/// How a place is written in a text that is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// `?`. With numbers, SQLite looks every name up in a list: a long text would take quadratic time.
    Anonymous,
    /// `$1`
    Numbered,
}

/// Takes a text in; tests see them all.
fn note(sql: impl SqlSafeStr) -> SqlStr {
    let sql = sql.into_sql_str();
    #[cfg(test)]
    SEEN.lock().unwrap().insert(sql.as_str().to_owned());
    sql
}

#[cfg(test)]
static SEEN: std::sync::Mutex<std::collections::BTreeSet<String>> = std::sync::Mutex::new(std::collections::BTreeSet::new());

/// Every text that was carried out in this process.
#[cfg(test)]
pub(crate) fn seen() -> std::collections::BTreeSet<String> {
    SEEN.lock().unwrap().clone()
}

/// The connection that writes.
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    /// How this database wants places written.
    pub(crate) fn places(&self) -> Places {
        match self {
            Self::Sqlite(_) => Places::Anonymous,
            Self::Postgres(_) => Places::Numbered,
        }
    }

    /// Says goodbye; a connection that writes to SQLite folds the write-ahead log into the database.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }

    /// Carries a statement out and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(to) => {
                sqlx::query_with(sql, arguments!(SqliteArguments, values)).execute(to).await.map(|done| done.rows_affected())
            }
            Self::Postgres(to) => sqlx::query_with(sql, arguments!(PgArguments, values)).execute(to).await.map(|done| done.rows_affected()),
        }
    }

    /// All rows of a query.
    pub(crate) async fn fetch_all<T: Row>(&mut self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Vec<T>, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(from) => sqlx::query_as_with(sql, arguments!(SqliteArguments, values)).fetch_all(from).await,
            Self::Postgres(from) => sqlx::query_as_with(sql, arguments!(PgArguments, values)).fetch_all(from).await,
        }
    }

    /// The first row of a query.
    pub(crate) async fn fetch_optional<T: Row>(&mut self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Option<T>, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(from) => sqlx::query_as_with(sql, arguments!(SqliteArguments, values)).fetch_optional(from).await,
            Self::Postgres(from) => sqlx::query_as_with(sql, arguments!(PgArguments, values)).fetch_optional(from).await,
        }
    }
}

/// The connections that read.
#[derive(Clone)]
pub(crate) enum Readers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Readers {
    /// All rows of a query.
    pub(crate) async fn fetch_all<T: Row>(&self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Vec<T>, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(from) => sqlx::query_as_with(sql, arguments!(SqliteArguments, values)).fetch_all(from).await,
            Self::Postgres(from) => sqlx::query_as_with(sql, arguments!(PgArguments, values)).fetch_all(from).await,
        }
    }

    /// The first row of a query.
    pub(crate) async fn fetch_optional<T: Row>(&self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Option<T>, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(from) => sqlx::query_as_with(sql, arguments!(SqliteArguments, values)).fetch_optional(from).await,
            Self::Postgres(from) => sqlx::query_as_with(sql, arguments!(PgArguments, values)).fetch_optional(from).await,
        }
    }

    /// Closes all connections; later queries fail.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// The most rows of one statement.
const ROWS: usize = 256;

/// Writes `head`, then `VALUES` with as many rows as `values` has, then `tail`, as often as needed; says how many rows
/// were changed.
///
/// Rows come in powers of two, so that few different texts are made: each is prepared once and found again.
pub(crate) async fn execute_rows(
    connection: &mut Connection,
    head: &str,
    tail: &str,
    columns: usize,
    values: &[Value<'_>],
) -> Result<u64, sqlx::Error> {
    let mut changed = 0;
    let mut rest = values;
    while !rest.is_empty() {
        let rows = (rest.len() / columns).min(ROWS);
        let rows = 1 << rows.ilog2();
        let (now, later) = rest.split_at(rows * columns);
        let text = rows_text(connection.places(), head, tail, columns, rows);
        changed += connection.execute(sqlx::AssertSqlSafe(text), now).await?;
        rest = later;
    }
    Ok(changed)
}

fn rows_text(places: Places, head: &str, tail: &str, columns: usize, rows: usize) -> String {
    let mut text = String::with_capacity(head.len() + tail.len() + rows * columns * 5 + 8);
    text.push_str(head);
    text.push_str(" VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..columns {
            if column > 0 {
                text.push(',');
            }
            match places {
                Places::Anonymous => text.push('?'),
                Places::Numbered => {
                    text.push('$');
                    text.push_str(&(row * columns + column + 1).to_string());
                }
            }
        }
        text.push(')');
    }
    text.push_str(tail);
    text
}
