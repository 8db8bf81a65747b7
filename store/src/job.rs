//! Writes and who waits for them: what goes through the queue to the writer.

use crate::error::{StoreError, WriteError};
use crate::rows::run::{Created, NewRun, RunCommit};
use crate::sql::Connection;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::oneshot;

/// A change of the database. It may be carried out more than once, each time on a database without it: a group
/// that fails is rolled back and its halves are tried alone.
pub(crate) trait Write: Send + Sync + 'static {
    /// What the caller gets.
    type Output: Send + 'static;

    /// Whether it may remove documents that nothing refers to any more.
    const DROPS_DOCUMENTS: bool = false;

    /// Makes the change inside a transaction.
    fn apply(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Output, WriteError>> + Send;
}

/// A write with its caller, without its types.
pub(crate) trait Job: Send {
    fn apply<'a>(&'a mut self, connection: &'a mut Connection) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>>;

    /// See [`Write::DROPS_DOCUMENTS`].
    fn drops_documents(&self) -> bool;

    /// Tells the caller: the change is durable, or it was not made.
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Typed<W: Write> {
    write: W,
    output: Option<W::Output>,
    caller: Caller<W::Output>,
}

impl<W: Write> Job for Typed<W> {
    fn apply<'a>(&'a mut self, connection: &'a mut Connection) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        Box::pin(async move {
            self.output = Some(self.write.apply(connection).await?);
            Ok(())
        })
    }

    fn drops_documents(&self) -> bool {
        W::DROPS_DOCUMENTS
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let answer = match (end, self.output) {
            (Ok(()), Some(output)) => Ok(output),
            (Ok(()), None) => Err(StoreError::Other("a write was acknowledged that was not made".into())),
            (Err(why), _) => Err(why),
        };
        // The caller may have stopped waiting.
        let _ = self.caller.send(answer);
    }
}

/// Where a caller waits.
pub(crate) type Caller<T> = oneshot::Sender<Result<T, StoreError>>;

/// One write in the queue. The changes of runs are known by kind, so that a group needs few statements.
pub(crate) enum Item {
    Create(Box<Hashed>, Caller<Created>),
    Commit(Box<RunCommit>, Caller<()>),
    Other(Box<dyn Job>),
}

/// A new run with the hash of its document.
pub(crate) struct Hashed {
    pub(crate) new: NewRun,
    pub(crate) hash: String,
}

impl Item {
    /// Any other write.
    pub(crate) fn other<W: Write>(write: W, caller: Caller<W::Output>) -> Self {
        Self::Other(Box::new(Typed { write, output: None, caller }))
    }

    /// The run whose row it writes.
    pub(crate) fn run(&self) -> Option<&str> {
        match self {
            Self::Create(hashed, _) => Some(&hashed.new.run.id),
            Self::Commit(commit, _) => Some(&commit.run),
            Self::Other(_) => None,
        }
    }

    /// The write without its caller.
    pub(crate) fn part(&mut self) -> Part<'_> {
        match self {
            Self::Create(hashed, _) => Part::Create(hashed),
            Self::Commit(commit, _) => Part::Commit(commit),
            Self::Other(job) => Part::Other(job.as_mut()),
        }
    }

    /// Tells the caller; of a creation that was a duplicate, the run that its delivery started.
    pub(crate) fn answer(self, end: Result<Option<String>, StoreError>) {
        // The caller may have stopped waiting.
        match self {
            Self::Create(_, caller) => {
                let created = |duplicate| match duplicate {
                    Some(run) => Created::Duplicate { run },
                    None => Created::New,
                };
                let _ = caller.send(end.map(created));
            }
            Self::Commit(_, caller) => {
                let _ = caller.send(end.map(|_| ()));
            }
            Self::Other(job) => job.answer(end.map(|_| ())),
        }
    }
}

/// One write of a group. No two of them write the row of one run.
pub(crate) enum Part<'a> {
    Create(&'a Hashed),
    Commit(&'a RunCommit),
    Other(&'a mut dyn Job),
}
