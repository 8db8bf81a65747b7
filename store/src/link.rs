//! The writer's connection: its transactions, and another session when a server's was lost.

use crate::context::Context;
use crate::driver_error::postgres::is_lost;
use crate::error::{Outcome, StoreError, WriteError};
use crate::postgres::Server;
use crate::sql::Connection;
use sqlx::Row;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long a group waits for a server that went away, such as for a restart. Once it was waited for in vain, writes
/// fail at once until it is back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pauses between attempts to reach the server, doubling.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A server that takes longer over a statement is given up with its session: the network may have swallowed it.
const STUCK: Duration = Duration::from_secs(60);

/// How a transaction ended that did not commit.
pub(crate) enum Stopped {
    /// Nothing of it is in the database, and the connection is as good as before.
    Refused(WriteError),
    /// The connection was lost before the commit: nothing of it is in the database.
    Lost(sqlx::Error),
    /// The connection was lost in the middle of the commit, and nobody can say what became of it.
    Unsure(sqlx::Error),
}

/// A transaction that was begun; on a server, by its number there.
pub(crate) struct Begun(Option<i64>);

/// The connection, and where another one comes from.
pub(crate) struct Link {
    context: Context,
    connection: Option<Connection>,
    server: Option<Server>,
    /// Whether the server was waited for in vain.
    given_up: bool,
}

impl Link {
    pub(crate) fn new(context: Context, connection: Connection, server: Option<Server>) -> Self {
        Self { context, connection: Some(connection), server, given_up: false }
    }

    /// Whether the connection may be lost while nobody looks.
    pub(crate) fn is_remote(&self) -> bool {
        self.server.is_some()
    }

    /// The connection of the transaction that was begun.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection, sqlx::Error> {
        self.connection.as_mut().ok_or_else(gone)
    }

    /// Makes sure that there is a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached, [`StoreError::Locked`] when another process took
    /// the database over meanwhile.
    pub(crate) async fn connect(&mut self) -> Result<(), StoreError> {
        if self.connection.is_some() {
            return Ok(());
        }
        let Some(server) = &mut self.server else { return Err(self.context.explain(&gone())) };
        let end = Instant::now() + PATIENCE;
        let mut pause = FIRST_PAUSE;
        loop {
            match server.connect(Duration::ZERO).await {
                Ok(connection) => {
                    tracing::info!("connected to {} again", self.context.place);
                    self.connection = Some(Connection::Postgres(connection));
                    self.given_up = false;
                    return Ok(());
                }
                Err(why) if self.given_up || Instant::now() + pause > end => {
                    self.given_up = true;
                    return Err(why);
                }
                Err(_) => sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<Begun, sqlx::Error> {
        match self.connection()? {
            Connection::Sqlite(file) => {
                file.begin();
                Ok(Begun(None))
            }
            Connection::Postgres(session) => {
                let begun = sqlx::raw_sql("BEGIN; SELECT txid_current()").fetch_one(session).await?;
                Ok(Begun(Some(begun.try_get(0)?)))
            }
        }
    }

    /// Commits; durable on return.
    pub(crate) async fn commit(&mut self, begun: Begun) -> Result<(), Stopped> {
        let end = match self.connection().map_err(Stopped::Lost)? {
            Connection::Sqlite(file) => file.commit().await,
            session => match timeout(STUCK, session.execute("COMMIT", &[])).await {
                Ok(end) => end.map(|_| ()),
                Err(_) => Err(stuck()),
            },
        };
        let Err(why) = end else { return Ok(()) };
        if !self.is_lost(&why) {
            return Err(self.refuse(WriteError::Database(why)).await);
        }
        self.connection = None;
        match self.became(begun).await {
            Some(true) => Ok(()),
            Some(false) => Err(Stopped::Lost(why)),
            None => Err(Stopped::Unsure(why)),
        }
    }

    /// Gives up what was begun and failed, and says what that means.
    pub(crate) async fn refuse(&mut self, why: WriteError) -> Stopped {
        match why {
            WriteError::Database(why) if self.is_lost(&why) => {
                self.connection = None;
                Stopped::Lost(why)
            }
            why => {
                let ended = match &mut self.connection {
                    Some(Connection::Sqlite(file)) => {
                        file.roll_back().await;
                        Ok(0)
                    }
                    Some(session) => session.execute("ROLLBACK", &[]).await,
                    None => Ok(0),
                };
                if ended.is_err() {
                    self.connection = None;
                }
                Stopped::Refused(why)
            }
        }
    }

    /// Gives up a transaction whose statements do not end.
    pub(crate) fn give_up(&mut self) -> Stopped {
        self.connection = None;
        Stopped::Lost(stuck())
    }

    /// How long the statements of a transaction may take.
    pub(crate) fn limit(&self) -> Duration {
        if self.server.is_some() { STUCK } else { Duration::MAX }
    }

    /// Asks a server whether it is there, so that a lost connection is found before it is needed.
    pub(crate) async fn look(&mut self) {
        if self.server.is_none() {
            return;
        }
        if let Some(connection) = &mut self.connection {
            let end = timeout(PATIENCE, connection.execute("SELECT 1", &[])).await;
            if matches!(end, Ok(Ok(_))) {
                return;
            }
            self.connection = None;
        }
        if let Err(why) = self.connect().await {
            tracing::warn!("{why}");
        }
    }

    /// Closes the connection, if there is one.
    pub(crate) async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(why) = connection.close().await
        {
            tracing::warn!("the database was not closed cleanly: {}", self.context.explain(&why));
        }
    }

    fn is_lost(&self, why: &sqlx::Error) -> bool {
        self.server.is_some() && is_lost(why)
    }

    /// Whether a transaction was committed whose answer was lost, where the server can still say so.
    async fn became(&mut self, begun: Begun) -> Option<bool> {
        let transaction = begun.0?;
        let end = Instant::now() + PATIENCE;
        loop {
            self.connect().await.ok()?;
            let text = "SELECT txid_status($1)";
            let said: Option<(Option<String>,)> = self.connection().ok()?.fetch_optional(text, &[transaction.into()]).await.ok()?;
            match said?.0?.as_str() {
                "committed" => return Some(true),
                "aborted" => return Some(false),
                // The server has not noticed yet that nobody is there any more.
                _ if Instant::now() < end => sleep(FIRST_PAUSE).await,
                _ => return None,
            }
        }
    }
}

impl Stopped {
    /// What the caller is told.
    pub(crate) fn explain(&self, context: &Context) -> StoreError {
        match self {
            Self::Refused(why) => context.explain_write(why),
            Self::Lost(why) => context.explain(why),
            Self::Unsure(why) => StoreError::Unavailable { why: context.explain(why).to_string(), outcome: Outcome::Unknown },
        }
    }
}

fn gone() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::NotConnected, "the connection is closed"))
}

fn stuck() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the server does not answer"))
}
