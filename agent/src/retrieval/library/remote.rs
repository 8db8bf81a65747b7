//! The server that keeps the vectors, as far as it is known to be complete.

use super::super::api::{Index, IndexError, IndexSpec, Record};
use super::super::outage::Outage;
use super::super::qdrant::{QdrantIndex, QdrantServer};
use super::entries::News;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(super) struct Remote {
    server: QdrantServer,
    outage: Outage,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    index: Option<(IndexSpec, Arc<QdrantIndex>)>,
    /// The version and the generation of the entries that the server holds.
    complete: Option<(Option<u64>, u64)>,
}

impl Remote {
    pub(super) fn new(server: QdrantServer, try_again: Duration) -> Self {
        Self { server, outage: Outage::new(try_again), state: Mutex::default() }
    }

    pub(super) fn may_try(&self) -> bool {
        self.outage.may_try(Instant::now())
    }

    /// The server's index, if it holds this generation in this version (none: without dense vectors).
    pub(super) fn complete(&self, version: Option<u64>, generation: u64) -> Option<Arc<QdrantIndex>> {
        let state = self.state();
        (state.complete == Some((version, generation))).then(|| state.index.as_ref().map(|(_, index)| Arc::clone(index)))?
    }

    /// Makes the server hold exactly these records.
    pub(super) async fn mirror(
        &self,
        spec: &IndexSpec,
        records: Vec<Record>,
        version: Option<u64>,
        generation: u64,
        news: &News,
    ) -> Result<(), IndexError> {
        let done = self.write(spec, records).await;
        match &done {
            Ok(()) => {
                self.state().complete = Some((version, generation));
                if self.outage.worked() {
                    news.add(format!("The vector store at {} is there again and is used for searches.", self.server.place()));
                }
            }
            Err(why) => self.failed(why, news),
        }
        done
    }

    async fn write(&self, spec: &IndexSpec, records: Vec<Record>) -> Result<(), IndexError> {
        let index = self.index(spec)?;
        index.ensure(spec).await?;
        index.mirror(records).await?;
        index.maintain().await
    }

    /// It is not asked any more until it was made complete again.
    pub(super) fn failed(&self, why: &IndexError, news: &News) {
        // A server that lost its data must be filled again: nothing that was known of it counts.
        *self.state() = State::default();
        if self.outage.failed(Instant::now()) {
            news.add(format!("Searches use the embedded index for now: {why}."));
        }
    }

    fn index(&self, spec: &IndexSpec) -> Result<Arc<QdrantIndex>, IndexError> {
        let mut state = self.state();
        if let Some((known, index)) = &state.index
            && known == spec
        {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(QdrantIndex::new(&self.server)?);
        *state = State { index: Some((spec.clone(), Arc::clone(&index))), complete: None };
        Ok(index)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
