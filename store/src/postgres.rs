//! PostgreSQL: a database on a server, a session that holds the lock and writes, and sessions that read.

use crate::context::Context;
use crate::driver_error::postgres::explain;
use crate::error::{Outcome, Place, StoreError};
use crate::sql::{Connection, Readers};
use sqlx::ConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Reads are short; a server that is shared has few sessions to spare.
const READERS: u32 = 4;

/// How long a session may take to begin.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a process that was killed a moment ago may seem to hold the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The key of the lock in the database: the letters of the name.
const LOCK_KEY: i64 = 0x0073_6179_666c_6f77;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// The row of the lock among the server's locks.
macro_rules! lock_row {
    () => {
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (CAST(l.classid AS BIGINT) << 32 | CAST(l.objid AS BIGINT)) = $1"
    };
}
/// The server's side of a store: how to get another session that writes.
pub(crate) struct Server {
    options: PgConnectOptions,
    place: Place,
    /// The server's process that had the lock for us last. It may outlive the connection to it.
    session: Option<i32>,
}

/// Reads an address, and says where it leads without the password.
pub(crate) fn parse(url: &str) -> Result<(PgConnectOptions, Place), StoreError> {
    let wrong = |why: &str| {
        StoreError::Other(format!(
            "database_url does not name a PostgreSQL database ({why}); write postgresql://USER:PASSWORD@HOST:PORT/NAME, or leave it out for SQLite"
        ))
    };
    if !["postgresql://", "postgres://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(wrong("it does not begin with postgresql://"));
    }
    // What the driver says of an address may quote it with its password.
    let options = PgConnectOptions::from_str(url).map_err(|_| wrong("it cannot be read"))?;
    let name = options.get_database().unwrap_or(options.get_username()).to_owned();
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let place = Place::Server(format!("postgresql://{}@{host}:{}/{name}", options.get_username(), options.get_port()));
    let name = format!("sayflow {}", std::process::id());
    let options = options
        .application_name(&name)
        // A machine that vanished must not hold the lock for hours.
        .options([("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "10"), ("tcp_keepalives_count", "3")])
        .disable_statement_logging();
    Ok((options, place))
}

/// Opens a database and brings its tables up to date.
pub(crate) async fn open(context: &Context, options: PgConnectOptions) -> Result<(Connection, Readers, Server), StoreError> {
    let mut server = Server { options: options.clone(), place: context.place.clone(), session: None };
    let mut connection = server.connect(LOCK_PATIENCE).await?;
    MIGRATIONS.run(&mut connection).await.map_err(|why| explain_migration(context, why))?;
    let readers = PgPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(CONNECT)
        .connect_lazy_with(options.options([("default_transaction_read_only", "on")]));
    Ok((Connection::Postgres(connection), Readers::Postgres(readers), server))
}

impl Server {
    /// Begins a session that keeps what it commits, and takes the lock with it.
    pub(crate) async fn connect(&mut self, patience: Duration) -> Result<PgConnection, StoreError> {
        let end = Instant::now() + patience;
        let unreachable = |_| StoreError::Unavailable { why: format!("{} does not answer", self.place), outcome: Outcome::NotDone };
        let mut connection =
            timeout(CONNECT, self.options.connect()).await.map_err(unreachable)?.map_err(|why| explain(&self.place, &why))?;
        let ready = async {
            assert_durable(&mut connection).await?;
            self.end_own_session(&mut connection).await?;
            loop {
                if try_lock(&mut connection).await? {
                    return Ok(None);
                }
                if Instant::now() >= end {
                    return Ok(Some(holder(&mut connection).await?));
                }
                sleep(LOCK_PAUSE).await;
            }
        };
        match ready.await.map_err(|why: sqlx::Error| explain(&self.place, &why))? {
            Some(holder) => Err(StoreError::Locked { place: self.place.clone(), holder }),
            None => {
                let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await;
                self.session = Some(pid.map_err(|why| explain(&self.place, &why))?);
                Ok(connection)
            }
        }
    }

    /// Ends the session of ours that may still hold the lock after the connection to it was lost.
    async fn end_own_session(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let Some(session) = self.session else { return Ok(()) };
        sqlx::query(concat!("SELECT pg_terminate_backend(l.pid) FROM pg_locks l ", lock_row!(), " AND l.pid = $2"))
            .bind(LOCK_KEY)
            .bind(session)
            .execute(connection)
            .await?;
        Ok(())
    }
}

async fn try_lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK_KEY).fetch_one(connection).await
}

/// Who has the lock, as the server knows them.
async fn holder(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let text = concat!(
        "SELECT a.pid, a.application_name, CAST(a.client_addr AS TEXT) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid ",
        lock_row!()
    );
    let found: Option<(i32, Option<String>, Option<String>)> = sqlx::query_as(text).bind(LOCK_KEY).fetch_optional(connection).await?;
    Ok(found.map(|(pid, name, address)| {
        let name = name.filter(|name| !name.is_empty()).map(|name| format!("{name}, ")).unwrap_or_default();
        let address = address.map(|address| format!(" from {address}")).unwrap_or_default();
        format!("{name}the server's session {pid}{address}")
    }))
}

/// Refuses a session that could lose an acknowledged commit.
async fn assert_durable(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let text = "SELECT current_setting('synchronous_commit'), current_setting('fsync')";
    let (mut commit, fsync): (String, String) = sqlx::query_as(text).fetch_one(&mut *connection).await?;
    if commit == "off" {
        sqlx::query("SET synchronous_commit = on").execute(&mut *connection).await?;
        commit = sqlx::query_scalar("SELECT current_setting('synchronous_commit')").fetch_one(connection).await?;
    }
    if commit == "off" || fsync != "on" {
        let why = format!("the database does not keep its promises here: synchronous_commit={commit}, fsync={fsync}");
        return Err(sqlx::Error::Configuration(why.into()));
    }
    Ok(())
}

fn explain_migration(context: &Context, why: MigrateError) -> StoreError {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    match why {
        MigrateError::Execute(why) | MigrateError::ExecuteMigration(why, _) => context.explain(&why),
        MigrateError::VersionMissing(found) if found > known => StoreError::NewerVersion { place: context.place.clone(), found, known },
        other => StoreError::Other(other.to_string()),
    }
}
