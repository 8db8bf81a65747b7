//! One SQL text with the same values on either database.
//!
//! Texts write their places as `$1`, `$2`, …: SQLite's driver takes them by number too.

use futures::StreamExt;
use sqlx::postgres::{PgArguments, PgConnection, PgPool, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Arguments, Connection as _, Executor, FromRow, SqlSafeStr, SqlStr};

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
    Sqlite(Sqlite),
    Postgres(PgConnection),
}

/// A connection to SQLite. A transaction begins with its first statement, so that it costs no way of its own.
pub(crate) struct Sqlite {
    connection: SqliteConnection,
    to_begin: bool,
}

impl Sqlite {
    pub(crate) fn new(connection: SqliteConnection) -> Self {
        Self { connection, to_begin: false }
    }

    /// The next statement begins a transaction.
    ///
    /// It is spelled out: on a full disk SQLite rolls back by itself, after which the driver's own bookkeeping believes for
    /// ever that a transaction is open.
    pub(crate) fn begin(&mut self) {
        self.to_begin = true;
    }

    /// Commits what was begun, if anything was.
    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        if !std::mem::take(&mut self.to_begin) {
            self.connection.execute("COMMIT").await?;
        }
        Ok(())
    }

    /// Gives up what was begun, if anything was.
    pub(crate) async fn roll_back(&mut self) {
        if !std::mem::take(&mut self.to_begin) {
            // It fails where SQLite has rolled back by itself.
            let _ = self.connection.execute("ROLLBACK").await;
        }
    }
}

impl Connection {
    /// Says goodbye; a connection that writes to SQLite folds the write-ahead log into the database.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }

    /// Carries a statement out and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(to) => {
                let to = to.ready().await?;
                sqlx::query_with(sql, arguments!(SqliteArguments, values)).execute(to).await.map(|done| done.rows_affected())
            }
            Self::Postgres(to) => sqlx::query_with(sql, arguments!(PgArguments, values)).execute(to).await.map(|done| done.rows_affected()),
        }
    }

    /// All rows of a query.
    pub(crate) async fn fetch_all<T: Row>(&mut self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Vec<T>, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(from) => sqlx::query_as_with(sql, arguments!(SqliteArguments, values)).fetch_all(from.ready().await?).await,
            Self::Postgres(from) => sqlx::query_as_with(sql, arguments!(PgArguments, values)).fetch_all(from).await,
        }
    }

    /// The first row of a query.
    pub(crate) async fn fetch_optional<T: Row>(&mut self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Option<T>, sqlx::Error> {
        let sql = note(sql);
        match self {
            Self::Sqlite(from) => sqlx::query_as_with(sql, arguments!(SqliteArguments, values)).fetch_optional(from.ready().await?).await,
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

/// A statement about any number of rows.
pub(crate) struct Statement<'a> {
    /// What stands before the rows.
    pub(crate) head: &'static str,
    /// What stands behind them.
    pub(crate) tail: &'static str,
    /// How many values a row has. The first one is never NULL.
    pub(crate) columns: usize,
    /// The values of all rows.
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> Statement<'a> {
    /// `INSERT` with what `head` begins; `tail` may say what happens to rows that are there already.
    pub(crate) fn insert(head: &'static str, tail: &'static str, columns: usize, values: Vec<Value<'a>>) -> Self {
        Self { head, tail, columns, values }
    }

    /// How many rows it is about.
    pub(crate) fn rows(&self) -> u64 {
        (self.values.len() / self.columns) as u64
    }

    /// Its texts, with the values of each.
    ///
    /// The rows of a text are a power of two, filled up with rows of NULL that match nothing, so that few different texts
    /// are made: each is prepared once and found again.
    fn parts(&self) -> impl Iterator<Item = (usize, &[Value<'a>])> {
        self.values.chunks(ROWS * self.columns).map(|values| ((values.len() / self.columns).next_power_of_two(), values))
    }

    fn write(&self, text: &mut String, rows: usize, places: Places) {
        text.push_str(self.head);
        text.push_str("(VALUES ");
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ",(" });
            for column in 0..self.columns {
                if column > 0 {
                    text.push(',');
                }
                match places {
                    Places::Anonymous => text.push('?'),
                    Places::Numbered => text.push_str(&format!("${}", row * self.columns + column + 1)),
                }
            }
            text.push(')');
        }
        text.push_str(") AS v ");
        text.push_str(self.tail);
    }

    /// A row's worth of what matches nothing, of the same types.
    fn filling(&self) -> impl Iterator<Item = Value<'a>> {
        self.values[..self.columns].iter().map(|value| match value {
            Value::Text(_) => Value::Text(None),
            Value::Int(_) => Value::Int(None),
            Value::Bool(_) => Value::Bool(false),
            Value::Bytes(_) => Value::Bytes(&[]),
        })
    }

    fn fill(&self, values: &[Value<'a>], rows: usize, into: &mut Vec<Value<'a>>) {
        into.extend_from_slice(values);
        for _ in values.len() / self.columns..rows {
            into.extend(self.filling());
        }
    }
}

