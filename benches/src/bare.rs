//! The bare asynchronous group commit that journals are measured against: tasks hand rows to one writing thread, which
//! commits all that wait in one transaction and acknowledges each.

use crate::Outcome;
use crate::sample::Sample;
use crate::sqlite::{Database, Row};
use sayflow_engine::ports::{Ids, UuidIds};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

/// As many as the store's own writer takes.
const GROUP: usize = 256;
const QUEUE: usize = 1024;

type Job = (Row, oneshot::Sender<()>);

/// The writer with its database.
pub(crate) struct Bare {
    queue: mpsc::Sender<Job>,
    writer: JoinHandle<Outcome<()>>,
    body: Arc<str>,
    _folder: TempDir,
}

/// How fast it goes.
pub(crate) struct Rate {
    /// Rows a second.
    pub(crate) rows: f64,
    /// From handing over to the acknowledgement.
    pub(crate) latency: Sample,
}

impl Bare {
    /// `body` is the body of every row.
    pub(crate) fn start(folder: &Path, body: &str) -> Outcome<Self> {
        let folder = tempfile::tempdir_in(folder)?;
        let file = folder.path().join("bare.db");
        let (queue, jobs) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new().name("bare".into()).spawn(move || write(&file, jobs))?;
        Ok(Self { queue, writer, body: body.into(), _folder: folder })
    }

    /// Makes a row durable.
    pub(crate) async fn commit(&self, run: &str, seq: i64) -> Outcome<()> {
        let (ack, durable) = oneshot::channel();
        let row = Row { run: run.to_owned(), seq, body: self.body.clone() };
        self.queue.send((row, ack)).await.map_err(|_| "the bare writer has ended")?;
        Ok(durable.await?)
    }

    /// As fast as so many waiting tasks go, each with one row at a time.
    pub(crate) async fn rate(self: &Arc<Self>, waiters: usize, time: Duration) -> Outcome<Rate> {
        let start = Instant::now();
        let tasks: Vec<_> = (0..waiters)
            .map(|_| {
                let bare = Arc::clone(self);
                tokio::spawn(async move {
                    let (run, mut times) = (UuidIds.new_id(), Vec::new());
                    while start.elapsed() < time {
                        let began = Instant::now();
                        bare.commit(&run, i64::try_from(times.len())? + 1).await?;
                        times.push(began.elapsed());
                    }
                    Outcome::Ok(times)
                })
            })
            .collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await??);
        }
        Ok(Rate { rows: times.len() as f64 / start.elapsed().as_secs_f64(), latency: Sample::new(times) })
    }

    /// Ends the writer and says what went wrong.
    pub(crate) fn end(self: Arc<Self>) -> Outcome<()> {
        let Some(bare) = Arc::into_inner(self) else { return Err("somebody still writes".into()) };
        drop(bare.queue);
        bare.writer.join().map_err(|_| "the bare writer panicked")?
    }
}

fn write(file: &Path, mut jobs: mpsc::Receiver<Job>) -> Outcome<()> {
    let database = Database::create(file)?;
    let mut group = Vec::with_capacity(GROUP);
    while jobs.blocking_recv_many(&mut group, GROUP) > 0 {
        database.write(group.iter().map(|(row, _)| row))?;
        for (_, ack) in group.drain(..) {
            // Whoever waited is there: nobody gives up here.
            let _ = ack.send(());
        }
    }
    Ok(())
}