impl Connection {
    /// Carries statements out, in order, and says how many rows each changed. The first that fails ends it; what those
    /// before it changed is told all the same.
    ///
    /// SQLite gets them in one go, together with the begin of the transaction: each go costs two changes of thread.
    pub(crate) async fn execute_all(&mut self, statements: &[Statement<'_>]) -> (Vec<u64>, Result<(), sqlx::Error>) {
        let mut changed = Vec::with_capacity(statements.len());
        let end = match self {
            Self::Sqlite(to) => to.execute_all(statements, &mut changed).await,
            Self::Postgres(_) => self.one_by_one(statements, &mut changed).await,
        };
        (changed, end)
    }

    async fn one_by_one(&mut self, statements: &[Statement<'_>], changed: &mut Vec<u64>) -> Result<(), sqlx::Error> {
        for statement in statements {
            changed.push(0);
            for (rows, values) in statement.parts() {
                let (mut text, mut filled) = (String::new(), Vec::with_capacity(rows * statement.columns));
                statement.write(&mut text, rows, Places::Numbered);
                statement.fill(values, rows, &mut filled);
                let rows = self.execute(sqlx::AssertSqlSafe(text), &filled).await?;
                if let Some(changed) = changed.last_mut() {
                    *changed += rows;
                }
            }
        }
        Ok(())
    }
}

impl Sqlite {
    async fn execute_all(&mut self, statements: &[Statement<'_>], changed: &mut Vec<u64>) -> Result<(), sqlx::Error> {
        let (mut text, mut values, mut owners) = (String::new(), Vec::new(), Vec::new());
        if self.to_begin {
            text.push_str(BEGIN);
            owners.push(None);
        }
        for (place, statement) in statements.iter().enumerate() {
            for (rows, of_part) in statement.parts() {
                if !owners.is_empty() {
                    text.push(';');
                }
                statement.write(&mut text, rows, Places::Anonymous);
                statement.fill(of_part, rows, &mut values);
                owners.push(Some(place));
            }
        }
        if !owners.iter().any(Option::is_some) {
            return Ok(());
        }
        // Whatever becomes of the rest, it is the first thing that is done.
        self.to_begin = false;
        changed.resize(statements.len(), 0);
        let text = note(sqlx::AssertSqlSafe(text));
        let query = sqlx::query_with(text, arguments!(SqliteArguments, &values));
        let mut ends = self.connection.execute_many(query);
        let mut owners = owners.into_iter();
        while let Some(end) = ends.next().await {
            let end = end?;
            if let Some(Some(owner)) = owners.next() {
                changed[owner] += end.rows_affected();
            }
        }
        Ok(())
    }

    /// Begins what was to begin.
    async fn ready(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if std::mem::take(&mut self.to_begin) {
            self.connection.execute(BEGIN).await?;
        }
        Ok(&mut self.connection)
    }
}

/// Without `IMMEDIATE`, SQLite would take the write lock in the middle, where it cannot wait for it.
const BEGIN: &str = "BEGIN IMMEDIATE";
